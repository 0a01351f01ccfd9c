"""The arguments of confluent-kafka's clients."""

from collections.abc import Callable
from inspect import cleandoc
from typing import Any, Final, TypeVar

_Client = TypeVar("_Client")
_DIRECTIVE: Final = ".. py:function::"  # a signature for Sphinx, which help() has by itself


def conf_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Merge the configuration as the originals do: a dict, keywords, or both; TypeError for anything else."""
    if len(args) > 1 or not all(isinstance(arg, dict) for arg in args):
        raise TypeError("expected configuration dict")
    return {**(args[0] if args else {}), **kwargs}


def documented_by(*originals: type) -> Callable[[type[_Client]], type[_Client]]:
    """Make a decorator that adds what the first of the originals says of a method's arguments to the client's own."""

    def document(client: type[_Client]) -> type[_Client]:
        for name, method in vars(client).items():
            theirs = next((text for each in originals if (text := _doc(getattr(each, name, None)))), "")
            if theirs and not name.startswith("_"):
                function = getattr(method, "__wrapped__", method)  # of one whose common case is in C
                function.__doc__ = f"{_doc(function)}\n\n{theirs}"
        return client

    return document


def _doc(function: object) -> str:
    lines = cleandoc(getattr(function, "__doc__", None) or "").splitlines()  # None: python -OO
    return "\n".join(line for line in lines if not line.startswith(_DIRECTIVE)).strip()

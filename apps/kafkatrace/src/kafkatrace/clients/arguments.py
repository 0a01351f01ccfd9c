"""The arguments of confluent-kafka's clients."""

from typing import Any


def conf_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Merge the configuration as the originals do: a dict, keywords, or both; TypeError for anything else."""
    if len(args) > 1 or not all(isinstance(arg, dict) for arg in args):
        raise TypeError("expected configuration dict")
    return {**(args[0] if args else {}), **kwargs}

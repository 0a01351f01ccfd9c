"""What `help()` says: each parameter of what is public."""

import inspect
import re
import types
from collections.abc import Callable, Iterator

import kafkatrace
import pytest
from confluent_kafka import aio

VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _named(function: Callable[..., object]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.name != "self" and each.kind not in VARIABLE]


def _public() -> Iterator[tuple[str, Callable[..., object]]]:
    for name in kafkatrace.__all__:
        given = getattr(kafkatrace, name)
        if isinstance(given, type):
            yield name, given
            for method, function in vars(given).items():
                if not method.startswith("_") and callable(function):
                    yield f"{name}.{method}", function
        elif isinstance(given, types.FunctionType):
            yield name, given


PUBLIC = dict(_public())
OF_THE_PIPELINE = {"Stage.account", "Stage.encode"}  # for the background thread


@pytest.mark.parametrize("name", sorted(set(PUBLIC) - OF_THE_PIPELINE))
def test_help_names_each_parameter(name: str) -> None:
    text = inspect.getdoc(PUBLIC[name]) or ""
    missing = [parameter for parameter in _named(PUBLIC[name]) if not re.search(rf"\b{parameter}\b", text)]
    assert not missing, f"help(kafkatrace.{name}) says nothing of {', '.join(missing)}"


@pytest.mark.parametrize(
    ("ours", "theirs"), [(kafkatrace.AIOProducer, aio.AIOProducer), (kafkatrace.AIOConsumer, aio.AIOConsumer)]
)
def test_arguments_that_are_handed_on_are_told_in_the_originals_words(ours: type, theirs: type) -> None:
    for name, function in vars(ours).items():
        original = inspect.getdoc(getattr(theirs, name, None))
        if not name.startswith("_") and original:
            assert original.splitlines()[-1].strip() in (inspect.getdoc(function) or ""), name

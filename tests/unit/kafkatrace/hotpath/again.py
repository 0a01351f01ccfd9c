"""The C extension once more: an import of its own, beside the one that is in use."""

from contextvars import ContextVar
from importlib.util import find_spec, module_from_spec
from typing import Any

from confluent_kafka import Message

VARIABLE: ContextVar[Any] = ContextVar("current", default={})  # noqa: B039 - nothing writes into it


def imported() -> Any:
    """Return a new module of the same file."""
    found = find_spec("kafkatrace._speedups")
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def in_use() -> Any:
    """Return one that reads confluent-kafka's messages."""
    module = imported()
    module.use(VARIABLE, Message)
    return module

"""The C extension's state is its import's: types, times and names of its own, which go when it goes."""

import gc
import subprocess
import sys
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Message
from kafkatrace.hotpath import choose

from tests.unit.kafkatrace.hotpath.again import VARIABLE, imported, in_use

TYPES = ("Account", "Encoder", "Histogram", "Method", "Polled", "Process", "Send", "Sending", "SpanFields")


def test_each_import_has_types_of_its_own() -> None:
    first, second = imported(), imported()
    assert all(getattr(first, name) is not getattr(second, name) for name in TYPES)
    with pytest.raises(TypeError, match="Encoder"):
        sending(first, encoder=encoder(second))
    assert sending(first, encoder=encoder(first))


def encoder(module: Any) -> Any:
    return module.Encoder(finisher=None, owner=None, prefixes={}, names=(b"o", b"k"), tombstone=b"", kinds=())


def sending(module: Any, **parts: Any) -> Any:
    given = dict.fromkeys(("sender", "on_delivery", "put", "take", "histogram"))
    return module.Sending(**given, ready=[], started=iter(()), metrics_enabled=False, keeps_errors=False, **parts)


def test_each_import_has_times_of_its_own() -> None:
    message, (first, second) = Message(topic="t", partition=0, offset=1), (in_use().Polled(print) for _ in range(2))
    first.at(message, 5)
    assert (second.take(message), first.take(message)) == (0, 5)


@pytest.mark.parametrize("name", TYPES)
def test_a_type_cannot_be_changed(name: str) -> None:
    with pytest.raises(TypeError, match="immutable"):
        getattr(imported(), name).added = 1


def one_of_each(module: Any) -> list[Any]:
    """Make objects that hold on to the module, by their types."""
    accounting = module.Account(otherwise=print, histograms=print, received=print)
    encoding = encoder(module)
    parts: dict[str, Any] = {"receiver": None, "ready": [], "take": print, "started": iter(()), "highs": {}}
    process = module.Process(
        otherwise=print,
        span_type=type("Span", (module.SpanFields,), {}),
        unreadable=print,
        account=accounting,
        encoder=encoding,
        metrics_enabled=True,
        keeps=False,
        limit=0,
        **parts,
    )
    polled = module.Polled(print)
    polled.at(Message(topic="t", partition=0, offset=1), 5)
    rest = [module.Histogram((1,)), module.Method("poll", print, print), module.Send(), module.SpanFields()]
    return [accounting, encoding, process, polled, sending(module, encoder=encoding), *rest]


def test_what_was_made_goes_on_without_the_modules_name() -> None:
    polled, span, message = in_use().Polled(print), in_use().SpanFields(), Message(topic="t", partition=0, offset=1)
    gc.collect()
    polled.at(message, 5)
    assert polled.take(message) == 5
    span.receiver = SimpleNamespace(metrics_enabled=False)
    with span:
        assert VARIABLE.get(None) is span
    assert span.ended_at > 0


def test_a_dropped_import_is_collected() -> None:
    types = [weakref.ref(type(each)) for each in one_of_each(in_use())]
    gc.collect()
    assert [each() for each in types] == [None] * len(TYPES)


def test_a_hundred_imports_leave_nothing() -> None:
    def dropped() -> int:
        for _ in range(50):
            one_of_each(in_use())
            gc.collect()
        return sys.getallocatedblocks()

    before = dropped()
    assert dropped() - before < 50, "less than one block for each import"


IN_AN_INTERPRETER = """if True:
    import sys
    sys.path[:] = {path!r}
    import contextvars, importlib.util
    found = importlib.util.spec_from_file_location("kafkatrace._speedups", {file!r})
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    class Message:
        error = topic = partition = offset = timestamp = headers = key = value = lambda self: None
    module.use(contextvars.ContextVar("current"), Message)
    polled, message = module.Polled(print), Message()
    polled.at(message, 5)
    print(polled.take(message), polled.take(message), flush=True)
"""
INTERPRETERS = """if True:
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    for _ in range(3):
        made = interpreters.create()  # where Python has it, with a lock of its own
        wrong = interpreters.run_string(made, {program!r})
        assert wrong is None, wrong
        interpreters.destroy(made)
"""


def test_an_interpreter_beside_the_first_imports_it() -> None:
    inner = IN_AN_INTERPRETER.format(path=sys.path, file=choose._speedups.__file__)
    program = [sys.executable, "-c", INTERPRETERS.format(program=inner)]
    told = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (told.stdout, told.stderr) == ("5 0\n" * 3, "")


def test_a_method_is_of_its_functions_module() -> None:
    made = imported().Method("poll", encoder, print)
    assert (made.__module__, made.__name__, made.__doc__) == (__name__, "encoder", encoder.__doc__)


class Last:
    """Uses an extension when it is collected, together with it."""

    def __init__(self, times: list[int]) -> None:
        self._times, self._extension = times, in_use()
        self._polled = self._extension.Polled(print)
        self._extension.back = self  # a cycle, so that the collector ends both

    def __del__(self) -> None:
        message = Message(topic="t", partition=0, offset=1)
        self._polled.at(message, 5)
        self._times.append(self._polled.take(message))
        assert self._extension.SpanFields().recording is False


def test_what_goes_with_its_import_may_use_it_to_the_last() -> None:
    times: list[int] = []
    Last(times)
    gc.collect()
    assert times == [5]

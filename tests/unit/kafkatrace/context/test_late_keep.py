"""What is kept late, by argument and by variable."""

from fractions import Fraction
from typing import Any

import kafkatrace
import pytest
from kafkatrace.context.late_keep import LateKeep
from kafkatrace.variables import Variables
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

SECONDS = "KAFKATRACE_KEEP_SLOWER_THAN"
ERRORS = "KAFKATRACE_KEEP_ERRORS"


def configured(**given: Any) -> LateKeep:
    tracing = kafkatrace.configure("orders", exporter=InMemorySpanExporter(), **given)
    tracing.shutdown()
    return tracing.late_keep


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    messages = (record.getMessage() for record in caplog.records)
    return [message for message in messages if message.startswith("KAFKATRACE_KEEP")]


def test_nothing_is_kept_by_default(caplog: pytest.LogCaptureFixture) -> None:
    assert configured() == LateKeep(None, errors=False)
    assert not configured().any
    assert said(caplog) == []


@pytest.mark.parametrize(
    ("seconds", "nanoseconds"), [(2, 2 * 10**9), (0.25, 25 * 10**7), (0, 0), (Fraction(1, 4), 25 * 10**7)]
)
def test_seconds_are_given(seconds: Any, nanoseconds: int) -> None:
    assert configured(keep_slower_than=seconds) == LateKeep(nanoseconds)


@pytest.mark.parametrize(("text", "nanoseconds"), [("2", 2 * 10**9), (" 0.25 ", 25 * 10**7), ("0", 0), ("1e9", 10**18)])
def test_seconds_are_a_variables(text: str, nanoseconds: int) -> None:
    assert LateKeep.read(None, None, Variables({SECONDS: text})) == LateKeep(nanoseconds)


@pytest.mark.parametrize(
    ("given", "text", "kept"), [(True, "", True), (None, "true", True), (False, "true", False), (None, "FALSE", False)]
)
def test_errors_are_kept(given: bool | None, text: str, kept: bool) -> None:
    assert LateKeep.read(None, given, Variables({ERRORS: text})).errors is kept


def test_an_argument_goes_before_its_variable(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(SECONDS, "soon")
    monkeypatch.setenv(ERRORS, "maybe")
    assert configured(keep_slower_than=1, keep_errors=True) == LateKeep(10**9, errors=True)
    assert said(caplog) == []


@pytest.mark.parametrize("wrong", ["2", b"2", True, [2], object()])
def test_what_is_no_number_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"keep_slower_than is .*: give seconds"):
        kafkatrace.configure("orders", keep_slower_than=wrong)


@pytest.mark.parametrize("wrong", [-1, -0.001, float("nan"), float("inf"), 1e10, 10**400])
def test_seconds_that_cannot_be_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"keep_slower_than is .*: give seconds"):
        kafkatrace.configure("orders", keep_slower_than=wrong)


@pytest.mark.parametrize("wrong", ["true", 1, 0, []])
def test_what_is_no_bool_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"keep_errors is .*: give True or False"):
        kafkatrace.configure("orders", keep_errors=wrong)


@pytest.mark.parametrize("wrong", ["soon", "-1", "nan", "inf", "1e10", "2s", "٣s"])
def test_a_variable_that_gives_no_seconds_is_named_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    monkeypatch.setenv(SECONDS, wrong)
    assert configured() == LateKeep(None)
    expected = f"{SECONDS} is {wrong!r}: give seconds, a number from 0 to 1000000000; using no limit instead"
    assert said(caplog) == [expected]


def test_a_variable_that_is_neither_true_nor_false_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(ERRORS, "yes")
    assert configured() == LateKeep(None)
    assert said(caplog) == [f"{ERRORS} is 'yes': known are true, false; using false instead"]


def test_nothing_is_read_where_all_is_off(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv(SECONDS, "soon")
    assert configured() == LateKeep(None)
    assert said(caplog) == []

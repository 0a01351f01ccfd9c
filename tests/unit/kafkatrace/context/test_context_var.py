import pytest
from kafkatrace.context.context_var import suppressed
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context, get_current
from opentelemetry.instrumentation.utils import suppress_instrumentation


def test_nothing_is_suppressed_unless_somebody_does() -> None:
    assert not suppressed(Context())


def test_opentelemetrys_own_way_to_suppress_is_seen() -> None:
    with suppress_instrumentation():
        assert suppressed(get_current())


@pytest.mark.parametrize("key", [_SUPPRESS_INSTRUMENTATION_KEY, "suppress_instrumentation"], ids=["made", "plain"])
def test_either_key_suppresses_and_only_while_it_is_true(key: str) -> None:
    assert suppressed(Context({key: True}))
    assert not suppressed(Context({key: False}))

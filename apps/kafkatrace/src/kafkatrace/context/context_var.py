"""OpenTelemetry's current context, read and set with two calls less than by its API; messages are many."""

from contextvars import ContextVar
from typing import Final

from opentelemetry.context import _RUNTIME_CONTEXT, _SUPPRESS_INSTRUMENTATION_KEY, Context
from opentelemetry.trace.propagation import _SPAN_KEY

SPAN_KEY: Final = _SPAN_KEY
# Only OTEL_PYTHON_CONTEXT can choose another runtime context, and the SDK ships none.
variable: Final[ContextVar[Context]] = _RUNTIME_CONTEXT._current_context  # type: ignore[attr-defined] # not in the base class


def suppressed(context: Context) -> bool:
    """Whether opentelemetry's suppress_instrumentation() is in force."""
    return bool(context.get(_SUPPRESS_INSTRUMENTATION_KEY) or context.get("suppress_instrumentation"))

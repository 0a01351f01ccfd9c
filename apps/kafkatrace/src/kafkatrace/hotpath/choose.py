"""The hot path: in C where that was built, else in Python; KAFKATRACE_PURE_PYTHON=1 chooses Python."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Message

from kafkatrace.context.context_var import variable

try:
    _speedups: Any = import_module("kafkatrace._speedups")
except ImportError:
    _speedups = None

COMPILED: Final = _speedups is not None and os.environ.get("KAFKATRACE_PURE_PYTHON", "") in ("", "0")

implementation: Final = "C" if COMPILED else "Python"

if TYPE_CHECKING or not COMPILED:
    from kafkatrace.hotpath.pure import Histogram, Polled, Send, SpanFields, account, encoder, method, process, sending
else:
    Histogram, Polled, Send, SpanFields = _speedups.Histogram, _speedups.Polled, _speedups.Send, _speedups.SpanFields
    account, encoder, process, sending = _speedups.Account, _speedups.Encoder, _speedups.Process, _speedups.Sending
    _speedups.use(variable, Message)

    def method(name, original=None):
        """Make a decorator for the client's method of this name, which calls `original`: its common case is in C."""
        return lambda function: _speedups.Method(name, function, original)


__all__ = [
    "COMPILED",
    "Histogram",
    "Polled",
    "Send",
    "SpanFields",
    "account",
    "encoder",
    "implementation",
    "method",
    "process",
    "sending",
]

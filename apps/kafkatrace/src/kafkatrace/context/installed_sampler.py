"""Samplers of others, found by the entry points of OpenTelemetry's SDK: asked at each beginning."""

import logging
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import DEFAULT_ON, Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, NonRecordingSpan, SpanKind, TraceState, set_span_in_context
from opentelemetry.util.types import Attributes

from kafkatrace.context import w3c
from kafkatrace.context.ids import Roots

_logger = logging.getLogger("kafkatrace")
_GROUP: Final = "opentelemetry_traces_sampler"
_NAME: Final = "kafka"


def load(name: str, argument: str | None) -> Sampler | None:
    """Make the installed sampler of this name, None where there is none; what it raises is its own."""
    for entry_point in entry_points(group=_GROUP, name=name):
        made = entry_point.load()(argument)
        if not isinstance(made, Sampler):
            raise TypeError("it is no Sampler")
        return Guarded(made)
    return None


class Guarded(Sampler):
    """A sampler that never raises: where it would, the sender's decision counts, and new traces are sampled."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self._raised = False

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Ask the sampler."""
        given = (parent_context, trace_id, name, kind, attributes, links, trace_state)
        try:
            return self._sampler.should_sample(*given)
        except Exception:
            if not self._raised:
                self._raised = True
                _logger.exception("the sampler raised; using parentbased_always_on where it does")
            return DEFAULT_ON.should_sample(*given)

    def get_description(self) -> str:
        """Describe it."""
        return type(self._sampler).__name__


class AskedRoots:
    """Traceparents of new traces with a sampler's decision in their flags, made when they are taken."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self._ids = Roots(1.0)
        self.ready: list[bytes] = []  # always empty: a sampler may count traces by the second

    def take(self) -> bytes:
        """Return one that was never given before."""
        root = self._ids.take()
        return root[:54] + (b"3" if self._samples(Context(), root) else b"2")

    def samples(self, traceparent: bytes) -> bool:
        """Decide for a child of this span."""
        parent = w3c.parse_traceparent(traceparent)
        return parent is not None and self._samples(
            set_span_in_context(NonRecordingSpan(parent), Context()), traceparent
        )

    def _samples(self, context: Context, traceparent: bytes) -> bool:
        return (
            self._sampler.should_sample(context, int(traceparent[3:35], 16), _NAME).decision
            is Decision.RECORD_AND_SAMPLE
        )

"""What is kept of a span that arrives, and how it is told again."""

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from tracedpipeline.local import otlp

from tests.unit.operator.local.otlp import resource, span

TRACE = b"t" * 16


def one(kept: Span) -> ExportTraceServiceRequest:
    scope = ScopeSpans(scope=InstrumentationScope(name="kafkatrace"), schema_url="https://scope.example", spans=[kept])
    of = ResourceSpans(resource=resource("orders"), schema_url="https://resource.example", scope_spans=[scope])
    return ExportTraceServiceRequest(resource_spans=[of])


def test_a_span_is_told_with_its_scope_and_its_resource() -> None:
    sent = span(TRACE, 1, 0, "send", 5)
    sent.kind = Span.SPAN_KIND_PRODUCER
    ((kept,), refused) = otlp.received(one(sent))
    assert (kept.service, kept.name, kept.start, refused) == ("orders", "send", 5, 0)
    (of,) = otlp.document({kept.origin: [kept.body]})["resourceSpans"]
    (scope,) = of["scopeSpans"]
    assert (of["schemaUrl"], scope["schemaUrl"]) == ("https://resource.example", "https://scope.example")
    assert (scope["scope"], scope["spans"][0]["kind"]) == ({"name": "kafkatrace"}, 4)


def test_a_resource_may_have_no_name() -> None:
    assert otlp.service_name([]) == ""


@pytest.mark.parametrize(
    ("start", "length", "refused"),
    [(1, 0, 0), (0, 1, 1), (5, -1, 1), (5, 2**63 - 6, 0), (5, 2**63 - 5, 1)],
)
def test_a_span_is_of_a_time_that_can_be_told(start: int, length: int, refused: int) -> None:
    assert otlp.received(one(span(TRACE, 1, 0, "send", start, length)))[1] == refused

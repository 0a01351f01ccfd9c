"""What Jaeger, JobManagers and clients answer, read as a reconcile reads it: a document, or DocumentError."""

import json
from contextlib import suppress
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st
from tracedpipeline.flink import job, root_cause
from tracedpipeline.jaeger import proof, traces
from tracedpipeline.kafka import denials
from tracedpipeline.untrusted import documents
from tracedpipeline.untrusted.documents import DocumentError

from tests.fuzz.conftest import cases
from tests.fuzz.documents_strategies import ANYTHING, mutated


def span(service: str, name: str, number: int) -> dict[str, Any]:
    attributes = [
        {"key": "messaging.destination.partition.id", "value": {"stringValue": "0"}},
        {"key": "messaging.kafka.offset", "value": {"intValue": "7"}},
    ]
    ids = {"traceId": "a" * 32, "spanId": f"{number:016x}", "parentSpanId": f"{number - 1:016x}" if number > 1 else ""}
    times = {"startTimeUnixNano": "1767225600000000000", "endTimeUnixNano": "1767225600000000001"}
    found = ids | times | {"name": name, "status": {"code": 2, "message": "no\nroom"}, "attributes": attributes}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resource": resource, "scopeSpans": [{"spans": [found]}]}


JAEGER: Final = {
    "resourceSpans": [
        span("orders-producer", "send orders", 1),
        span("orders-kafka", "queue orders", 2),
        span("orders-consumer", "process orders", 3),
    ]
}
CAUSES: Final = "".join(
    f"Caused by: org.apache.kafka.common.E{n}Exception: \x1b[31m no\n\tat a.B.c(B.java:1)\n" for n in range(1200)
)
OVERVIEW: Final = {
    "jobs": [
        {
            "jid": "b" * 32,
            "start-time": 2000,
            "last-modification": 3000,
            "state": "RUNNING",
            "tasks": {"total": 4, "running": 3, "finished": 0},
        }
    ]
}
EXCEPTIONS: Final = {"exceptionHistory": {"entries": [{"timestamp": 1, "stacktrace": CAUSES}]}}
CHECKPOINTS: Final = {
    "counts": {"completed": 7},
    "history": [{"status": "FAILED", "failure_timestamp": 4, "failure_message": CAUSES}] * 2,
}


def read(document: Any) -> documents.Document:
    """Return the document as it would be read from the wire."""
    return documents.parse(json.dumps(document))


@given(mutated(JAEGER))
@cases()
def test_jaegers_traces(document: Any) -> None:
    with suppress(DocumentError):
        found = traces.spans(read(document))
        verdict, _ = proof.finding("orders", found)
        assert verdict.message.isprintable()
        assert all(len(value) <= 400 for each in found for _, value in each.attributes)


@given(mutated(OVERVIEW), mutated(EXCEPTIONS), mutated(CHECKPOINTS), mutated({"slots-total": 2}))
@cases()
def test_a_job_managers_documents(overview: Any, exceptions: Any, checkpoints: Any, cluster: Any) -> None:
    with suppress(DocumentError):
        entry = job.newest(read(overview))
        if entry is None:
            return
        found = job.job(entry, read(exceptions), read(checkpoints), read(cluster))
        for failure in found.failures:
            assert len(failure.text) < 50_000
            assert root_cause.find(failure.text).isprintable()
            root_cause.kind(failure.text)


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda b: b.decode(errors="replace"))))
@cases()
def test_readiness_answers(text: str) -> None:
    for said in (text, f"{text} GROUP_AUTHORIZATION_FAILED {text}", f"SASL_AUTHENTICATION_FAILED{text}"):
        if found := denials.verdict(said):
            assert found.message.isprintable()
            assert len(found.message) < 1000


@given(
    st.one_of(st.text(), ANYTHING.map(lambda value: json.dumps(value)), st.binary().map(lambda b: b.decode("latin-1")))
)
@cases()
def test_any_text_is_a_document_or_none(text: str) -> None:
    with suppress(DocumentError):
        assert isinstance(documents.parse(text), dict)

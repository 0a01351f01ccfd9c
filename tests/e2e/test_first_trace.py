"""A newcomer applies a pipeline and sees one message's journey."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.e2e import kube

Jaeger = Callable[[str, str, str], Any]


def _record_headers(topic: str) -> list[str]:
    """The headers of the newest records, as bytes that lie in Kafka, read by Kafka's own tool."""
    printed = kube.kubectl(
        "exec", "-n", "kafka", "deploy/kafka", "--", "/opt/kafka/bin/kafka-console-consumer.sh",
        "--bootstrap-server", "localhost:9092", "--topic", topic, "--max-messages", "20", "--timeout-ms", "20000",
        "--formatter-property", "print.headers=true",
    )  # fmt: skip
    return printed.splitlines()


def _spans(document: Any) -> list[dict[str, Any]]:
    return [
        {**span, "service": resource["resource"]["attributes"]}
        for resource in document["result"]["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def test_the_record_in_kafka_carries_the_trace_that_jaeger_shows(flowing: tuple[str, str], jaeger: Jaeger) -> None:
    namespace, name = flowing
    records = _record_headers(f"{namespace}-{name}")
    found = [re.findall(r"traceparent:00-([0-9a-f]{32})-([0-9a-f]{16})-0[13]\b", record) for record in records]
    assert found, "no record was read"
    assert all(len(context) == 1 for context in found), "each record has exactly one traceparent"

    trace_id, span_id = found[-1][0]
    trace = kube.until(
        f"trace {trace_id} is complete in Jaeger", 90, lambda: _complete(jaeger, namespace, name, trace_id)
    )
    send, queue, process = trace
    assert send["spanId"] == span_id, "the header names the send span"
    assert queue["parentSpanId"] == send["spanId"]
    assert process["parentSpanId"] == queue["spanId"]


def _complete(jaeger: Jaeger, namespace: str, name: str, trace_id: str) -> list[dict[str, Any]] | None:
    try:
        spans = _spans(jaeger(namespace, name, f"/api/v3/traces/{trace_id}"))
    except kube.KubectlError:
        return None
    by_operation = {span["name"].split()[0]: span for span in spans}
    return [by_operation[o] for o in ("send", "queue", "process")] if len(by_operation) == 3 else None


def test_the_status_tells_the_last_trace_and_its_latency(flowing: tuple[str, str], jaeger: Jaeger) -> None:
    namespace, name = flowing
    last = kube.get(namespace, "tp", name)["status"]["lastTrace"]
    assert last["path"] == f"/trace/{last['id']}"
    spans = _spans(jaeger(namespace, name, f"/api/v3/traces/{last['id']}"))
    length = max(int(s["endTimeUnixNano"]) for s in spans) - min(int(s["startTimeUnixNano"]) for s in spans)
    assert abs(last["endToEndMilliseconds"] - length / 1e6) < 0.01
    assert length >= 20_000_000, "the consumer works 20 ms on each message"


def test_get_tp_says_what_matters(flowing: tuple[str, str]) -> None:
    namespace, name = flowing
    heading, row = kube.kubectl("get", "tp", name, "-n", namespace, "-o", "wide").splitlines()
    assert heading.split()[:5] == ["NAME", "READY", "TRACES", "ENGINE", "RATE"]
    assert row.split()[:4] == ["orders", "True", "Flowing", "Python"]
    assert "all components are available" in row


def test_pods_are_restricted_and_carry_no_secret_in_their_environment(flowing: tuple[str, str]) -> None:
    namespace, _ = flowing
    for pod in kube.get(namespace, "pods")["items"]:
        for container in pod["spec"]["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert "PASSWORD" not in json.dumps(container.get("env", []))
        assert pod["spec"]["automountServiceAccountToken"] is False

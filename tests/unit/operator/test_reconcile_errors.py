"""A reconcile that fails is seen in the status, an event and the log, and is tried again."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from kubernetes.aio.dynamic import DynamicClient
from tracedpipeline import failure, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.apply import Applier
from tracedpipeline.observe import Observer
from tracedpipeline.reconcile import reconcile
from tracedpipeline.report import Reporter

from tests.unit.operator.conftest import body
from tests.unit.operator.failing import DEPLOYMENTS, EVENTS, KEY, ORDERS, Bench, Kafka, bench

__all__ = ["bench"]

QUOTA = (
    'deployments.apps "orders-producer" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, '
    "used: count/deployments.apps=2, limited: count/deployments.apps=2"
)


@pytest.mark.parametrize(
    ("status", "message", "condition"),
    [
        (403, QUOTA, "Reconciling"),
        (403, 'admission webhook "policy.example.com" denied the request: no team label', "Reconciling"),
        (422, "ValidatingAdmissionPolicy 'team' denied request: label team is required", "Stalled"),
        (400, "strict decoding error: unknown field", "Stalled"),
        (429, "too many requests, please try again later", "Reconciling"),
        (500, "Internal error occurred: failed calling webhook: connection refused", "Reconciling"),
        (404, 'namespaces "shop" not found', "Reconciling"),
        (409, "Operation cannot be fulfilled: the object has been modified", "Reconciling"),
    ],
    ids=["quota", "webhook", "policy", "bad request", "rate", "webhook away", "no namespace", "conflict"],
)
async def test_objects_that_are_refused_keep_no_other_from_being_written(
    bench: Bench, status: int, message: str, condition: str
) -> None:
    refused = ["orders-collector", "orders-producer"]
    bench.server.refuse(status, message, *(f"{DEPLOYMENTS}/{name}" for name in refused))
    await bench.fails()
    written = [path for path in bench.server.objects if path.startswith(DEPLOYMENTS)]
    assert sorted(written) == [f"{DEPLOYMENTS}/orders-consumer", f"{DEPLOYMENTS}/orders-jaeger"]
    ready = bench.server.ready
    assert (ready["status"], ready["reason"]) == ("False", reasons.RECONCILE_ERROR)
    assert all(f"Deployment {name}: {message}" in ready["message"] for name in refused)
    assert ready["observedGeneration"] == bench.server.objects[ORDERS]["status"]["observedGeneration"] == 2
    assert condition in bench.server.conditions
    assert bench.server.conditions["KafkaReady"]["status"] == "True"
    assert bench.server.conditions["ProducerReady"]["reason"] == reasons.NOT_CREATED
    (event,) = bench.server.events
    assert (event["type"], event["reason"]) == ("Warning", reasons.RECONCILE_ERROR)
    await bench.again_and_nothing_is_written()

    bench.server.refused = {}
    await reconcile(bench.reconciler, KEY)
    assert bench.server.ready["reason"] != reasons.RECONCILE_ERROR
    assert f"{DEPLOYMENTS}/orders-producer" in bench.server.objects


async def test_of_objects_without_end_all_are_named_and_the_message_stays_short(bench: Bench) -> None:
    await reconcile(bench.reconciler, KEY)
    paths = [path for path in bench.server.objects if path != ORDERS and not path.startswith(EVENTS)]
    bench.server.objects = {ORDERS: bench.server.objects[ORDERS]}
    bench.server.refuse(422, "policy " * 200_000, *paths)
    await bench.fails()
    message = bench.server.ready["message"]
    assert len(paths) > 10
    assert all(path.rsplit("/", 1)[-1] in message for path in paths)
    assert len(message) < 3000


async def test_what_is_not_wanted_goes_though_another_object_is_refused_but_for_pods(bench: Bench) -> None:
    await reconcile(bench.reconciler, KEY)
    for kind in ("apps/v1/namespaces/shop/deployments", "v1/namespaces/shop/services"):
        path = f"/{'apis' if 'apps' in kind else 'api'}/{kind}"
        found = next(o for key, o in bench.server.objects.items() if key.startswith(f"{path}/"))
        old = {**found, "metadata": {**found["metadata"], "name": "orders-old"}}
        bench.server.objects[f"{path}/orders-old"] = old
    del bench.server.objects[f"{DEPLOYMENTS}/orders-producer"]
    bench.server.refuse(403, QUOTA, f"{DEPLOYMENTS}/orders-producer")
    await bench.fails()
    assert bench.server.sent("DELETE") == ["/api/v1/namespaces/shop/services/orders-old"]
    bench.server.refused = {}
    await reconcile(bench.reconciler, KEY)
    assert bench.server.sent("DELETE")[1:] == [f"{DEPLOYMENTS}/orders-old"]


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


ERRORS: list[tuple[Exception, str]] = [
    (ZeroDivisionError("float division by zero"), "ZeroDivisionError: float division by zero"),
    (OverflowError(34, "Numerical result out of range"), "OverflowError: (34, 'Numerical result out of range')"),
    (KeyError("traceId"), "KeyError: 'traceId'"),
    (TimeoutError(), "TimeoutError"),
    (ConnectionResetError("reset by peer"), "ConnectionResetError: reset by peer"),
    (RecursionError("maximum recursion depth exceeded"), "RecursionError: maximum recursion depth exceeded"),
    (MuteError(), "MuteError"),
    (ExceptionGroup("x", [ValueError("a"), ExceptionGroup("y", [OSError("b")])]), "ValueError: a; OSError: b"),
    (RuntimeError("x\n\x00\ud800" * 1000), "RuntimeError: x x x x"),
]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MuteError(), "MuteError"),
        (TimeoutError(), "TimeoutError"),
        (RuntimeError("x" * 2000), f"RuntimeError: {'x' * 985}…"),
    ],
)
def test_an_error_is_one_line_of_at_most_so_many_characters(error: Exception, line: str) -> None:
    assert failure.described(error, 1000) == line


@pytest.mark.parametrize(
    ("errors", "end"), [(30, "KeyError: 29"), (31, "KeyError: 29; and 1 more"), (32, "and 2 more")]
)
def test_of_many_errors_the_first_thirty_are_named(errors: int, end: str) -> None:
    message = failure.verdict(ExceptionGroup("x", [KeyError(number) for number in range(errors)])).message
    assert message.endswith(end)
    assert message.count("KeyError") == 30


STEPS: dict[str, type] = {
    "other_pipelines": Observer,
    "state": Observer,
    "prepare": Applier,
    "apply": Applier,
    "health": Observer,
    "report": Reporter,
}


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [*((step, *ERRORS[0]) for step in STEPS), *(("apply", *each) for each in ERRORS[1:])],
    ids=[*STEPS, *(type(error).__name__ for error, _ in ERRORS[1:])],
)
async def test_whatever_is_raised_wherever_it_is_becomes_the_condition(
    bench: Bench, step: str, error: Exception, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(STEPS[step], step, fail)
    await bench.fails()
    ready = bench.server.ready
    assert (ready["status"], ready["reason"], ready["observedGeneration"]) == ("False", reasons.RECONCILE_ERROR, 2)
    assert ready["message"].startswith(message)
    assert len(ready["message"]) <= 1500
    (event,) = bench.server.events
    assert (event["type"], event["reason"]) == ("Warning", reasons.RECONCILE_ERROR)
    await bench.again_and_nothing_is_written()


@pytest.mark.parametrize("step", [*STEPS, "kafka"])
async def test_what_differs_each_time_is_not_written_each_time(
    bench: Bench, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> Any:
        raise RuntimeError(f"{object()} failed")

    if step == "kafka":
        monkeypatch.setattr(Kafka, "ensure", fail)
    else:
        monkeypatch.setattr(STEPS[step], step, fail)
    await bench.fails()
    assert "<object object at …> failed" in bench.server.ready["message"]
    await bench.again_and_nothing_is_written()


async def test_a_kafka_that_raises_keeps_no_object_from_being_written_and_nothing_from_being_seen(bench: Bench) -> None:
    bench.kafka.raises = RuntimeError("no PEM")
    bench.server.refuse(403, QUOTA, f"{DEPLOYMENTS}/orders-producer")
    await bench.fails()
    assert bench.server.ready["message"] == f"RuntimeError: no PEM; Deployment orders-producer: {QUOTA}"
    assert bench.server.conditions["KafkaReady"]["message"] == "RuntimeError: no PEM"
    assert bench.server.conditions["ConsumerReady"]["reason"] == reasons.PROGRESSING
    assert f"{DEPLOYMENTS}/orders-consumer" in bench.server.objects


async def test_what_was_not_looked_at_stays_as_it_was_or_is_unknown(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> Any:
        raise TimeoutError

    monkeypatch.setattr(Observer, "health", fail)
    await bench.fails()
    assert {kind: c["status"] for kind, c in bench.server.conditions.items()} == {
        "KafkaReady": "Unknown",
        "CollectorReady": "Unknown",
        "JaegerReady": "Unknown",
        "ProducerReady": "Unknown",
        "ConsumerReady": "Unknown",
        "TracesFlowing": "Unknown",
        "Ready": "False",
        "Reconciling": "True",
    }
    monkeypatch.undo()
    await reconcile(bench.reconciler, KEY)
    seen = {kind: c for kind, c in bench.server.conditions.items() if kind not in ("Ready", "Reconciling")}
    monkeypatch.setattr(Observer, "health", fail)
    bench.server.objects[ORDERS]["metadata"]["generation"] = 3
    await bench.fails()
    assert {kind: bench.server.conditions[kind] for kind in seen} == seen
    assert bench.server.ready["observedGeneration"] == 3


@pytest.mark.parametrize("status", [409, 422, 500, 403])
@pytest.mark.parametrize("refused", [True, False], ids=["another failure", "no other failure"])
async def test_a_status_that_cannot_be_written_is_logged_and_tried_again(
    bench: Bench, status: int, refused: bool, caplog: pytest.LogCaptureFixture
) -> None:
    paths = [f"{ORDERS}/status", *([f"{DEPLOYMENTS}/orders-producer"] if refused else [])]
    bench.server.refuse(status, "no", *paths)
    with caplog.at_level(logging.ERROR):
        await bench.fails()
    assert len([path for path in bench.server.sent("PATCH") if path == f"{ORDERS}/status"]) == 2
    assert "shop/orders: the status cannot tell of it: patch apis/tracedpipeline.dev" in caplog.text
    bench.server.refused = {}
    await reconcile(bench.reconciler, KEY)
    assert bench.server.ready["reason"] == reasons.PROGRESSING


async def test_an_event_that_cannot_be_posted_changes_nothing(bench: Bench) -> None:
    bench.server.refuse(403, "namespace shop is being terminated", EVENTS)
    assert await reconcile(bench.reconciler, KEY) == 1.0
    assert bench.server.ready["reason"] == reasons.PROGRESSING


async def test_an_api_server_that_does_not_answer_is_asked_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    monkeypatch.setattr("kubernetes.aio.dynamic.DynamicClient.request", refusing_patches(calls))
    await bench.fails()
    assert len(calls) == 1, "each further object would wait for its own time-out"
    assert bench.server.ready["message"].endswith("the API server does not answer in time")


def refusing_patches(calls: list[str]) -> Callable[..., Any]:
    request = DynamicClient.request

    async def silent(self: Any, method: str, path: str, *more: Any, **options: Any) -> Any:
        if method == "patch" and not path.endswith("/status"):
            calls.append(path)
            raise TimeoutError
        return await request(self, method, path, *more, **options)

    return silent


async def test_another_tenants_spec_cannot_keep_a_pipeline_from_being_reconciled(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = body("theirs")
    listed = "/apis/tracedpipeline.dev/v1alpha1/tracedpipelines"
    bench.server.objects[f"{listed}/theirs"] = theirs
    parse = TracedPipeline.parse

    def overflowing(given: dict[str, Any]) -> TracedPipeline:
        if given["metadata"]["name"] == "theirs":
            raise OverflowError
        return parse(given)

    monkeypatch.setattr(TracedPipeline, "parse", overflowing)
    await reconcile(bench.reconciler, KEY)
    assert bench.server.ready["reason"] == reasons.PROGRESSING

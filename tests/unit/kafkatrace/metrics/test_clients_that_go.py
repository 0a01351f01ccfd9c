"""Clients that are closed, or gone, leave the metrics; their last values are exported once."""

import asyncio
import gc
import time
import weakref
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import kafkatrace
import pytest
from kafkatrace import AIOConsumer, AIOProducer, Consumer, DeserializingConsumer, Producer, SerializingProducer, Tracing
from kafkatrace.export.delta import Delta
from kafkatrace.export.metric_export import Reports
from kafkatrace.export.partial_success import ExportFailure
from kafkatrace.metrics import metric_definitions
from kafkatrace.metrics.instruments import Series
from kafkatrace.metrics.kinds import MOST_SERIES, Definition
from kafkatrace.metrics.registry import Metrics
from kafkatrace.spans import semconv
from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.resources import Resource

from ..recording import QUIET

GROUP = semconv.MESSAGING_CONSUMER_GROUP_NAME
NAMES = [each.name for each in vars(metric_definitions).values() if isinstance(each, Definition)]
SENT = metric_definitions.SENT_MESSAGES
UNREACHABLE = {"bootstrap.servers": "127.0.0.1:1", **QUIET}
_ids = count()


class Exported:
    """Takes metrics, or not."""

    def __init__(self) -> None:
        self.failure: ExportFailure | None = None
        self.data = MetricsData([])

    def export(self, data: MetricsData) -> ExportFailure | None:
        self.data = data
        return self.failure

    def shutdown(self) -> None:
        """Close nothing."""

    def points(self, name: str) -> list[Any]:
        scopes = (scope for group in self.data.resource_metrics for scope in group.scope_metrics)
        return [
            point for scope in scopes for each in scope.metrics if each.name == name for point in each.data.data_points
        ]

    def values(self, name: str) -> list[Any]:
        return [getattr(point, "value", None) or point.count for point in self.points(name)]


@pytest.fixture
def exported() -> Exported:
    return Exported()


def reports_of(metrics: Metrics, *exporters: Exported) -> Reports:
    return Reports(metrics, Resource({}), "1", exporters)


@pytest.fixture
def reports(tracing: Tracing, exported: Exported) -> Reports:
    return reports_of(tracing.metrics, exported)


def conf(**more: str) -> dict[str, Any]:
    number = next(_ids)
    return {**UNREACHABLE, "client.id": f"client-{number}", **more}


def of_a_group() -> dict[str, Any]:
    return conf(**{"group.id": f"group-{next(_ids)}"})


def producer(tracing: Tracing) -> None:
    Producer(conf(), tracing=tracing)


def consumer(tracing: Tracing) -> None:
    Consumer(of_a_group(), tracing=tracing).close()


def consumer_that_is_not_closed(tracing: Tracing) -> None:
    Consumer(of_a_group(), tracing=tracing)


def serializing(tracing: Tracing) -> None:
    SerializingProducer(conf(), tracing=tracing)
    DeserializingConsumer(of_a_group(), tracing=tracing).close()


def asynchronous(tracing: Tracing) -> None:
    async def open_and_close() -> None:
        await AIOConsumer(of_a_group(), tracing=tracing).close()
        await AIOProducer(conf(), tracing=tracing).close()

    asyncio.run(open_and_close())


def receiver(tracing: Tracing) -> None:
    kafkatrace.RecordReceiver(of_a_group(), tracing=tracing)


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.freeze()  # what other tests left, and what goes of it meanwhile, is not counted
    yield
    gc.unfreeze()
    gc.collect()


@pytest.mark.parametrize(
    "client", [producer, consumer, consumer_that_is_not_closed, serializing, asynchronous, receiver]
)
def test_many_clients_leave_no_more_series_and_objects_than_one(
    client: Callable[[Tracing], None], tracing: Tracing, reports: Reports, exported: Exported, uncollected: None
) -> None:
    def there() -> tuple[int, int]:
        gc.collect()
        for _ in range(2):
            assert reports.export() is None
        ours = [each for each in gc.get_objects() if str(type(each).__module__).startswith("kafkatrace")]
        return sum(map(len, map(exported.points, NAMES))), len(ours)

    def after(clients: int) -> tuple[int, int]:
        for _ in range(clients):
            client(tracing)
        before, now = None, there()
        while now != before:  # an event loop's threads let go of a client a moment later
            time.sleep(0.05)
            before, now = now, there()
        return now

    series, objects = after(1)
    left = after(30)
    end = time.monotonic() + 30
    while left[1] > objects and time.monotonic() < end:  # what a thread of another test holds goes in a moment
        time.sleep(0.05)
        left = there()
    assert left[0] == series
    assert left[1] <= objects


def test_a_consumer_that_is_closed_but_held_is_told_once_more(
    tracing: Tracing, reports: Reports, exported: Exported
) -> None:
    held = []
    for ahead in (40, 50):
        held.append(Consumer(of_a_group(), tracing=tracing))
        receiver = held[-1]._receiver
        receiver.processed._clocks.received(1_000 + ahead, 1_000_000_000)
        held[-1].close()
    reports.export()
    assert exported.values("kafkatrace.clock.offset.minimum") == [0.04, 0.05]
    reports.export()
    assert exported.values("kafkatrace.clock.offset.minimum") == []
    assert len(exported.points("messaging.client.consumed.messages")) == 1


def test_a_producer_left_by_with_is_told_once_more(tracing: Tracing, reports: Reports, exported: Exported) -> None:
    with Producer(conf(), tracing=tracing) as held:
        held._sender._clocks.appended(1_050, 1_000_000_000, 1_001_000_000)
    reports.export()
    assert exported.values("kafkatrace.clock.offset") == [0.05]
    reports.export()
    assert exported.values("kafkatrace.clock.offset") == []


def counted(metrics: Metrics, group: str, times: int = 1) -> Series:
    series = Series(metrics, {GROUP: group}, SENT)
    for _ in range(times):
        series.of("t").add(1)
    return series


def groups(exported: Exported) -> dict[object, int]:
    return {point.attributes[GROUP]: point.value for point in exported.points(SENT.name)}


def test_what_could_not_be_exported_is_told_when_it_can_be(exported: Exported) -> None:
    metrics = Metrics()
    reports = reports_of(metrics, exported)
    alive = counted(metrics, "alive")
    for group in ("a", "b"):
        counted(metrics, group)
    exported.failure = ExportFailure(99, "HTTP 503")
    reports.export()
    reports.export()
    exported.failure = None
    reports.export()
    assert groups(exported) == {"alive": 1, "a": 1, "b": 1}
    reports.export()
    assert groups(exported) == {"alive": 1, "b": 1}
    alive.of("t").add(1)
    reports.export()
    assert groups(exported) == {"alive": 2, "b": 1}


def test_of_two_exporters_both_are_told_once_more(exported: Exported) -> None:
    other = Exported()
    metrics = Metrics()
    for group in ("a", "b"):
        counted(metrics, group)
    reports = reports_of(metrics, exported, other)
    other.failure = ExportFailure(99, "HTTP 503")
    reports.export()
    other.failure = None
    reports.export()
    assert groups(exported) == groups(other) == {"a": 1, "b": 1}
    reports.export()
    assert groups(exported) == groups(other) == {"b": 1}


def test_equal_clients_one_after_the_other_go_on_with_one_sum(exported: Exported) -> None:
    metrics = Metrics()
    reports = reports_of(metrics, exported)
    for times in range(1, 4):
        counted(metrics, "a")
        reports.export()
        reports.export()
        assert groups(exported) == {"a": times}


def test_what_comes_back_begins_again_later(exported: Exported) -> None:
    metrics = Metrics()
    reports = reports_of(metrics, exported)
    counted(metrics, "a", 5)
    counted(metrics, "b")
    reports.export()
    (before, _) = exported.points(SENT.name)
    counted(metrics, "a", 2)
    reports.export()
    assert groups(exported) == {"b": 1, "a": 2}
    (_, after) = exported.points(SENT.name)
    assert after.start_time_unix_nano >= before.time_unix_nano > before.start_time_unix_nano


def test_deltas_of_what_comes_back_are_what_is_new() -> None:
    metrics, delta = Metrics(), Delta()

    class Deltas(Exported):
        def export(self, data: MetricsData) -> ExportFailure | None:
            super().export(delta.of(data))
            delta.taken()
            return None

    exported = Deltas()
    reports = reports_of(metrics, exported)
    counted(metrics, "a", 5)
    counted(metrics, "b")
    reports.export()
    counted(metrics, "a", 7)
    reports.export()
    assert groups(exported) == {"a": 7}
    assert len(delta._taken) == 4  # two metrics of two groups


def test_a_histogram_stays_while_anybody_can_count_into_it(exported: Exported) -> None:
    metrics = Metrics()
    reports = reports_of(metrics, exported)
    series, one = counted(metrics, "a"), counted(metrics, "a")
    counted(metrics, "b")
    del one
    for _ in range(3):
        reports.export()
    series.of("t").add(1)
    reports.export()
    assert groups(exported) == {"a": 3, "b": 1}


def test_who_collects_by_himself_has_an_interval_to_do_it() -> None:
    metrics = Metrics()
    for group in ("a", "b"):
        counted(metrics, group)
    reports, look = reports_of(metrics), Exported()
    reports.export()
    look.export(reports.data())
    assert groups(look) == {"a": 1, "b": 1}
    reports.export()
    look.export(reports.data())
    assert groups(look) == {"b": 1}


def test_with_nothing_exported_for_long_clients_that_are_there_take_the_place_of_closed_ones(
    exported: Exported,
) -> None:
    metrics = Metrics()
    gone = Metrics()
    for number in range(MOST_SERIES + 100):
        metrics.watch(metric_definitions.CLOCK_OFFSET, {"client": number}, lambda: 1.0, gone)
    metrics.leave(gone)
    here = Metrics()
    metrics.watch(metric_definitions.CLOCK_OFFSET, {"client": "here"}, lambda: 2.0, here)
    reports_of(metrics, exported).export()
    assert [point.value for point in exported.points("kafkatrace.clock.offset")][-1] == 2.0
    assert len(exported.points("kafkatrace.clock.offset")) == MOST_SERIES - 1


def test_metrics_do_not_keep_a_consumer(tracing: Tracing) -> None:
    held = Consumer(of_a_group(), tracing=tracing)
    gone = weakref.ref(held._receiver)
    held.close()
    del held
    gc.collect()
    assert gone() is None

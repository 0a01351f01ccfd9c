"""Others who want an object otherwise: when we stop, what is said, and when it is tried again."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import web
from tracedpipeline import desired
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka import plan
from tracedpipeline.kubernetes_api import apply, managers
from tracedpipeline.kubernetes_api.client import Cluster
from tracedpipeline.kubernetes_api.contests import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    MOST_TAKE_BACKS,
    PEACE_SECONDS,
    WITHIN_SECONDS,
    Contests,
    Step,
)
from tracedpipeline.kubernetes_api.drift import Drift, Path
from tracedpipeline.settings import Settings

from tests.unit.operator.apiserver import ApiServer, listening
from tests.unit.operator.conftest import body

PIPELINE = TracedPipeline.parse(body())
PRODUCER = "/apis/apps/v1/namespaces/shop/deployments/orders-producer"
ORDERS = ("shop", "orders")
DRIFT: Drift = ((("spec",), "1"),)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Fought(ApiServer):
    """Has a webhook that changes what is written, as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.webhook: Callable[[str, dict[str, Any]], None] = lambda path, o: None

    def do_patch(self, request: web.Request, path: str, content: Any) -> web.Response:
        content = copy.deepcopy(content)
        self.webhook(path, content)
        return super().do_patch(request, path, content)


class Bench:
    def __init__(self, server: Fought, cluster: Cluster, settings: Settings) -> None:
        self.server, self.cluster, self.clock = server, cluster, Clock()
        self.cluster.contests = Contests(self.clock)
        self.wanted = desired.build(PIPELINE, plan.access(PIPELINE), settings)

    async def apply(self) -> int:
        """Apply once, and return how often the producer's Deployment was written."""
        before = len(self.writes())
        await apply.apply(self.cluster, PIPELINE, self.wanted, await self.cluster.owned(PIPELINE))
        return len(self.writes()) - before

    def writes(self) -> list[str]:
        return [path for path in self.server.sent("PATCH") if path == PRODUCER]

    def said(self) -> list[str]:
        return self.cluster.contests.said(ORDERS)

    def events(self) -> list[str]:
        posted = (content for verb, path, _, content in self.server.requests if path.endswith("/events"))
        return [event["note"] for event in posted if event["reason"] == "FieldContested"]


@pytest.fixture
async def bench(settings: Settings) -> Any:
    server = Fought()
    async with listening(server) as api:
        yield Bench(server, Cluster(api), settings)


def with_manager(o: dict[str, Any], manager: str, fields: dict[str, Any]) -> None:
    entry = {"manager": manager, "time": "2026-01-01T00:00:00Z", "fieldsV1": fields}
    o["metadata"]["managedFields"] = [entry]


def scale(o: dict[str, Any]) -> None:
    o["spec"]["progressDeadlineSeconds"] = 7
    with_manager(o, "fighter", {"f:spec": {"f:progressDeadlineSeconds": {}}})


def delete(server: ApiServer) -> None:
    server.objects.pop(PRODUCER)


FIGHTS: dict[str, tuple[Callable[[ApiServer], None], str]] = {
    "a field": (lambda server: scale(server.objects[PRODUCER]), "managed by fighter"),
    "the object": (delete, "deleted each time"),
    "a container": (
        lambda server: server.objects[PRODUCER]["spec"]["template"]["spec"]["containers"].append({"name": "x"}),
        "spec.template.spec.containers is not as it was written",
    ),
}


@pytest.fixture(params=FIGHTS)
def fight(request: pytest.FixtureRequest) -> Iterator[tuple[Callable[[ApiServer], None], str]]:
    yield FIGHTS[request.param]


async def test_after_five_take_backs_we_stop_and_say_so_once(
    bench: Bench, fight: tuple[Callable[[ApiServer], None], str]
) -> None:
    strike, words = fight
    bench.wanted = [with_deadline(o) for o in bench.wanted]
    assert await bench.apply() == 1
    written = []
    for _ in range(50):
        if PRODUCER in bench.server.objects:
            strike(bench.server)
        bench.clock.now += 1.0
        written.append(await bench.apply())
    assert written == [1] * MOST_TAKE_BACKS + [0] * (50 - MOST_TAKE_BACKS)
    (said,) = bench.said()
    assert said.startswith("Deployment orders-producer: ")
    assert words in said
    assert bench.events() == [said]


def with_deadline(o: dict[str, Any]) -> dict[str, Any]:
    """The object, with a field that the fighter wants otherwise."""
    if o["kind"] != "Deployment":
        return o
    return {**o, "spec": {**o["spec"], "progressDeadlineSeconds": 600}}


def stepped(contests: Contests, name: tuple[str, str], wanted: str, drift: Drift) -> Step:
    """What to do; where it is to write, that is done."""
    step = contests.differs(ORDERS, name, wanted, drift)
    if step is Step.WRITE:
        assert contests.wrote(ORDERS, name, ()) is Step.WRITE
    return step


async def test_a_write_that_is_refused_is_no_fight(bench: Bench) -> None:
    missing: Drift = (((), "missing"),)
    for _ in range(10 * MOST_TAKE_BACKS):
        assert bench.cluster.contests.differs(ORDERS, ("Deployment", "a"), "digest", missing) is Step.WRITE
    assert bench.cluster.contests.wrote(("shop", "gone"), ("Deployment", "a"), ()) is Step.WRITE


async def test_it_is_tried_again_after_a_pause_that_grows(bench: Bench) -> None:
    contests, clock = bench.cluster.contests, bench.clock
    name, drift = ("Deployment", "orders-producer"), DRIFT

    def step() -> Step:
        return stepped(contests, name, "digest", drift)

    assert [step() for _ in range(MOST_TAKE_BACKS + 1)] == [Step.WRITE] * (MOST_TAKE_BACKS + 1)
    assert step() is Step.STOP
    contests.say(ORDERS, name, "said")
    pause = FIRST_PAUSE_SECONDS
    for _ in range(8):
        clock.now += pause - 1
        assert step() is Step.REST
        clock.now += 1
        assert step() is Step.WRITE, "once more"
        assert step() is Step.REST
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    assert pause == LONGEST_PAUSE_SECONDS
    # Peace ends it, and what is said.
    contests.agrees(ORDERS, name)
    assert contests.said(ORDERS) == ["said"], "peace is not a moment's"
    clock.now += PEACE_SECONDS
    contests.agrees(ORDERS, name)
    assert contests.said(ORDERS) == []
    assert step() is Step.WRITE


async def test_who_takes_a_field_back_now_and_then_does_not_stop_us(bench: Bench) -> None:
    contests, drift = bench.cluster.contests, DRIFT
    for _ in range(50):
        bench.clock.now += WITHIN_SECONDS / MOST_TAKE_BACKS
        assert stepped(contests, ("Deployment", "a"), "digest", drift) is Step.WRITE


async def test_another_desired_state_is_written_at_once(bench: Bench) -> None:
    contests, drift = bench.cluster.contests, DRIFT
    steps = [stepped(contests, ("Deployment", "a"), "one", drift) for _ in range(MOST_TAKE_BACKS + 2)]
    assert steps[-1] is Step.STOP
    assert stepped(contests, ("Deployment", "a"), "other", drift) is Step.WRITE


def set_deadline(path: str, o: dict[str, Any]) -> None:
    if path == PRODUCER:
        o["spec"]["progressDeadlineSeconds"] = 7


def add_env(path: str, o: dict[str, Any]) -> None:
    if path == PRODUCER:
        o["spec"]["template"]["spec"]["containers"][0].setdefault("env", []).append({"name": "FOREIGN"})


@pytest.mark.parametrize("webhook", [set_deadline, add_env])
async def test_a_write_that_changed_nothing_is_not_repeated(
    bench: Bench, webhook: Callable[[str, dict[str, Any]], None]
) -> None:
    bench.wanted = [with_deadline(o) for o in bench.wanted]
    bench.server.webhook = webhook
    assert [await bench.apply() for _ in range(20)] == [1] + [0] * 19
    (said,) = bench.said()
    assert "an admission webhook changes it" in said
    assert bench.events() == [said]
    # What changes is written again, and so is what we want otherwise.
    bench.server.objects[PRODUCER]["spec"]["progressDeadlineSeconds"] = 8
    assert await bench.apply() == 1
    bench.server.webhook = lambda path, o: None
    bench.clock.now += LONGEST_PAUSE_SECONDS
    assert await bench.apply() == 1
    bench.clock.now += PEACE_SECONDS
    assert await bench.apply() == 0
    assert bench.said() == []


async def test_what_we_delete_ourselves_is_no_fight(bench: Bench) -> None:
    wanted = bench.wanted
    without = [o for o in wanted if o["metadata"]["name"] != "orders-producer"]
    for _ in range(2 * MOST_TAKE_BACKS):
        bench.wanted = wanted
        assert await bench.apply() == 1
        bench.wanted = without
        await bench.apply()
        assert PRODUCER not in bench.server.objects
    assert bench.said() == []


ENV = ("spec", "template", "spec", "containers", 0, "env")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("spec", "replicas"), ["kubectl", "autoscaler"]),
        (ENV, ["injector"]),
        (("spec", "paused"), []),
        (("metadata", "labels"), []),
    ],
)
def test_the_managers_of_a_field_are_named_the_newest_first(path: Path, found: list[str]) -> None:
    replicas: dict[str, Any] = {"f:spec": {"f:replicas": {}}}
    env: dict[str, Any] = {"f:env": {'k:{"name":"FOREIGN"}': {}}}
    injected = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"main"}': env}}}}}
    entries = [
        {"manager": "tracedpipeline-operator", "time": "2026-01-05T00:00:00Z", "fieldsV1": replicas},
        {"manager": "autoscaler", "time": "2026-01-01T00:00:00Z", "fieldsV1": replicas},
        {"manager": "kubectl", "time": "2026-01-02T00:00:00Z", "fieldsV1": replicas},
        {"manager": "injector", "time": "2026-01-02T00:00:00Z", "fieldsV1": injected},
        {"manager": "old"},
    ]
    assert managers.others({"metadata": {"managedFields": entries}}, path) == found

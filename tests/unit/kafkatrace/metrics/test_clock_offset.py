from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace import Consumer, Producer
from kafkatrace.metrics.clock_offset import Clocks, Offset

from tests.unit.kafkatrace.recording import Receive, Recorder

MS = 1_000_000
SECOND = 1_000 * MS
NOW = 1_700_000_000 * SECOND


@dataclass
class World:
    """Our clock, a broker whose clock is `ahead` of it, and a monotonic clock for the windows."""

    ahead: int
    now: int = NOW
    seconds: float = 0.0
    clocks: Clocks = field(init=False)

    def __post_init__(self) -> None:
        self.clocks = Clocks(lambda: self.seconds)

    def later(self, seconds: float) -> None:
        self.seconds += seconds
        self.now += round(seconds * SECOND)

    def send(self, there: int, back: int) -> None:
        """Produce: the record is written `there` ns later, the report is here `back` ns after that."""
        started = self.now
        appended = started + there + self.ahead
        self.now += there + back
        self.clocks.appended(appended // MS, started, self.now)

    def receive(self, waited: int) -> None:
        """Poll a record that was written `waited` ns ago."""
        self.clocks.received((self.now - waited + self.ahead) // MS, self.now)


def known(world: World) -> Offset:
    offset = world.clocks.offset
    assert offset is not None
    return offset


_AHEAD = st.integers(-30 * 86_400 * SECOND, 30 * 86_400 * SECOND) | st.integers(-5 * MS, 5 * MS)
_LEG = st.integers(0, 3 * SECOND) | st.integers(0, 2 * MS)
_LEGS = st.lists(st.tuples(_LEG, _LEG), min_size=1, max_size=20)


@given(_AHEAD, _LEGS)
def test_the_true_offset_is_always_within_the_uncertainty(ahead: int, legs: list[tuple[int, int]]) -> None:
    world = World(ahead)
    for there, back in legs:
        world.send(there, back)
        offset = known(world)
        assert abs(ahead - offset.middle) <= offset.uncertainty + 1, "1 ns: floating-point numbers"


@given(_AHEAD, _LEGS)
def test_it_is_no_wider_than_the_quickest_round_trip(ahead: int, legs: list[tuple[int, int]]) -> None:
    world = World(ahead)
    for there, back in legs:
        world.send(there, back)
    quickest = min(there + back for there, back in legs)
    assert known(world).uncertainty <= (quickest + MS) / 2 + 1
    assert known(world).uncertainty >= 0


@given(_AHEAD, st.lists(_LEG, min_size=1, max_size=20))
def test_what_a_consumer_sees_is_a_lower_bound(ahead: int, waits: list[int]) -> None:
    world = World(ahead)
    for waited in waits:
        world.receive(waited)
        world.later(0.01)
    minimum = world.clocks.minimum
    assert minimum is not None
    assert minimum <= ahead
    assert minimum >= ahead - min(waits) - MS, "the record that waited least tells most"
    assert world.clocks.offset is None, "one side alone is no offset"


@given(_AHEAD, _LEGS, st.lists(_LEG, max_size=5))
def test_both_sides_together_stay_true(ahead: int, legs: list[tuple[int, int]], waits: list[int]) -> None:
    world = World(ahead)
    for there, back in legs:
        world.send(there, back)
    for waited in waits:
        world.receive(waited)
    assert abs(ahead - known(world).middle) <= known(world).uncertainty + 1


def test_nothing_is_known_at_first() -> None:
    clocks = World(0).clocks
    assert (clocks.offset, clocks.minimum) == (None, None)


def test_one_report_in_numbers() -> None:
    clocks = World(0).clocks
    clocks.appended(1_000, 995 * MS, 1_003 * MS)
    assert clocks.minimum == -3 * MS
    assert clocks.offset == Offset(1.5 * MS, 4.5 * MS), "from -3 to 1001 - 995"


def test_reports_narrow_each_other_down() -> None:
    world = World(40 * MS)
    world.send(900 * MS, 0)
    wide = known(world).uncertainty
    world.send(0, 900 * MS)
    assert known(world).uncertainty < 2 * MS < wide


@pytest.mark.parametrize("set_by", [-3_600 * SECOND, 3_600 * SECOND])
def test_a_clock_that_is_set_gives_nothing_and_then_the_new_offset(set_by: int) -> None:
    world = World(0)
    world.send(MS, MS)
    world.ahead += set_by
    world.send(MS, MS)
    assert world.clocks.offset is None
    for _ in range(3):
        world.later(60)
        world.send(MS, MS)
    assert abs(set_by - known(world).middle) <= known(world).uncertainty


def test_our_own_clock_set_back_is_the_same() -> None:
    world = World(0)
    world.send(MS, MS)
    world.now -= 60 * SECOND
    world.ahead = 60 * SECOND
    world.send(MS, MS)
    assert world.clocks.offset is None
    world.later(121)
    world.send(MS, MS)
    assert abs(60 * SECOND - known(world).middle) <= known(world).uncertainty


def test_drift_is_followed() -> None:
    world = World(0)
    for _ in range(500):
        world.later(2)
        world.ahead += 20_000  # 10 ppm
        world.send(MS, MS)
    assert abs(world.ahead - known(world).middle) < 3 * MS


def test_bounds_of_the_window_before_still_count() -> None:
    world = World(0)
    world.send(0, 0)
    world.later(60)
    world.send(SECOND, SECOND)
    assert known(world).uncertainty < MS


def test_bounds_older_than_two_windows_do_not() -> None:
    world = World(0)
    world.send(0, 0)
    world.receive(0)
    world.later(120)
    assert world.clocks.offset is None, "an idle client tells nothing instead of something old"
    assert world.clocks.minimum is None
    world.send(SECOND, SECOND)
    assert known(world).uncertainty >= SECOND


def test_a_long_silence_leaves_nothing_behind() -> None:
    world = World(0)
    world.send(0, 0)
    world.later(59)
    world.send(0, 0)
    world.later(3_600)
    world.ahead = 5 * SECOND
    world.send(SECOND, SECOND)
    assert abs(5 * SECOND - known(world).middle) <= known(world).uncertainty


DAY = 86_400 * SECOND


@pytest.mark.parametrize(
    ("offset", "told"),
    [
        (Offset(2.5 * MS, 2.8 * MS), False),
        (Offset(-2.5 * MS, 2.8 * MS), False),
        (Offset(2.9 * MS, 2.8 * MS), True),
        (Offset(-3_600.0 * SECOND, 2.8 * MS), True),
        (Offset(-2.0 * DAY, MS), False),
        (Offset(3.0 * DAY, MS), False),
        (Offset(3.0 * DAY, 4.0 * DAY), False),
    ],
)
def test_only_a_difference_that_is_certain_and_possible_is_one(offset: Offset, told: bool) -> None:
    assert offset.is_difference is told


def test_a_broker_that_stamps_at_random_has_no_clock(
    producer: Producer, topic: str, receive: Receive, consumer: Consumer, recorder: Recorder
) -> None:
    """librdkafka's own mock stamps each record with the 1234th millisecond of 1970."""
    producer.produce(topic, b"v", partition=0)
    producer.flush(10)
    with consumer.process(receive()):
        pass
    for name in ("send", "process"):
        attributes = recorder.span(name).attributes or {}
        assert [key for key in attributes if key.startswith("kafkatrace.clock.")] == []
    metrics = {
        metric.name: metric
        for resource in recorder.tracing.collect_metrics().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if list(metric.data.data_points)
    }
    assert "messaging.process.duration" in metrics
    assert [name for name in metrics if name.startswith("kafkatrace.clock.")] == []

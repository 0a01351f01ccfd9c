from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from traced_common.stale_leaders import Leaders, StaleLeadersError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class FakeClient:
    """Returns metadata that names these leaders, or fails while there are none."""

    def __init__(self, *leaders: int) -> None:
        self.leaders = leaders
        self.asked = 0

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> Any:
        self.asked += 1
        if not self.leaders:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        partitions = {number: SimpleNamespace(leader=leader) for number, leader in enumerate(self.leaders)}
        return SimpleNamespace(topics={topic: SimpleNamespace(partitions=partitions)})


class Watch:
    """Leaders, checked every quarter of a minute by a clock of its own."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.leaders = Leaders("orders", self.clock)

    def believe(self, *leaders: int) -> None:
        partitions: dict[str, Any] = {str(number): {"leader": leader} for number, leader in enumerate(leaders)}
        self.leaders.statistics({"topics": {"orders": {"partitions": {**partitions, "-1": {"leader": -1}}}}})

    def check(self, client: FakeClient) -> None:
        self.clock.now += 15
        self.leaders.check(client)


def test_asks_four_times_a_minute() -> None:
    watch, client = Watch(), FakeClient(1)
    watch.leaders.check(client)
    assert client.asked == 0
    watch.check(client)
    watch.leaders.check(client)
    assert client.asked == 1


@pytest.mark.parametrize("believed", [(-1, -1), (1, 3)])
def test_what_is_untrue_twice_in_a_row_needs_a_restart(believed: tuple[int, int]) -> None:
    watch, client = Watch(), FakeClient(1, 2)
    watch.believe(*believed)
    watch.check(client)
    with pytest.raises(StaleLeadersError, match="topic orders was deleted and created again"):
        watch.check(client)


def test_an_election_does_not() -> None:
    watch = Watch()
    watch.believe(1)
    watch.check(FakeClient(2))
    watch.believe(2)
    watch.check(FakeClient(2))
    watch.check(FakeClient(3))
    watch.believe(3)
    watch.check(FakeClient(3))


@pytest.mark.parametrize("client", [FakeClient(), FakeClient(-1)])
def test_kafka_away_or_without_leaders_does_not(client: FakeClient) -> None:
    watch = Watch()
    watch.believe(-1)
    for _ in range(4):
        watch.check(client)


def test_a_client_without_statistics_yet_does_not() -> None:
    watch = Watch()
    for _ in range(4):
        watch.check(FakeClient(1))

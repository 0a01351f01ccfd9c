"""The consumer as a whole, in this process."""

from collections.abc import Callable

import pytest
from traced_common import health, kafka
from traced_common.order import Order
from traced_common.stale_leaders import StaleLeadersError
from traced_common.stop import Stop
from traced_consumer import app

Put = Callable[..., None]


class Watch:
    """Leaders or an identity; the one that notices finds the first consumer stale, once it has handled an order."""

    def __init__(self, handled: list[int], put: Put, *, notices: bool) -> None:
        self.handled = handled
        self.put = put
        self.notices = notices

    def check(self, *_: object) -> None:
        if self.notices and self.handled:
            self.notices = False
            self.put(2)
            raise StaleLeadersError("topic orders was deleted and created again")

    def statistics(self, figures: object) -> None:
        pass


@pytest.mark.parametrize("who", [0, 1], ids=["leaders", "identity"])
def test_a_consumer_that_sticks_to_a_topic_that_is_gone_gives_way_to_another(
    variables: dict[str, str], put: Put, monkeypatch: pytest.MonkeyPatch, who: int
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    stop = Stop()
    handled: list[int] = []
    made: list[object] = []
    leaders, identity = [Watch(handled, put, notices=who == each) for each in (0, 1)]
    connect = kafka.connect

    def connected(make: Callable[..., object], conf: dict[str, object]) -> object:
        made.append(conf.get("group.id"))
        return connect(make, conf)

    def handle(order: Order) -> None:
        handled.append(order.sequence)
        if order.sequence == 2:
            stop.request()

    monkeypatch.setattr(app, "Leaders", lambda topic: leaders)
    monkeypatch.setattr(app, "identity", lambda topic, kafka: identity)
    monkeypatch.setattr(kafka, "connect", connected)
    monkeypatch.setattr(health, "serve", lambda state, port, host: None)
    put(1)
    app.start(variables, stop, handle)
    assert handled == [1, 2]
    assert len([group for group in made if group]) == 2

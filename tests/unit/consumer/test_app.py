"""The consumer as a whole, in this process."""

from collections.abc import Callable

import pytest
from traced_common import health
from traced_common.order import Order
from traced_common.stale_leaders import StaleLeadersError
from traced_common.stop import Stop
from traced_consumer import app

Put = Callable[..., None]


def test_a_consumer_that_sticks_to_a_topic_that_is_gone_gives_way_to_another(
    variables: dict[str, str], put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    stop = Stop()
    handled: list[int] = []
    consumers: list[object] = []

    class Leaders:
        """Finds the first consumer stale once it has handled an order."""

        def __init__(self, topic: str) -> None:
            pass

        def check(self, consumer: object) -> None:
            if consumer not in consumers:
                consumers.append(consumer)
            if len(consumers) == 1 and handled:
                put(2)
                raise StaleLeadersError("topic orders was deleted and created again")

        def statistics(self, figures: object) -> None:
            pass

    def handle(order: Order) -> None:
        handled.append(order.sequence)
        if order.sequence == 2:
            stop.request()

    monkeypatch.setattr(app, "Leaders", Leaders)
    put(1)
    monkeypatch.setattr(health, "serve", lambda state, port: None)
    app.start(variables, stop, handle)
    assert handled == [1, 2]
    assert len(consumers) == 2

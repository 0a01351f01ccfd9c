import os
import signal
import threading
from collections.abc import Iterator

import pytest
from traced_common.stop import Stop


@pytest.fixture
def stop() -> Iterator[Stop]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield Stop().on_signals()
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_requests_a_stop(stop: Stop, number: signal.Signals) -> None:
    assert not stop.requested
    os.kill(os.getpid(), number)
    os.kill(os.getpid(), number)
    assert stop.requested


def test_a_signal_ends_the_wait(stop: Stop) -> None:
    waiter = threading.Timer(0, os.kill, (os.getpid(), signal.SIGTERM))
    waiter.start()
    stop.wait(3600)
    stop.wait(3600)
    assert stop.requested
    waiter.join()

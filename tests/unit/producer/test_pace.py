import pytest
from traced_producer.pace import Pace


def sent_until(pace: Pace, turn: float, end: float) -> int:
    """Play the main loop from 0 to `end`: each turn sends `turn` seconds later than it was due."""
    now, sent = 0.0, 0
    while (now := now + pace.wait(now) + turn) < end:
        pace.sent(now)
        sent += 1
    return sent


def test_the_first_is_due_at_once() -> None:
    assert Pace(10, 100.0).wait(100.0) == 0


def test_waits_for_the_next() -> None:
    pace = Pace(10, 100.0)
    pace.sent(100.0)
    assert pace.wait(100.0) == pytest.approx(0.1)
    assert pace.wait(100.07) == pytest.approx(0.03)
    assert pace.wait(100.2) == 0


@pytest.mark.parametrize("rate", [0.5, 3, 10, 1000])
def test_slow_turns_do_not_add_up(rate: float) -> None:
    assert sent_until(Pace(rate, 0.0), 0.7 / rate, 600) == pytest.approx(600 * rate, abs=1)


def test_a_standstill_is_caught_up_for_one_second_at_most() -> None:
    pace = Pace(10, 0.0)
    pace.sent(0.0)
    burst = 0
    while pace.wait(60.0) == 0:
        pace.sent(60.0)
        burst += 1
    assert burst == pytest.approx(12, abs=1)  # the one that was due, and ten a second


def test_a_rate_beyond_reach_sends_whenever_it_can() -> None:
    assert sent_until(Pace(1_000_000, 0.0), 0.01, 10) == pytest.approx(1000, abs=1)

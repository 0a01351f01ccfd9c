"""What ends a run."""

import signal

import pytest
from tracedpipeline.local.command import stopping_signals


@pytest.mark.parametrize("hang_up_ends_it", [True, False])
def test_a_hang_up_ends_it_unless_that_is_ignored_as_below_nohup(hang_up_ends_it: bool) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL if hang_up_ends_it else signal.SIG_IGN)
    try:
        assert (signal.SIGHUP in stopping_signals()) is hang_up_ends_it
    finally:
        signal.signal(signal.SIGHUP, before)

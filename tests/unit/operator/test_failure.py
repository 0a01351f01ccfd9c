"""What an error, or a group of them, asks for."""

import pytest
from tracedpipeline import failure


class BusyError(Exception):
    """An error that says when the same may be tried again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.retry_after = seconds


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (ValueError("x"), 0.0),
        (BusyError(7.5), 7.5),
        (ExceptionGroup("both", [ValueError("x"), BusyError(3.0)]), 3.0),
        (ExceptionGroup("all", [BusyError(3.0), ExceptionGroup("inner", [BusyError(9.0)]), BusyError(5.0)]), 9.0),
    ],
)
def test_the_longest_wait_that_an_error_asks_for_counts(error: Exception, seconds: float) -> None:
    assert failure.retry_after(error) == seconds


def test_the_errors_of_groups_come_in_order() -> None:
    errors = [KeyError(number) for number in range(4)]
    group = ExceptionGroup("", [errors[0], ExceptionGroup("", errors[1:3]), errors[3]])
    assert list(failure.leaves(group)) == errors


def test_a_retry_helps_where_it_helps_one_of_them() -> None:
    assert failure.verdict(ExceptionGroup("", [ValueError("x"), OSError("y")])).retry_helps
    assert not failure.verdict(ExceptionGroup("", [ValueError("x"), KeyError("y")])).retry_helps

"""What a check finds. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """Whether something is as it should be; `ok` None means that it cannot be known yet.

    `retry_helps` is False where only a change by somebody does, whatever the reason.
    """

    ok: bool | None
    reason: str
    message: str
    retry_helps: bool = True


def first(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """Return the first verdict of a list of checks; None where no check has one."""
    return next(filter(None, verdicts), None)

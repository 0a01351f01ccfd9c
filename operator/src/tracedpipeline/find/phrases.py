"""Times, places and amounts in an answer. Pure."""

from datetime import UTC, datetime, timedelta

from tracedpipeline.find.facts import Scan

_OPTIONS = {"seconds": "--seconds", "bytes": "--mebibytes"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def place(topic: str, where: tuple[int, int]) -> str:
    """Return a place."""
    return f"{topic}[{where[0]}]@{where[1]}"


def time(milliseconds: int, now: int) -> str:
    """Return a point in time and how long ago it was."""
    try:
        when = f"{_EPOCH + timedelta(milliseconds=milliseconds):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:
        return f"{milliseconds} ms after 1970"
    return (
        f"{when} ({length((now - milliseconds) / 1000)} ago)"
        if milliseconds <= now
        else f"{when}, by a clock that is ahead"
    )


def length(seconds: float) -> str:
    """Return a length of time in the unit that suits it."""
    for unit, name in _UNITS:
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def unread(scan: Scan, what: str) -> str:
    """Return that a scan ended before it had read all, empty where it had."""
    if scan.unknown:
        return f"; {what} could not be read: {scan.unknown}"
    if scan.stopped:
        amount = f"{scan.records} records, {scan.bytes / 2**20:.1f} MiB"
        return f"; the scan stopped after {amount}: for {what} raise {_OPTIONS.get(scan.stopped, scan.stopped)}"
    return ""

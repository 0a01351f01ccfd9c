"""What a reconcile that failed tells: one bounded line for each thing that went wrong. Pure."""

from collections.abc import Iterator

from tracedpipeline import reasons
from tracedpipeline.untrusted import quoting
from tracedpipeline.untrusted.quoting import stable
from tracedpipeline.verdict import Verdict

# Of a message, and of what each of many errors may say in it.
LONGEST, SHORTEST = 1500, 60
MOST = 30

# The same input makes the same error again; other errors are of something that may have changed by the next time.
_REPEATED = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, RecursionError)


def verdict(error: BaseException) -> Verdict:
    """Return Ready's verdict on an error, or on each one of a group."""
    errors = list(leaves(error))
    longest = max(LONGEST // len(errors), SHORTEST)
    lines = list(dict.fromkeys(described(each, longest) for each in errors))
    more = f"; and {len(lines) - MOST} more" if len(lines) > MOST else ""
    helps = any(retry_helps(each) for each in errors)
    return Verdict(False, reasons.RECONCILE_ERROR, f"{'; '.join(lines[:MOST])}{more}", retry_helps=helps)


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors of a group and of the groups in it, in order."""
    waiting = [error]
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseExceptionGroup):
            waiting += reversed(found.exceptions)
        else:
            yield found


def retry_helps(error: BaseException) -> bool:
    """Return whether the same reconcile may succeed later; our own errors say so themselves."""
    return bool(getattr(error, "retry_helps", not isinstance(error, _REPEATED)))


def retry_after(error: BaseException) -> float:
    """Return after how many seconds the same may be tried again, where an error, or one of a group, says so."""
    return max(getattr(each, "retry_after", 0.0) for each in leaves(error))


def described(error: BaseException, longest: int = quoting.LONGEST) -> str:
    """Return an error in one line; only our own errors are sentences without the name of their class."""
    try:
        text = str(error)
    except Exception:  # whatever its __str__ raises, the class still says something
        text = ""
    name = type(error).__name__
    if hasattr(error, "retry_helps") and text:
        return stable(text, longest)
    return stable(f"{name}: {text}" if text else name, longest)

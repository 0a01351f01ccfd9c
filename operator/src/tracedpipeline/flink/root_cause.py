"""From a stack trace of Flink's to the one line that matters, and to what a person has to look after."""

import re
from collections.abc import Iterator

from tracedpipeline import reasons
from tracedpipeline.untrusted import quoting
from tracedpipeline.untrusted.quoting import one_line

LONGEST = quoting.LONGEST

# Of a longer text the beginning says what happened, the end why.
_BEGINNING, _END = 2**13, 2**15

_TRACEBACK = "Traceback (most recent call last)"
# No pattern here may try a second time what it has once read: the texts come from the user's own code.
_CLASS = re.compile(r"(?:[\w$]+\.)+[\w$]+")
_ENDINGS = ("Exception", "Error", "Throwable")
# Python's own last line: an exception's name in column 0, below the indented lines.
_PYTHON_CAUSE = re.compile(r"^(?!Caused by: )([A-Za-z_][\w.]*(?:: .*)?)$", re.MULTILINE)
# So the interpreter inside the JVM begins its message.
_PYTHON_CLASS = re.compile(r"^<class '(?:\w+\.)*(\w+)'>")

# The first that is found in the stack trace says what kind of failure it is.
_KINDS = (
    (
        re.compile(r"NoResourceAvailableException|Could not acquire the minimum required res|Heartbeat of TaskManager"),
        reasons.NO_SLOTS,
    ),
    (re.compile(r"OutOfMemoryError|OOMKilled|exit code:? (?:137|-9)\b"), reasons.OUT_OF_MEMORY),
    (
        re.compile(
            r"checkpoint tolerable failure threshold|create checkpoint storage|Could not materialize checkpoint"
            r"|Mkdirs failed to create|Could not flush to file|checkpoint directory",
            re.IGNORECASE,
        ),
        reasons.CHECKPOINTS_FAILING,
    ),
)
# Exceptions of Kafka's client, under their own names or those that Flink's connector gives them.
_KAFKA = re.compile(r"org\.apache\.kafka\.common\.([\w.]+)")


def find(text: str) -> str:
    """Return the innermost exception of a stack trace in one line: Python's, where there is one, else Java's last."""
    text = cut(text)
    _, found, python = text.partition(_TRACEBACK)
    if found and (lines := _PYTHON_CAUSE.findall(python)):
        return one_line(lines[0])
    if causes := list(_causes(text)):
        name, message = causes[-1]
        if _PYTHON_CLASS.match(message):
            return one_line(_PYTHON_CLASS.sub(r"\1", message))
        return one_line(f"{name.rpartition('.')[2]}: {message}" if message else name)
    return one_line(text.strip().partition("\n")[0])


def _causes(text: str) -> Iterator[tuple[str, str]]:
    """Yield class and message of each line that is an exception of Java's."""
    for line in text.split("\n"):
        name, _, message = line.removeprefix("Caused by: ").partition(":")
        if _CLASS.fullmatch(name) and any(ending in name.rpartition(".")[2] for ending in _ENDINGS):
            yield name, message.removeprefix(" ")


def kind(text: str) -> str | None:
    """Return the reason that a stack trace stands for; None where it is the job's own failure."""
    text = cut(text)
    return next((reason for pattern, reason in _KINDS if pattern.search(text)), None) or _kafka(text)


def _kafka(text: str) -> str | None:
    exceptions = [name for name in _KAFKA.findall(text) if "Exception" in name]
    if any("AuthorizationException" in name for name in exceptions):
        return reasons.AUTHORIZATION_DENIED
    return reasons.KAFKA_UNREACHABLE if exceptions else None


def cut(text: str) -> str:
    """Return a stack trace without its middle, where it is long."""
    if len(text) <= _BEGINNING + _END:
        return text
    return f"{text[:_BEGINNING]}\n{text[-_END:]}"

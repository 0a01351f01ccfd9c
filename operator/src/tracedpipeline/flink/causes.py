"""From a stack trace of Flink's to the one line that matters, and to what a person has to look after."""

import re

from tracedpipeline import reasons

LONGEST = 300

_TRACEBACK = "Traceback (most recent call last)"
_CAUSE = re.compile(
    r"^(?:Caused by: )?((?:[\w$]+\.)+[\w$]+(?:Exception|Error|Throwable)\w*)(?:: ?(.*))?$", re.MULTILINE
)
# Python's own last line: an exception's name in column 0, below the indented lines.
_PYTHON_CAUSE = re.compile(r"^(?!Caused by: )([A-Za-z_][\w.]*(?:: .*)?)$", re.MULTILINE)
# So the interpreter inside the JVM begins its message.
_PYTHON_CLASS = re.compile(r"^<class '(?:\w+\.)*(\w+)'>")
_SHADED = "org.apache.flink.kafka.shaded."

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
    (re.compile(r"org\.apache\.kafka\.common\.errors\.\w*AuthorizationException"), reasons.AUTHORIZATION_DENIED),
    (
        # An exception of Kafka's client, under its own name or the one that Flink's connector gives it.
        re.compile(r"org\.apache\.kafka\.common\.(?:\w+\.)*\w+Exception"),
        reasons.KAFKA_UNREACHABLE,
    ),
)


def root_cause(text: str) -> str:
    """Return the innermost exception of a stack trace in one line: Python's, where there is one, else Java's last."""
    _, found, python = text.partition(_TRACEBACK)
    if found and (lines := _PYTHON_CAUSE.findall(python)):
        return _short(lines[0])
    if causes := _CAUSE.findall(text):
        name, message = causes[-1]
        if _PYTHON_CLASS.match(message):
            return _short(_PYTHON_CLASS.sub(r"\1", message))
        return _short(f"{name.removeprefix(_SHADED).rsplit('.', 1)[-1]}: {message}" if message else name)
    return _short(text.strip().split("\n", 1)[0])


def kind(text: str) -> str | None:
    """Return the reason that a stack trace stands for; None where it is the job's own failure."""
    return next((reason for pattern, reason in _KINDS if pattern.search(text)), None)


def _short(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"

import time

import pytest
from tracedpipeline import reasons
from tracedpipeline.flink import root_cause

PYTHON = """org.apache.flink.runtime.taskmanager.AsynchronousException: Caught exception while processing timer.
\tat org.apache.flink.streaming.runtime.tasks.StreamTask.run(StreamTask.java:1)
Caused by: java.lang.RuntimeException: Error while waiting for BeamPythonFunctionRunner flush
\tat java.base/java.lang.Thread.run(Thread.java:840)
Caused by: java.util.concurrent.ExecutionException: Error in SDK harness 3: Traceback (most recent call last):
  File "/opt/venv/lib/python3.11/site-packages/x.py", line 1, in process
    raise ValueError("bad order")
ValueError: bad order

\tat java.base/java.util.concurrent.CompletableFuture.reportGet(CompletableFuture.java:396)
Caused by: java.lang.RuntimeException: Error in SDK harness 3: Traceback (most recent call last):
  File "x.py", line 1
ValueError: bad order
"""
JAVA = """org.apache.flink.runtime.JobException: Recovery is suppressed by FixedDelayRestartBackoffTimeStrategy
\tat org.apache.flink.runtime.X.y(X.java:1)
Caused by: org.apache.flink.util.FlinkRuntimeException: Failed to list subscribed topic partitions
\t... 4 more
Caused by: org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node
\t... 5 more
"""
AWAY = """org.apache.flink.util.FlinkException: Global failure triggered by OperatorCoordinator for 'Source: orders[1]'
\tat org.apache.flink.runtime.operators.coordination.OperatorCoordinatorHolder.failJob(X.java:661)
Caused by: org.apache.flink.kafka.shaded.org.apache.kafka.common.KafkaException: Failed to create new KafkaAdminClient
\t... 8 more
Caused by: org.apache.flink.kafka.shaded.org.apache.kafka.common.config.ConfigException: No resolvable bootstrap urls
\t... 15 more
"""
THREAD = """java.io.IOException: Failed to deserialize consumer record due to
\tat org.apache.flink.connector.kafka.source.reader.KafkaRecordEmitter.emitRecord(KafkaRecordEmitter.java:56)
Caused by: org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException: Could not forward element
\t... 14 more
Caused by: pemja.core.PythonException: <class '{}'>: no such customer
\tat /opt/venv/lib/python3.11/site-packages/traced_flink_consumer/handler.handle(handler.py:2)
\t... 40 more
"""
SLOTS = "org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException: Could not acquire the minimum"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (PYTHON, "ValueError: bad order"),
        (THREAD.format("LookupError"), "LookupError: no such customer"),
        (THREAD.format("shop.errors.UnknownError"), "UnknownError: no such customer"),
        (JAVA, "TimeoutException: Timed out waiting for a node"),
        (SLOTS, "NoResourceAvailableException: Could not acquire the minimum"),
        ("java.lang.NullPointerException\n\tat x.y(Z.java:1)", "java.lang.NullPointerException"),
        ("java.io.IOException: x\nCaused by: java.lang.Error: no native code", "Error: no native code"),
        (
            "a.b.CException: the cause\nan Exception: no class\nshop.errors.anError.Plan: no exception",
            "CException: the cause",
        ),
        ("a.b.CException: at host:9092: away", "CException: at host:9092: away"),
        ("a.b.AbstractException$Inner: of a class inside", "AbstractException$Inner: of a class inside"),
        ("Job Not Found\nfor the id\n00ff", "Job Not Found"),
        ("", ""),
    ],
    ids=[
        "Python",
        "Python in the JVM",
        "its own class",
        "Java",
        "one line",
        "no message",
        "Java's own Error",
        "lines that only look like one",
        "colons",
        "a class inside another",
        "plain text",
        "nothing",
    ],
)
def test_the_innermost_exception_in_one_line(text: str, cause: str) -> None:
    assert root_cause.find(text) == cause


def test_a_long_message_is_cut() -> None:
    assert len(root_cause.find(f"a.b.CException: {'x' * 1000}")) == root_cause.LONGEST


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SLOTS, reasons.NO_SLOTS),
        (JAVA, reasons.KAFKA_UNREACHABLE),
        (AWAY, reasons.KAFKA_UNREACHABLE),
        (PYTHON, None),
        ("java.lang.OutOfMemoryError: Java heap space", reasons.OUT_OF_MEMORY),
        ("java.lang.IllegalStateException: Process died with exit code 137", reasons.OUT_OF_MEMORY),
        (
            "org.apache.flink.util.FlinkException: Pod terminated, container termination statuses: "
            "[flink-main-container(exitCode=137, reason=OOMKilled, message=null)]",
            reasons.OUT_OF_MEMORY,
        ),
        (
            "org.apache.flink.util.FlinkRuntimeException: Exceeded checkpoint tolerable failure threshold.",
            reasons.CHECKPOINTS_FAILING,
        ),
        (
            "org.apache.flink.runtime.client.JobExecutionException: x\nCaused by: java.io.IOException: "
            "Mkdirs failed to create file:/opt/flink/state/checkpoints/1",
            reasons.CHECKPOINTS_FAILING,
        ),
        ("org.apache.flink.x.YException: kafka is only a word here", None),
    ],
)
def test_what_kind_of_failure_it_is(text: str, reason: str | None) -> None:
    assert root_cause.kind(text) == reason


def test_kafkas_exceptions_by_any_of_their_names() -> None:
    denied = "org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.GroupAuthorizationException: no"
    assert root_cause.kind(denied) == reasons.AUTHORIZATION_DENIED
    assert root_cause.kind("org.apache.kafka.common.x.y.ZException") == reasons.KAFKA_UNREACHABLE
    assert root_cause.kind("org.apache.kafka.common.serialization.Serde is missing") is None


def test_of_a_long_text_the_beginning_and_the_end_count() -> None:
    frames = "\tat x.y(Z.java:1)\n" * 50_000
    text = f"{SLOTS}\n{frames}Caused by: a.b.CException: the root"
    assert root_cause.kind(text) == reasons.NO_SLOTS
    assert root_cause.find(text) == "CException: the root"


def test_of_two_tracebacks_the_first_is_of_what_was_raised() -> None:
    again = "Traceback (most recent call last)\nKeyError: while it was told"
    assert root_cause.find(f"Traceback (most recent call last)\nValueError: bad\n{again}") == "ValueError: bad"


def test_a_text_is_cut_where_it_is_longer_than_what_is_read_of_it() -> None:
    cause = "\na.b.CException: in the middle\n"
    read = 2**13 + 2**15
    assert root_cause.find(f"x{'-' * (2**13 - 1 - 2)}{cause}".ljust(read, "-")) == "CException: in the middle"
    assert root_cause.find(f"first line\n{'-' * 2**13}".ljust(read + 1, "-")) == "first line"


MEBIBYTE = 2**20


@pytest.mark.parametrize(
    "piece",
    [
        "aException",
        "a.aErrorException",
        "a.",
        "org.apache.kafka.common.",
        "org.apache.kafka.common.a",
        "org.apache.kafka.common.errors.a",
        "<class 'a.",
        "Traceback (most recent call last)\n",
        "Traceback (most recent call last)\na.",
        "Caused by: ",
        "Caused by: a.b\n",
        "exit code: ",
        " ",
        "\n",
    ],
)
def test_a_megabyte_of_hostile_text_takes_no_time(piece: str) -> None:
    text = (piece * (MEBIBYTE // len(piece) + 1))[:MEBIBYTE]
    start = time.thread_time()
    root_cause.kind(text)
    root_cause.find(text)
    assert time.thread_time() - start < 0.05

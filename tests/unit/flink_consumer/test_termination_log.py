from pathlib import Path

from traced_flink_consumer import termination_log

TRACE = """An error occurred while calling o10.execute.
: org.apache.flink.util.FlinkException: Failed to execute job 'orders'.
\tat org.apache.flink.x.execute(StreamExecutionEnvironment.java:2000)
Caused by: java.io.IOException: Unexpected magic number.
\t... 22 more
"""


def test_the_innermost_cause_is_last(tmp_path: Path) -> None:
    file = tmp_path / "termination-log"
    file.touch()
    termination_log.write(RuntimeError(TRACE), file)
    assert file.read_text().splitlines() == [
        "An error occurred while calling o10.execute.",
        ": org.apache.flink.util.FlinkException: Failed to execute job 'orders'.",
        "Caused by: java.io.IOException: Unexpected magic number.",
    ]


def test_the_end_is_kept_of_what_is_too_long(tmp_path: Path) -> None:
    file = tmp_path / "termination-log"
    file.touch()
    termination_log.write(RuntimeError("x" * 5000 + "\nthe end"), file)
    assert len(file.read_bytes()) == 4096
    assert file.read_text().endswith("the end")


def test_outside_of_a_pod_nothing_is_written(tmp_path: Path) -> None:
    termination_log.write(RuntimeError("x"), tmp_path / "none")
    assert not list(tmp_path.iterdir())

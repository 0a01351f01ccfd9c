import logging
import re

import pytest
from traced_common import logs
from traced_common.logs import Sparingly, sparingly


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def record(message: str, *arguments: object, name: str = "app", key: str | None = None) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.ERROR, __file__, 1, message, arguments, None)
    made.__dict__.update(sparingly(key) if key else {})
    return made


def test_one_line_of_a_key_in_thirty_seconds() -> None:
    clock = Clock()
    thin = Sparingly(clock)
    assert thin.filter(record("order %d failed", 1, key="failed"))
    assert not thin.filter(record("order %d failed", 2, key="failed"))
    assert not thin.filter(record("order %d failed", 3, key="failed"))
    assert thin.filter(record("another", key="other"))
    clock.now = 30
    late = record("order %d failed", 4, key="failed")
    assert thin.filter(late)
    assert late.getMessage() == "order 4 failed (and 2 before it, not shown)"


def test_unmarked_lines_all_pass() -> None:
    thin = Sparingly(Clock())
    assert all(thin.filter(record("the same")) for _ in range(3))


def test_what_libraries_repeat_is_thinned_out_by_its_first_word() -> None:
    thin = Sparingly(Clock())
    assert thin.filter(record("FAIL [thrd:a]: refused", name="librdkafka"))
    assert not thin.filter(record("FAIL [thrd:b]: refused", name="librdkafka"))
    assert thin.filter(record("MAXPOLL [thrd:b]: exceeded", name="librdkafka"))


def test_lines_have_time_and_level(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []  # or basicConfig closes pytest's
    try:
        logs.configure("WARNING")
        logging.getLogger("app").info("quiet")
        logging.getLogger("app").warning("loud %d", 1)
    finally:
        root.handlers, root.level = handlers, level
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING app: loud 1\n", capsys.readouterr().out)

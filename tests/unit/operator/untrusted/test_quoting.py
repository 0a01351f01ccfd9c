import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracedpipeline.untrusted import quoting


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("  two\n\tlines\r\n", "two lines"),
        ("a\x00b\x1b[31m\u202ec", "a b [31m c"),
        ("\ud800", ""),
        ("x" * 11, "xxxxxxxxx…"),
        (" " * 100 + "late", "…"),
        (" " * 40 + "late", "…"),
        (" " * 36 + "late", "late"),
        ("early" + " " * 36, "early…"),
    ],
)
def test_one_line(text: str, line: str) -> None:
    assert quoting.one_line(text, 10) == line


@given(st.text(max_size=100))
def test_a_line_is_printable_bounded_and_can_be_encoded(text: str) -> None:
    for line in (quoting.one_line(text, 10), quoting.stable(text, 10)):
        assert len(line) <= 10
        assert line.isprintable()
        line.encode()


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("at 2026-11-27T21:08:54.123Z", "at 2026-11-28T01:02:03Z"),
        ("Date: Fri, 27 Nov 2026 21:08:54 GMT", "Date: Sat, 28 Nov 2026 01:02:03 GMT"),
        ("<x.Y object at 0x7f0102030405>", "<x.Y object at 0x7f9999999999>"),
        ("audit 6c1b3f5e-9e5d-4f0a-8a2b-0123456789ab", "audit 00000000-9e5d-4f0a-8a2b-0123456789ab"),
        ("read tcp 10.0.0.1:48732->10.96.0.1:443: i/o timeout", "read tcp 10.0.0.1:3->10.96.0.1:443: i/o timeout"),
        ("failed (after 5003ms in state CONNECT)", "failed (after 217ms in state CONNECT)"),
        ("took 1.204s", "took 11.3s"),
        ("request 1767225600123", "request 1767225600999"),
    ],
)
def test_the_same_failure_reads_the_same(text: str, again: str) -> None:
    assert quoting.stable(text) == quoting.stable(again) != ""


@pytest.mark.parametrize(
    "text",
    [
        'Post "https://hook.shop.svc:443/validate?timeout=10s": dial tcp 10.96.0.1:443: connect: connection refused',
        "exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=2, limited: 2",
        'Deployment.apps "orders-v20" is invalid: spec.replicas: Invalid value: 200',
    ],
)
def test_what_tells_something_stays(text: str) -> None:
    assert quoting.stable(text) == text

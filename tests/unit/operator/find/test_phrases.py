"""How times, lengths and the end of a scan read."""

import pytest
from tracedpipeline.find import phrases
from tracedpipeline.find.facts import Scan

NOW = 1_795_826_400_000
WHEN = "2026-11-28 00:40:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (119.4, "119 s"),
        (120, "2 min"),
        (7_199, "120 min"),
        (7_200, "2 h"),
        (172_799, "48 h"),
        (172_800, "2 d"),
        (864_000, "10 d"),
    ],
)
def test_a_length_has_the_unit_of_which_it_has_two(seconds: float, text: str) -> None:
    assert phrases.length(seconds) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (NOW, f"{WHEN} (0 s ago)"),
        (NOW - 119_000, "2026-11-28 00:38:01 UTC (119 s ago)"),
        (NOW - 10**9, "2026-11-16 10:53:20 UTC (12 d ago)"),
        (NOW - 2 * 86_400_000, "2026-11-26 00:40:00 UTC (2 d ago)"),
        (NOW + 1, f"{WHEN}, by a clock that is ahead"),
        (2**62, f"{2**62} ms after 1970"),
    ],
)
def test_a_time(milliseconds: int, text: str) -> None:
    assert phrases.time(milliseconds, NOW) == text


def test_a_place() -> None:
    assert phrases.place("orders", (2, 7)) == "orders[2]@7"


@pytest.mark.parametrize(
    ("scan", "text"),
    [
        (Scan(9), ""),
        (Scan(unknown="denied"), "; letters could not be read: denied"),
        (Scan(9, 3 * 2**19, "seconds"), "; the scan stopped after 9 records, 1.5 MiB: for letters raise --seconds"),
        (Scan(9, 2**20, "bytes"), "; the scan stopped after 9 records, 1.0 MiB: for letters raise --mebibytes"),
        (Scan(9, 2**20, "records"), "; the scan stopped after 9 records, 1.0 MiB: for letters raise records"),
    ],
)
def test_what_was_not_read(scan: Scan, text: str) -> None:
    assert phrases.unread(scan, "letters") == text

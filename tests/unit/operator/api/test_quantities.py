import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.utils import parse_quantity
from tracedpipeline.api.quantities import BYTES, CORES, amount, canonical, is_quantity, milliseconds


@pytest.mark.parametrize(
    ("text", "wanted"), [("20ms", 20), ("1.5s", 1_500), ("24h", 86_400_000), ("1h30m", 5_400_000), ("1m1ms", 60_001)]
)
def test_milliseconds(text: str, wanted: int) -> None:
    assert milliseconds(text) == wanted


# As a 1.34 API server gave them back.
CANONICAL = [
    ("100m", "100m"),
    ("0.5", "500m"),
    ("1000m", "1"),
    ("1024Mi", "1Gi"),
    ("1000Mi", "1000Mi"),
    ("0.5Gi", "512Mi"),
    ("1.5Gi", "1536Mi"),
    ("1000k", "1M"),
    ("1500k", "1500k"),
    ("0", "0"),
    ("0.1Ki", "102400m"),
    ("512", "512"),
    ("1Ki", "1Ki"),
    ("1048576Ti", "1Ei"),
    ("1073741824Ti", "1024Ei"),
]


@pytest.mark.parametrize(("written", "stored"), CANONICAL)
def test_a_quantity_is_canonical_as_the_api_server_has_it(written: str, stored: str) -> None:
    assert canonical(written) == stored
    assert amount(written) == amount(stored)


@pytest.mark.parametrize(("written", "stored"), [("0.001m", "1m"), ("1.001m", "2m"), ("0.999m", "1m")])
def test_less_than_a_thousandth_is_rounded_up(written: str, stored: str) -> None:
    assert canonical(written) == stored


def test_what_is_no_quantity_is_refused() -> None:
    with pytest.raises(ValueError, match="'much' is not a quantity such as 100m or 128Mi"):
        amount("much")


@given(st.from_regex(re.compile(f"({CORES}|{BYTES})", re.ASCII), fullmatch=True))
def test_kubernetes_own_client_reads_each_quantity_alike(text: str) -> None:
    read = parse_quantity(text)  # type: ignore[no-untyped-call]  # the client has no types
    assert is_quantity(text)
    assert amount(text) == read

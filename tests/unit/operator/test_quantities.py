import pytest
from tracedpipeline.quantities import milliseconds


@pytest.mark.parametrize(
    ("text", "wanted"), [("20ms", 20), ("1.5s", 1_500), ("24h", 86_400_000), ("1h30m", 5_400_000), ("1m1ms", 60_001)]
)
def test_milliseconds(text: str, wanted: int) -> None:
    assert milliseconds(text) == wanted

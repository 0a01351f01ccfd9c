"""Durations and quantities, as the custom resource writes them and as the API server stores them."""

import re
from decimal import ROUND_CEILING, Decimal

# Longer numbers than any machine has are refused, so that nothing here can overflow in the API server.
# A duration is one of Go's there, which ends after 292 years.
_FRACTION = r"(\.[0-9]{1,3})?"
DURATION = rf"([0-9]{{1,9}}ms|[0-9]{{1,9}}{_FRACTION}s|[0-9]{{1,7}}{_FRACTION}m|[0-9]{{1,6}}{_FRACTION}h)+"
LONGEST_DURATION_TEXT = 20
CORES = rf"[0-9]{{1,6}}{_FRACTION}m?"
BYTES = rf"[0-9]{{1,15}}{_FRACTION}(k|Ki|M|Mi|G|Gi|T|Ti)?"

_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")

_NUMBER = re.compile(r"([0-9.]+)([a-zA-Z]*)")
_DECIMAL = {"": 0, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def milliseconds(duration: str) -> int:
    """Return the duration in whole milliseconds; `1h30m`, `500ms` and `1.5s` are durations."""
    return round(sum(float(number) * _MILLISECONDS[unit] for number, unit in _PART.findall(duration)))


def is_quantity(text: str) -> bool:
    """Return whether the text is a quantity of processor or memory."""
    return re.fullmatch(f"{CORES}|{BYTES}", text) is not None


def amount(quantity: str) -> Decimal:
    """Return what a quantity is in cores or bytes; `500m` is 0.5.

    `kubernetes.utils.parse_quantity` says the same of all that is_quantity accepts: a test compares them. But the whole
    client comes with it, whose import takes longer than `validate` and `render`, and `canonical` needs the suffix, too.
    """
    number, suffix = _split(quantity)
    factor = 1024 ** _BINARY.index(suffix) if suffix.endswith("i") else Decimal(10) ** _DECIMAL[suffix]
    return Decimal(number) * factor


def canonical(quantity: str) -> str:
    """Return the quantity as the API server stores it in a container, so that it equals that of the live object.

    `1024Mi` is `1Gi` and `0.5` is `500m`: no fraction, the largest suffix that needs none, thousandths at the finest.
    https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
    """
    value = amount(quantity).quantize(Decimal("0.001"), ROUND_CEILING)
    if value == 0:
        return "0"
    # What is no whole number of bytes, or less than the smallest binary suffix, is written in decimals.
    if _split(quantity)[1].endswith("i") and value % 1 == 0 and value >= 1024:
        return _binary(int(value))
    suffix, exponent = max(
        (item for item in _DECIMAL.items() if value % Decimal(10) ** item[1] == 0), key=lambda item: item[1]
    )
    return f"{int(value / Decimal(10) ** exponent)}{suffix}"


def _binary(value: int) -> str:
    power = 0
    while value % 1024 == 0 and power < len(_BINARY) - 1:
        value, power = value // 1024, power + 1
    return f"{value}{_BINARY[power]}"


def _split(quantity: str) -> tuple[str, str]:
    match = _NUMBER.fullmatch(quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is not a quantity such as 100m or 128Mi")
    return match[1], match[2]

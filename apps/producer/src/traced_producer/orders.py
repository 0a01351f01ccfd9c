"""Invented orders."""

import random
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from traced_common.order import Order

_CUSTOMERS: Final = 1000
_HIGHEST_CENTS: Final = 50_000


def invent(sequence: int) -> Order:
    """Invent the order with this number."""
    return Order(
        id=str(uuid.uuid4()),
        customer=f"customer-{random.randrange(_CUSTOMERS):03}",  # noqa: S311 - no secret
        amount=Decimal(random.randint(1, _HIGHEST_CENTS)) / 100,  # noqa: S311
        sequence=sequence,
        created=datetime.now(UTC),
    )

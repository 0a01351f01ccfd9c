"""Your logic goes here."""

import logging

from traced_common.order import Order

_logger = logging.getLogger(__name__)


def handle(order: Order) -> None:
    """Process one order: replace this with your own logic.

    Runs inside the message's process span. It may see an order again, after a crash or a rebalance. Raise
    PoisonError for one that no retry helps: it goes to the dead-letter topic. After any other exception the
    same order comes again, and what is behind it in its partition waits.
    """
    _logger.debug("order %s of %s: %s", order.id, order.customer, order.amount)

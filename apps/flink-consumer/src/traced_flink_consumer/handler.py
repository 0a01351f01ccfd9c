"""Your logic goes here."""

import logging

from traced_common.order import Order

_logger = logging.getLogger(__name__)


def handle(order: Order) -> Order:
    """Process one order: replace this with your own logic. What it returns goes on to the customer's total.

    Runs inside the record's process span. It may see an order again, after a failure: Flink goes back to its last
    checkpoint. Raise PoisonError for one that no retry helps: it goes to the dead-letter topic. Any other exception
    fails the job, which starts again from its last checkpoint: nothing is skipped.
    """
    _logger.debug("order %s of %s: %s", order.id, order.customer, order.amount)
    return order

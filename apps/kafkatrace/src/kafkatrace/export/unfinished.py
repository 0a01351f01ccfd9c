"""What has begun and not ended: it ends when its Tracing is shut down, and says so."""

import logging
import os
from typing import Any, Final, Protocol
from weakref import WeakSet

from opentelemetry.trace import Span

from kafkatrace.spans import semconv

_logger = logging.getLogger(__name__)


class Transaction(Protocol):
    """A transaction under way."""

    def abandon(self) -> None:
        """End it without an outcome."""


class Unfinished:
    """Transactions and process spans under way in this process; those of a forked child's parent are the parent's."""

    def __init__(self) -> None:
        self.transactions: set[Transaction] = set()
        self.open_spans: WeakSet[Any] = WeakSet()  # who keeps spans in `open`
        _all.add(self)

    def end(self) -> None:
        """End all of them."""
        for transaction in list(self.transactions):
            transaction.abandon()
        for keeper in list(self.open_spans):
            for key, span in list(keeper.open.items()):
                if keeper.open.pop(key, None) is not None:  # else its handler just ended it
                    _end(span)

    def forget(self) -> None:
        """Leave them to the parent."""
        self.transactions.clear()
        for keeper in list(self.open_spans):
            keeper.open.clear()


def _end(span: Span) -> None:
    try:
        span.set_attribute(semconv.UNFINISHED, True)
        span.end()
    except Exception:  # a handler may have set any field to anything: that costs this span alone
        _logger.exception("a span that was open at shutdown is lost")


_all: Final[WeakSet[Unfinished]] = WeakSet()


def _forget() -> None:
    for each in list(_all):
        each.forget()


os.register_at_fork(after_in_child=_forget)

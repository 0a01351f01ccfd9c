import json
from decimal import Decimal

import pytest
from traced_flink_consumer.totals import MAX_LINKS, Account, Window, result, window_result

SENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_amounts_add_up_without_binary_fractions() -> None:
    account = Account()
    for _ in range(3):
        account.add(Decimal("0.10"))
    assert json.loads(result("o", "c", account)) == {"order": "o", "customer": "c", "orders": 3, "total": "0.30"}


def test_state_gives_back_what_was_kept() -> None:
    account = Account()
    account.add(Decimal("1.50"))
    assert Account.from_state(account.to_state()) == account
    account.window = Window(7)
    account.window.add(Decimal("1.50"), SENT)
    assert Account.from_state(account.to_state()) == account
    assert Account.from_state(None) == Account()


def test_a_window_links_to_the_first_orders_that_are_sampled_and_counts_all() -> None:
    window = Window(1_000)
    window.add(Decimal(1), SENT[:-1] + "0")
    window.add(Decimal(1), "")
    for _ in range(MAX_LINKS + 5):
        window.add(Decimal(1), SENT)
    assert window.orders == MAX_LINKS + 7
    assert len(window.contexts()) == MAX_LINKS
    context = window.contexts()[0]
    assert f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}" == SENT


@pytest.mark.parametrize(("flags", "links"), [("01", 1), ("03", 1), ("00", 0), ("02", 0)])
def test_only_sampled_contexts_can_be_found(flags: str, links: int) -> None:
    window = Window(1_000)
    window.add(Decimal(1), SENT[:-2] + flags)
    assert len(window.contexts()) == links


def test_the_result_of_a_window() -> None:
    window = Window(1_000, 2, Decimal("3.00"))
    assert json.loads(window_result("c", window, 2_000)) == {
        "customer": "c",
        "window": {"from": 1_000, "to": 2_000},
        "orders": 2,
        "amount": "3.00",
    }

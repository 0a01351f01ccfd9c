"""Any record through both operators of the Flink consumer, as any order through the Python consumer."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import kafkatrace
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from traced_common.order import Order, PoisonError
from traced_flink_consumer.attempts import Attempt
from traced_flink_consumer.processing import Processing
from traced_flink_consumer.records import Client, SinkRow
from traced_flink_consumer.totalling import Outcome, Totalling
from traced_flink_consumer.totals import State

from tests.fuzz.conftest import cases
from tests.fuzz.orders import HEADERS, KEYS, NASTY, ROWS, STATES, TEXTS, VALUES, nearly

LIMIT = 20_000  # of dead letters: so small that hypothesis gets there
CLIENT = Client("orders", "billing", "client", "broker:9092", None, LIMIT)
ATTEMPT = Attempt(1, restored=True, begun_ms=5_000)


@pytest.fixture(scope="module", autouse=True)
def tracing() -> Iterator[None]:
    tracing = kafkatrace.configure("flink", exporter=InMemorySpanExporter())
    yield
    tracing.shutdown(30)


def through_flink(order: tuple[Any, ...]) -> tuple[Any, ...]:
    """What the second operator gets: Flink's strings are UTF-8, its numbers have 64 bits."""
    *texts, timestamp = order[0], order[1], order[2], order[3]
    assert -(2**63) <= timestamp < 2**63
    assert all(text.encode().decode() == text and "\0" not in text for text in (*texts, *order[4:]))
    return order


def check_row(row: SinkRow | None) -> bool:
    """Whether there is one; the sink has to be able to write it."""
    if row is None:
        return False
    key, value, headers = row
    assert all(isinstance(each, bytes | None) for each in (key, value))
    assert all(name.encode() is not None and isinstance(content, bytes) for name, content in headers.items())
    assert len(key or b"") + len(value or b"") + sum(len(n.encode()) + len(v) for n, v in headers.items()) <= 1_000_000
    return True


def check_letter(letter: SinkRow) -> None:
    key, value, headers = letter
    assert headers["dead-letter.reason"]
    size = len(key or b"") + len(value or b"") + sum(len(name.encode()) + len(v) for name, v in headers.items())
    assert size <= LIMIT


def chain(row: tuple[Any, ...], kept: State | None = None) -> Outcome | SinkRow:
    """One record through both operators: either of them may make a dead letter of it, and neither may raise."""
    order, letter = Processing(CLIENT, lambda each: each, 0, ATTEMPT).process(row)
    assert (order is None) == check_row(letter)
    if order is None:
        assert letter is not None
        check_letter(letter)
        return letter
    totalling = Totalling(CLIENT, 60_000, ATTEMPT)
    outcome = totalling.add(kept, through_flink(order), 1_000)
    assert check_row(outcome.result) != check_row(outcome.letter)
    if outcome.letter:
        check_letter(outcome.letter)
        return outcome
    ended = totalling.end_window(outcome.state, order[0], 61_000)
    assert check_row(ended.result) != check_row(ended.letter)
    assert kept is not None or ended.result
    return outcome


@cases()
@given(row=ROWS)
def test_any_record_is_a_result_or_a_dead_letter(row: tuple[Any, ...]) -> None:
    chain(row)


@pytest.mark.parametrize("name", NASTY)
def test_the_nasty_ones_by_name(name: str) -> None:
    value = NASTY[name]
    letter = chain((b"key", value, {}, 0, 7, 1_000, "CreateTime", 2_000))
    assert isinstance(letter, tuple) and not isinstance(letter, Outcome)
    assert letter[1] == value
    with pytest.raises(PoisonError):
        Order.from_json(value)


@cases()
@given(value=VALUES)
def test_what_is_read_can_be_written_and_read_again(value: bytes | None) -> None:
    try:
        order = Order.from_json(value)
    except PoisonError as poison:
        assert str(poison).encode()
        return
    again = Order.from_json(order.to_json())
    assert (again.id, again.customer, again.amount, again.sequence) == (
        order.id,
        order.customer,
        order.amount,
        order.sequence,
    )


@cases()
@given(key=KEYS, headers=HEADERS, reason=TEXTS)
def test_whatever_the_handler_says_of_poison_is_a_letter(key: bytes, headers: dict[str, bytes], reason: str) -> None:
    def handle(order: Order) -> Order:
        raise PoisonError(reason)

    row: tuple[Any, ...] = (key, nearly(), headers, 0, 7, 1_000, "CreateTime", 2_000)
    order, letter = Processing(CLIENT, handle, 0, ATTEMPT).process(row)
    assert order is None and letter is not None
    assert check_row(letter)
    if reason:
        check_letter(letter)


@cases()
@given(customer=TEXTS, amount=st.decimals(allow_nan=True, allow_infinity=True))
@example("\ud800", Decimal(1))
@example("c", Decimal("1e999999"))
def test_what_the_handler_makes_of_an_order_has_to_be_one(customer: str, amount: Decimal) -> None:
    def handle(order: Order) -> Order:
        return Order(order.id, customer, amount, order.sequence, order.created)

    row: tuple[Any, ...] = (b"k", nearly(), {}, 0, 7, 1_000, "CreateTime", 2_000)
    order, letter = Processing(CLIENT, handle, 0, ATTEMPT).process(row)
    assert (order is None) == check_row(letter)
    if order is not None:
        assert check_row(Totalling(CLIENT, 60_000, ATTEMPT).add(None, through_flink(order), 0).result)


@cases()
@given(kept=STATES)
def test_state_that_is_poisoned_costs_a_letter_at_most(kept: Any) -> None:
    chain((b"k", nearly(), {}, 0, 7, 1_000, "CreateTime", 2_000), kept)
    ended = Totalling(CLIENT, 60_000, ATTEMPT).end_window(kept, "c", 2_000)
    if check_row(ended.letter):
        assert ended.letter is not None
        check_letter(ended.letter)


def test_sums_of_the_largest_and_the_smallest_amounts_are_exact() -> None:
    totalling, kept = Totalling(CLIENT, 60_000, ATTEMPT), None
    row: tuple[Any, ...]
    for amount in ["999999999999999"] * 1_000 + ["0.000000000000000001"] * 1_000:
        row = (b"k", nearly(amount=amount), {}, 0, 7, 1_000, "CreateTime", 2_000)
        order, _ = Processing(CLIENT, lambda each: each, 0, ATTEMPT).process(row)
        assert order is not None
        kept = totalling.add(kept, order, 0).state
    assert kept is not None
    assert Decimal(kept[1]) == Decimal("999999999999999000.000000000000001")


def test_a_record_that_fits_nowhere_is_cut_and_says_so() -> None:
    headers = {"traceparent": b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "large": b"x" * 30_000}
    letter = chain((b"k" * 30_000, b"v" * 30_000, headers, 0, 7, 1_000, "CreateTime", 2_000))
    assert isinstance(letter, tuple) and not isinstance(letter, Outcome)
    assert letter[2]["dead-letter.truncated"] == b"key 30000 bytes, value 30000 bytes, 2 headers"
    assert letter[2]["traceparent"].startswith(b"00-0af7651916cd43dd8448eb211c80319c")
    assert letter[2]["dead-letter.offset"] == b"7"
    assert json.loads(nearly())

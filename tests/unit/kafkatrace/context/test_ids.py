import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafkatrace.context import w3c
from kafkatrace.context.ids import Roots, SpanIds
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased

MANY = 100_000


def test_every_root_is_a_traceparent_of_its_own() -> None:
    roots = Roots(1)
    made = [roots.take() for _ in range(MANY)]
    contexts = [w3c.parse_traceparent(root) for root in made]
    assert {context.trace_flags for context in contexts if context} == {3}
    assert len({context.trace_id for context in contexts if context}) == MANY
    assert len({context.span_id for context in contexts if context}) == MANY
    assert all(w3c.canonical_traceparent(root) == root for root in made)


def test_every_span_id_is_one_of_its_own() -> None:
    span_ids = SpanIds()
    made = {span_ids.take() for _ in range(MANY)}
    assert len(made) == MANY
    assert all(re.fullmatch(b"[0-9a-f]{16}", each) for each in made)


@pytest.mark.parametrize("place", [*range(3, 35), *range(36, 52)])
def test_every_digit_is_random(place: int) -> None:
    roots = Roots(1)
    assert {roots.take()[place : place + 1] for _ in range(2_000)} == {b"%x" % digit for digit in range(16)}


@pytest.mark.parametrize("ratio", [0.001, 0.1, 0.5, 0.9])
def test_the_ratio_is_kept(ratio: float) -> None:
    roots = Roots(ratio)
    sampled = sum(roots.take()[54] & 1 for _ in range(MANY))
    deviation = (MANY * ratio * (1 - ratio)) ** 0.5
    assert abs(sampled - MANY * ratio) < 6 * deviation, "once in 500 million runs by chance"


@pytest.mark.parametrize(("ratio", "flags"), [(0, b"02"), (1e-30, b"02"), (2**-64, b"02"), (1, b"03")])
def test_nothing_and_everything(ratio: float, flags: bytes) -> None:
    roots = Roots(ratio)
    assert {roots.take()[53:] for _ in range(1_000)} == {flags}


def by_the_sdk(ratio: float, trace_id: int) -> bool:
    decision = TraceIdRatioBased(ratio).should_sample(None, trace_id, "").decision
    return decision is Decision.RECORD_AND_SAMPLE


@pytest.mark.parametrize("ratio", [0, 0.001, 0.1, 0.5, 0.9, 1])
def test_a_root_has_the_sdks_decision_in_its_flags(ratio: float) -> None:
    roots = Roots(ratio)
    for _ in range(2_000):
        root = roots.take()
        assert bool(root[54] & 1) == by_the_sdk(ratio, int(root[3:35], 16))
        assert root[54] & 2, "the id is random, sampled or not"


@given(st.floats(0, 1), st.integers(1, 2**128 - 1))
def test_the_decision_for_any_trace_is_the_sdks(ratio: float, trace_id: int) -> None:
    assert Roots(ratio).samples(b"00-%032x-" % trace_id) == by_the_sdk(ratio, trace_id)


@pytest.mark.parametrize("ratio", [0.001, 0.25, 0.5])
@pytest.mark.parametrize("beside", [-1, 0, 1])
def test_the_bound_itself_is_the_sdks(ratio: float, beside: int) -> None:
    trace_id = (7 << 64) + round(ratio * 2**64) + beside
    assert Roots(ratio).samples(b"00-%032x-" % trace_id) == by_the_sdk(ratio, trace_id) == (beside < 0)


@pytest.mark.parametrize("pool", [Roots(1), SpanIds()])
def test_threads_never_get_the_same(pool: Roots | SpanIds) -> None:
    together = threading.Barrier(8)

    def take(_: int) -> list[bytes]:
        together.wait()
        return [pool.take() for _ in range(5_000)]

    with ThreadPoolExecutor(8) as threads:
        made = [each for taken in threads.map(take, range(8)) for each in taken]
    assert len(set(made)) == 40_000


def in_a_child(give: Callable[[], bytes]) -> bytes:
    """Run in a forked process and send home what it gives."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, give())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        given = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    return given


@pytest.mark.parametrize("make", [lambda: Roots(1), SpanIds])
def test_a_forked_child_gives_other_ids_than_its_parent(make: Callable[[], Roots | SpanIds]) -> None:
    pool = make()
    length = len(pool.take())
    assert pool.ready, "there are some that the child inherits"

    def several() -> bytes:
        return b"".join(pool.take() for _ in range(100))

    taken = [several(), in_a_child(several), in_a_child(several)]
    ids = [each[start : start + length] for each in taken for start in range(0, len(each), length)]
    assert len(set(ids)) == 300

"""Who has to go where all answers together are too large."""

from tracedpipeline.untrusted.budget import Budget


def test_the_largest_goes_and_small_ones_never_pay_for_it() -> None:
    budget, ended = Budget(100), []
    with budget.hold() as small, budget.hold() as large:
        large.end = lambda: ended.append("large")
        budget.grow(large, 90)
        budget.grow(small, 10)
        assert not small.evicted
        assert not large.evicted
        large.text = "x" * 90
        budget.grow(small, 11)
        assert (small.evicted, large.evicted, large.text, ended) == (False, True, "", ["large"])


def test_one_that_is_too_large_alone_goes() -> None:
    budget = Budget(100)
    with budget.hold() as held:
        budget.grow(held, 101)
        assert held.evicted


def test_what_was_used_makes_room() -> None:
    budget = Budget(100)
    for _ in range(3):
        with budget.hold() as held:
            budget.grow(held, 100)
    with budget.hold() as last:
        budget.grow(last, 100)
    assert not any(each.evicted for each in (held, last))


def test_what_had_to_go_is_not_counted() -> None:
    budget = Budget(100)
    with budget.hold() as one, budget.hold() as other:
        budget.grow(one, 60)
        budget.grow(other, 70)
        budget.grow(one, 100)
        assert (one.evicted, other.evicted) == (False, True)

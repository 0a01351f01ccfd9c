from kafkatrace.polltimes import PollTimes


def test_each_poll_has_its_own_time() -> None:
    times = PollTimes()
    times.record([("t", 0, 5)], 100)
    times.record([("t", 0, 6)], 200)
    assert (times.of("t", 0, 5), times.of("t", 0, 6)) == (100, 200)


def test_a_batch_has_one_time_in_all_its_partitions() -> None:
    times = PollTimes()
    times.record([("t", 0, 5), ("t", 1, 90), ("t", 0, 6), ("u", 0, 1), ("t", 0, 7)], 100)
    assert [times.of(*place) for place in (("t", 0, 5), ("t", 0, 6), ("t", 0, 7), ("t", 1, 90), ("u", 0, 1))] == [
        100
    ] * 5
    assert times.of("t", 1, 5) is None
    assert times.of("t", 0, 8) is None


def test_a_record_that_was_polled_again_has_the_later_time() -> None:
    times = PollTimes()
    times.record([("t", 0, 5)], 100)
    times.record([("t", 0, 3), ("t", 0, 4), ("t", 0, 5)], 200)
    assert times.of("t", 0, 5) == 200


def test_seeking_back_does_not_change_what_was_polled_before() -> None:
    times = PollTimes()
    times.record([("t", 0, 100)], 1)
    times.record([("t", 0, 5)], 2)
    assert times.of("t", 0, 100) == 1


def test_only_so_many_are_kept() -> None:
    times = PollTimes()
    for offset in range(1025):
        times.record([("t", 0, offset)], offset)
    assert times.of("t", 0, 0) is None
    assert times.of("t", 0, 1) == 1

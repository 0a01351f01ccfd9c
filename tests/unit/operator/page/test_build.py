from dataclasses import replace

import pytest
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.page import build
from tracedpipeline.page.document import Measured
from tracedpipeline.page.traces import MOST_BARS
from tracedpipeline.verdict import Verdict

from tests.unit.operator.page.spans import MS, message

FLOWING = Verdict(True, "TracesFlowing", "a connected trace was read back from Jaeger")
MEASURED = Measured((10.0, 100.0), (5, 2, 1), "all 8 messages, sampled or not", p50=8.0, p99=300.0, sent_a_second=4.0)


def test_the_figures_of_all_messages_are_shown_with_traces_of_their_buckets() -> None:
    spans = [*message(1, 4), *message(2, 50), *message(3, 5)]
    page = build.build("orders", FLOWING, spans, 0, measured=MEASURED)
    assert [(each.low, each.high, each.count) for each in page.buckets] == [(0, 10, 5), (10, 100, 2), (100, None, 1)]
    assert [each.traces for each in page.buckets] == [(f"{3:032x}", f"{1:032x}"), (f"{2:032x}",), ()]
    assert (page.flow.p50, page.flow.p99, page.flow.sent_a_second) == (8.0, 300.0, 4.0)
    assert page.covers == "all 8 messages, sampled or not"


def test_without_metrics_the_figures_are_those_of_the_traces() -> None:
    page = build.build("orders", FLOWING, [*message(1, 4), *message(2, 4), *message(3, 400)], 0)
    assert [(each.high, each.count) for each in page.buckets if each.count] == [(5, 2), (500, 1)]
    assert (page.flow.p50, page.flow.p99) == (4, 400)
    assert (page.flow.queue_p50, page.flow.sent_a_second) == (1, None)
    assert page.covers == "the newest 3 traces"
    assert page.flow.topic == "traced-topic"


def test_without_traces_there_is_a_page_with_the_reason() -> None:
    missing = Verdict(False, "NoConsumerSpans", "look at the consumer's log")
    page = build.build("orders", missing, [], 0)
    assert (page.ok, page.reason, page.message) == (False, "NoConsumerSpans", "look at the consumer's log")
    assert (page.buckets, page.traces, page.flow.lag) == ((), (), None)


def test_a_rare_latency_keeps_its_trace_while_newer_ones_come() -> None:
    before = build.build("orders", FLOWING, message(1, 50), 0, measured=MEASURED)
    many = [span for number in range(2, 200) for span in message(number, 4)]
    page = build.build("orders", FLOWING, many, 0, measured=MEASURED, earlier=before.traces)
    assert page.buckets[1].traces == (f"{1:032x}",)
    assert len(page.traces) == 6


def test_the_lag_is_the_newest_of_each_partition() -> None:
    def at(number: int, partition: str, lag: str) -> list[Span]:
        names = ("kafkatrace.consumer.lag", "messaging.destination.partition.id")
        return message(number, attributes=tuple(zip(names, (lag, partition), strict=True)))

    spans = [*at(1, "0", "40"), *at(2, "0", "7"), *at(3, "1", "5"), *at(4, "2", "no number")]
    assert build.build("orders", FLOWING, spans, 0).flow.lag == 12


def test_spans_are_drawn_below_their_parents() -> None:
    send, queue, process = message(1)
    inner = replace(process, span_id="d", parent_id="c", name="inner", start=process.start - 2 * MS)
    stray = replace(process, span_id="e", parent_id="nobody", name="stray", start=process.end)
    (trace,) = build.build("orders", FLOWING, [stray, inner, process, queue, send], 0).traces
    drawn = [(bar.name.split()[0], bar.depth) for bar in trace.bars]
    assert drawn == [("send", 0), ("queue", 1), ("process", 2), ("inner", 3), ("stray", 0)]


def test_spans_that_are_each_others_parents_are_drawn_once() -> None:
    send, queue, process = message(1)
    circle = [replace(process, span_id=one, parent_id=other, name="round") for one, other in ("xy", "yx", "zz")]
    (trace,) = build.build("orders", FLOWING, [send, queue, process, *circle], 0).traces
    assert sorted(bar.name for bar in trace.bars).count("round") == 3
    assert len(trace.bars) == 6


def test_of_a_trace_with_very_many_spans_the_rest_is_counted() -> None:
    spans = message(1)
    many = [replace(spans[2], span_id=f"n{number}", parent_id="c") for number in range(2000)]
    (trace,) = build.build("orders", FLOWING, [*spans, *many], 0).traces
    assert (len(trace.bars), trace.left_out) == (MOST_BARS, 2003 - MOST_BARS)


@pytest.mark.parametrize(("text", "uncertainty"), [("1.5", 1.5), ("nan", 0), ("inf", 0), ("-1", 0), ("<b>", 0)])
def test_the_uncertainty_of_clocks_is_a_number_of_milliseconds_or_nothing(text: str, uncertainty: float) -> None:
    page = build.build("orders", FLOWING, message(1, attributes=(("kafkatrace.clock.uncertainty_ms", text),)), 0)
    assert page.traces[0].bars[2].uncertainty == uncertainty


def test_clocks_that_disagree_are_named() -> None:
    page = build.build("orders", FLOWING, message(1, attributes=(("kafkatrace.clock_skew", "true"),)), 0)
    assert [bar.skewed for bar in page.traces[0].bars] == [False, False, True]

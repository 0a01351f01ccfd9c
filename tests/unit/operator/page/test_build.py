from dataclasses import replace

import pytest
from tracedpipeline.jaeger.traces import Span
from tracedpipeline.page import build
from tracedpipeline.page.document import Bar, Bucket, Flow, Measured, Page, Trace
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
    assert (page.buckets, page.traces, page.flow.lag, page.flow.topic) == ((), (), None, "")


def test_a_rare_latency_keeps_its_trace_while_newer_ones_come() -> None:
    before = build.build("orders", FLOWING, message(1, 50), 0, measured=MEASURED)
    many = [span for number in range(2, 200) for span in message(number, 4)]
    page = build.build("orders", FLOWING, many, 0, measured=MEASURED, earlier=before.traces)
    assert page.buckets[1].traces == (f"{1:032x}",)
    assert [each.trace_id for each in page.traces] == [f"{number:032x}" for number in (199, 198, 197, 196, 195, 1)]


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


def test_the_whole_page_of_one_message() -> None:
    attributes = (
        ("kafkatrace.consumer.lag", "7"),
        ("kafkatrace.timestamp.resolution_ms", "0.5"),
        ("messaging.destination.partition.id", "0"),
    )
    spans = message(1, 20, error="no stock", attributes=attributes)
    trace = f"{1:032x}"
    bars = (
        Bar("orders-producer", "send traced-topic", 0, 0.0, 3.0),
        Bar("orders-kafka", "queue traced-topic", 1, 1.0, 1.0),
        Bar("orders-consumer", "process traced-topic", 2, 2.0, 19.0, "no stock", 0.5, False, attributes),
    )
    assert build.build("orders", FLOWING, spans, 5.0) == Page(
        pipeline="orders",
        at=5.0,
        ok=True,
        reason=FLOWING.reason,
        message=FLOWING.message,
        flow=Flow("orders-producer", "traced-topic", "orders-consumer", None, None, 20.0, 20.0, 1.0, 1.0, 7),
        covers="one trace",
        buckets=(Bucket(10.0, 20.0, 1, (trace,)),),
        traces=(Trace(trace, 1_700_000_001_000.0, 21.0, 20.0, 21.0, bars),),
    )


def test_what_is_measured_of_all_messages_is_what_flows() -> None:
    measured = Measured((10.0,), (1, 0), "all", 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    flow = build.build("orders", FLOWING, [], 0, measured=measured, topic="orders.v2").flow
    assert flow == Flow("orders-producer", "orders.v2", "orders-consumer", 5.0, 6.0, 1.0, 2.0, 3.0, 4.0)


def test_a_histogram_has_one_count_more_than_bounds() -> None:
    for counts in ((1,), (1, 2, 3)):
        with pytest.raises(ValueError, match="zip"):
            build.build("orders", FLOWING, [], 0, measured=Measured((10.0,), counts, "all"))


def test_each_quantile_is_of_its_own_times() -> None:
    spans = [span for number in range(1, 101) for span in message(number, number)]
    page = build.build("orders", FLOWING, spans, 0)
    assert (page.flow.p50, page.flow.p99, page.covers) == (51, 100, "the newest 100 traces")
    assert build.build("orders", FLOWING, [*message(1), *message(2)], 0).covers == "the newest 2 traces"


def test_of_many_traces_the_newest_are_kept() -> None:
    bounds = tuple(float(number) for number in range(1, 101))
    measured = Measured(bounds, (0,) * 101, "all")
    spans = [span for number in range(1, 101) for span in message(number, number)]
    page = build.build("orders", FLOWING, spans, 0, measured=measured)
    assert [each.trace_id for each in page.traces] == [f"{number:032x}" for number in range(100, 40, -1)]


def test_a_tree_is_drawn_whole_whatever_the_clocks_say() -> None:
    send, queue, process = message(1)
    early = replace(process, span_id="d", parent_id="c", name="early", start=send.start - 5 * MS)
    leaf = replace(process, span_id="e", parent_id="d", name="leaf")
    late = replace(process, span_id="f", parent_id="c", name="late")
    stray = replace(process, span_id="g", parent_id="nobody", name="stray", start=send.start - 9 * MS)
    (trace,) = build.build("orders", FLOWING, [late, leaf, stray, early, process, queue, send], 0).traces
    drawn = [(bar.name.split()[0], bar.depth) for bar in trace.bars]
    assert drawn == [("stray", 0), ("send", 0), ("queue", 1), ("process", 2), ("early", 3), ("leaf", 4), ("late", 3)]
    assert [bar.offset for bar in trace.bars[:2]] == [0.0, 9.0]


def test_no_length_is_negative() -> None:
    send, queue, process = message(1)
    process = replace(process, start=queue.start - 1 * MS, end=queue.start - 2 * MS)
    (trace,) = build.build("orders", FLOWING, [send, queue, process], 0).traces
    assert (trace.latency, trace.bars[2].length) == (0.0, 0.0)

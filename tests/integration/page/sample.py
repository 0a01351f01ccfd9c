"""A pipeline with much to show: rare latencies, a failed message, clocks that disagree, a service of somebody else."""

import random

from tracedpipeline.jaeger.traces import Span
from tracedpipeline.page import build
from tracedpipeline.page.document import Measured, Page
from tracedpipeline.verdict import Verdict

MS = 1_000_000
NOW = 1_795_927_800_000 * MS
BOUNDS = (1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 1000.0, 2500.0)
COUNTS = (0, 0, 3, 120, 4310, 2890, 540, 130, 44, 9, 2, 0, 0)
MEASURED = Measured(BOUNDS, COUNTS, "all 8,048 messages, sampled or not", 27.4, 121.0, 6.1, 41.0, 10.0, 9.9)
FLOWING = Verdict(True, "TracesFlowing", "a connected trace was read back from Jaeger")
SLOW = "c2cc97d0b51c810f1e80294c22b1c240"
FAILED = "ValueError: customer-7 has no address"
_SENT = (("kafkatrace.clock.uncertainty_ms", "6.5"), ("messaging.kafka.message.key", "customer-7"))
_QUEUED = (("kafkatrace.timestamp.resolution_ms", "1.0"), ("kafkatrace.timestamp.type", "LogAppendTime"))


def message(trace_id: str, ago: float, queued: float, took: float, error: str = "") -> list[Span]:
    """The spans of one message, `ago` seconds; `queued` and `took` are milliseconds."""
    sent = NOW - int(ago * 1000 * MS)
    appended = sent + 4 * MS
    polled = appended + int(queued * MS)
    done = polled + int(took * MS)
    inner = polled + int(took * 0.3 * MS), polled + int(took * 0.8 * MS)
    where = (("kafkatrace.consumer.lag", "3"), ("messaging.destination.partition.id", "0"))
    return [
        Span(trace_id, "a", "", "orders-producer", "send traced-topic", sent, sent + 6 * MS, attributes=_SENT),
        Span(trace_id, "b", "a", "orders-kafka", "queue traced-topic", appended, polled, attributes=_QUEUED),
        Span(trace_id, "c", "b", "orders-consumer", "process traced-topic", polled, done, None, error, where),
        Span(trace_id, "d", "c", "orders-consumer", "write order", *inner),
        Span(trace_id, "e", "d", "postgres", "INSERT orders", inner[0] + MS, inner[1] - MS),
    ]


def page(verdict: Verdict = FLOWING) -> Page:
    """The whole page, with this verdict."""
    source = random.Random(7)
    spans = message(SLOW, 9, 60, 120, FAILED)
    for number, took in enumerate((92.0, 85.0, 3.0, 380.0, 790.0)):
        spans += message(f"{source.getrandbits(128):032x}", 10 + number, 2, took)
    for number in range(40):
        trace_id = f"{source.getrandbits(128):032x}"
        spans += message(trace_id, 0.7 * number, source.lognormvariate(1.6, 0.9), source.lognormvariate(3.0, 0.25))
    return build.build("orders", verdict, spans, NOW / 1e6, measured=MEASURED)

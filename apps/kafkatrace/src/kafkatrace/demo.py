"""`python -m kafkatrace.demo`: a producer, a consumer and librdkafka's embedded broker in one process.

Sends orders for ten seconds, then shows the journey of the slowest one as a waterfall. Needs nothing but this
package; with `--otlp` the spans go to a Collector instead (OTEL_EXPORTER_OTLP_ENDPOINT).
"""

import argparse
import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

import kafkatrace
from kafkatrace import Consumer, Producer, Tracing

_TOPIC: Final = "orders"
_PER_SECOND: Final = 20
_WIDTH: Final = 40
_QUIET: Final = {"log_level": 0}


class _Keeping(SpanExporter):
    """Keeps the spans of each trace."""

    def __init__(self) -> None:
        self.traces: defaultdict[int, list[ReadableSpan]] = defaultdict(list)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            if span.context is not None and not span.name.startswith("commit"):
                self.traces[span.context.trace_id].append(span)
        return SpanExportResult.SUCCESS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; the result is the exit code: 0 when every message became one trace of three spans."""
    options = _options(arguments)
    kept = None if options.otlp else _Keeping()
    tracing = kafkatrace.configure("orders-demo", sampling_ratio=1, exporter=kept)
    print(
        f"{_PER_SECOND} orders a second for {options.seconds:g} s, kafkatrace in {kafkatrace.implementation} …",
        flush=True,
    )
    sent = _run(tracing, options.seconds)
    result = tracing.shutdown()
    print(f"{sent} orders sent and processed; {result.exported} spans exported, {result.dropped} dropped")
    if kept is None:
        return int(result.dropped > 0)
    complete = [spans for spans in kept.traces.values() if len(spans) == 3]
    if not complete:
        print("no complete trace", file=sys.stderr)
        return 1
    print("\nThe slowest order's journey:\n")
    print("\n".join(_waterfall(max(complete, key=_length))))
    return int(len(complete) != sent)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m kafkatrace.demo", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to send (default 10)")
    parser.add_argument("--otlp", action="store_true", help="send the spans to a Collector")
    return parser.parse_args(arguments)


def _run(tracing: Tracing, seconds: float) -> int:
    producer = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, **_QUIET}, tracing=tracing)
    brokers = producer.list_topics(_TOPIC, timeout=10).brokers.values()
    servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    conf = {"bootstrap.servers": servers, "group.id": "billing", "auto.offset.reset": "earliest", **_QUIET}
    consumer = Consumer(conf, tracing=tracing)
    consumer.subscribe([_TOPIC])
    while not consumer.assignment():  # joining a group takes seconds, which would be the first orders' queue time
        consumer.poll(0.1)
    expected = round(seconds * _PER_SECOND)
    sending = threading.Thread(target=_send, args=(producer, expected))
    sending.start()
    _receive(consumer, expected)
    sending.join()
    consumer.close()
    return expected


def _send(producer: Producer, orders: int) -> None:
    for number in range(orders):
        producer.produce(_TOPIC, b'{"id": %d}' % number, key=f"order-{number}")
        producer.poll(0)
        time.sleep(1 / _PER_SECOND)
    producer.flush(10)


def _receive(consumer: Consumer, orders: int) -> None:
    for number, _ in enumerate(consumer, 1):
        time.sleep(random.uniform(0.002, 0.03))  # noqa: S311 - the work
        if number == orders:
            return


def _length(spans: Sequence[ReadableSpan]) -> int:
    return max(span.end_time or 0 for span in spans) - min(span.start_time or 0 for span in spans)


def _waterfall(spans: Sequence[ReadableSpan]) -> Iterator[str]:
    ordered = sorted(spans, key=lambda span: span.start_time or 0)
    first, whole = ordered[0].start_time or 0, _length(spans) or 1
    for span in ordered:
        start, end = (span.start_time or 0) - first, (span.end_time or 0) - first
        left = start * _WIDTH // whole
        bar = "█" * max(end * _WIDTH // whole - left, 1)
        service = span.resource.attributes["service.name"]
        lasted = f"{start / 1e6:7.1f} +{(end - start) / 1e6:.1f} ms"
        yield f"{service!s:12} {span.name:15} │{' ' * left}{bar:<{_WIDTH - left}}│ {lasted}"


if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m benchmarks.flink`: the Flink consumer's throughput, latency and losses, row by row."""

import argparse
from typing import Final

from benchmarks.flink import cluster
from benchmarks.flink.measuring import Bench, latency, loss, rate
from benchmarks.flink.spans import receiving

_MODES: Final = ("Process", "Thread")


def main() -> None:
    """Run what was requested."""
    options = _options()
    with receiving() as spans:
        bench = Bench(options.bootstrap_servers, options.image, spans)
        if options.what in ("rate", "all"):
            _rates(bench, options.messages, options.collector)
        if options.what in ("latency", "all"):
            _latencies(bench, options.seconds)
        if options.what in ("loss", "all"):
            print("\nthe TaskManager killed half-way (checkpoint every 2 s)", flush=True)
            print(f"  {loss(bench, options.messages)}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flink", description=__doc__)
    parser.add_argument("what", choices=("rate", "latency", "loss", "all"))
    parser.add_argument("--bootstrap-servers", required=True)
    parser.add_argument("--image", required=True, help="the Flink consumer's")
    parser.add_argument("--collector", required=True, help="an OTLP/HTTP endpoint that takes all spans")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=60, help="of each latency")
    return parser.parse_args()


def _rates(bench: Bench, messages: int, collector: str) -> None:
    print(f"{messages} orders, Kafka to Kafka, messages a second: all traced, tracing off, and the ratio")
    for mode in _MODES:
        for parallelism in (1, 2):
            traced = rate(bench, messages, mode, parallelism, collector)
            off = rate(bench, messages, mode, parallelism, None)
            print(f"  {mode:8} parallelism {parallelism} {traced:8.0f} {off:8.0f} {traced / off:6.2f}", flush=True)


def _latencies(bench: Bench, seconds: int) -> None:
    print(f"\nfrom append to process span, {seconds} s each; at 5000/s one in a hundred is sampled")
    for per_second in (50, 5000):
        for mode in _MODES:
            found = latency(bench, bench.flink, per_second, seconds, FLINK_PYTHON_MODE=mode)
            print(f"  {per_second:5}/s Flink, {mode:8} {found}", flush=True)
        found = latency(bench, cluster.python_consumer, per_second, seconds)
        print(f"  {per_second:5}/s Python consumer {found}", flush=True)


if __name__ == "__main__":
    main()

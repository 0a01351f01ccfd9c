"""`python -m benchmarks.kafkatrace`: prints what tracing Kafka messages costs, row by row."""

import argparse
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Final

import kafkatrace

from benchmarks.kafkatrace import consuming, exporting, load, outage, producing
from benchmarks.kafkatrace.clients import mock_broker
from benchmarks.kafkatrace.harness import Cost, measure

_TOPIC: Final = "bench"


def main() -> None:
    """Run what was requested."""
    options = _options()
    print(f"kafkatrace: the common case in {kafkatrace.implementation}")
    servers = options.bootstrap_servers
    with nullcontext(servers) if servers else mock_broker() as broker:
        if options.what in ("cost", "all"):
            _all_costs(servers, options.rounds)
        if options.what in ("export", "all"):
            spent = exporting.costs(broker, _TOPIC, options.collector)
            print("\nencode and send, µs CPU of the exporting thread per span")
            for name, microseconds in spent.items():
                print(f"  {name:28} {microseconds:7.1f}")
        if options.what in ("load", "all"):
            print(f"\n{options.rate} messages a second for {options.seconds} s, all sampled, to a Collector")
            for name, run in (("kafkatrace", load.ours), ("contrib", load.contrib)):
                came = run(broker, _TOPIC, options.collector, options.collector_metrics, options.rate, options.seconds)
                print(f"  {name:28} {came}")
        if options.what == "outage":
            print(f"\nthe Collector away for {options.seconds} s at {options.rate} messages a second")
            print(f"  kafkatrace  {outage.outage(broker, _TOPIC, options.rate, options.seconds)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kafkatrace", description=__doc__)
    parser.add_argument("what", choices=("cost", "export", "load", "outage", "all"))
    parser.add_argument("--bootstrap-servers", help="a real Kafka with a topic 'bench' (default: an embedded mock)")
    parser.add_argument("--collector", default="http://127.0.0.1:4318", help="an OTLP/HTTP endpoint")
    parser.add_argument("--collector-metrics", default="http://127.0.0.1:8888/metrics", help="what it tells of itself")
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=25)
    return parser.parse_args()


def _all_costs(servers: str | None, rounds: int) -> None:
    with mock_broker() as mock:
        print("Broker: librdkafka's mock")
        _costs(mock, rounds)
    if servers:
        print("\nBroker: Kafka")
        _costs(servers, rounds)


def _costs(servers: str, rounds: int) -> None:
    _show("produce() and its delivery report", measure("produce", producing.modes(servers, _TOPIC), rounds))
    consuming.fill(servers, f"{_TOPIC}-read")
    _show("poll() and process()", measure("poll", consuming.polling(servers, f"{_TOPIC}-read"), rounds))
    _show("consume(500) and process()", measure("consume", consuming.batches(servers, f"{_TOPIC}-read"), rounds))


def _show(title: str, costs: Mapping[str, Cost]) -> None:
    print(f"\n{title}, µs CPU of the calling thread per message, and ÷ bare")
    for name, cost in costs.items():
        print(f"  {name:28} {cost.microseconds:7.2f} {cost.ratio:7.2f}", flush=True)


if __name__ == "__main__":
    main()

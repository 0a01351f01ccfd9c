import re

import pytest
from kafkatrace.metrics import metric_definitions
from kafkatrace.metrics.kinds import Definition, Kind
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.semconv._incubating.metrics import messaging_metrics, otel_metrics

ALL = [value for value in vars(metric_definitions).values() if isinstance(value, Definition)]
OURS = {each.name: each for each in ALL}


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        (metric_definitions.OPERATION_DURATION, messaging_metrics.MESSAGING_CLIENT_OPERATION_DURATION),
        (metric_definitions.SENT_MESSAGES, messaging_metrics.MESSAGING_CLIENT_SENT_MESSAGES),
        (metric_definitions.CONSUMED_MESSAGES, messaging_metrics.MESSAGING_CLIENT_CONSUMED_MESSAGES),
        (metric_definitions.PROCESS_DURATION, messaging_metrics.MESSAGING_PROCESS_DURATION),
        (metric_definitions.SPANS_PROCESSED, otel_metrics.OTEL_SDK_PROCESSOR_SPAN_PROCESSED),
        (metric_definitions.SPANS_EXPORTED, otel_metrics.OTEL_SDK_EXPORTER_SPAN_EXPORTED),
    ],
)
def test_the_names_are_those_of_the_conventions(definition: Definition, name: str) -> None:
    assert definition.name == name


def test_units_and_kinds_are_those_of_the_conventions() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    meter = provider.get_meter("conventions")
    messaging_metrics.create_messaging_client_operation_duration(meter).record(1)
    messaging_metrics.create_messaging_process_duration(meter).record(1)
    messaging_metrics.create_messaging_client_sent_messages(meter).add(1)
    messaging_metrics.create_messaging_client_consumed_messages(meter).add(1)
    otel_metrics.create_otel_sdk_processor_span_processed(meter).add(1)
    otel_metrics.create_otel_sdk_exporter_span_exported(meter).add(1)
    data = reader.get_metrics_data()
    provider.shutdown()
    assert data is not None
    made = [metric for group in data.resource_metrics for scope in group.scope_metrics for metric in scope.metrics]
    assert len(made) == 6
    for metric in made:
        assert OURS[metric.name].unit == metric.unit
        histogram = type(metric.data).__name__ == "Histogram"
        assert OURS[metric.name].kind is (Kind.DURATION if histogram else Kind.COUNT)


def test_our_own_are_under_our_name() -> None:
    own = [name for name in OURS if not name.startswith(("messaging.", "otel.sdk."))]
    assert own
    assert all(re.fullmatch(r"kafkatrace(\.[a-z_]+)+", name) for name in own)


def test_no_name_twice() -> None:
    assert len(OURS) == len(ALL) == 15


@pytest.mark.parametrize("definition", ALL)
def test_each_explains_itself(definition: Definition) -> None:
    assert definition.description.endswith((".", ")")) or ";" in definition.description or ":" in definition.description
    assert re.fullmatch(r"s|\{[a-z_]+\}", definition.unit)
    durations = (Kind.DURATION, Kind.LONG_DURATION)
    assert (definition.kind in durations) == definition.name.endswith(".duration")

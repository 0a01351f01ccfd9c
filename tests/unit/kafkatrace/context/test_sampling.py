from collections.abc import Mapping
from typing import Any

import pytest
from kafkatrace.context.sampling import Sampling
from kafkatrace.variables import Variables
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

NAME, ARGUMENT = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"


def read(variables: Mapping[str, str]) -> Sampling:
    return Sampling.read(None, Variables(variables))


@pytest.mark.parametrize(
    ("name", "argument", "expected"),
    [
        ("", "", Sampling(1, True)),
        ("always_on", "0", Sampling(1, False)),
        ("always_off", "1", Sampling(0, False)),
        ("traceidratio", "0.25", Sampling(0.25, False)),
        ("traceidratio", "", Sampling(1, False)),
        ("parentbased_always_on", "", Sampling(1, True)),
        ("parentbased_always_off", "", Sampling(0, True)),
        ("parentbased_traceidratio", " 0.5 ", Sampling(0.5, True)),
        ("parentbased_traceidratio", "1e-3", Sampling(0.001, True)),
        (" ParentBased_Always_Off ", "", Sampling(0, True)),
    ],
)
def test_what_the_variables_mean(
    name: str, argument: str, expected: Sampling, caplog: pytest.LogCaptureFixture
) -> None:
    assert read({NAME: name, ARGUMENT: argument}) == expected
    assert not caplog.records


def test_no_variables_record_everything_and_follow_the_sender() -> None:
    assert read({}) == Sampling(1, True)


@pytest.mark.parametrize("ratio", [0, 0.0, 0.1, 1])
def test_a_given_ratio_wins(ratio: float) -> None:
    assert Sampling.read(ratio, Variables({NAME: "jaeger_remote", ARGUMENT: "much"})) == Sampling(ratio, True)


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_ratio_beyond_its_range_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match=rf"^sampling_ratio is {ratio}: give a number from 0 \(nothing\) to 1"):
        Sampling.read(ratio, Variables({}))


@pytest.mark.parametrize("ratio", ["0.5", b"1", True, [0.5], 1j])
def test_a_ratio_that_is_no_number_is_a_type_error(ratio: Any) -> None:
    with pytest.raises(TypeError, match=r"^sampling_ratio is .*: give a number"):
        Sampling.read(ratio, Variables({}))


@pytest.mark.parametrize("argument", ["-0.1", "1.1", "nan", "inf", "half", "50%", "0,5"])
def test_an_argument_beyond_its_range_is_named_as_it_was_written(
    argument: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert read({NAME: "traceidratio", ARGUMENT: argument}) == Sampling(1, False)
    (record,) = caplog.records
    assert record.message.startswith(f"{ARGUMENT} is '{argument}': give a number")
    assert record.message.endswith("; using 1 instead")


def test_a_useless_argument_is_not_even_read_where_none_is_used() -> None:
    assert read({NAME: "always_on", ARGUMENT: "half"}) == Sampling(1, False)


@pytest.mark.parametrize("name", ["jaeger_remote", "parentbased_", "parentbased", "xray", "always on"])
def test_another_sampler_is_named_with_those_that_there_are(name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert read({NAME: name}) == Sampling(1, True)
    (record,) = caplog.records
    assert record.message.startswith(f"{NAME} is '{name}': known are always_on, ")
    assert record.message.endswith("; using parentbased_always_on instead")


def parent(*, sampled: bool) -> SpanContext:
    return SpanContext(1, 2, True, TraceFlags(int(sampled)))


@pytest.mark.parametrize("sampled", [True, False])
@pytest.mark.parametrize("ratio", [0, 1])
@pytest.mark.parametrize("parent_based", [True, False])
def test_the_sdks_sampler_for_a_users_own_spans_decides_alike(sampled: bool, ratio: float, parent_based: bool) -> None:
    context = set_span_in_context(NonRecordingSpan(parent(sampled=sampled)))
    decision = Sampling(ratio, parent_based).sampler().should_sample(context, 1, "").decision
    expected = sampled if parent_based else bool(ratio)
    assert (decision is Decision.RECORD_AND_SAMPLE) == expected


@pytest.mark.parametrize("parent_based", [True, False])
def test_the_sdks_sampler_takes_the_same_new_traces(parent_based: bool) -> None:
    sampler = Sampling(0.5, parent_based).sampler()
    assert sampler.should_sample(None, 2**63 - 1, "").decision is Decision.RECORD_AND_SAMPLE
    assert sampler.should_sample(None, 2**63, "").decision is Decision.DROP

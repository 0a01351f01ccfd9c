from typing import Any

from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.preconditions import messages_of, refusal
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body


def parsed(name: str, created: str = "2026-01-01T00:00:00Z", **spec: Any) -> TracedPipeline:
    given = body(name, **spec)
    given["metadata"]["creationTimestamp"] = created
    return TracedPipeline.parse(given)


def test_a_good_one_is_not_refused() -> None:
    assert refusal(parsed("a"), [parsed("b", consumer={"groupId": "other"})]) is None


def test_paused_comes_before_everything() -> None:
    verdict = refusal(parsed("a", paused=True, kafka={"cluster": {"name": "demo"}}), [])
    assert verdict == Verdict(False, reasons.PAUSED, "spec.paused is true: nothing is changed until it is false")


def test_of_two_in_one_strimzi_cluster_the_younger_is_refused() -> None:
    older = parsed("a", kafka={"cluster": {"name": "demo"}})
    young = {"created": "2026-01-02T00:00:00Z"}
    verdict = refusal(parsed("b", **young, kafka={"cluster": {"name": "demo", "namespace": "shop"}}), [older])
    assert verdict
    assert verdict.reason == reasons.TOPIC_AND_GROUP_IN_USE
    assert refusal(parsed("b", **young, kafka={"cluster": {"name": "demo", "namespace": "other"}}), [older]) is None
    assert refusal(parsed("b", **young, kafka={"cluster": {"name": "another"}}), [older]) is None


def test_of_two_on_one_topic_and_group_the_younger_is_refused() -> None:
    older, younger = parsed("a"), parsed("b", created="2026-01-02T00:00:00Z")
    assert refusal(older, [younger]) is None
    verdict = refusal(younger, [older])
    assert verdict == Verdict(
        False,
        reasons.TOPIC_AND_GROUP_IN_USE,
        "pipeline shop/a reads topic traced-topic in group trace-group already: "
        "choose another kafka.topic.name or consumer.groupId",
    )


def test_what_another_kafka_has_is_another_topic() -> None:
    older = parsed("a", kafka={"bootstrapServers": "elsewhere:9092"})
    assert refusal(parsed("b", created="2026-01-02T00:00:00Z"), [older]) is None


def test_none_is_in_its_own_way() -> None:
    assert refusal(parsed("a"), [parsed("a")]) is None


def test_of_two_of_one_age_exactly_one_is_refused() -> None:
    a, b = parsed("a"), parsed("b")
    assert [bool(refusal(a, [b])), bool(refusal(b, [a]))].count(True) == 1


def test_what_a_resource_reads_is_known_where_its_spec_is_understood() -> None:
    assert messages_of(body()) == ("kafka:9092", "traced-topic", "trace-group")
    assert messages_of(body(kafka={"cluster": {"name": "demo"}})) == (("shop", "demo"), "traced-topic", "trace-group")
    assert messages_of({"spec": 7}) is None

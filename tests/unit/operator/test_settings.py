import pytest
from tracedpipeline.settings import Pods, Settings, SettingsError

IMAGES = ("PRODUCER_IMAGE", "CONSUMER_IMAGE", "FLINK_CONSUMER_IMAGE", "COLLECTOR_IMAGE", "JAEGER_IMAGE")
GOOD = dict.fromkeys(IMAGES, "image:1")


def test_namespaces_are_a_list() -> None:
    assert Settings.from_environment(GOOD | {"WATCH_NAMESPACES": "a, b"}).namespaces == ("a", "b")
    assert Settings.from_environment(GOOD | {"WATCH_NAMESPACES": ""}).namespaces == ()


def test_every_problem_is_named() -> None:
    with pytest.raises(SettingsError) as wrong:
        Settings.from_environment({"PRODUCER_IMAGE": "p", "RESYNC_SECONDS": "soon", "FLINK_ROLE": "flink"})
    for name in (*IMAGES[1:], "RESYNC_SECONDS is 'soon'", "FLINK_ROLE is 'flink': give Role/name"):
        assert name in str(wrong.value)


def test_the_operators_own_pod_is_known_only_inside_of_a_cluster() -> None:
    inside = GOOD | {"OPERATOR_NAMESPACE": "kit", "OPERATOR_LABELS": "app=operator,release=kit"}
    assert Settings.from_environment(inside).operator == Pods("kit", {"app": "operator", "release": "kit"})
    assert Settings.from_environment(GOOD).operator is None


@pytest.mark.parametrize("labels", ["", "app", "app=", "=operator", "app=operator,"])
def test_an_operator_whose_pod_is_not_named_exactly_is_refused(labels: str) -> None:
    # A selector without labels would let in every pod of the namespace.
    with pytest.raises(SettingsError, match=r"OPERATOR_LABELS is .*: give key=value"):
        Settings.from_environment(GOOD | {"OPERATOR_NAMESPACE": "kit", "OPERATOR_LABELS": labels})


def test_the_role_of_a_job_manager_is_kind_and_name() -> None:
    assert Settings.from_environment(GOOD | {"FLINK_ROLE": "Role/kit-flink"}).flink_role == ("Role", "kit-flink")

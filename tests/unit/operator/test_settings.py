import pytest
from tracedpipeline.settings import Settings, SettingsError

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


def test_the_role_of_a_job_manager_is_kind_and_name() -> None:
    assert Settings.from_environment(GOOD | {"FLINK_ROLE": "Role/kit-flink"}).flink_role == ("Role", "kit-flink")

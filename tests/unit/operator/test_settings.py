import pytest
from tracedpipeline.settings import Settings, SettingsError

GOOD = {"PRODUCER_IMAGE": "p", "CONSUMER_IMAGE": "c", "COLLECTOR_IMAGE": "o", "JAEGER_IMAGE": "j"}


def test_namespaces_are_a_list() -> None:
    assert Settings.from_environment(GOOD | {"WATCH_NAMESPACES": "a, b"}).namespaces == ("a", "b")
    assert Settings.from_environment(GOOD | {"WATCH_NAMESPACES": ""}).namespaces == ()


def test_every_problem_is_named() -> None:
    with pytest.raises(SettingsError) as wrong:
        Settings.from_environment({"PRODUCER_IMAGE": "p", "RESYNC_SECONDS": "soon"})
    for name in ("CONSUMER_IMAGE", "COLLECTOR_IMAGE", "JAEGER_IMAGE", "RESYNC_SECONDS is 'soon'"):
        assert name in str(wrong.value)

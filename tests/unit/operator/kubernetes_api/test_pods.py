from datetime import UTC, datetime
from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.kubernetes_api.pod_problems import ENDS_OF_A_LOOP, LOOP_MILLISECONDS, problem
from tracedpipeline.verdict import Verdict

from tests.unit.operator.kubernetes_api.waiting_pod import waiting


def injected(reason: str, **more: Any) -> dict[str, Any]:
    """A pod whose own container waits for one that a mesh has put before it."""
    container = {"name": "istio-init", **waiting(reason, **more)["status"]["containerStatuses"][0]}
    own = {"image": "x:1", "state": {"waiting": {"reason": "PodInitializing"}}}
    return {"status": {"initContainerStatuses": [container], "containerStatuses": [own]}}


NOW = 1_800_000_000_000
PULL = "image 'nowhere/x:1' cannot be pulled; fix the image's name or the access to its registry"
KILLED = "was killed (OOMKilled): it used more memory than its limit; raise resources.limits.memory"
KILLED_OF_OTHERS = KILLED.replace("raise resources.limits.memory", "whoever puts it into the pod has to raise that")


@pytest.mark.parametrize(
    ("pod", "reason", "message"),
    [
        (waiting("ImagePullBackOff"), reasons.IMAGE_PULL_BACK_OFF, PULL),
        (waiting("ErrImagePull"), reasons.IMAGE_PULL_BACK_OFF, PULL),
        (waiting("InvalidImageName"), reasons.IMAGE_PULL_BACK_OFF, PULL),
        (waiting("ErrImageNeverPull"), reasons.IMAGE_PULL_BACK_OFF, PULL),
        (waiting("CreateContainerError"), reasons.CREATE_CONTAINER_CONFIG_ERROR, "the container: words"),
        (
            {"status": {"containerStatuses": [{"state": {"waiting": {"reason": "CreateContainerError"}}}]}},
            reasons.CREATE_CONTAINER_CONFIG_ERROR,
            "the container: CreateContainerError",
        ),
        (
            waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 3, "message": " \n"}}),
            reasons.CRASH_LOOP_BACK_OFF,
            "the container ends with exit code 3",
        ),
        (
            waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 4}}),
            reasons.CRASH_LOOP_BACK_OFF,
            "the container ends with exit code 4",
        ),
        (
            {"status": {"conditions": [{"type": "PodScheduled", "reason": "Unschedulable"}]}},
            reasons.UNSCHEDULABLE,
            "no node takes the pod: ",
        ),
        (
            {"status": {"initContainerStatuses": waiting("CreateContainerError")["status"]["containerStatuses"]}},
            reasons.CREATE_CONTAINER_CONFIG_ERROR,
            "init container '': words",
        ),
        (waiting("CreateContainerConfigError"), reasons.CREATE_CONTAINER_CONFIG_ERROR, "the container: words"),
        (
            waiting(
                "CrashLoopBackOff",
                lastState={"terminated": {"exitCode": 2, "message": "first\nthen\nKAFKA_TOPIC is not set\n"}},
            ),
            reasons.CRASH_LOOP_BACK_OFF,
            "the container ends with exit code 2, its last line: KAFKA_TOPIC is not set",
        ),
        (
            waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
            reasons.OOM_KILLED,
            f"the container {KILLED}",
        ),
        (
            {"status": {"containerStatuses": [{"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]}},
            reasons.OOM_KILLED,
            f"the container {KILLED}",
        ),
        (
            {
                "status": {
                    "containerStatuses": [
                        {"state": {"running": {}}, "ready": False, "lastState": {"terminated": {"reason": "OOMKilled"}}}
                    ]
                }
            },
            reasons.OOM_KILLED,
            f"the container {KILLED}",
        ),
        (
            injected("CrashLoopBackOff", lastState={"terminated": {"exitCode": 1, "message": "no iptables"}}),
            reasons.CRASH_LOOP_BACK_OFF,
            "init container 'istio-init' ends with exit code 1, its last line: no iptables",
        ),
        (injected("ErrImagePull"), reasons.IMAGE_PULL_BACK_OFF, PULL),
        (
            injected("CreateContainerConfigError"),
            reasons.CREATE_CONTAINER_CONFIG_ERROR,
            "init container 'istio-init': words",
        ),
        (
            injected("CrashLoopBackOff", lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
            reasons.OOM_KILLED,
            f"init container 'istio-init' {KILLED_OF_OTHERS}",
        ),
        (
            {"status": {"conditions": [{"type": "PodScheduled", "reason": "Unschedulable", "message": "0/1 nodes"}]}},
            reasons.UNSCHEDULABLE,
            "no node takes the pod: 0/1 nodes",
        ),
    ],
    ids=[
        "back-off",
        "error",
        "name",
        "never",
        "create",
        "create without words",
        "blank words",
        "no words",
        "unschedulable without words",
        "init without name",
        "config",
        "crash",
        "memory",
        "memory just now",
        "memory before",
        "init crash",
        "init image",
        "init config",
        "init memory",
        "unschedulable",
    ],
)
def test_why_a_pod_does_not_come_up(pod: dict[str, Any], reason: str, message: str) -> None:
    assert problem(pod, NOW) == Verdict(False, reason, message)


def test_a_pod_that_only_needs_time_has_no_problem() -> None:
    assert problem(waiting("ContainerCreating"), NOW) is None
    assert problem(injected("PodInitializing"), NOW) is None
    done = {"name": "istio-init", "ready": True, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
    assert problem({"status": {"initContainerStatuses": [done]}}, NOW) is None


@pytest.mark.parametrize(
    "pod",
    [
        {},
        {"status": {"containerStatuses": None, "initContainerStatuses": None}},
        {"status": {"containerStatuses": [{}]}},
        {"status": {"containerStatuses": [{"state": {"waiting": None}, "lastState": None}]}},
        {"status": {"conditions": [{"type": "PodScheduled", "reason": "SchedulingGated"}]}},
        {"status": {"conditions": [{"type": "Ready", "reason": "Unschedulable"}, {}]}},
        {"status": {"containerStatuses": [{"state": {"terminated": {"reason": "Completed", "exitCode": 0}}}]}},
    ],
)
def test_a_pod_that_says_nothing_has_no_problem(pod: dict[str, Any]) -> None:
    assert problem(pod, NOW) is None


def test_a_container_that_is_ready_again_has_no_problem() -> None:
    ready_again = {"ready": True, "state": {"running": {}}, "lastState": {"terminated": {"reason": "OOMKilled"}}}
    assert problem({"status": {"containerStatuses": [ready_again]}}, NOW) is None


def at(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


def looping(*, ends: int, ago: int = 1_000, reason: str = "Error", **more: Any) -> dict[str, Any]:
    """A container that runs once more, after it ended so often, the last time so long ago."""
    end = {"exitCode": 1, "reason": reason, "finishedAt": at(NOW - ago), "message": "no such topic"}
    return {
        "name": "consumer",
        "state": {"running": {}},
        "lastState": {"terminated": end},
        "restartCount": ends,
        **more,
    }


CRASHED = Verdict(
    False, reasons.CRASH_LOOP_BACK_OFF, "the container ends with exit code 1, its last line: no such topic"
)


def test_a_crash_loop_is_one_from_its_second_end_on_whatever_the_container_does_at_the_moment() -> None:
    running = looping(ends=ENDS_OF_A_LOOP)
    ended = {**looping(ends=ENDS_OF_A_LOOP - 1), "state": running["lastState"], "lastState": {}}
    waits = {**running, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    for container in (running, ended, waits, running | {"ready": False}):
        assert problem({"status": {"containerStatuses": [container]}}, NOW) == CRASHED


@pytest.mark.parametrize(
    "container",
    [
        looping(ends=1),
        looping(ends=7, ready=True),
        looping(ends=7, ago=LOOP_MILLISECONDS),
        looping(ends=7, ago=LOOP_MILLISECONDS, reason="OOMKilled"),
    ],
    ids=["once", "ready again", "long ago", "killed long ago"],
)
def test_what_is_over_is_no_crash_loop(container: dict[str, Any]) -> None:
    assert problem({"status": {"containerStatuses": [container]}}, NOW) is None


def test_a_pod_that_is_to_go_has_no_problem() -> None:
    going = {"metadata": {"deletionTimestamp": at(NOW)}, "status": {"containerStatuses": [looping(ends=7)]}}
    assert problem(going, NOW) is None


@pytest.mark.parametrize(
    ("policy", "who"), [({"restartPolicy": "Always"}, "sidecar container"), ({}, "init container")]
)
def test_what_others_inject_is_told_of_by_name(policy: dict[str, str], who: str) -> None:
    pod = {
        "spec": {"initContainers": [{"name": "istio-proxy", **policy}]},
        "status": {
            "initContainerStatuses": [looping(ends=2, name="istio-proxy")],
            "containerStatuses": [{"name": "consumer", "state": {"waiting": {"reason": "PodInitializing"}}}],
        },
    }
    found = problem(pod, NOW)
    assert found
    assert found.message == f"{who} 'istio-proxy' ends with exit code 1, its last line: no such topic"


def test_of_two_containers_the_one_that_fails_is_named() -> None:
    beside = {"name": "consumer", "ready": True, "state": {"running": {}}}
    found = problem({"status": {"containerStatuses": [beside, looping(ends=2, name="linkerd-proxy")]}}, NOW)
    assert found
    assert found.message.startswith("container 'linkerd-proxy' ends with exit code 1")


def test_a_last_line_that_tells_the_time_makes_no_new_message() -> None:
    def crash(second: int) -> Verdict | None:
        end = {"exitCode": 1, "message": f"2026-01-01T00:00:{second:02}Z no such topic"}
        return problem(waiting("CrashLoopBackOff", lastState={"terminated": end}), NOW)

    assert crash(1) == crash(11)

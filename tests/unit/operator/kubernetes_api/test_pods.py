from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.kubernetes_api.pods import problem
from tracedpipeline.verdict import Verdict

from tests.unit.operator.kubernetes_api.waiting_pod import waiting


def injected(reason: str, **more: Any) -> dict[str, Any]:
    """A pod whose own container waits for one that a mesh has put before it."""
    container = {"name": "istio-init", **waiting(reason, **more)["status"]["containerStatuses"][0]}
    own = {"image": "x:1", "state": {"waiting": {"reason": "PodInitializing"}}}
    return {"status": {"initContainerStatuses": [container], "containerStatuses": [own]}}


PULL = "image 'nowhere/x:1' cannot be pulled; fix the image's name or the access to its registry"
KILLED = "was killed (OOMKilled): it used more memory than its limit; raise resources.limits.memory"


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
            f"init container 'istio-init' {KILLED}",
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
    assert problem(pod) == Verdict(False, reason, message)


def test_a_pod_that_only_needs_time_has_no_problem() -> None:
    assert problem(waiting("ContainerCreating")) is None
    assert problem(injected("PodInitializing")) is None
    done = {"name": "istio-init", "ready": True, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
    assert problem({"status": {"initContainerStatuses": [done]}}) is None


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
    assert problem(pod) is None


def test_a_container_that_is_ready_again_has_no_problem() -> None:
    ready_again = {"ready": True, "state": {"running": {}}, "lastState": {"terminated": {"reason": "OOMKilled"}}}
    assert problem({"status": {"containerStatuses": [ready_again]}}) is None

"""What a Deployment and its pods say of a component."""

from typing import Any

import pytest
from tracedpipeline import reasons
from tracedpipeline.kubernetes_api.pod_problems import problem
from tracedpipeline.kubernetes_api.pods import component, component_of_pods
from tracedpipeline.kubernetes_api.refused_pods import refusals
from tracedpipeline.observed import Component
from tracedpipeline.verdict import Verdict

from tests.unit.operator.kubernetes_api.waiting_pod import waiting

ROLLED_OUT: dict[str, Any] = {
    "metadata": {"generation": 3},
    "spec": {"replicas": 2},
    "status": {"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2},
}


def deployment(**status: int) -> dict[str, Any]:
    return {**ROLLED_OUT, "status": ROLLED_OUT["status"] | status}


def test_settled() -> None:
    assert component("jaeger", ROLLED_OUT, []).rolled_out


@pytest.mark.parametrize(
    "status",
    [{"observedGeneration": 2}, {"updatedReplicas": 1}, {"replicas": 3}, {"readyReplicas": 1}, {"readyReplicas": 3}],
    ids=["not seen", "half updated", "old pods left", "not ready", "more ready than wanted"],
)
def test_not_settled(status: dict[str, int]) -> None:
    assert not component("jaeger", deployment(**status), []).rolled_out


def test_a_deployment_that_nobody_has_looked_at_has_no_pods() -> None:
    new = {"metadata": {"generation": 1}, "spec": {}}
    assert component("jaeger", new, []) == Component("jaeger", wanted=1, ready=0, rolled_out=False)


@pytest.mark.parametrize(
    ("metadata", "status", "rolled_out"),
    [({"generation": 3}, {"observedGeneration": 4}, True), ({"generation": 1}, {}, False), ({}, {}, True)],
    ids=["seen", "not seen", "nothing to see"],
)
def test_a_deployment_that_rests_is_rolled_out_without_pods(metadata: Any, status: Any, rolled_out: bool) -> None:
    resting = {"metadata": metadata, "spec": {"replicas": 0}, "status": status}
    assert component("jaeger", resting, []) == Component("jaeger", wanted=0, ready=0, rolled_out=rolled_out)


def test_what_is_wrong_with_a_pod_counts_until_all_are_ready() -> None:
    pods = [waiting("ContainerCreating"), waiting("ErrImagePull"), waiting("CrashLoopBackOff")]
    found = component("jaeger", deployment(readyReplicas=1), pods)
    assert (found.name, found.wanted, found.ready, found.exists) == ("jaeger", 2, 1, True)
    assert found.problem == problem(pods[1], 0)
    assert component("jaeger", ROLLED_OUT, pods).problem is None


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"type": "ReplicaFailure", "status": "False", "message": "exceeded quota"}, None),
        ({"type": "Available", "status": "True", "message": "all is well"}, None),
        (
            {"type": "ReplicaFailure", "status": "True"},
            "the API server takes no more of its pods: : change what it names",
        ),
    ],
)
def test_only_a_failure_to_create_pods_is_one(condition: dict[str, str], message: str | None) -> None:
    status = {**ROLLED_OUT["status"], "readyReplicas": 1, "conditions": [condition]}
    found = component("jaeger", {**ROLLED_OUT, "status": status}, []).problem
    assert (found and found.message) == message


def test_pods_that_the_api_server_refuses() -> None:
    message = 'pods "orders-jaeger-7" is forbidden: exceeded quota: small'
    refused = {"type": "ReplicaFailure", "status": "True", "message": message}
    status = {**ROLLED_OUT["status"], "readyReplicas": 1, "conditions": [refused]}
    assert component("jaeger", {**ROLLED_OUT, "status": status}, []).problem == Verdict(
        False,
        reasons.FAILED_CREATE,
        f"the API server takes no more of its pods: {message}: raise the quota, or lower resources",
    )


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ('pods "c-1" is forbidden: failed quota: q: must specify limits.cpu for: consumer', "give resources what"),
        (
            'Pod "c-1" is invalid: spec.containers[0].resources.requests: Invalid value: "200m": must be less than or '
            "equal to cpu limit of 100m",
            "a LimitRange of the namespace sets this limit",
        ),
        (
            'pods "c-1" is forbidden: maximum memory usage per Container is 100Mi, but limit is 256Mi',
            "a LimitRange of the namespace says so",
        ),
        (
            'pods "c-1" is forbidden: cpu max limit to request ratio per Pod is 1, but provided ratio is 2.5',
            "a LimitRange of the namespace says so",
        ),
        ('pods "c-1" is forbidden: violates PodSecurity "restricted:latest"', "let the namespace's Pod Security"),
        (
            'Internal error occurred: failed calling webhook "w.example": connection refused',
            "the webhook does not answer",
        ),
        ('admission webhook "w.example" denied the request: no team label', "change what the policy demands"),
        ("ValidatingAdmissionPolicy 'team' with binding 'all' denied request: no label", "change what the policy"),
        ('pods "c-1" is forbidden: error looking up service account shop/c: not found', "it is created again"),
    ],
)
def test_what_helps_against_a_refusal_depends_on_who_refuses(said: str, advice: str) -> None:
    condition = {"type": "ReplicaFailure", "status": "True", "message": said}
    (refused,) = refusals({"conditions": [condition]})
    assert refused.reason == reasons.FAILED_CREATE
    assert refused.message.startswith(f"the API server takes no more of its pods: {said}: {advice}")


def test_a_missing_deployment() -> None:
    assert not component("jaeger", None, []).exists


def ended(reason: str, when: str = "lastState") -> dict[str, Any]:
    return {
        "status": {
            "containerStatuses": [
                {"image": "x:1", when: {"terminated": {"reason": reason, "finishedAt": "1970-01-01T00:00:01Z"}}}
            ]
        }
    }


@pytest.mark.parametrize(("reason", "when", "killed"), [
    ("OOMKilled", "lastState", 1_000), ("OOMKilled", "state", 1_000), ("Error", "lastState", None),
])  # fmt: skip
def test_a_pod_that_was_killed_for_its_memory(reason: str, when: str, killed: int | None) -> None:
    assert component("taskmanager", ROLLED_OUT, [ended(reason, when)]).killed_for_memory == killed


def test_of_all_that_ended_for_their_memory_the_last_counts() -> None:
    def oom(second: int) -> dict[str, Any]:
        return {"terminated": {"reason": "OOMKilled", "finishedAt": f"1970-01-01T00:00:0{second}.250Z"}}

    two = {"containerStatuses": [{"state": oom(3), "lastState": oom(2)}], "initContainerStatuses": [{"state": oom(1)}]}
    one = {"containerStatuses": [{"lastState": oom(2)}, {"state": {"running": {}}}]}
    for found in (
        component("a", ROLLED_OUT, [{"status": two}, {"status": one}]),
        component_of_pods("a", 1, [{"status": two}], 0),
    ):
        assert found.killed_for_memory == 3_250


def ready(status: str, since: str) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": "Ready", "status": status, "lastTransitionTime": since}]}}


def test_pods_without_a_deployment_of_ours() -> None:
    now = ready("True", "1970-01-01T00:00:01Z")
    assert component_of_pods("taskmanager", 2, [now, now], 0).rolled_out
    assert component_of_pods("taskmanager", 1, [now, now], 0).rolled_out, "Flink may keep one more"
    assert not component_of_pods("taskmanager", 1, [now, waiting("ErrImagePull")], 0).rolled_out
    few = component_of_pods("taskmanager", 2, [now], 0)
    assert few == Component("taskmanager", wanted=2, ready=1, rolled_out=False, ready_since=1_000, missing=1)
    assert component_of_pods("taskmanager", 1, [now, now], 0).missing == 0
    some = component_of_pods("taskmanager", 2, [now, waiting("ErrImagePull")], 0)
    assert (some.ready, some.rolled_out, some.missing) == (1, False, 0)
    assert some.problem
    assert some.problem.reason == reasons.IMAGE_PULL_BACK_OFF


@pytest.mark.parametrize(("pods", "since"), [
    ([ready("True", "1970-01-01T00:00:01Z"), ready("True", "1970-01-01T00:00:02Z")], 2_000),
    ([ready("True", "1970-01-01T00:00:01Z"), ready("False", "1970-01-01T00:00:02Z")], 1_000),
    ([{}], None),
])  # fmt: skip
def test_since_when_pods_are_ready(pods: list[dict[str, Any]], since: int | None) -> None:
    assert component("taskmanager", ROLLED_OUT, pods).ready_since == since
    assert component_of_pods("taskmanager", 1, pods, 0).ready_since == since

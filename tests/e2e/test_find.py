"""Somebody asks where a message is, while its consumer is away, at work, and unable to read it."""

import json
import subprocess
import sys

from tests.e2e import kube, topics

# Python refuses to read so long a whole number unless it is told otherwise.
ORDER = {"id": "o", "customer": "c", "amount": "1", "sequence": 1, "created": "2026-01-01T00:00:00+00:00"}
POISON = json.dumps(ORDER).replace("}", f', "big": {"9" * 5000}}}')
READS_ALL = {"name": "PYTHONINTMAXSTRDIGITS", "value": "0"}


def _tracedpipeline(command: str, namespace: str, *arguments: str) -> str:
    """Return what a command prints; find ends with 1 where nothing is found, which it prints, too."""
    line = (sys.executable, "-m", "tracedpipeline", command, "orders", "-n", namespace, *arguments)
    done = subprocess.run(line, capture_output=True, text=True, timeout=180, check=False)
    return done.stdout + done.stderr


def _until_found(namespace: str, answer: str, *place: str) -> str:
    """Ask until the answer is there."""
    said = ""

    def look() -> bool:
        nonlocal said
        said = _tracedpipeline("find", namespace, *place)
        return answer in said

    try:
        kube.until(answer, 240, look)
    except AssertionError as error:
        raise AssertionError(f"{error}; last seen: {said}") from None
    return said


def _variables(namespace: str) -> set[str]:
    """Return the names of the consumer's variables."""
    (container,) = kube.get(namespace, "deployment", "orders-consumer")["spec"]["template"]["spec"]["containers"]
    return {variable["name"] for variable in container["env"]}


def test_a_message_is_queued_and_then_processed(namespace: str) -> None:
    kube.apply(kube.pipeline(namespace, "orders", consumer={"replicas": 0}))
    kube.until_condition(namespace, "orders", "Ready", "True")
    _until_found(namespace, "queued", "--offset", "0/0")
    kube.kubectl("scale", "tp", "orders", "-n", namespace, "--replicas=1")
    _until_found(namespace, "processed", "--offset", "0/0")
    kube.until("what has read is deleted", 180, lambda: not _readers(namespace))


def _readers(namespace: str) -> list[str]:
    names = [pod["metadata"]["name"] for pod in kube.get(namespace, "pods")["items"]]
    return [name for name in names if "-find-" in name]


def _without_producer(namespace: str, *env: kube.Object) -> kube.Object:
    """A pipeline whose only messages are the story's, all in one partition."""
    pipeline = kube.pipeline(namespace, "orders", producer={"replicas": 0}, consumer={"env": list(env)})
    pipeline["spec"]["kafka"]["topic"]["partitions"] = 1
    return pipeline


def test_a_poison_message_is_dead_lettered_and_sent_back(namespace: str) -> None:
    kube.apply(_without_producer(namespace))
    kube.until_condition(namespace, "orders", "ConsumerReady", "True")
    topics.write(f"{namespace}-orders", "from:elsewhere", POISON)
    _until_found(namespace, "dead-lettered: not JSON", "--offset", "0/0")
    kube.apply(_without_producer(namespace, READS_ALL))
    kube.until("the consumer is told", 180, lambda: "PYTHONINTMAXSTRDIGITS" in _variables(namespace))
    kube.kubectl("rollout", "status", "-n", namespace, "deploy/orders-consumer", "--timeout=180s")
    said = _tracedpipeline("redrive", namespace)
    assert "before: 1 " in said, said
    assert "after: 0 " in said, said

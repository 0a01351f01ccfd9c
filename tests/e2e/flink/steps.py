"""What the stories do and look at, whether the job is in a cluster of the pipeline's own or the Flink operator's."""

import json
from collections import defaultdict
from typing import Any, NamedTuple

from tests.e2e import kube, topics

# Flink's job starts within half a minute on an idle machine of two cores, and within four on a busy one.
SECONDS = 300


class ByFlink(NamedTuple):
    """A pipeline whose consumer Flink runs."""

    namespace: str
    name: str
    topic: str

    def change(self, **consumer: Any) -> None:
        patch = json.dumps({"spec": {"consumer": consumer}})
        kube.kubectl("patch", "tp", self.name, "-n", self.namespace, "--type=merge", "-p", patch)

    def pods(self, component: str) -> list[kube.Object]:
        found = kube.get(self.namespace, "pods", "--selector", f"app.kubernetes.io/name={component}")["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def end(self, component: str) -> None:
        names = [pod["metadata"]["name"] for pod in self.pods(component)]
        kube.kubectl("delete", "pod", "-n", self.namespace, *names, "--force", "--grace-period=0")

    def log(self) -> str:
        (pod,) = self.pods("jobmanager")
        return kube.kubectl("logs", "-n", self.namespace, pod["metadata"]["name"])

    def worker_runs(self, command: str) -> tuple[str, ...]:
        """kubectl's arguments for a shell's command in a TaskManager's container."""
        (pod, *_) = self.pods("taskmanager")
        return ("exec", "-n", self.namespace, pod["metadata"]["name"], "--", "sh", "-ec", command)

    def in_worker(self, command: str) -> None:
        kube.kubectl(*self.worker_runs(command))

    def fails(self, reason: str | None, words: str) -> kube.Object:
        """Wait until the consumer is not ready, and says why."""
        return kube.until_condition(
            self.namespace, self.name, "ConsumerReady", "False", reason, seconds=SECONDS, words=words
        )

    def completes_a_checkpoint(self) -> None:
        """Wait until all tasks have run from now on: Flink learns late that a TaskManager is gone."""
        before = self.log().count("Completed checkpoint ")
        # The first may have been all but complete.
        kube.until("two more checkpoints", SECONDS, lambda: self.log().count("Completed checkpoint ") >= before + 2)

    def runs_again(self) -> None:
        kube.until_condition(self.namespace, self.name, "ConsumerReady", "True", "JobRunning", seconds=SECONDS)


def nothing_is_lost(topic: str) -> None:
    """Every order has a result, and each customer's are numbered 1, 2, 3 … without a gap or a new beginning."""
    orders = {r.document["id"] for r in topics.read(topic) if r.value.startswith("{")}
    numbers: dict[str, dict[str, int]] = {}

    def all_are_there() -> bool:
        numbers.update(_numbers(f"{topic}.results"))
        return orders <= {order for of_customer in numbers.values() for order in of_customer}

    kube.until("a result of each order", 120, all_are_there)
    for customer, of_customer in numbers.items():
        assert sorted(of_customer.values()) == list(range(1, len(of_customer) + 1)), customer
    print(f"{len(orders)} orders, none without a result")


def _numbers(topic: str) -> dict[str, dict[str, int]]:
    """For each customer the running number of each order; a replay writes the same one again."""
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    for document in (r.document for r in topics.read(topic)):
        if "order" in document:
            known = numbers[document["customer"]].setdefault(document["order"], document["orders"])
            assert known == document["orders"], f"order {document['order']} was counted again"
    return numbers

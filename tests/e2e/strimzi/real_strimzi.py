"""Strimzi itself, where `make kind-up` could install it: the stories ask it for the same as the fake one."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress

from tests.e2e import kube

# Of the listener that asks nobody who he is; the stories' Kafka has this user among its superUsers.
_SERVER = ("--bootstrap-server", "localhost:9092")
_BROKER = "demo-dual-role-0"
_ATTEMPTS = 10
_RESTARTED = f'exit code (137|143)|container not found|unable to upgrade connection|"{_BROKER}" not found'
_PAUSE = "strimzi.io/pause-reconciliation"


class RealStrimzi:
    """Looks at every namespace already; what is in Kafka is asked with the broker's own tools."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def start(self) -> None:
        """Nothing: it runs."""

    def stop(self) -> None:
        """Nothing: it runs on."""

    def revoke(self, user: str) -> None:
        """Take a user's rights away, behind its resource's back."""
        self._annotate("kafkauser", user, f"{_PAUSE}=true")
        spec = kube.get(self.namespace, "kafkauser", user)["spec"]
        for acl in spec["authorization"]["acls"]:
            resource = acl["resource"]
            operations = [word for operation in acl["operations"] for word in ("--operation", operation)]
            self._tool(
                "acls", "--remove", "--force", "--allow-principal", f"User:CN={user}",
                f"--{resource['type']}", resource["name"], *operations,
            )  # fmt: skip

    def grant(self, user: str) -> None:
        self._annotate("kafkauser", user, f"{_PAUSE}-")

    def renew_user(self, user: str) -> None:
        """Its user operator makes a Secret that is gone again."""
        kube.kubectl("delete", "secret", user, "-n", self.namespace)

    def renew_cluster_ca(self) -> None:
        self._annotate("secret", "demo-cluster-ca", "strimzi.io/force-replace=true")

    def partitions(self, topic: str) -> int:
        """How many the topic has; 0 where it is not there."""
        return len(self.ends(topic))

    def ends(self, topic: str) -> dict[int, int]:
        """How far each partition goes."""
        try:
            listed = self._tool("get-offsets", "--topic", re.escape(topic))
        except kube.KubectlError:  # it is said of a topic that is not there
            return {}
        return {int(partition): int(end) for _, partition, end in _columns(listed, ":")}

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """How far the group has come in each partition."""
        listed = self._tool("consumer-groups", "--describe", "--group", group)
        rows = (row for row in _columns(listed, None) if row[:2] == [group, topic] and row[3] != "-")
        return {int(row[2]): int(row[3]) for row in rows}

    def _tool(self, name: str, *arguments: str) -> str:
        """Run one of Kafka's tools in the broker's container; once more where Strimzi restarts it meanwhile."""
        command = (f"/opt/kafka/bin/kafka-{name}.sh", *_SERVER, *arguments)
        for _ in range(_ATTEMPTS):
            with suppress(kube.KubectlError):  # there is none yet
                kube.kubectl("wait", f"pod/{_BROKER}", "-n", self.namespace, "--for=condition=Ready", "--timeout=100s")
            try:
                return kube.kubectl("exec", "-n", self.namespace, _BROKER, "--", *command)
            except kube.KubectlError as error:
                if not re.search(_RESTARTED, str(error)):
                    raise
            time.sleep(2)
        raise AssertionError(f"{_BROKER} was restarted {_ATTEMPTS} times while {name} ran")

    def _annotate(self, kind: str, name: str, annotation: str) -> None:
        kube.kubectl("annotate", kind, name, "-n", self.namespace, annotation, "--overwrite")


def _columns(listed: str, separator: str | None) -> Iterator[list[str]]:
    return (line.strip().split(separator) for line in listed.splitlines() if line.strip())

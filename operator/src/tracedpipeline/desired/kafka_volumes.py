"""The files that a client of Kafka finds in its container: credentials, certificates, and room to write."""

from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka.connection import (
    CA_KEY,
    CERTIFICATE_KEY,
    PASSWORD_KEY,
    PRIVATE_KEY_KEY,
    USERNAME_KEY,
    KafkaConnection,
)

CREDENTIALS_DIRECTORY = "/etc/kafka/credentials"
CA_DIRECTORY = "/etc/kafka/ca"
USER_DIRECTORY = "/etc/kafka/user"

Volume = tuple[dict[str, Any], str]


def volumes(pipeline: TracedPipeline, kafka: KafkaConnection, scratch: str = "64Mi") -> list[Volume]:
    """Return each volume with the directory that it is mounted at."""
    found: list[Volume] = [({"name": "tmp", "emptyDir": {"sizeLimit": scratch}}, "/tmp")]  # noqa: S108 - of the pod's own
    if kafka.credentials_secret:
        keys = (PASSWORD_KEY,) if kafka.username else (USERNAME_KEY, PASSWORD_KEY)
        found.append((_secret("credentials", kafka.credentials_secret, *keys), CREDENTIALS_DIRECTORY))
    if kafka.certificate_secret:
        found.append((_secret("user", kafka.certificate_secret, CERTIFICATE_KEY, PRIVATE_KEY_KEY), USER_DIRECTORY))
    if kafka.ca_secret:
        found.append((_secret("ca", kafka.ca_secret, CA_KEY), CA_DIRECTORY))
    if kafka.ca_certificates:
        config = {"name": naming.ca_certificates(pipeline.name), "defaultMode": 0o444}
        found.append(({"name": "ca", "configMap": config}, CA_DIRECTORY))
    return found


def _secret(volume: str, name: str, *keys: str) -> dict[str, Any]:
    # Named keys only: what else is in the Secret is not for these pods.
    items = [{"key": key, "path": key} for key in keys]
    return {"name": volume, "secret": {"secretName": name, "items": items, "defaultMode": 0o440}}


def mounts(mounted: list[Volume]) -> list[dict[str, Any]]:
    """Return where a container finds the volumes."""
    return [
        {"name": volume["name"], "mountPath": directory}
        | ({"readOnly": True} if {"secret", "configMap"} & volume.keys() else {})
        for volume, directory in mounted
    ]

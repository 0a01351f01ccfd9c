"""Whether two pipelines name one Kafka cluster, before its id is known: a Service has many names. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from tracedpipeline.api import TracedPipeline


class Address(NamedTuple):
    """Where a broker is; without a port where it is any of a cluster's listeners."""

    host: str
    port: str | None


def alike(one: TracedPipeline, other: TracedPipeline) -> bool:
    """Return whether both name an address of one cluster."""
    theirs = set(_addresses(other))
    return any(_same(mine, address) for mine in set(_addresses(one)) for address in theirs)


def _same(one: Address, other: Address) -> bool:
    return one.host == other.host and (one.port == other.port or None in (one.port, other.port))


def _addresses(pipeline: TracedPipeline) -> Iterator[Address]:
    kafka = pipeline.spec.kafka
    if kafka.cluster:
        # Strimzi's name of the Service of all listeners.
        yield Address(f"{kafka.cluster.name}-kafka-bootstrap.{kafka.cluster.namespace or pipeline.namespace}", None)
        return
    for server in str(kafka.bootstrap_servers).split(","):
        host, _, port = server.strip().rpartition(":")
        yield Address(_host(host, pipeline.namespace), port)


def _host(host: str, namespace: str) -> str:
    """Return name and namespace of a Service; any other host as it is."""
    host = host.lower().rstrip(".")
    labels = host.split(".")
    if len(labels) == 1 and not host.startswith("["):
        return f"{host}.{namespace}"
    # The cluster's domain, cluster.local by default, may be any.
    return ".".join(labels[:2]) if labels[2:3] == ["svc"] else host

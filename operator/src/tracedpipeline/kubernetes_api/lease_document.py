"""A Lease of coordination.k8s.io: who writes, as it is written and read. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tracedpipeline import naming
from tracedpipeline.kubernetes_api.kinds import LEASE

# Who holds it has written within so many seconds, or holds it no longer.
DURATION_SECONDS = 30
# That of another version, or of whoever has edited it, is believed up to here.
LONGEST_SECONDS = 300

Object = dict[str, Any]
Lease = Mapping[str, Any]


def holder(lease: Lease) -> str:
    """Return who holds it; empty where nobody does."""
    return str(_spec(lease).get("holderIdentity") or "")


def duration(lease: Lease) -> float:
    """Return for how many seconds after its last change it is held."""
    return float(min(_spec(lease).get("leaseDurationSeconds") or DURATION_SECONDS, LONGEST_SECONDS))


def new(namespace: str, name: str) -> Object:
    """Return a Lease that nobody has had."""
    metadata = {"namespace": namespace, "name": name, "labels": dict(naming.MANAGED_BY)}
    return {"apiVersion": LEASE.api_version, "kind": LEASE.name, "metadata": metadata}


def taken(lease: Lease, by: str, now: datetime) -> Object:
    """Return the Lease as held by somebody from now on, or still.

    Its times are for people: whether it is still held is judged by the clock of whoever sees it change.
    """
    spec = _spec(lease)
    if holder(lease) == by:
        since = spec.get("acquireTime") or _micro_time(now)
        return _with(lease, spec | {"acquireTime": since}, by, now)
    transitions = (spec.get("leaseTransitions") or 0) + bool(spec)
    return _with(lease, spec | {"acquireTime": _micro_time(now), "leaseTransitions": transitions}, by, now)


def released(lease: Lease, now: datetime) -> Object:
    """Return the Lease as held by nobody."""
    return _with(lease, _spec(lease), "", now)


def _with(lease: Lease, spec: Object, by: str, now: datetime) -> Object:
    said = {"holderIdentity": by, "leaseDurationSeconds": DURATION_SECONDS, "renewTime": _micro_time(now)}
    return {**lease, "spec": spec | said}


def _spec(lease: Lease) -> Object:
    return dict(lease.get("spec") or {})


def _micro_time(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

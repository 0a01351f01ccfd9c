"""The status, and the events that tell of its changes."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tracedpipeline import failure, reasons
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.limits import Bucket
from tracedpipeline.state import Object
from tracedpipeline.status.build import Status, build_status, failed_status, transitions
from tracedpipeline.status.quiet import FIGURES_PER_SECOND, figures_due, figures_moved, transition
from tracedpipeline.verdict import Verdict

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reporter:
    """Writes the status of pipelines; `written` is when it did last, or saw it first: a restart is no reason."""

    cluster: Cluster
    written: dict[Key, float] = field(default_factory=dict)
    # Figures that are due at once, because the pipelines became ready at once, are written one by one.
    figures: Bucket = field(default_factory=lambda: Bucket(FIGURES_PER_SECOND, at_once=1))

    async def report(
        self, body: Object, verdicts: Mapping[str, Verdict], details: Mapping[str, Any] | None = None
    ) -> None:
        """Write the status where it is worth it, and an event for each reason that is news."""
        old, generation = body.get("status", {}), body["metadata"]["generation"]
        await self._write(body, build_status(old, generation, verdicts, datetime.now(UTC), details or {}))

    async def report_failure(self, body: Object, error: Exception) -> None:
        """Write why the reconcile failed; that this fails as well is only logged, since it is tried again anyway."""
        old, generation = body.get("status", {}), body["metadata"]["generation"]
        try:
            await self._write(body, failed_status(old, generation, failure.verdict(error), datetime.now(UTC)))
        except Exception as also:
            name = f"{body['metadata']['namespace']}/{body['metadata']['name']}"
            log.error("%s: the status cannot tell of it: %s", name, failure.described(also))

    def forget(self, key: Key) -> None:
        """Forget a pipeline that is gone."""
        self.written.pop(key, None)

    async def _write(self, body: Object, new: Status) -> None:
        old, metadata = body.get("status", {}), body["metadata"]
        key, now = Key(metadata["namespace"], metadata["name"]), asyncio.get_running_loop().time()
        due = figures_due(now - self.written.setdefault(key, now), len(self.written))
        if not (transition(old, new) or (due and figures_moved(old, new) and self._figures_have_room(now))):
            return
        await self.cluster.write_status(key, new)
        self.written[key] = now
        for reason, message in transitions(old, new):
            log.info("%s/%s: %s: %s", *key, reason, message)
            kind = "Normal" if reason in reasons.EXPECTED else "Warning"
            await self.cluster.event(key.namespace, key.name, metadata["uid"], reason, message, kind=kind)

    def _figures_have_room(self, now: float) -> bool:
        """Take room for one write of figures; where there is none, a later look finds some."""
        if self.figures.wait(now):
            return False
        self.figures.take(now)
        return True

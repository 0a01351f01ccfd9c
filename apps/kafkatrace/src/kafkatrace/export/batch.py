"""Encoded spans on their way to one export."""

from dataclasses import dataclass, field
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan


@dataclass(slots=True)
class Batch:
    """Spans of the service and of the Kafka cluster, encoded, and spans that the SDK made."""

    service: list[bytes] = field(default_factory=list)
    cluster: list[bytes] = field(default_factory=list)
    made_by_sdk: list[ReadableSpan] = field(default_factory=list)
    _seen: tuple[int, int] = (0, 0)
    _weight: int = 0

    @property
    def size(self) -> int:
        """How many spans it has."""
        return len(self.service) + len(self.cluster) + len(self.made_by_sdk)

    def weigh(self) -> int:
        """Return how many bytes its encoded spans have; each is looked at once."""
        of_service, of_cluster = self._seen
        self._weight += sum(map(len, self.service[of_service:])) + sum(map(len, self.cluster[of_cluster:]))
        self._seen = len(self.service), len(self.cluster)
        return self._weight

    def halves(self) -> "tuple[Batch, Batch]":
        """Return two batches that have its spans between them, neither of them empty where there are two."""
        kinds = (self.service, self.cluster, self.made_by_sdk)
        cuts = [len(spans) - len(spans) // 2 for spans in kinds]
        if sum(cuts) == self.size:  # one of a kind at most: the last kind's goes to the second
            cuts[max(kind for kind, spans in enumerate(kinds) if spans)] = 0
        service, cluster, own = cuts
        first = Batch(self.service[:service], self.cluster[:cluster], self.made_by_sdk[:own])
        return first, Batch(self.service[service:], self.cluster[cluster:], self.made_by_sdk[own:])

    def room(self, limit: int) -> bool:
        """Whether one more message fits, which gives two spans; one fits in any case."""
        return self.size + 2 <= limit or not self.size


class Encoded:
    """Finishes what was encoded and counted when it ended: (ENCODED, span of the service, of the cluster if any)."""

    def account(self, item: tuple[object, ...]) -> int:
        """Return how many spans there are."""
        return len(item) - 1

    def encode(self, item: tuple[Any, ...], batch: Batch) -> None:
        """Add the spans to the batch."""
        batch.service.append(item[1])
        if len(item) > 2:
            batch.cluster.append(item[2])


ENCODED: Final = Encoded()

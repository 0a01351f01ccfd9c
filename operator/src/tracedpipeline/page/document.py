"""What the page shows, as plain values; times are milliseconds, and None is what nobody measured. Pure."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Bar:
    """A span in its trace, which began `offset` ago; `depth` is how many spans are above it.

    `uncertainty` is how far its beginning may lie off, `skewed` that the clocks of its two ends disagree.
    """

    service: str
    name: str
    depth: int
    offset: float
    length: float
    error: str = ""
    uncertainty: float = 0
    skewed: bool = False
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Trace:
    """One message's trace: `latency` counts from the record's timestamp, `sent` is Unix time.

    `left_out` counts the spans for which there was no room.
    """

    trace_id: str
    sent: float
    end_to_end: float
    latency: float
    length: float
    bars: tuple[Bar, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Bucket:
    """How many messages took longer than `low` and no longer than `high`, and traces that are of them."""

    low: float
    high: float | None
    count: int
    traces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """How long messages took, by bounds and counts as a histogram has them, and the quantiles of that."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    covers: str
    p50: float | None = None
    p99: float | None = None
    queue_p50: float | None = None
    queue_p99: float | None = None
    sent_a_second: float | None = None
    processed_a_second: float | None = None


@dataclass(frozen=True)
class Flow:
    """Service → topic → service, and what is known of each."""

    producer: str
    topic: str
    consumer: str
    sent_a_second: float | None = None
    processed_a_second: float | None = None
    p50: float | None = None
    p99: float | None = None
    queue_p50: float | None = None
    queue_p99: float | None = None
    lag: int | None = None


@dataclass(frozen=True)
class Page:
    """The whole page; `ok` is that of the verdict, and `covers` says of which messages the figures are."""

    pipeline: str
    at: float
    ok: bool | None
    reason: str
    message: str
    flow: Flow
    covers: str = ""
    buckets: tuple[Bucket, ...] = ()
    traces: tuple[Trace, ...] = field(default=())
    live: bool = False

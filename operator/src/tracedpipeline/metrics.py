"""What the operator tells of itself, for Prometheus."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

RECONCILES = Counter("tracedpipeline_reconciles", "Reconciles, by result.", ["result"])
RECONCILE_SECONDS = Histogram("tracedpipeline_reconcile_duration_seconds", "How long a reconcile takes.")
API_REQUESTS = Counter("tracedpipeline_api_requests", "Requests to the API server, by verb.", ["verb"])
LEASE_HELD = Gauge("tracedpipeline_lease_held", "Whether this operator is the one that writes.")
OLDEST_UNSERVED = Gauge("tracedpipeline_oldest_unserved_seconds", "For how long a pipeline waits for its reconcile.")
WATCH_AGE = Gauge("tracedpipeline_watch_age_seconds", "Since when a watch has not heard of the API server.", ["kind"])
PIPELINES = Gauge("tracedpipeline_pipelines", "Pipelines, by the reason of Ready.", ["reason"])


def text() -> web.Response:
    """Return all metrics as Prometheus reads them."""
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

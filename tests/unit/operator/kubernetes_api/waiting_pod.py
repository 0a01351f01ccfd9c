"""A pod as the API server shows it."""

from typing import Any


def waiting(reason: str, **more: Any) -> dict[str, Any]:
    """Return a pod whose container waits for a reason."""
    container = {"image": "nowhere/x:1", "state": {"waiting": {"reason": reason, "message": "words"}}, **more}
    return {"status": {"containerStatuses": [container]}}

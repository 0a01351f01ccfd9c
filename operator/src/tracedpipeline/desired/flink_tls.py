"""The key with which Flink's processes prove to each other that they are the pipeline's: their mutual TLS.

The same for all of them: who has the key is one of them. It is made once (`flink_key`), and all else here is pure.
"""

import base64
from typing import Any

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kubernetes_api import objects
from tracedpipeline.kubernetes_api.kinds import type_meta

Object = dict[str, Any]

STORE = "internal.p12"
DIRECTORY = "/etc/flink/tls"
STORE_FILE = f"{DIRECTORY}/{STORE}"
# Java opens no store without one. It lies in plain sight: what keeps the key is that it is in a Secret.
PASSWORD = "changeit"  # noqa: S105 - as above


def secret(pipeline: TracedPipeline, store: bytes) -> Object:
    """Return the Secret with the store, which is never changed: another key is another Secret.

    Not `immutable`: a kubelet keeps such a Secret, and would give a new pod the key that was deleted.
    """
    return {
        **type_meta("Secret"),
        "metadata": objects.metadata(pipeline, naming.CONSUMER, naming.flink_tls(pipeline.name)),
        "type": "Opaque",
        "data": {STORE: base64.b64encode(store).decode()},
    }


def volume(pipeline: TracedPipeline) -> tuple[Object, str]:
    """Return the volume with the store, and the directory that it is mounted at."""
    items = [{"key": STORE, "path": STORE}]
    source = {"secretName": naming.flink_tls(pipeline.name), "items": items, "defaultMode": 0o440}
    return {"name": "tls", "secret": source}, DIRECTORY


def configuration() -> dict[str, str]:
    """Return Flink's lines for it: RPC, blobs and data between the processes; REST stays as it is."""
    prefix = "security.ssl.internal"
    return {
        f"{prefix}.enabled": "true",
        f"{prefix}.keystore": STORE_FILE,
        f"{prefix}.keystore-password": PASSWORD,
        f"{prefix}.key-password": PASSWORD,
        f"{prefix}.truststore": STORE_FILE,
        f"{prefix}.truststore-password": PASSWORD,
    }

"""Whether the Secrets of a connection are there, and hold what can be used. Pure."""

from collections.abc import Mapping

from tracedpipeline import reasons
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.verdict import Verdict

Secrets = Mapping[str, Mapping[str, bytes]]


def missing_secret(connection: KafkaConnection, secrets: Secrets) -> Verdict | None:
    """Return which Secret of the connection, or which key in it, is not there; None where all are."""
    for name, keys in connection.secrets.items():
        for key in keys:
            if key not in secrets.get(name, {}):
                what = f"key {key!r} of Secret {name!r}" if name in secrets else f"Secret {name!r}"
                return Verdict(False, reasons.SECRET_MISSING, f"{what} is not in this namespace: create it")
    return None


def invalid_secret(connection: KafkaConnection, secrets: Secrets) -> Verdict | None:
    """Return which key of a Secret cannot be used; never what it holds, not even the part that is wrong."""
    for name, keys in connection.secrets.items():
        for key in keys:
            if not secrets[name][key].strip():
                return Verdict(False, reasons.SECRET_INVALID, f"key {key!r} of Secret {name!r} is empty: fill it in")
            if not _is_text(secrets[name][key]):
                message = f"key {key!r} of Secret {name!r} is no UTF-8 text: write it again"
                return Verdict(False, reasons.SECRET_INVALID, message)
    return None


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False

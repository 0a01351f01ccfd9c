"""Makes the key that a pipeline's Flink processes share, once: what is random cannot be desired state."""

import asyncio
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from tracedpipeline import naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import flink_tls
from tracedpipeline.kubernetes_api import ownership
from tracedpipeline.kubernetes_api.client import Cluster, Object, content
from tracedpipeline.kubernetes_api.errors import ApiServerError
from tracedpipeline.kubernetes_api.objects import digest

# Flink's default cipher suites sign with RSA.
BITS = 3072
# Nothing renews it: whoever wants another key deletes the Secret.
VALID = timedelta(days=3650)
# So that a node whose clock is behind takes it.
SKEW = timedelta(days=1)


async def ensure(cluster: Cluster, pipeline: TracedPipeline) -> str:
    """Return what tells the pipeline's key from another; makes the Secret where it is missing.

    Raises ObjectNotOwnedError where somebody else's Secret has the name, PreviousDrainingError where an earlier
    pipeline's has, ApiServerError where its store is gone.
    """
    found = await cluster.secret_object(pipeline.namespace, naming.flink_tls(pipeline.name))
    if found is None:
        found = flink_tls.secret(pipeline, await asyncio.to_thread(store, pipeline.name))
        await cluster.create_secret(found)
    return _revision(pipeline, found)


def _revision(pipeline: TracedPipeline, found: Object) -> str:
    ownership.check("Secret", found, pipeline)
    name = naming.flink_tls(pipeline.name)
    if flink_tls.STORE not in (found.get("data") or {}):
        raise ApiServerError(f"Secret {name} has no {flink_tls.STORE}: delete it, and another one is made")
    return digest(content(found)[flink_tls.STORE].hex())


def store(name: str) -> bytes:
    """Return a PKCS #12 store with a new key and its self-signed certificate, which is all that it trusts."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, naming.flink_service(name)[:64])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + VALID)
        .sign(key, hashes.SHA256())
    )
    encryption = BestAvailableEncryption(flink_tls.PASSWORD.encode())
    return pkcs12.serialize_key_and_certificates(b"flink.internal", key, certificate, None, encryption)

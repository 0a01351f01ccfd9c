"""The key that Flink's processes share: made once, never changed, and nobody else's."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import flink_tls
from tracedpipeline.flink import tls_key
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.kafka.strimzi import Access
from tracedpipeline.kubernetes_api.client import Cluster
from tracedpipeline.kubernetes_api.errors import ApiServerError
from tracedpipeline.kubernetes_api.ownership import ObjectNotOwnedError, PreviousDrainingError
from tracedpipeline.reconciler import connected
from tracedpipeline.settings import Settings
from tracedpipeline.untrusted.bounded_http import open_session
from tracedpipeline.verdict import Verdict

from tests.unit.operator.apiserver import ApiServer, server
from tests.unit.operator.conftest import body

__all__ = ["server"]

PIPELINE = TracedPipeline.parse(body(consumer={"engine": "Flink"}))
SECRET = "/api/v1/namespaces/shop/secrets/orders-flink-tls"


async def test_it_is_made_once(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    revision = await tls_key.ensure(cluster, PIPELINE)
    made = answers.objects[SECRET]
    assert [await tls_key.ensure(cluster, PIPELINE) for _ in range(2)] == [revision, revision]
    assert answers.sent("POST") == ["/api/v1/namespaces/shop/secrets"]
    assert {answers.sent(method) == [] for method in ("PATCH", "PUT", "DELETE")} == {True}
    (owner,) = made["metadata"]["ownerReferences"]
    assert owner["uid"] == "uid-orders"
    assert "immutable" not in made, "a kubelet would give a new pod the key that was deleted"


async def test_secrets_are_never_listed(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    await tls_key.ensure(cluster, PIPELINE)
    await cluster.owned(PIPELINE)
    assert [path for path in answers.sent("GET") if "secrets" in path] == [SECRET]


async def test_another_key_has_another_revision(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    first = await tls_key.ensure(cluster, PIPELINE)
    del answers.objects[SECRET]
    assert await tls_key.ensure(cluster, PIPELINE) != first


async def test_somebody_elses_secret_is_neither_used_nor_changed(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    other = TracedPipeline.parse(body("orders") | {"metadata": body("orders")["metadata"] | {"uid": "older"}})
    theirs: list[tuple[type[Exception], dict[str, Any]]] = [
        (ObjectNotOwnedError, {"metadata": {"name": "orders-flink-tls"}, "data": {flink_tls.STORE: "AA=="}}),
        (PreviousDrainingError, flink_tls.secret(other, b"a store")),
    ]
    for refusal, secret in theirs:
        answers.objects[SECRET] = secret
        with pytest.raises(refusal, match="Secret orders-flink-tls"):
            await tls_key.ensure(cluster, PIPELINE)
        assert answers.objects[SECRET] is secret
    assert answers.sent("POST") == []


async def test_a_store_that_is_gone_from_its_secret_is_named(server: tuple[ApiServer, Cluster]) -> None:
    answers, cluster = server
    answers.objects[SECRET] = flink_tls.secret(PIPELINE, b"") | {"data": None}
    with pytest.raises(ApiServerError, match=r"orders-flink-tls has no internal\.p12: delete it"):
        await tls_key.ensure(cluster, PIPELINE)


def test_a_store_has_one_key_and_trusts_nothing_else() -> None:
    found = pkcs12.load_pkcs12(tls_key.store("orders"), flink_tls.PASSWORD.encode())
    assert isinstance(found.key, rsa.RSAPrivateKey)
    assert found.cert
    certificate = found.cert.certificate
    assert certificate.public_key() == found.key.public_key()
    assert found.additional_certs == []
    certificate.verify_directly_issued_by(certificate)
    now = datetime.now(UTC)
    assert certificate.not_valid_before_utc < now - timedelta(hours=1)
    assert certificate.not_valid_after_utc > now + timedelta(days=3600)


def test_the_longest_name_fits_into_a_certificate() -> None:
    assert tls_key.store("p" * 63)


def test_the_secret_holds_the_store_as_it_is() -> None:
    assert base64.b64decode(flink_tls.secret(PIPELINE, b"store")["data"][flink_tls.STORE]) == b"store"


class Silent:
    """Kafka, of which nothing is known yet."""

    async def access(self, _: TracedPipeline) -> Access:
        return Access(None)

    async def verdict(self, _: TracedPipeline, way: Access) -> Verdict:
        return Verdict(None, reasons.KAFKA_UNREACHABLE, "")


@pytest.mark.parametrize(("engine", "paths"), [("Flink", [SECRET]), ("Python", [])])
async def test_a_reconcile_makes_it_where_flink_runs_the_consumer(
    server: tuple[ApiServer, Cluster], settings: Settings, engine: str, paths: list[str]
) -> None:
    answers, cluster = server
    async with open_session() as session:
        pipeline = TracedPipeline.parse(body(consumer={"engine": engine}))
        reconciler = connected(cluster, Silent(), session, settings, Jobs(cluster, session))  # type: ignore[arg-type]  # no Kafka
        await reconciler.applier.prepare(pipeline, await reconciler.observer.state(pipeline))
    assert [path for path in answers.objects if "/secrets/" in path] == paths

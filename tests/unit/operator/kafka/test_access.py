"""What is asked of the API server for a Kafka cluster; what the answers mean is test_access's."""

import hashlib
from typing import Any

import pytest
from tracedpipeline import naming, reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.kafka.access import KafkaClusters
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kubernetes_api.errors import NotAllowedError
from tracedpipeline.kubernetes_api.reread import FIRST_SECONDS, Reread
from tracedpipeline.verdict import Verdict

from tests.unit.operator.conftest import body
from tests.unit.operator.kafka.strimzi.conftest import MTLS, PLAIN, kafka, topic, user


class ApiServer:
    """A Cluster that knows one Kafka, demo in namespace shop."""

    def __init__(self, *, installed: bool = True) -> None:
        self.installed = installed
        self.asked: list[str] = []
        self.changes = 0
        self.found: list[str] = []
        self.secrets: dict[str, dict[str, bytes] | None] = {}

    def versions(self, pipeline: TracedPipeline, kinds: Any) -> Any:
        return self.changes

    async def knows(self, kind: str, namespace: str) -> bool:
        return self.installed

    async def find(self, kind: str, namespace: str, name: str) -> Any:
        self.found.append(name)
        return kafka(PLAIN, MTLS) if self.installed and name == "demo" else None

    async def list_of(self, kind: str, namespace: str, selector: str) -> list[Any]:
        assert selector == "strimzi.io/cluster=demo"
        if kind == "KafkaTopic":
            return [topic("traced-topic"), topic("traced-topic.dlq")]
        return [user("orders-producer"), user("orders-consumer")]

    async def secret(self, namespace: str, name: str) -> dict[str, bytes] | None:
        self.asked.append(f"{namespace}/{name}")
        return self.secrets.get(name, {"user.crt": b"certificate", "user.key": b"key"})


def pipeline(**spec: Any) -> TracedPipeline:
    return TracedPipeline.parse(body(kafka=spec))


@pytest.mark.parametrize(
    ("installed", "name", "reason"),
    [
        (True, "demo", reasons.TOPIC_READY),
        (True, "absent", reasons.KAFKA_NOT_FOUND),
        (False, "demo", reasons.STRIMZI_NOT_INSTALLED),
    ],
)
async def test_a_strimzi_cluster(installed: bool, name: str, reason: str) -> None:
    kafka_clusters = KafkaClusters(ApiServer(installed=installed), Topics())  # type: ignore[arg-type] # as much of it as is asked
    of = pipeline(cluster={"name": name})
    access = await kafka_clusters.access(of)
    assert (await kafka_clusters.verdict(of, access)).reason == reason


async def test_a_kafka_that_the_operator_may_not_read() -> None:
    class Forbidding(ApiServer):
        async def find(self, kind: str, namespace: str, name: str) -> Any:
            raise NotAllowedError("get kafkas/demo: kafkas is forbidden")

    kafka_clusters = KafkaClusters(Forbidding(), Topics())  # type: ignore[arg-type] # as above
    of = pipeline(cluster={"name": "demo", "namespace": "theirs"})
    access = await kafka_clusters.access(of)
    verdict = await kafka_clusters.verdict(of, access)
    assert verdict.reason == reasons.KAFKA_NOT_ALLOWED
    assert verdict.message == (
        "the operator may not read Kafka theirs/demo: get kafkas/demo: kafkas is forbidden: "
        "add the namespace to the chart's watchNamespaces"
    )
    assert not access.objects


async def test_only_the_secrets_of_the_own_users_and_of_the_clusters_authority_are_read() -> None:
    server = ApiServer()
    await KafkaClusters(server, Topics()).access(pipeline(cluster={"name": "demo"}))  # type: ignore[arg-type] # as above
    assert server.asked == ["shop/orders-producer", "shop/orders-consumer", "shop/demo-cluster-ca-cert"]


async def test_no_secret_of_another_namespace_is_read() -> None:
    server = ApiServer()
    await KafkaClusters(server, Topics()).access(pipeline(cluster={"name": "demo", "namespace": "kafka"}))  # type: ignore[arg-type] # as above
    assert server.asked == []


async def test_bootstrap_servers_are_asked_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracedpipeline.kafka.admin.TIMEOUT_SECONDS", 0.1)
    kafka_clusters = KafkaClusters(ApiServer(), Topics())  # type: ignore[arg-type] # as above
    of = pipeline(bootstrapServers="127.0.0.1:1")
    access = await kafka_clusters.access(of)
    assert access.clients[naming.PRODUCER] == access.clients[naming.CONSUMER]
    assert (await kafka_clusters.verdict(of, access)).reason == reasons.KAFKA_UNREACHABLE


LOGIN: dict[str, bytes] = {"username": b"u", "password": b"secret"}
AUTHORITY: dict[str, bytes] = {"ca.crt": b"certificate"}
SECURED = {
    "bootstrapServers": "127.0.0.1:1",
    "security": {"protocol": "SASL_SSL", "mechanism": "SCRAM-SHA-512", "credentialsSecret": "login", "caSecret": "ca"},
}


async def revision(login: dict[str, bytes], authority: dict[str, bytes], **more: Any) -> str:
    server = ApiServer()
    server.secrets = {"login": login, "ca": authority}
    access = await KafkaClusters(server, Topics()).access(TracedPipeline.parse(body(kafka=SECURED, **more)))  # type: ignore[arg-type] # as above
    assert access.clients[naming.PRODUCER] == access.clients[naming.CONSUMER]
    return access.clients[naming.PRODUCER].revision


@pytest.mark.parametrize(
    ("login", "authority"),
    [
        (LOGIN | {"password": b"rotated"}, AUTHORITY),
        (LOGIN | {"password": b"secret\n"}, AUTHORITY),
        (LOGIN | {"password": b"\xff\x00"}, AUTHORITY),
        (LOGIN | {"username": b"us", "password": LOGIN["password"][1:]}, AUTHORITY),
        (LOGIN, {"ca.crt": b"certificate of another"}),
        ({"username": AUTHORITY["ca.crt"], "password": b"secret"}, {"ca.crt": b"u"}),
    ],
)
async def test_new_content_of_a_secret_is_another_revision(login: Any, authority: Any) -> None:
    assert await revision(login, authority) != await revision(LOGIN, AUTHORITY)


@pytest.mark.parametrize(
    ("login", "authority"),
    [
        (dict(reversed(LOGIN.items())), dict(AUTHORITY)),  # deleted, and made again as it was
        (LOGIN | {"note": b"of no use to the clients"}, AUTHORITY | {"tls.key": b"neither"}),
    ],
)
async def test_what_the_clients_do_not_take_is_no_other_revision(login: Any, authority: Any) -> None:
    assert await revision(login, authority) == await revision(LOGIN, AUTHORITY)


async def test_a_revision_shows_nothing_of_the_content() -> None:
    found = await revision(LOGIN, AUTHORITY)
    assert len(found) == 6
    content = b"".join([*LOGIN.values(), *AUTHORITY.values()])
    for algorithm in ("md5", "sha1", "sha256", "sha512"):
        for guess in (content, LOGIN["password"]):
            assert found not in hashlib.new(algorithm, guess).hexdigest()


async def test_the_same_password_elsewhere_is_another_revision() -> None:
    server = ApiServer()
    server.secrets = {"login": LOGIN, "ca": AUTHORITY}
    kafka_clusters = KafkaClusters(server, Topics())  # type: ignore[arg-type] # as above
    one, other = [TracedPipeline.parse(body(name, kafka=SECURED)) for name in ("orders", "returns")]
    found = [(await kafka_clusters.access(of)).clients[naming.PRODUCER].revision for of in (one, other)]
    assert found[0] != found[1]


@pytest.mark.parametrize(("name", "content"), [("login", None), ("login", {"username": b"u"}), ("ca", {})])
async def test_while_a_secret_is_incomplete_the_clients_stay_as_they_are(
    name: str, content: dict[str, bytes] | None
) -> None:
    server = ApiServer()
    server.secrets = {"login": LOGIN, "ca": AUTHORITY, name: content}
    kafka_clusters = KafkaClusters(server, Topics())  # type: ignore[arg-type] # as above
    of = TracedPipeline.parse(body(kafka=SECURED))
    access = await kafka_clusters.access(of)
    assert not access.clients
    assert (await kafka_clusters.verdict(of, access)).reason == reasons.SECRET_MISSING
    assert server.asked == ["shop/login", "shop/ca"], "once each"


async def test_the_operator_itself_asks_with_the_new_content(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    async def ensure(_: Topics, key: Any, reached: Any, secrets: Any, wanted: Any) -> Verdict:
        asked.append(secrets)
        return Verdict(True, reasons.TOPIC_READY, "")

    monkeypatch.setattr(Topics, "ensure", ensure)
    server = ApiServer()
    clock = iter([0.0, FIRST_SECONDS])
    again = Reread(lambda: next(clock))
    kafka_clusters = KafkaClusters(server, Topics(), again)  # type: ignore[arg-type] # as above
    of = TracedPipeline.parse(body(kafka=SECURED))
    for password in (b"old", b"new"):
        server.secrets = {"login": LOGIN | {"password": password}, "ca": AUTHORITY}
        await kafka_clusters.verdict(of, await kafka_clusters.access(of))
    assert [secrets["login"]["password"] for secrets in asked] == [b"old", b"new"]


async def test_secrets_are_not_read_at_every_look() -> None:
    server = ApiServer()
    server.secrets = {"login": LOGIN, "ca": AUTHORITY}
    kafka_clusters = KafkaClusters(server, Topics(), Reread(lambda: 0.0))  # type: ignore[arg-type] # as above
    of = TracedPipeline.parse(body(kafka=SECURED))
    accesses = [await kafka_clusters.access(of) for _ in range(3)]
    assert accesses[0].clients
    assert accesses == [accesses[0]] * 3
    assert server.asked == ["shop/login", "shop/ca"], "once each"


async def test_a_secret_that_is_missing_is_looked_for_at_every_look() -> None:
    server = ApiServer()
    server.secrets = {"login": None, "ca": AUTHORITY}
    kafka_clusters = KafkaClusters(server, Topics(), Reread(lambda: 0.0))  # type: ignore[arg-type] # as above
    of = TracedPipeline.parse(body(kafka=SECURED))
    assert not (await kafka_clusters.access(of)).clients
    server.secrets["login"] = LOGIN
    assert (await kafka_clusters.access(of)).clients


async def at_each_second(server: ApiServer, seconds: int, *names: str) -> list[int]:
    """Return at which seconds a pipeline that is looked at once a second reads Strimzi's resources."""
    now, times = 0.0, list[int]()
    kafka_clusters = KafkaClusters(server, Topics(), Reread(lambda: now))  # type: ignore[arg-type] # as above
    of = pipeline(cluster={"name": names[0] if names else "demo"})
    for second in range(seconds):
        now = float(second)
        before = len(server.found)
        await kafka_clusters.access(of)
        times += [second] * (len(server.found) - before)
    return times


async def test_strimzis_resources_are_read_ever_less_often_while_they_stay_the_same() -> None:
    assert await at_each_second(ApiServer(), 100) == [0, 1, 3, 7, 15, 30, 45, 60, 75, 90]


async def test_what_is_awaited_of_strimzi_is_read_every_five_seconds() -> None:
    assert await at_each_second(ApiServer(), 20, "absent") == [0, 1, 3, 7, 12, 17]


async def test_a_change_of_what_is_ours_is_read_at_once() -> None:
    server = ApiServer()
    kafka_clusters = KafkaClusters(server, Topics(), Reread(lambda: 0.0))  # type: ignore[arg-type] # as above
    of = pipeline(cluster={"name": "demo"})
    for change in (0, 0, 1, 1):
        server.changes = change
        await kafka_clusters.access(of)
    assert len(server.found) == 2


async def test_topics_that_would_be_left_are_told_with_the_access() -> None:
    class Holding(ApiServer):
        async def list_of(self, kind: str, namespace: str, selector: str) -> list[Any]:
            found = await super().list_of(kind, namespace, selector)
            for o in found:
                o["metadata"]["finalizers"] = ["strimzi.io/topic-operator"]
            return found

    of = pipeline(cluster={"name": "demo", "create": True}, topic={"deletionPolicy": "Delete"})
    access = await KafkaClusters(Holding(), Topics()).access(of)  # type: ignore[arg-type] # as above
    assert access.held == ("traced-topic", "traced-topic.dlq")

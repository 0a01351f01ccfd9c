"""Kafka clusters that are silent: who waits for them, and who does not."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence

import aiohttp
import pytest
from tracedpipeline import reasons
from tracedpipeline.api import TracedPipeline
from tracedpipeline.flink.jobs import Jobs
from tracedpipeline.kafka import connection
from tracedpipeline.kafka.access import KafkaClusters
from tracedpipeline.kafka.admin import Topics
from tracedpipeline.kafka.connection import KafkaConnection
from tracedpipeline.kafka.looks import OF_A_NAMESPACE, THREADS, Found, Looks
from tracedpipeline.kafka.secrets import Secrets
from tracedpipeline.kafka.topics import Wanted
from tracedpipeline.kubernetes_api.client import Cluster, Key
from tracedpipeline.queue import Queue
from tracedpipeline.reconcile import reconcile
from tracedpipeline.reconciler import connected
from tracedpipeline.settings import Settings
from tracedpipeline.verdict import Verdict

from tests.unit.operator.apiserver import ApiServer, listening
from tests.unit.operator.conftest import body

SILENT = THREADS + 8  # more than there are threads for all clusters
GOOD = Verdict(True, reasons.TOPIC_READY, "fine")


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not look():
            await asyncio.sleep(0.01)


class FakeKafka:
    """Clusters of which those named silent do not answer until the test ends."""

    def __init__(self) -> None:
        self.ends = threading.Event()
        self.looks: list[tuple[str, int]] = []

    def look(self, reached: KafkaConnection, secrets: Secrets, specs: Sequence[Wanted]) -> Found:
        self.looks.append((reached.bootstrap_servers, len(specs)))
        if not reached.bootstrap_servers.startswith("silent"):
            return [GOOD for _ in specs]
        self.ends.wait()
        return Verdict(False, reasons.KAFKA_UNREACHABLE, "nothing answers")

    def asked(self, servers: str) -> int:
        return sum(1 for found, _ in self.looks if found == servers)


@pytest.fixture
def kafka() -> Iterator[FakeKafka]:
    fake = FakeKafka()
    yield fake
    fake.ends.set()


def path(namespace: str, name: str) -> str:
    return f"/apis/tracedpipeline.dev/v1alpha1/namespaces/{namespace}/tracedpipelines/{name}"


async def test_silent_clusters_delay_no_new_pipeline(kafka: FakeKafka, settings: Settings) -> None:
    server, topics = ApiServer(), Topics()
    topics._looks = Looks(kafka.look)
    async with listening(server) as api, aiohttp.ClientSession() as session:
        cluster = Cluster(api)
        kafka_clusters, jobs = KafkaClusters(cluster, topics), Jobs(cluster, session)
        reconciler = connected(cluster, kafka_clusters, session, settings, jobs)
        pipelines = Queue[Key](lambda key: reconcile(reconciler, key))
        for number in range(SILENT):
            name = f"silent-{number}"
            found = body(name, kafka={"bootstrapServers": f"{name}:9092"})
            found["metadata"]["namespace"] = "other"
            server.objects[path("other", name)] = found
            pipelines.add(Key("other", name), changed=True)
        await until(lambda: len(kafka.looks) == OF_A_NAMESPACE)
        server.objects[path("shop", "orders")] = body("orders")
        pipelines.add(Key("shop", "orders"), changed=True)
        # Its objects, and what Kafka says: while all others still wait.
        await until(lambda: kafka.asked("kafka:9092") == 1)
        await until(lambda: "status" in server.objects[path("shop", "orders")])
        assert "/apis/apps/v1/namespaces/shop/deployments/orders-producer" in server.objects
        assert not any("status" in server.objects[path("other", f"silent-{number}")] for number in range(SILENT))
        await pipelines.stop()
        kafka.ends.set()


def wanted(name: str, servers: str = "kafka:9092") -> Wanted:
    return Wanted(TracedPipeline.parse(body(kafka={"bootstrapServers": servers, "topic": {"name": name}})).spec)


async def test_pipelines_that_wait_for_one_cluster_share_a_look(kafka: FakeKafka) -> None:
    looks, specs = Looks(kafka.look), [wanted(f"topic-{number}") for number in range(20)]
    verdicts = await asyncio.gather(*(looks.verdict("shop", connection.from_spec(one.spec), {}, one) for one in specs))
    assert verdicts == [GOOD] * 20
    assert kafka.looks == [("kafka:9092", 20)]


async def test_other_credentials_have_a_look_of_their_own(kafka: FakeKafka) -> None:
    looks, one = Looks(kafka.look), wanted("orders")
    reached = connection.from_spec(one.spec)
    secrets: list[Secrets] = [{"login": {"password": b"a"}}, {"login": {"password": b"b"}}]
    await asyncio.gather(*(looks.verdict("shop", reached, login, one) for login in secrets))
    assert [number for _, number in kafka.looks] == [1, 1]


async def test_who_comes_while_a_cluster_is_silent_does_not_ask_it_again(kafka: FakeKafka) -> None:
    looks, one = Looks(kafka.look), wanted("orders", "silent:9092")
    reached = connection.from_spec(one.spec)
    first = asyncio.create_task(looks.verdict("shop", reached, {}, one))
    await until(lambda: len(kafka.looks) == 1)
    second = asyncio.create_task(looks.verdict("other", reached, {}, wanted("other", "silent:9092")))
    await asyncio.sleep(0)
    kafka.ends.set()
    assert (await first).reason == (await second).reason == reasons.KAFKA_UNREACHABLE
    assert (await looks.verdict("shop", reached, {}, one)).reason == reasons.KAFKA_UNREACHABLE
    assert len(kafka.looks) == 1


async def test_what_a_look_raises_reaches_who_waits_and_the_next_one_looks_again() -> None:
    answers: list[Found | Exception] = [LookupError("no such topic"), [LookupError("of one"), GOOD], [GOOD]]

    def look(*_: object) -> Found:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    looks, one = Looks(look), wanted("orders")
    reached = connection.from_spec(one.spec)
    with pytest.raises(LookupError, match="no such topic"):
        await looks.verdict("shop", reached, {}, one)
    both = (looks.verdict("shop", reached, {}, one) for _ in range(2))
    failed, good = await asyncio.gather(*both, return_exceptions=True)
    assert isinstance(failed, LookupError)
    assert good == GOOD
    assert await looks.verdict("shop", reached, {}, one) == GOOD


async def test_who_gave_up_waiting_is_passed_over(kafka: FakeKafka) -> None:
    looks, one = Looks(kafka.look), wanted("orders", "silent:9092")
    reached = connection.from_spec(one.spec)
    gone = asyncio.create_task(looks.verdict("shop", reached, {}, one))
    await until(lambda: len(kafka.looks) == 1)
    stays = asyncio.create_task(looks.verdict("shop", reached, {}, one))
    gone.cancel()
    kafka.ends.set()
    assert (await stays).reason == reasons.KAFKA_UNREACHABLE

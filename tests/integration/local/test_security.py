"""`up --kafka spec` and `--kafka HOST:PORT`, and `find`, with a Kafka cluster that wants TLS and SASL."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import confluent_kafka
import pytest

from tests.e2e.strimzi.authority import Authority
from tests.running_up import Up, up
from tests.secure_kafka import PASSWORD, SecureKafka, secure_kafka

pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="Apache Kafka needs Java")

SPEC = """\
apiVersion: tracedpipeline.dev/v1alpha1
kind: TracedPipeline
metadata: {{name: orders}}
spec:
  kafka:
    bootstrapServers: {servers}
    security: {{protocol: SASL_SSL, mechanism: SCRAM-SHA-512, credentialsSecret: login, caSecret: ca}}
"""


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    with secure_kafka(tmp_path_factory.mktemp("kafka")) as found:
        yield found


def spec(folder: Path, servers: str) -> Path:
    file = folder / "pipeline.yaml"
    file.write_text(SPEC.format(servers=servers))
    return file


@pytest.mark.parametrize("by", ["spec", "address"])
def test_traces_flow_with_the_specs_security(kafka: SecureKafka, tmp_path: Path, by: str) -> None:
    servers, option = (kafka.servers, "spec") if by == "spec" else ("kafka.invalid:9093", kafka.servers)
    secrets = str(kafka.secrets(tmp_path / "secrets"))
    with up("--kafka", option, "--secrets", secrets, "--once", file=spec(tmp_path, servers)) as running:
        status, output = running.end()
    assert status == 0, running.lines
    assert "orders-consumer  process traced-topic" in output
    assert not [line for line in running.lines if PASSWORD in line]


def refused(kafka: SecureKafka, folder: Path, *options: str, servers: str = "") -> str:
    running = Up(spec(folder, servers or kafka.servers), "--kafka", "spec", "--once", *options)
    assert running.end() == (1, "")
    (line,) = [line for line in running.lines if line]
    return line


def test_another_password_is_one_sentence(kafka: SecureKafka, tmp_path: Path) -> None:
    told = refused(kafka, tmp_path, "--secrets", str(kafka.secrets(tmp_path / "secrets", password="other")))
    assert told.startswith("tracedpipeline: KafkaAuthenticationFailed: ")
    assert "other" not in told.replace("another", "")


def test_another_authority_is_one_sentence(kafka: SecureKafka, tmp_path: Path) -> None:
    folder = kafka.secrets(tmp_path / "secrets", authority=Authority("else").certificate)
    told = refused(kafka, tmp_path, "--secrets", str(folder))
    assert told.startswith("tracedpipeline: KafkaTlsFailed: ")


def test_another_name_than_the_certificates_is_one_sentence(kafka: SecureKafka, tmp_path: Path) -> None:
    secrets = str(kafka.secrets(tmp_path / "secrets"))
    told = refused(kafka, tmp_path, "--secrets", secrets, servers=f"127.0.0.1:{kafka.port}")
    assert told.startswith("tracedpipeline: KafkaTlsFailed: ")


def test_no_secrets_are_one_sentence(kafka: SecureKafka, tmp_path: Path) -> None:
    told = refused(kafka, tmp_path)
    assert re.match(
        r"tracedpipeline: the spec takes key '\S+' of 'login': put it into a file FOLDER/login/\S+, and", told
    )
    (tmp_path / "empty").mkdir()
    told = refused(kafka, tmp_path, "--secrets", str(tmp_path / "empty"))
    assert told.endswith(": No such file or directory")


ORDER = b'{"id": "o", "customer": "c", "amount": "1", "sequence": 1, "created": "2026-01-01T00:00:00+00:00"}'


class Asking:
    """`find --local`, and the runs that it asks about."""

    def __init__(self, kafka: SecureKafka, folder: Path) -> None:
        self.kafka, self.folder = kafka, folder
        self.environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
        self.secrets = str(kafka.secrets(folder / "secrets"))

    def put(self, key: bytes, value: bytes) -> None:
        producer = confluent_kafka.Producer(self.kafka.client())
        producer.produce("traced-topic", value, key=key, headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
        assert producer.flush(30) == 0

    def run(self, more: str = "") -> AbstractContextManager[Up]:
        file = spec(self.folder, self.kafka.servers)
        file.write_text(file.read_text() + more)
        return up("--kafka", "spec", "--secrets", self.secrets, file=file, environment=self.environment)

    def until(self, key: str, words: str) -> str:
        command = [sys.executable, "-m", "tracedpipeline", "find", "orders", "--local", "--key", key]
        while True:  # pytest's time limit ends this
            done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
            assert PASSWORD not in done.stdout + done.stderr
            if words in done.stdout:
                return done.stdout
            time.sleep(0.2)


@pytest.fixture
def asking(kafka: SecureKafka, tmp_path: Path) -> Asking:
    return Asking(kafka, tmp_path)


def test_find_asks_it_as_the_consumer_does(asking: Asking) -> None:
    with asking.run() as running:
        running.until_ready()
        asking.put(b"bad", b"poison")
        told = asking.until("bad", "\n  dead-lettered: not JSON: ")
        assert "key bad" in told and "poison" not in told
        state = (asking.folder / "state" / "tracedpipeline" / "orders.json").read_text()
        assert '"process"' in state and PASSWORD not in state


def test_its_answer_follows_the_consumer_as_that_is_stopped_and_started(asking: Asking) -> None:
    with asking.run("  producer: {replicas: 0}\n  consumer: {replicas: 0}\n") as running:
        running.until("^page: ")
        asking.put(b"waits", ORDER)
        asking.until("waits", "\n  queued: ")
    with asking.run("  producer: {replicas: 0}\n") as running:
        running.until(r"-consumer-0 │ .* ready$")
        asking.until("waits", "\n  processed: ")
    with asking.run("  producer: {replicas: 0}\n  consumer: {replicas: 0}\n") as running:
        running.until("^page: ")
        asking.put(b"waits", ORDER)
        asking.until("waits", "\n  queued: ")

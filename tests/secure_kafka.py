"""Apache Kafka with one listener for clients, SASL_SSL with SCRAM, from the jars that `tracedpipeline up` uses."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import confluent_kafka
from tracedpipeline.local import jars
from tracedpipeline.local.ports import free_port

from tests.e2e.strimzi.authority import Authority
from tests.running_up import listens

USER, PASSWORD = "alice", "correct horse $(HOME) 'battery' staple=7"  # of a broker of the test's own
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=CLIENTS://127.0.0.1:{port},INSIDE://127.0.0.1:{inside},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENTS://localhost:{port},INSIDE://127.0.0.1:{inside}
listener.security.protocol.map=CLIENTS:SASL_SSL,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INSIDE
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config=\\
  org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
"""


@dataclass(frozen=True)
class SecureKafka:
    """Where it listens, whom it takes, and who signed its certificate."""

    port: int
    authority: str

    @property
    def servers(self) -> str:
        """Its bootstrap server, by the name in its certificate."""
        return f"localhost:{self.port}"

    def client(self) -> dict[str, str | int | float | bool]:
        """Return what librdkafka needs to reach it."""
        return {
            "bootstrap.servers": self.servers,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": USER,
            "sasl.password": PASSWORD,
            "ssl.ca.pem": self.authority,
        }

    def secrets(self, folder: Path, password: str = PASSWORD, authority: str = "") -> Path:
        """Write the Secrets `login` and `ca` into a folder, as `--secrets` reads them."""
        files = {
            "login/username": USER,
            "login/password": password,
            "ca/ca.crt": authority or self.authority,
        }
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        return folder


@contextmanager
def secure_kafka(folder: Path) -> Iterator[SecureKafka]:
    """Run it; its jars are downloaded where no `up` has done so."""
    cache = jars.cache(os.environ) / f"kafka-{jars.version()}"
    asyncio.run(jars.fetch(cache, print))
    authority = Authority("ca")
    pair = authority.issue("kafka", ("localhost",))
    keystore, properties = folder / "keystore.pem", folder / "server.properties"
    keystore.write_text(pair.key + pair.certificate)
    port, inside, controller = free_port(), free_port(), free_port()
    properties.write_text(
        _PROPERTIES.format(port=port, inside=inside, controller=controller, keystore=keystore, data=folder / "data")
    )
    java = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{cache}/*"]
    scram = f'SCRAM-SHA-512=[name="{USER}",password="{PASSWORD}"]'
    tool = [*java, "kafka.tools.StorageTool", "format", "--cluster-id", "4L6g3nShT-eMCtK--X86sw"]
    subprocess.run([*tool, "--config", str(properties), "--add-scram", scram], check=True, capture_output=True)
    with (folder / "kafka.log").open("wb") as log:
        process = subprocess.Popen([*java, "kafka.Kafka", str(properties)], stdout=log, stderr=log)
    try:
        found = SecureKafka(port, authority.certificate)
        while process.poll() is None and not listens(port):  # pytest's time limit ends this
            time.sleep(0.05)
        confluent_kafka.Producer(found.client()).list_topics(timeout=90)
        yield found
    finally:
        process.kill()
        process.wait()

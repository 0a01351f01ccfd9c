"""Every block of Python in READMEs and documents runs, as it stands."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.librdkafka import MockKafka

ROOT: Final = Path(__file__).parents[3]
README: Final = ROOT / "apps" / "kafkatrace" / "README.md"
_HEADING_OR_BLOCK: Final = re.compile(
    r"^#+ (?P<heading>[^\n]+)$|^```python\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL
)


class Block(NamedTuple):
    """A block of Python, and the heading above it."""

    path: str
    heading: str
    code: str


def _blocks(path: Path) -> list[Block]:
    heading, found = "", []
    for match in _HEADING_OR_BLOCK.finditer(path.read_text()):
        heading = match["heading"] or heading
        if match["code"]:
            found.append(Block(str(path.relative_to(ROOT)), heading, match["code"]))
    return found


DOCUMENTS: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("apps/*/*.md"), *ROOT.glob("docs/**/*.md")])
BLOCKS: Final = [block for path in DOCUMENTS for block in _blocks(path)]
LOOPS: Final = """
import asyncio

handled = []

def print(value):
    handled.append(value)
    if len(handled) % 3 == 0:
        raise InterruptedError

for _ in range(9):
    producer.produce("orders", b"v", partition=0)
producer.flush(10)

def read(client, loop):
    before = len(handled)
    while len(handled) == before:
        try:
            loop(client)
        except InterruptedError:
            pass

for loop in one_by_one, in_batches:
    read(assigned(kafkatrace.Consumer(dict(conf))), loop)

async def main():
    consumer = kafkatrace.AIOConsumer(dict(conf))
    await consumer.assign([confluent_kafka.TopicPartition("orders", 0, 0)])
    try:
        await in_a_task(consumer)
    except InterruptedError:
        pass
    await consumer.close()

asyncio.run(main())
assert len(handled) == 9, handled
assert tracing.shutdown(30).dropped == 0
assert [span.name for span in exporter.get_finished_spans()].count("process orders") == 9
"""
# What a reader has when he comes to a block, by its heading, and what he does with it.
RECORDED: Final = """
import confluent_kafka
import kafkatrace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
tracing = kafkatrace.configure("readme", exporter=exporter)
"""
BEFORE: Final = {
    "Without changing the code": RECORDED,
    "Quick start loops": f"""{RECORDED}
producer = kafkatrace.Producer({{"bootstrap.servers": "localhost:9092", "log_level": 0}})
conf = {{"bootstrap.servers": "localhost:9092", "group.id": "readme", "auto.offset.reset": "earliest", "log_level": 0}}

def assigned(consumer):
    consumer.assign([confluent_kafka.TopicPartition("orders", 0, 0)])
    return consumer
""",
}
HANDLER: Final = """
from datetime import UTC, datetime
from decimal import Decimal

def order(customer):
    return Order(id="1", customer=customer, amount=Decimal(1), created=datetime.now(UTC), sequence=0)

handle(order("alice"))
try:
    handle(order("nobody"))
except PoisonError:
    pass
else:
    raise AssertionError("an unknown customer's order is handled")
"""
FASTSTREAM: Final = """
import asyncio

# the mock cluster makes topics when they are looked at, and not by request
for topic in "orders", "done":
    confluent_kafka.Producer({"bootstrap.servers": "localhost:9092"}).list_topics(topic, 10)
broker = KafkaBroker("localhost:9092", middlewares=[Traced], allow_auto_create_topics=False)

published = asyncio.Event()

@broker.subscriber("orders", group_id="billing", auto_offset_reset="earliest")
async def handle(order: str) -> None:
    await broker.publish("done", "done")
    published.set()

async def main():
    async with broker:
        await broker.publish("1", "orders")
        await broker.start()
        await asyncio.wait_for(published.wait(), 60)

asyncio.run(main())
assert tracing.shutdown(30).dropped == 0
spans = {span.name: span for span in exporter.get_finished_spans()}
chain = [spans[name] for name in ("send orders", "queue orders", "process orders", "send done")]
assert len({span.context.trace_id for span in chain}) == 1
assert [span.parent.span_id for span in chain[1:]] == [span.context.span_id for span in chain[:-1]]
"""
AFTER: Final = {
    "Quick start loops": LOOPS,
    "Your own logic": HANDLER,
    "Without changing the code": FASTSTREAM,
}


def run(block: Block, broker: str) -> subprocess.CompletedProcess[str]:
    name = block.heading + (" loops" if "def one_by_one" in block.code else "")
    code = "\n".join((BEFORE.get(name, ""), block.code, AFTER.get(name, "")))
    command = [sys.executable, "-W", "error", "-c", code.replace("localhost:9092", broker)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.path} {block.heading}")
def test_a_block_of_python_runs_as_it_stands(block: Block, failing: MockKafka) -> None:
    run(block, failing.servers)


def test_the_quick_start_prints_its_three_spans(broker: str) -> None:
    block = next(block for block in BLOCKS if block.heading == "Quick start")
    done = run(block, broker)
    assert done.stdout.rstrip().endswith("FlushResult(exported=3, dropped=0)")
    assert re.findall(r'"name": "(\w+) orders"', done.stdout) == ["send", "process", "queue"]


def test_the_demo_shows_what_it_is_said_to_show() -> None:
    command = [sys.executable, "-W", "error", "-m", "kafkatrace.demo", "--seconds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    shown = re.search(r"```console\n\$ python -m kafkatrace.demo\n(.*?)```", README.read_text(), re.DOTALL)
    assert shown is not None
    assert _shape(done.stdout).splitlines()[1:5] == _shape(shown[1]).splitlines()[1:5]


def _shape(text: str) -> str:
    """Return the text without its numbers."""
    return re.sub(r"\d+", "0", text)


def test_all_of_the_librarys_blocks_are_found() -> None:
    assert README.read_text().count("```python") == sum(block.path == "apps/kafkatrace/README.md" for block in BLOCKS)
    assert {block.path for block in BLOCKS} >= {"apps/consumer/README.md", "apps/flink-consumer/README.md"}

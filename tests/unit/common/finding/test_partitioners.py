from collections.abc import Callable

import confluent_kafka
import pytest
from traced_common.finding.partitioners import candidates, murmur2


@pytest.mark.parametrize(
    ("key", "value"),  # of Kafka's own test, org.apache.kafka.common.utils.UtilsTest
    [
        (b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829), (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)  # fmt: skip
def test_the_hash_is_javas(key: bytes, value: int) -> None:
    assert murmur2(key) == value & 0x7FFFFFFF


def test_each_partition_is_a_candidate_once() -> None:
    found = [each for group in candidates(b"k", range(7)) for each in group]
    assert sorted(found) == list(range(7))
    assert list(candidates(b"k", [])) == []
    assert list(candidates(b"k", [0])) == [[0]]


@pytest.mark.parametrize(("partitioner", "rank"), [("murmur2_random", 0), ("consistent_random", 1)])
def test_producers_put_a_key_where_it_is_looked_for(broker: str, topic: str, partitioner: str, rank: int) -> None:
    places: dict[bytes, int] = {}

    def remember(key: bytes) -> Callable[[object, confluent_kafka.Message], None]:
        return lambda _, message: places.update({key: message.partition() or 0})

    producer = confluent_kafka.Producer({"bootstrap.servers": broker, "partitioner": partitioner, "log_level": 0})
    keys = [b"key-%d" % each for each in range(40)]
    for key in keys:
        producer.produce(topic, b"", key=key, on_delivery=remember(key))
    assert producer.flush(10) == 0
    partitions = range(len(producer.list_topics(topic, 10).topics[topic].partitions))
    for key in keys:
        order = [each for group in candidates(key, partitions) for each in group]
        assert places[key] in order[: rank + 1]

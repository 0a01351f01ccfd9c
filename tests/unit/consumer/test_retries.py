from confluent_kafka import Message, TopicPartition
from traced_consumer.retries import Retries


def message(partition: int = 0, offset: int = 7) -> Message:
    return Message(topic="orders", partition=partition, offset=offset)


def test_the_delay_doubles_up_to_half_a_minute() -> None:
    retries = Retries()
    delays = [retries.failed(message(), "no", 0.0) for _ in range(100)]
    assert delays[:6] == [1, 2, 4, 8, 16, 30]
    assert delays[-1] == 30


def test_a_partition_rests_until_its_time() -> None:
    retries = Retries()
    retries.failed(message(), "no", 100.0)
    assert retries.take_due(100.9) == []
    assert retries.take_due(101.0) == [TopicPartition("orders", 0)]
    assert retries.take_due(102.0) == []


def test_says_which_record_blocks_and_why_until_it_succeeds() -> None:
    retries = Retries()
    retries.failed(message(), "ValueError: no", 0.0)
    retries.failed(message(), "ValueError: no", 1.0)
    assert retries.problem() == "orders[0]@7 blocks its partition after 2 attempts: ValueError: no"
    retries.succeeded(message(partition=1))
    assert retries.problem()
    retries.succeeded(message())
    assert retries.problem() is None
    assert retries.failed(message(offset=8), "no", 0.0) == 1


def test_a_partition_of_another_consumer_is_forgotten() -> None:
    retries = Retries()
    retries.failed(message(), "no", 0.0)
    retries.forget([TopicPartition("orders", 0)])
    assert retries.problem() is None
    assert retries.take_due(100.0) == []

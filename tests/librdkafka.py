"""What librdkafka has and confluent-kafka does not show: its mock cluster's errors.

https://github.com/confluentinc/librdkafka/blob/v2.16.0/src/rdkafka_mock.h
"""

import ctypes
from typing import Final

from confluent_kafka import cimpl

PRODUCER: Final = 0
PRODUCE, OFFSET_COMMIT, INIT_PRODUCER_ID = 0, 8, 22  # https://kafka.apache.org/protocol#protocol_api_keys
_pointer, _int, _text, _size = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_ssize_t


def library() -> ctypes.CDLL:
    """Return confluent-kafka's librdkafka: what the extension links to is found through it."""
    return ctypes.CDLL(cimpl.__file__)


def new_producer(kafka: ctypes.CDLL, settings: dict[str, str]) -> ctypes.c_void_p:
    """Make a bare producer."""
    kafka.rd_kafka_conf_new.restype = kafka.rd_kafka_new.restype = _pointer
    conf = _pointer(kafka.rd_kafka_conf_new())
    error = ctypes.create_string_buffer(512)
    for name, value in {"log_level": "0", **settings}.items():
        assert kafka.rd_kafka_conf_set(conf, name.encode(), value.encode(), error, _size(512)) == 0, error.value
    producer = _pointer(kafka.rd_kafka_new(_int(PRODUCER), conf, error, _size(512)))
    assert producer, error.value
    return producer


class MockKafka:
    """A mock cluster of one broker that fails as it is told, and whose groups do not wait for members to come."""

    def __init__(self, kafka: ctypes.CDLL) -> None:
        kafka.rd_kafka_mock_cluster_new.restype = _pointer
        kafka.rd_kafka_mock_cluster_bootstraps.restype = _text
        self._kafka = kafka
        self._owner = new_producer(kafka, {})
        self._cluster = _pointer(kafka.rd_kafka_mock_cluster_new(self._owner, _int(1)))
        kafka.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, ctypes.c_int32(0))
        self.servers: str = kafka.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def fail(self, request: int, code: int, times: int) -> None:
        """Have the next requests of a kind fail with an error code of Kafka's."""
        codes = (_int * times)(*[code] * times)
        self._kafka.rd_kafka_mock_push_request_errors_array(
            self._cluster, ctypes.c_int16(request), _size(times), ctypes.byref(codes)
        )

    def fix(self, request: int) -> None:
        """Let the requests of a kind succeed again."""
        self._kafka.rd_kafka_mock_clear_request_errors(self._cluster, ctypes.c_int16(request))

    def down(self) -> None:
        """Take the broker away: connections end, and no new ones are accepted."""
        self._kafka.rd_kafka_mock_broker_set_down(self._cluster, ctypes.c_int32(1))

    def up(self) -> None:
        """Let the broker come back."""
        self._kafka.rd_kafka_mock_broker_set_up(self._cluster, ctypes.c_int32(1))

    def close(self) -> None:
        """Stop the broker."""
        self._kafka.rd_kafka_mock_cluster_destroy(self._cluster)
        self._kafka.rd_kafka_destroy(self._owner)

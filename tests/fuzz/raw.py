"""Records whose header names are not UTF-8: confluent-kafka can't make them, but librdkafka beneath it can.

https://github.com/confluentinc/librdkafka/blob/v2.16.0/src/rdkafka.h
"""

import ctypes

from tests.librdkafka import new_producer

_END, _TOPIC, _PARTITION, _VALUE, _HEADER = 0, 1, 3, 4, 9  # rd_kafka_vtype_t
_int, _text, _size = ctypes.c_int, ctypes.c_char_p, ctypes.c_ssize_t


def send(kafka: ctypes.CDLL, servers: str, topic: str, headers: list[tuple[bytes, bytes]]) -> None:
    """Produce one record to partition 0."""
    producer = new_producer(kafka, {"bootstrap.servers": servers})
    given: list[object] = [_int(_TOPIC), _text(topic.encode()), _int(_PARTITION), _int(0)]
    given += [_int(_VALUE), _text(b"v"), _size(1)]
    for key, content in headers:
        given += [_int(_HEADER), _text(key), _text(content), _size(len(content))]
    assert kafka.rd_kafka_producev(producer, *given, _int(_END)) == 0
    assert kafka.rd_kafka_flush(producer, _int(10_000)) == 0
    kafka.rd_kafka_destroy(producer)

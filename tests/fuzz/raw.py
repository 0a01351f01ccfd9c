"""Records whose header names are not UTF-8: confluent-kafka can't make them, but librdkafka beneath it can.

https://github.com/confluentinc/librdkafka/blob/v2.16.0/src/rdkafka.h
"""

import ctypes
from pathlib import Path

import confluent_kafka

_END, _TOPIC, _PARTITION, _VALUE, _HEADER = 0, 1, 3, 4, 9  # rd_kafka_vtype_t
_PRODUCER = 0
_pointer, _int, _text, _size = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_ssize_t


def library() -> ctypes.CDLL | None:
    """Load the librdkafka of the wheel; None where confluent-kafka was built otherwise."""
    beside = Path(confluent_kafka.__file__).parent.with_name("confluent_kafka.libs")
    found = sorted(beside.glob("librdkafka*.so*"))
    return ctypes.CDLL(str(found[0])) if found else None


def send(kafka: ctypes.CDLL, servers: str, topic: str, headers: list[tuple[bytes, bytes]]) -> None:
    """Produce one record to partition 0."""
    kafka.rd_kafka_conf_new.restype = kafka.rd_kafka_new.restype = _pointer
    conf = _pointer(kafka.rd_kafka_conf_new())
    error = ctypes.create_string_buffer(512)
    for name, value in (("bootstrap.servers", servers), ("log_level", "0")):
        assert kafka.rd_kafka_conf_set(conf, name.encode(), value.encode(), error, _size(512)) == 0, error.value
    producer = _pointer(kafka.rd_kafka_new(_int(_PRODUCER), conf, error, _size(512)))
    assert producer, error.value
    given: list[object] = [_int(_TOPIC), _text(topic.encode()), _int(_PARTITION), _int(0)]
    given += [_int(_VALUE), _text(b"v"), _size(1)]
    for key, content in headers:
        given += [_int(_HEADER), _text(key), _text(content), _size(len(content))]
    assert kafka.rd_kafka_producev(producer, *given, _int(_END)) == 0
    assert kafka.rd_kafka_flush(producer, _int(10_000)) == 0
    kafka.rd_kafka_destroy(producer)

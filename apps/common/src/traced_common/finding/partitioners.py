"""The partitions where producers put a key, the likeliest first. Pure."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Final

_SEED: Final = 0x9747B28C
_M: Final = 0x5BD1E995
_WORD: Final = 0xFFFFFFFF


def candidates(key: bytes, partitions: Sequence[int]) -> Iterator[list[int]]:
    """Yield groups of partitions: that of Java's partitioner and ours, that of librdkafka's default, the others.

    The key may be in another than the first: of a producer with a partitioner of its own, or from before partitions
    were added.
    """
    left = sorted(partitions)
    if not left:
        return
    for each in (murmur2(key) % len(partitions), zlib.crc32(key) % len(partitions)):
        if each in left:
            left.remove(each)
            yield [each]
    if left:
        yield left


def murmur2(key: bytes) -> int:
    """Return Kafka's hash of a key, without its sign."""
    value = (_SEED ^ len(key)) & _WORD
    whole = len(key) & ~3
    for at in range(0, whole, 4):
        part = int.from_bytes(key[at : at + 4], "little") * _M & _WORD
        value = (value * _M ^ (part ^ part >> 24) * _M) & _WORD
    if rest := key[whole:]:
        value = (value ^ int.from_bytes(rest, "little")) * _M & _WORD
    value = (value ^ value >> 13) * _M & _WORD
    return (value ^ value >> 15) & 0x7FFFFFFF

"""The partition of a key, as Kafka's Java client computes it.

Every topic keyed by subject has the same number of partitions, so this one function decides who
orders, writes and reads a subject. librdkafka's default partitioner differs: what it misplaces is
re-sent by the stream.
"""

from __future__ import annotations

_MASK = 0xFFFFFFFF


def partition_for(key: bytes, partitions: int) -> int:
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """MurmurHash2 (Austin Appleby), 32 bits, with the seed that Kafka's Java client fixed."""
    m = 0x5BD1E995
    length = len(data)
    h = (0x9747B28C ^ length) & _MASK
    tail = length & ~3
    for i in range(0, tail, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & _MASK
        k = (k ^ (k >> 24)) * m & _MASK
        h = (h * m & _MASK) ^ k
    if rest := data[tail:]:
        h = (h ^ int.from_bytes(rest, "little")) * m & _MASK
    h = (h ^ (h >> 13)) * m & _MASK
    return h ^ (h >> 15)

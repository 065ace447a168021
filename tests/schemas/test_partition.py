"""Our partitioner is Java's: the judges are aiokafka's and librdkafka's own."""

from __future__ import annotations

from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as reference
from hypothesis import given
from hypothesis import strategies as st

from schemas.partition import murmur2, partition_for


@given(st.binary(max_size=300))
def test_the_hash_is_javas(data: bytes) -> None:
    assert murmur2(data) == reference(data) & 0xFFFFFFFF


@given(st.binary(min_size=1, max_size=100), st.integers(1, 64))
def test_the_partition_is_where_aiokafka_puts_the_key(key: bytes, count: int) -> None:
    everywhere = list(range(count))
    assert partition_for(key, count) == DefaultPartitioner()(key, everywhere, everywhere)

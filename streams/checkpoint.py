"""A batch on its way to the record: sorted by partition, without what was applied before, without holes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from memcube.store.record import Partition
from streams.log import Record


class HoleError(Exception):
    """An event between the position and this record never arrived. Only a restart reads it again."""


class Work(msgspec.Struct, frozen=True):
    """The new records of one partition: `base` is the position they start from, `next` the one after."""

    partition: Partition
    base: int
    next: int
    records: tuple[Record, ...]


def plan_work(
    records: Iterable[Record],
    expected: Mapping[Partition, int],
    known: Mapping[tuple[str, int], Partition],
    gaps: Mapping[tuple[Partition, int], int],
) -> list[Work]:
    """The records that are to be applied, per partition in order.

    `gaps`: by partition and offset of a record, the offset from which the log itself has nothing before
    it. Below the expected offset: applied already, passed over. Above it: `HoleError`, whatever else the
    batch holds, since an order once broken cannot be mended later.
    """
    fresh: dict[Partition, list[Record]] = {}
    position = dict(expected)
    for record in records:
        partition = known[record.topic, record.partition]
        if record.offset < position[partition]:
            continue
        if gaps.get((partition, record.offset), record.offset) > position[partition]:
            where = f"{record.topic}/{record.partition}"
            raise HoleError(f"{where}: expected offset {position[partition]}, got {record.offset}")
        position[partition] = record.offset + 1
        fresh.setdefault(partition, []).append(record)
    return [
        Work(partition, base=expected[partition], next=position[partition], records=tuple(found))
        for partition, found in fresh.items()
    ]

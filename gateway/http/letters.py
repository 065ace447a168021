"""The dead letter topic, as a list that knows which letters were sent again.

A retry is a record on the same topic, so the list survives every restart and every reader agrees.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

import msgspec

from gateway.log import Bus, RawHeaders, Record
from schemas.topics import DEADLETTER

RETRIED: Final = "mc_retried"
# What role memory adds behind the headers that came.
ADDED: Final = ("mc_reason", "mc_error", "mc_topic", "mc_partition", "mc_offset", "mc_processor", "mc_at")
# The list is read on demand; older letters stay on the topic and are shown by their offset.
_KEPT: Final = 10_000
_PAGE: Final = 500


class Letter(msgspec.Struct, frozen=True):
    """What is known of a refused record, without its bytes."""

    offset: int
    at: datetime
    reason: str
    error: str
    processor: str
    topic: str
    partition: int
    source_offset: int
    key: str | None
    event_id: str | None
    type: str | None
    bytes: int
    retried: bool = False


class Letters:
    """Read from the topic only as far as it grew since the last question."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._letters: dict[int, Letter] = {}
        self._next = 0
        self._reading = asyncio.Lock()

    async def all(self) -> list[Letter]:
        """The last 10,000 letters, newest first. Raises `BusDown`."""
        async with self._reading:
            await self._refresh()
        return sorted(self._letters.values(), key=lambda letter: -letter.offset)

    async def open(self) -> int:
        """How many were not sent again."""
        return sum(not letter.retried for letter in await self.all())

    async def of_event(self, partition: int, offset: int, topic: str) -> Letter | None:
        """The letter of one record, if it was refused."""
        for letter in await self.all():
            if (letter.topic, letter.partition, letter.source_offset) == (topic, partition, offset):
                return letter
        return None

    async def record(self, offset: int) -> Record | None:
        """The letter at this offset with the bytes as they came; None if there is none."""
        found = await self._bus.read(DEADLETTER.name, 0, offset, 1)
        if not found or found[0].offset != offset or _header(found[0].headers, RETRIED) is not None:
            return None
        return found[0]

    async def retry(self, record: Record, at: datetime) -> int:
        """Send the untouched bytes to where they came from; returns the new offset. Raises `BusError`."""
        letter = letter_of(record)
        offset = await self._bus.send(
            letter.topic, letter.partition, record.key, original(record.headers), record.value
        )
        marker: RawHeaders = ((RETRIED, str(record.offset).encode()), ("mc_at", at.isoformat().encode()))
        # With a value: aiokafka sends no record that has neither key nor value.
        await self._bus.send(DEADLETTER.name, 0, None, marker, b"{}")
        return offset

    async def _refresh(self) -> None:
        span = (await self._bus.spans([DEADLETTER.name])).get(DEADLETTER.name, {}).get(0)
        if span is None:
            return
        if span.end < self._next:  # the topic was made anew
            self._letters.clear()
            self._next = 0
        self._next = max(self._next, span.start, span.end - _KEPT)
        while self._next < span.end:
            page = await self._bus.read(DEADLETTER.name, 0, self._next, _PAGE)
            for record in page:
                self._add(record)
            self._next = page[-1].offset + 1 if page else span.end
        for offset in [known for known in self._letters if known < max(span.start, span.end - _KEPT)]:
            del self._letters[offset]

    def _add(self, record: Record) -> None:
        marked = _header(record.headers, RETRIED)
        if marked is None:
            self._letters[record.offset] = letter_of(record)
        elif marked.isdigit() and (letter := self._letters.get(int(marked))):
            self._letters[letter.offset] = msgspec.structs.replace(letter, retried=True)


def letter_of(record: Record) -> Letter:
    """What the headers tell."""
    added = {name: value for name, value in record.headers if name in ADDED}
    return Letter(
        offset=record.offset,
        at=datetime.fromtimestamp(record.timestamp_ms / 1000, UTC),
        reason=_text(added.get("mc_reason")),
        error=_text(added.get("mc_error")),
        processor=_text(added.get("mc_processor")),
        topic=_text(added.get("mc_topic")),
        partition=_number(added.get("mc_partition")),
        source_offset=_number(added.get("mc_offset")),
        key=None if record.key is None else _text(record.key),
        event_id=_header(record.headers, "ce_id"),
        type=_header(record.headers, "ce_type"),
        bytes=len(record.value or b""),
    )


def original(headers: RawHeaders) -> RawHeaders:
    """The headers as they came: without the run of ours at the end."""
    kept = list(headers)
    left = set(ADDED)
    while kept and kept[-1][0] in left:
        left.remove(kept.pop()[0])
    return tuple(kept)


def _header(headers: RawHeaders, name: str) -> str | None:
    return next((_text(value) for key, value in headers if key == name), None)


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode(errors="replace")


def _number(raw: bytes | None) -> int:
    text = _text(raw)
    return int(text) if text.isascii() and text.isdigit() else -1

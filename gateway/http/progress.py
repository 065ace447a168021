"""How far role memory has come: the stored positions, and waiting until they have passed an event."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from gateway.log import Receipt, Span
from memcube.store.record import Partition

# A waiting caller sees its event this much late at worst, a third of what the way through the stream takes.
_POLL_S: Final = 0.005
WAIT_LIMIT_S: Final = 30.0

ReadPositions = Callable[[], Awaitable[Mapping[Partition, int]]]


class Progress:
    """The positions of one role on one topic, as its store has them."""

    def __init__(self, role: str, topic: str, read: ReadPositions, *, limit_s: float = WAIT_LIMIT_S) -> None:
        self.limit_s = limit_s
        self.role = role
        self.topic = topic
        self._read = read
        self._poll: asyncio.Task[Mapping[int, int]] | None = None

    async def wait(self, receipts: Iterable[Receipt]) -> bool:
        """Whether the positions passed all of the events within the limit."""
        wanted: dict[int, int] = {}
        for receipt in receipts:
            wanted[receipt.partition] = max(wanted.get(receipt.partition, 0), receipt.offset + 1)
        try:
            async with asyncio.timeout(self.limit_s):
                while wanted:
                    positions = await self._next_poll()
                    wanted = {number: at for number, at in wanted.items() if positions.get(number, 0) < at}
        except TimeoutError:
            return False
        return True

    async def positions(self) -> Mapping[int, int]:
        """The offset to be read next, by partition number."""
        found: dict[int, int] = {}
        for partition, position in (await self._read()).items():
            if partition.topic == self.topic:
                # A topic that was made anew has rows of both ids until they are reset: believe the lower.
                found[partition.number] = min(position, found.get(partition.number, position))
        return found

    async def doubt(self) -> str | None:
        """Why the positions cannot be trusted, if so."""
        logs = {(p.cluster, p.topic_id) for p in await self._read() if p.topic == self.topic}
        if len(logs) <= 1:
            return None
        return (
            f"role {self.role} has positions in {len(logs)} different topics named {self.topic}:"
            f" `memcube positions reset --role {self.role} --topic {self.topic}`"
        )

    async def _next_poll(self) -> Mapping[int, int]:
        # All who wait share one reading of the record.
        if self._poll is None or self._poll.done():
            self._poll = asyncio.create_task(self._poll_once())
        return await asyncio.shield(self._poll)

    async def _poll_once(self) -> Mapping[int, int]:
        await asyncio.sleep(_POLL_S)
        return await self.positions()


def lag(spans: Mapping[int, Span], positions: Mapping[int, int]) -> dict[str, int]:
    """Events that wait, by partition number (a string, as JSON wants its keys)."""
    return {
        str(number): span.end - positions.get(number, span.start) for number, span in sorted(spans.items())
    }

"""Tells the subjects whose memory has something to end that time has passed: a `tick`, once a day.

The event's id is made from the subject and the day, so that several gateways, or one that starts twice a
day, end things once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from gateway.log import SOURCE, Bus, BusError, Message
from memcube.errors import NotRunning, Setup, StoreFault
from schemas.events import Tick
from schemas.subject import Subject

log = logging.getLogger(__name__)

# A system that starts has better things to do first.
FIRST_S: Final = 60.0
# As many subjects a request to the log.
_PAGE: Final = 500


class Ticker:
    """`due` tells the keys of the subjects that something is due for at a time. `every_s` 0: never."""

    def __init__(
        self,
        bus: Bus,
        due: Callable[[datetime], Awaitable[Sequence[str]]],
        clock: Callable[[], datetime],
        *,
        every_s: float,
        first_s: float = FIRST_S,
    ) -> None:
        self._bus = bus
        self._due = due
        self._clock = clock
        self._every_s = every_s
        self._first_s = first_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look. In a running event loop."""
        if self._every_s > 0:
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def tick(self) -> int:
        """One tick to each subject that needs one; returns how many the log took.

        Raises `StoreFault`, `Setup` and `BusError`.
        """
        now = self._clock()
        subjects = [Subject.parse(key) for key in await self._due(now)]
        taken = 0
        for start in range(0, len(subjects), _PAGE):
            receipts = await self._bus.publish([_tick(one, now) for one in subjects[start : start + _PAGE]])
            taken += sum(not isinstance(receipt, BusError) for receipt in receipts)
        return taken

    async def _run(self) -> None:
        await asyncio.sleep(self._first_s)
        while True:
            try:
                await self.tick()
            except (StoreFault, Setup, NotRunning, BusError) as error:
                # The next look will do: nothing is lost but a day.
                log.warning("no tick was sent: %s", error)
            await asyncio.sleep(self._every_s)


def _tick(subject: Subject, now: datetime) -> Message:
    address = {"tenant": subject.tenant, f"{subject.kind}_id": subject.id}
    event_id = str(uuid5(NAMESPACE_OID, f"{subject.key}\x1ftick\x1f{now.date().isoformat()}"))
    return Message(data=Tick(**address), event_id=event_id, time=now, source=SOURCE)

"""What goes on when a client has its answer, or has gone."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import uuid4

from gateway.log import SOURCE, Bus, BusError, Message
from memcube.cube import cube_id
from memcube.models.prompt import Line
from memcube.models.wire import Block
from schemas.body import Plain
from schemas.events import Build, JobLine
from schemas.subject import Address

log = logging.getLogger(__name__)
T = TypeVar("T")

# A model that cannot use what it has built would otherwise be asked for it with every answer.
REBUILT_AFTER: Final = timedelta(minutes=1)
_MOST_REBUILT: Final = 1_000


class Aftermath:
    """What goes on when the client has its answer, or has gone: it is finished, and nobody waits for it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._rebuilt: OrderedDict[str, datetime] = OrderedDict()

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def rebuild(self, bus: Bus, address: Address, block: Block, now: datetime) -> None:
        """Ask for the block to be prefilled again, of the same memories."""
        if (last := self._rebuilt.get(block.id)) is not None and now - last < REBUILT_AFTER:
            return
        self._rebuilt[block.id] = now
        if len(self._rebuilt) > _MOST_REBUILT:
            self._rebuilt.popitem(last=False)
        self.begin(_ask_to_build(bus, _job(address, block, now)))

    async def close(self) -> None:
        """Wait for it: each wait in it is bounded."""
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _job(address: Address, block: Block, now: datetime) -> Message:
    subject, job = address.subject(), str(uuid4())
    data = Build(
        tenant=address.tenant,
        group_id=address.group_id,
        user_id=address.user_id,
        agent_id=address.agent_id,
        run_id=address.run_id,
        block_id=cube_id(subject.key, job, "block"),
        lines=tuple(_job_line(line) for line in block.lines),
        reason="unusable",
    )
    return Message(data, job, now, SOURCE)


def _job_line(line: Line) -> JobLine:
    return JobLine(cube_id=line.cube_id, version=line.version, since=line.since, body=Plain(text=line.text))


async def _ask_to_build(bus: Bus, job: Message) -> None:
    try:
        (result,) = await bus.publish([job])
    except BusError as error:
        result = error
    if isinstance(result, BusError):
        log.warning("a block was not asked for again: %s", result)

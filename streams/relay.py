"""Sends what commits have left in the outbox. What a killed owner left there is found like any other row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from memcube import metrics
from memcube.errors import StoreFault
from memcube.store.record import Partition
from streams.log import DeliveryError, Sender, StepHook, no_hook
from streams.role import Role

# One read of the outbox; at a few hundred bytes a message well under a megabyte of memory.
PAGE: Final = 1000
# The broker being away is no fault of ours: wait for it, and keep the messages.
RETRY_S: Final = 1.0

T = TypeVar("T")
InWriter = Callable[[Callable[[], T]], Awaitable[T]]
log = structlog.get_logger()


class Relay:
    """Delivers at least once, in the order of the commits, for the partitions that are owned now."""

    def __init__(
        self,
        role: Role[Any],
        sender: Sender,
        in_writer: InWriter[Any],
        *,
        hook: StepHook = no_hook,
    ) -> None:
        self._role = role
        self._sender = sender
        self._in_writer = in_writer
        self._hook = hook
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something was committed."""
        self._wake.set()

    async def run(self, owned: Callable[[], tuple[Partition, ...]]) -> None:
        """For ever. A delivery that fails is repeated, and so is one that the store could not note."""
        while True:
            self._wake.clear()
            try:
                await self.drain(owned())
            except (DeliveryError, StoreFault) as error:
                metrics.RELAY_RETRIES.labels(self._role.name).inc()
                log.warning("outbox not delivered, trying again", role=self._role.name, error=str(error))
                await asyncio.sleep(RETRY_S)
                continue
            await self._wake.wait()

    async def drain(self, partitions: tuple[Partition, ...]) -> None:
        """Send all that waits for these partitions; raises `DeliveryError`."""
        while rows := await self._in_writer(lambda: self._role.outbox(partitions, PAGE)):
            self._hook("relay")
            await self._sender.send([row.message for row in rows])
            self._hook("relayed")
            await self._in_writer(partial(self._role.sent, [row.id for row in rows]))
            self._hook("dropped")
            metrics.RELAYED.labels(self._role.name).inc(len(rows))

"""A subject has begun to talk: its block is loaded ahead of the first question."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import httpx

from gateway.http.held_block import chosen
from gateway.http.model_client import ModelClient
from gateway.http.problems import Problem
from gateway.thread import Workbench
from memcube import metrics
from memcube.errors import Setup, StoreFault
from memcube.models.wire import Hint
from memcube.store.record import CubeStore

log = logging.getLogger(__name__)

# Whoever was silent for longer has made room for others in the model's memory.
SILENT: Final = timedelta(minutes=5)
# Some 200 bytes each.
MOST_REMEMBERED: Final = 10_000
# An import of a thousand people is no conversation: hints beyond these are left out.
MOST_AT_ONCE: Final = 4


class Prefetch:
    """Hints, sent beside the request that gave cause for them. Nothing waits for one, and nothing fails."""

    def __init__(
        self,
        record: Workbench[CubeStore],
        models: ModelClient,
        clock: Callable[[], datetime],
        *,
        most: int = MOST_REMEMBERED,
    ) -> None:
        self._record = record
        self._models = models
        self._clock = clock
        self._most = most
        self._heard: OrderedDict[str, datetime] = OrderedDict()
        self._hints: set[asyncio.Task[None]] = set()

    def heard(self, subject: str) -> None:
        """It has said or asked something."""
        now = self._clock()
        last = self._heard.get(subject)
        self._heard[subject] = now
        self._heard.move_to_end(subject)
        if len(self._heard) > self._most:
            self._heard.popitem(last=False)
        if (last is not None and now - last < SILENT) or len(self._hints) >= MOST_AT_ONCE:
            return
        task = asyncio.create_task(self._hint(subject))
        self._hints.add(task)
        task.add_done_callback(self._hints.discard)

    async def close(self) -> None:
        """Leave out what is on its way."""
        for task in tuple(self._hints):
            task.cancel()
        await asyncio.gather(*self._hints, return_exceptions=True)

    async def _hint(self, subject: str) -> None:
        try:
            held = await self._record.run(lambda store: store.blocks(subject))
            if not held:
                return
            one = chosen(held, (await self._models.about()).name)
            if one is None or not one.current or not one.cube.payload or not one.cube.payload.artefact:
                return
            fingerprint = one.cube.payload.artefact.fingerprint
            await self._models.prefetch(Hint(subject=subject, block_id=one.cube.id, fingerprint=fingerprint))
        except (StoreFault, Setup, Problem, httpx.HTTPError) as error:
            # The first answer is slower then, and that is all.
            log.info("no block was prefetched: %s", error)
            return
        metrics.PREFETCHES.inc()

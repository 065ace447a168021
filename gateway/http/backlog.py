"""How much waits for the roles, read in the background: for those who publish, and for those who watch."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec

from gateway.http.problems import Problem
from gateway.http.progress import Progress
from gateway.log import BusError, Reader, Span
from memcube.errors import NotRunning, Setup, StoreFault

log = logging.getLogger(__name__)

INTERVAL_S: Final = 1.0
# The rate is taken over as many looks: shorter would tell of one batch, longer of what was long ago.
_LOOKS: Final = 10
# What is older than this many intervals is not known any more.
_STALE: Final = 10
RETRY_S: Final = (1, 60)


class Standing(msgspec.Struct, frozen=True):
    """One partition of one role. `age_s`: how long the oldest unread event has waited, 0 if none waits."""

    lag: int
    age_s: float


class _Waiting(msgspec.Struct, frozen=True):
    """`since`: when the broker took the record at `position`, None if nothing waits."""

    position: int
    lag: int
    since: datetime | None


class Backlog:
    """Looks once an interval, over a connection of its own. Whatever is away is unknown, and refuses nobody.

    `outbox` tells how many messages wait in the record.
    """

    def __init__(
        self,
        reader: Reader,
        progress: Sequence[Progress],
        outbox: Callable[[], Awaitable[int]],
        clock: Callable[[], datetime],
        *,
        limit: int,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._reader = reader
        self._progress = progress
        self._read_outbox = outbox
        self._clock = clock
        self._limit = limit
        self._interval_s = interval_s
        self._waiting: dict[str, dict[int, _Waiting]] = {}
        self._outbox: int | None = None
        self._read: deque[tuple[datetime, int]] = deque(maxlen=_LOOKS)
        self._looked_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def lag(self) -> int | None:
        """Events that wait for role memory; None while that is not known."""
        found = self._fresh().get(self._progress[0].role)
        return None if found is None else sum(one.lag for one in found.values())

    @property
    def outbox(self) -> int | None:
        """Messages in the record that were not delivered yet; None while that is not known."""
        return self._outbox

    def standings(self) -> Mapping[str, Mapping[int, Standing]]:
        """By role and partition, of the roles of which it is known."""
        now = self._clock()
        return {
            role: {number: Standing(one.lag, _age(one, now)) for number, one in found.items()}
            for role, found in self._fresh().items()
        }

    def check(self) -> None:
        """Raise a `Problem` if too much waits already: what is published now would be recalled too late."""
        lag = self.lag
        if lag is None or lag <= self._limit:
            return
        after_s = self._retry_after_s(lag)
        detail = (
            f"{lag:,} events wait for role memory, more than the {self._limit:,} of MEMCUBE_LAG_LIMIT:"
            f" send again in {after_s} s; is the worker running? see `memcube status`"
        )
        headers = {"Retry-After": str(after_s)}
        raise Problem(429, "Too many events wait", detail, "backlog", headers=headers, lag=lag)

    def start(self) -> None:
        """Begin to look. In a running event loop."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End, and let go of the connection."""
        try:
            if self._task is not None:
                self._task.cancel()
                with suppress(asyncio.CancelledError):
                    await self._task
        finally:
            await self._reader.close()

    async def look(self) -> None:
        """Read how everything stands."""
        try:
            self._outbox = await self._read_outbox()
        except (StoreFault, Setup):
            self._outbox = None
        try:
            spans = await self._reader.spans([progress.topic for progress in self._progress])
        except (BusError, NotRunning):
            spans = {}
        for progress in self._progress:
            try:
                await self._look_at(progress, spans.get(progress.topic))
            except (BusError, StoreFault, Setup):
                self._waiting.pop(progress.role, None)
        self._looked_at = self._clock()

    async def _run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self._interval_s)

    async def _look_at(self, progress: Progress, spans: Mapping[int, Span] | None) -> None:
        if spans is None:
            self._waiting.pop(progress.role, None)
            return
        positions = await progress.positions()
        before = self._waiting.get(progress.role, {})
        found = {}
        for number, span in spans.items():
            at = max(positions.get(number, span.start), span.start)
            found[number] = await self._waiting_at(progress.topic, number, at, span.end, before.get(number))
        self._waiting[progress.role] = found
        if progress is self._progress[0]:
            self._read.append((self._clock(), sum(one.position for one in found.values())))

    async def _waiting_at(
        self, topic: str, number: int, at: int, end: int, before: _Waiting | None
    ) -> _Waiting:
        if at >= end:
            return _Waiting(at, 0, None)
        if before is not None and before.position == at and before.since is not None:
            return _Waiting(at, end - at, before.since)
        found = await self._reader.read(topic, number, at, 1)
        # None: what is left are markers of transactions, which nobody waits for.
        since = datetime.fromtimestamp(found[0].timestamp_ms / 1000, self._clock().tzinfo) if found else None
        return _Waiting(at, end - at, since)

    def _retry_after_s(self, lag: int) -> int:
        """When the worker will have come under the limit, at the rate of the last looks."""
        least, most = RETRY_S
        (began, first), (ended, last) = self._read[0], self._read[-1]
        seconds = (ended - began).total_seconds()
        if last <= first or seconds <= 0:
            return most
        return min(most, max(least, math.ceil((lag - self._limit) * seconds / (last - first))))

    def _fresh(self) -> Mapping[str, Mapping[int, _Waiting]]:
        if self._looked_at is None:
            return {}
        # A look that hangs must not keep old figures alive: they would refuse events, or calm an alert.
        old = (self._clock() - self._looked_at).total_seconds() > _STALE * max(self._interval_s, INTERVAL_S)
        return {} if old else self._waiting


def _age(one: _Waiting, now: datetime) -> float:
    return 0.0 if one.since is None else max(0.0, (now - one.since).total_seconds())

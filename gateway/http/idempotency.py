"""`Idempotency-Key`: a request that is sent again is the same events; another one under its key is refused.

That a repeat has no second effect needs no table: the ids of its events are made of the key, and the stream
applies an id once, whatever was restarted meanwhile. The table finds a key that was used for something else,
within a day and as long as this process lives; beyond that the record tells (`gateway.http.repeated`).
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

import msgspec

from gateway.http.problems import Problem

KEPT_FOR: Final = timedelta(hours=24)
# About 400 bytes each: 40 MB at the worst. The oldest go first.
MOST_KEPT: Final = 100_000
_DIGEST_BYTES: Final = 16


class _Seen(msgspec.Struct):
    """`request`: a digest of the first one; `running`: held by whoever publishes under the key."""

    request: bytes
    at: datetime
    running: asyncio.Lock


class Claims:
    """Which request each key stood for. Digests alone: the words of a request are not kept here."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        most: int = MOST_KEPT,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._clock = clock
        self._most = most
        self._secret = random(32)
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    @asynccontextmanager
    async def claimed(self, tenant: str, key: str, request: bytes) -> AsyncIterator[None]:
        """Wait for a request that runs under this key; raises a `Problem` if it was another one."""
        now = self._clock()
        self._drop_old(now)
        name = self._digest(msgspec.json.encode((tenant, key)))
        digest = self._digest(request)
        seen = self._seen.get(name)
        if seen is None:
            seen = self._seen[name] = _Seen(digest, now, asyncio.Lock())
        elif seen.request != digest:
            raise reused(key)
        async with seen.running:
            yield

    def _drop_old(self, now: datetime) -> None:
        while self._seen:
            oldest = next(iter(self._seen.values()))
            if len(self._seen) <= self._most and now - oldest.at < KEPT_FOR:
                return
            self._seen.popitem(last=False)

    def _digest(self, data: bytes) -> bytes:
        return blake2b(data, digest_size=_DIGEST_BYTES, key=self._secret).digest()


def reused(key: str) -> Problem:
    """The key stands for another request."""
    detail = (
        f"Idempotency-Key {key[:80]!a} was used for another request: send that one again as it was,"
        " or this one under a key of its own"
    )
    return Problem(422, "The key was used before", detail, "idempotency-key-reused")

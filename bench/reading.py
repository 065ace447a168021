"""Watches for events to become recallable: beside the record, and through the gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self

import httpx
import msgspec

from bench.processes import BenchError
from bench.system import Up, positions
from bench.turns import Turn
from memcube.models import load_embedder
from memcube.plaintext.words import terms
from memcube.store.memory import InMemoryRecallIndex
from schemas.topics import EVENTS

# One look is 20 µs on a connection of its own, so this many a second take 2 % of a core.
_LOOK_S: Final = 0.001
# Among the best 20 for its own words: whoever recalls asks for no more.
_AMONG: Final = 20
_GIVE_UP_S: Final = 5.0
_INDEX_BYTES: Final = 256 * 1024 * 1024


class Times(msgspec.Struct):
    """Of one event, in seconds since it was published; None: not within the time given."""

    acknowledged: float | None = None
    committed: float | None = None
    recalled: float | None = None


class _Waiting(msgspec.Struct):
    """An event that was published and not recalled yet."""

    turn: Turn
    times: Times
    since: float


class IndexReader:
    """A recall index in this process, fed by the record. The queries' vectors are made beforehand,

    so that embedding them here takes nothing from the worker's cores while it is measured.
    """

    def __init__(self, system: Up, told: Sequence[Turn]) -> None:
        self._store = system.reader()
        embedder = load_embedder("minilm", 1)
        vectors = embedder.embed([turn.text for turn in told])
        self._vectors = {turn.id: vector for turn, vector in zip(told, vectors, strict=True)}
        self._index = InMemoryRecallIndex(
            self._store, embedder.embedder_id, embedder.dimensions, _INDEX_BYTES, analyse=terms
        )
        self._waiting: dict[str, list[_Waiting]] = {}
        self._seen: dict[str, int] = {}

    def expect(self, turn: Turn, times: Times, since: float) -> None:
        """It is published now."""
        self._waiting.setdefault(turn.subject.key, []).append(_Waiting(turn, times, since))

    async def watch(self) -> None:
        """For ever. A look at each subject that is waited for; a refresh of the index when it has changed."""
        while True:
            for subject in list(self._waiting):
                if self._store.sequence(subject) != self._seen.get(subject, 0):
                    self._look(subject)
                elif time.perf_counter() - self._waiting[subject][0].since > _GIVE_UP_S:
                    self._drop(subject, self._waiting[subject][0])
            await asyncio.sleep(_LOOK_S)

    async def settled(self) -> None:
        """Until nothing is waited for."""
        while self._waiting:  # noqa: ASYNC110 -- it ends within the time after which it gives up
            await asyncio.sleep(_LOOK_S)

    def close(self) -> None:
        self._store.close()

    def _look(self, subject: str) -> None:
        moment = time.perf_counter()
        self._seen[subject] = self._index.refresh(subject)
        for one in list(self._waiting[subject]):
            if not self._store.applied(subject, [one.turn.id]):
                continue
            one.times.committed = moment - one.since
            hits = self._index.search(
                subject, one.turn.text, self._vectors[one.turn.id], limit=_AMONG, as_of=None
            )
            if any(source.event_id == one.turn.id for hit in hits for source in hit.cube.sources):
                one.times.recalled = time.perf_counter() - one.since
            self._drop(subject, one)

    def _drop(self, subject: str, one: _Waiting) -> None:
        self._waiting[subject].remove(one)
        if not self._waiting[subject]:
            del self._waiting[subject]


class HttpReader:
    """Posts an event, waits for the record to pass it, and asks the recall route."""

    def __init__(self, system: Up) -> None:
        self._store = system.reader()
        self._client = httpx.AsyncClient(base_url=system.system.gateway, trust_env=False, timeout=10.0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()
        self._store.close()

    async def follow(self, turn: Turn, times: Times) -> None:
        """One event on its way."""
        since = time.perf_counter()
        accepted = await self._post("/v1/events", turn.request())
        times.acknowledged = time.perf_counter() - since
        while positions(self._store).get(accepted["partition"], 0) <= accepted["offset"]:
            if time.perf_counter() - since > _GIVE_UP_S:
                return
            await asyncio.sleep(_LOOK_S)
        times.committed = time.perf_counter() - since
        asked = {"group_id": turn.group_id, "query": turn.text, "limit": _AMONG}
        found = await self._post("/v1/recall", asked)
        if any(
            origin["event_id"] == accepted["event_id"]
            for memory in found["memories"]
            for origin in memory["provenance"]
        ):
            times.recalled = time.perf_counter() - since

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._client.post(path, json=body)
        if not answer.is_success:
            raise BenchError(f"POST {path} on {EVENTS.name}: {answer.status_code} {answer.text[:500]}")
        found: dict[str, Any] = answer.json()
        return found

"""Tells a story to role memory and looks at what is known afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from memcube.cube import Form, MemCube, State, cube_id
from memcube.models.embedder import HashEmbedder
from memcube.plaintext.cues import cues
from memcube.plaintext.recall import Recaller
from memcube.plaintext.words import terms
from memcube.store.memory import InMemoryRecallIndex
from schemas.body import Plain
from schemas.events import Incoming, Prompt, Reprocess, Response
from schemas.subject import Subject
from schemas.topics import AUDIT, DEADLETTER
from tests.streams.story import message
from tests.streams.world import InMemoryLog, Process

SUBJECT = Subject("t", "group", "home")


class Conversation:
    """One group in which people talk; the days are in March 2026 unless a date is given."""

    def __init__(self, folder: Path, embedder: Any = None) -> None:
        self.log = InMemoryLog()
        self._embedder = embedder or HashEmbedder()
        self._process = Process(folder, self.log, embedder=self._embedder)
        self._count = 0

    def say(self, text: str, *, day: int = 1, name: str = "Ada", event_id: str | None = None) -> str:
        """A turn; returns its event's id."""
        return self.do(
            Prompt(tenant="t", group_id="home", body=Plain(text=text, name=name)), day=day, event_id=event_id
        )

    def answer(self, text: str, *, day: int = 1) -> str:
        return self.do(Response(tenant="t", group_id="home", body=Plain(text=text)), day=day)

    def reprocess(self, since: int | None = None, until: int | None = None) -> str:
        """The turns of these days (all, if none are given) once more; returns the command's id."""
        first, end = ((None if day is None else datetime(2026, 3, day, tzinfo=UTC)) for day in (since, until))
        return self.do(Reprocess(tenant="t", group_id="home", since=first, until=end), day=28)

    def do(self, data: Incoming, *, day: int = 1, event_id: str | None = None) -> str:
        self._count += 1
        event_id = event_id or f"event-{self._count}"
        return self.put(data, datetime(2026, 3, day, 12, self._count % 60, tzinfo=UTC), event_id)

    def put(self, data: Incoming, time: datetime, event_id: str | None = None) -> str:
        """An event of any time."""
        event_id = event_id or f"at-{time.isoformat()}"
        self.later(data, time, event_id)
        self.work()
        return event_id

    def later(self, data: Incoming, time: datetime, event_id: str) -> None:
        """Into the log, for when `work` is called."""
        self.log.append(message(data, event_id, time))

    def recall(self, query: str, limit: int = 5, **filters: Any) -> list[str]:
        """What is recalled now, best first, by an index of its own."""
        embedder = self._embedder
        index = InMemoryRecallIndex(
            self.store, embedder.embedder_id, embedder.dimensions, 1 << 30, analyse=terms, cues=cues
        )
        filters = {"as_of": None, **filters}
        found = Recaller(index, embedder).recall(SUBJECT.key, query, limit=limit, **filters)
        if found.context is not None:
            return found.context.text.splitlines()
        return [memory.text for memory in found.memories]

    def work(self) -> None:
        self._process.drain(limit=64)

    def facts(self, *states: State) -> list[str]:
        """The texts of the facts in these states (default: active), sorted."""
        return sorted(
            cube.text
            for cube in self.cubes()
            if cube.form is Form.FACT and cube.state in (states or (State.ACTIVE,))
        )

    def fact(self, words: str) -> MemCube:
        """The one fact whose text holds these words."""
        [found] = [cube for cube in self.cubes() if cube.form is Form.FACT and words in cube.text]
        return found

    def episode(self, event_id: str) -> MemCube:
        return self.cube(cube_id(SUBJECT.key, event_id, "episode"))

    def cube(self, identifier: str) -> MemCube:
        return self._process.store.cube(SUBJECT.key, identifier)

    def history(self, identifier: str) -> list[MemCube]:
        return list(self._process.store.history(SUBJECT.key, identifier))

    def cubes(self) -> list[MemCube]:
        return [change.cube for change in self._process.store.changes(SUBJECT.key, 0, "none")[1]]

    def refusals(self) -> list[str]:
        return [dict(record.headers)["mc_reason"].decode() for record in self.log.of(DEADLETTER.name)]  # type: ignore[union-attr]

    def audited(self) -> int:
        return len(self.log.of(AUDIT.name))

    def reasons(self) -> set[str]:
        """Why anything changed, or did not, as the audit trail has it."""
        return {msgspec.json.decode(record.value or b"")["reason"] for record in self.log.of(AUDIT.name)}

    @property
    def store(self) -> Any:
        return self._process.store

    @property
    def sealer(self) -> Any:
        return self._process.sealer

    def close(self) -> None:
        self._process.close()

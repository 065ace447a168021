"""Tells a scripted story to role memory, without Kafka, and looks at what it comes to.

A turn is a line: a day, who speaks, and the words ("2026-03-01 Ada: I live in Oslo."); or a day and a
command, in which words stand for the current facts that hold them:

    2026-03-02 !pin porto                      2026-03-02 !edit porto => Ada lives in Portimao
    2026-03-05 !undo 2  (the second turn)      2026-03-05 !rate down: porto
    2026-03-05 !tick                           2026-03-05 !forget porto
    2026-03-05 !answer: You live in Porto. => porto        (the answer was given this memory)
    2026-03-05 !remember until 2026-03-10: The code is 4711.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from bench.processes import BenchError
from memcube.cube import Form, MemCube, State
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models.embedder import Embedder
from memcube.plaintext.words import folded, stem, terms
from memcube.store.sqlite import SQLiteCubeStore
from schemas.body import Plain
from schemas.envelope import Headers, encode
from schemas.events import Edit, Feedback, Forget, Incoming, Pin, Prompt, Remember, Response, Tick, Undo
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import DEADLETTER, EVENTS, PARTITIONS
from streams.log import Record, TopicIdentity
from streams.memory import MemoryRole
from streams.runner import Runner

_SAID: Final = re.compile(r"(?P<day>\d{4}-\d\d-\d\d) (?P<who>[^!:][^:]*): (?P<text>.+)")
_DONE: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d) !(?P<command>(?:rate|remember) [^:]+|\w+):?(?: (?P<text>.+))?"
)
_WORD: Final = re.compile(r"\w+(?:'\w+)?")
_OUTBOX_PAGE: Final = 1_000
_NOON: Final = time(12, tzinfo=UTC)


class Storyteller:
    """Role memory on a record of its own; every story has a subject of its own."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        sealer = SubjectSealer(KeyStore(folder / "keys" / "keys.sqlite"))
        self._store = SQLiteCubeStore(folder / "record" / "cubes.sqlite", sealer)
        self._role = MemoryRole(self._store, sealer, embedder, PARTITIONS)
        self._runner = Runner(self._role, TopicIdentity("bench", "bench", EVENTS.name, PARTITIONS))
        self._offsets = dict(self._runner.start_at(dict.fromkeys(range(PARTITIONS), (0, 0))))

    def tell(self, name: str, turns: Sequence[str]) -> Told:
        """Play the turns one by one. Raises `BenchError` for a line that is none or is refused."""
        told = Told(Subject("stories", "group", name), self._store)
        arrived = datetime.min.replace(tzinfo=UTC)
        for number, line in enumerate(turns, 1):
            day, data = told.event(line)
            said = datetime.combine(day, _NOON) + timedelta(minutes=number)
            # What is told late arrives late: the log's clock never goes back.
            arrived = max(arrived, said) + timedelta(seconds=1)
            key, headers, value = encode(
                data, event_id=f"{name}/{number}", source="memcube/bench", time=said, subject=told.subject
            )
            try:
                self._take(key, headers, value, arrived)
            except BenchError as error:
                raise BenchError(f"{name}: {line!r} was refused: {error}") from None
        return told

    def close(self) -> None:
        self._role.close()

    def _take(self, key: bytes, headers: Headers, value: bytes, arrived: datetime) -> None:
        number = partition_for(key, PARTITIONS)
        offset = self._offsets[number]
        self._offsets[number] = offset + 1
        self._runner.run([Record(EVENTS.name, number, offset, arrived, key, headers, value)])
        while rows := self._role.outbox(self._runner.owned(range(PARTITIONS)), _OUTBOX_PAGE):
            for row in rows:
                if row.message.topic == DEADLETTER.name:
                    raise BenchError(dict(row.message.headers)["mc_error"].decode())
            self._role.sent([row.id for row in rows])


class Told:
    """A story as far as it is told: what its subject's record holds."""

    def __init__(self, subject: Subject, store: SQLiteCubeStore) -> None:
        self.subject = subject
        self._store = store
        self._address: dict[str, Any] = {"tenant": subject.tenant, "group_id": subject.id}

    def cubes(self) -> list[MemCube]:
        return [change.cube for change in self._store.changes(self.subject.key, 0, "none")[1]]

    def facts(self) -> list[MemCube]:
        return [cube for cube in self.cubes() if cube.form is Form.FACT and cube.state is not State.ERASED]

    def current(self) -> list[MemCube]:
        return [cube for cube in self.facts() if cube.state is State.ACTIVE]

    def retired(self) -> list[MemCube]:
        return [cube for cube in self.facts() if cube.state is not State.ACTIVE]

    def true_at(self, moment: datetime) -> list[MemCube]:
        """The facts that held then, as it is known now: what an as-of recall may serve."""
        served = {State.ACTIVE, State.SUPERSEDED, State.EXPIRED, State.ARCHIVED}
        return [
            fact
            for fact in self.facts()
            if fact.state in served
            and fact.valid_from <= moment
            and (fact.valid_to is None or moment < fact.valid_to)
        ]

    def event(self, line: str) -> tuple[date, Incoming]:
        """The day and the event of a line. Raises `BenchError`."""
        if said := _SAID.fullmatch(line):
            return date.fromisoformat(said["day"]), Prompt(
                **self._address, body=Plain(text=said["text"], name=said["who"])
            )
        if done := _DONE.fullmatch(line):
            return date.fromisoformat(done["day"]), self._command(done["command"], done["text"] or "", line)
        raise BenchError(f"{self.subject.id}: no turn: {line!r}; write `2026-03-01 Ada: I live in Oslo.`")

    def _command(self, command: str, text: str, line: str) -> Incoming:  # noqa: PLR0911 -- one a command
        words, _, after = text.partition(" => ")
        match command.split():
            case ["answer"]:
                return Response(**self._address, body=Plain(text=words), used=self._named(after, line))
            case ["pin"]:
                return Pin(**self._address, cube_id=self._named(words, line)[0])
            case ["edit"]:
                return Edit(**self._address, cube_id=self._named(words, line)[0], body=Plain(text=after))
            case ["forget"]:
                return Forget(**self._address, cube_ids=self._named(words, line))
            case ["rate", "down" | "up" as verdict]:
                return Feedback(**self._address, cube_ids=self._named(words, line), verdict=verdict)
            case ["remember", "until", day]:
                ends = datetime.combine(date.fromisoformat(day), _NOON)
                return Remember(**self._address, body=Plain(text=text), expires_at=ends)
            case ["undo"]:
                return Undo(**self._address, event_id=f"{self.subject.id}/{int(words)}")
            case ["tick"]:
                return Tick(**self._address)
            case _:
                raise BenchError(f"{self.subject.id}: no command in {line!r}")

    def _named(self, words: str, line: str) -> tuple[str, ...]:
        found = tuple(
            fact.id for fact in self.current() if any(holds(fact.text, w) for w in words.split(","))
        )
        if not found:
            raise BenchError(f"{self.subject.id}: no current fact holds the words of {line!r}")
        return found


def holds(text: str, group: str) -> bool:
    """Whether a text holds the words of a group, by stem, and none of those marked with a minus.

    " | " parts alternatives. A word with a mark inside (2026-03-01, new.example) is looked for as it stands.
    """
    stems, plain = _stems(text), folded(text)

    def found(word: str) -> bool:
        return stem(folded(word)) in stems or (not word.isalnum() and word in plain)

    return any(
        all(found(word.removeprefix("-")) != word.startswith("-") for word in alternative.split())
        for alternative in group.split(" | ")
    )


def _stems(text: str) -> frozenset[str]:
    words = [
        "not" if word.endswith("n't") else word.removesuffix("'s") for word in _WORD.findall(folded(text))
    ]
    return frozenset([*terms(text), *map(stem, words)])

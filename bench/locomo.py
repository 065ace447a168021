"""Conversations with questions and their evidence, as LoCoMo's JSON has them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from bench.processes import BenchError
from gateway.cli.imports.locomo import Unread, sessions
from schemas.errors import BadSubject
from schemas.subject import Subject

TENANT: Final = "bench"
# As the paper numbers them.
CATEGORIES: Final = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
# "D8:6", and as it is mistyped: "D:11:26", "D30:05", several in one string.
_TURN_ID: Final = re.compile(r"D\s*:?\s*([0-9]+)\s*:\s*([0-9]+)")


class DataError(BenchError):
    """The data set cannot be used; the message says which part of it, and why."""


class Turn(msgspec.Struct, frozen=True):
    """`text` is what the system is told: the words, and the caption of an image behind them."""

    id: str
    speaker: str
    text: str
    time: datetime


class Question(msgspec.Struct, frozen=True):
    """`number` is its place in the file, from 0. `evidence`: distinct ids of turns that exist."""

    number: int
    text: str
    category: str
    evidence: tuple[str, ...]


class Conversation(msgspec.Struct, frozen=True):
    """`questions`: those with evidence. `skipped`: how many have none that exists."""

    id: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]
    skipped: int

    @property
    def subject(self) -> Subject:
        return Subject(TENANT, "group", self.id)


class DataSet(msgspec.Struct, frozen=True):
    """A file of conversations; `sha256` tells it from any other."""

    conversations: tuple[Conversation, ...]
    sha256: str


class _Asked(msgspec.Struct):
    question: str
    evidence: list[str] | str | None = None
    category: int | None = None


class _Sample(msgspec.Struct):
    conversation: dict[str, msgspec.Raw]
    qa: list[_Asked]
    sample_id: str | None = None


def read(path: Path) -> DataSet:
    """Every conversation of the file, in its order. Raises `DataError`."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; name LoCoMo's JSON with --data") from None
    try:
        samples = msgspec.json.decode(raw, type=list[_Sample])
    except msgspec.ValidationError as error:
        raise DataError(f"{path} is not a list of LoCoMo conversations: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{path} is not JSON: {error}") from None
    conversations = tuple(_conversation(sample, place) for place, sample in enumerate(samples))
    if twice := _repeated(one.id for one in conversations):
        raise DataError(f"{path}: two conversations have the sample_id {twice!r}: give each its own")
    if not any(one.questions for one in conversations):
        skipped = sum(one.skipped for one in conversations)
        raise DataError(f"{path} has no question whose evidence exists ({skipped} questions without)")
    return DataSet(conversations, hashlib.sha256(raw).hexdigest())


def _conversation(sample: _Sample, place: int) -> Conversation:
    name = sample.sample_id or f"conversation-{place}"
    try:
        Subject(TENANT, "group", name)
    except BadSubject as error:
        raise DataError(f"conversation {place}: sample_id cannot be used: {error}") from None
    turns = tuple(_turns(sample.conversation, name))
    if not turns:
        raise DataError(f"{name} has no turns: expected session_1, session_2, … in its `conversation`")
    known = _Evidence(turns)
    asked = [
        Question(number, one.question, _category(one.category), known.existing(one.evidence))
        for number, one in enumerate(sample.qa)
    ]
    questions = tuple(one for one in asked if one.evidence)
    return Conversation(name, turns, questions, len(asked) - len(questions))


def _turns(conversation: Mapping[str, msgspec.Raw], name: str) -> Iterator[Turn]:
    """As an import reads them; but what is measured must have been read as a whole."""
    for said in sessions(conversation):
        if isinstance(said, Unread):
            raise DataError(f"{name}, {said.part}: {said.why}")
        if said.text:
            yield Turn(said.id, said.speaker, said.text, said.time)


def _category(number: int | None) -> str:
    if number is None:
        return "none"
    return CATEGORIES.get(number, f"category-{number}")


class _Evidence:
    """The turns of one conversation, as evidence names them."""

    def __init__(self, turns: Iterable[Turn]) -> None:
        self._ids = {turn.id for turn in turns}
        self._numbered = {
            (int(match[1]), int(match[2])): one
            for one in sorted(self._ids)
            if (match := _TURN_ID.fullmatch(one)) is not None
        }

    def existing(self, given: list[str] | str | None) -> tuple[str, ...]:
        """The turns that are meant and exist, each once, in the order in which they are named."""
        parts = [given] if isinstance(given, str) else given or []
        return tuple(dict.fromkeys(one for part in parts for one in self._named(part)))

    def _named(self, part: str) -> Iterator[str]:
        if part.strip() in self._ids:
            yield part.strip()
            return
        for match in _TURN_ID.finditer(part):
            one = self._numbered.get((int(match[1]), int(match[2])))
            if one is not None:
                yield one


def _repeated(ids: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            return one
        seen.add(one)
    return None

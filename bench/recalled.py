"""Real recall over the memories of the made-up people: record, index and embedder, without Kafka."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from bench.people import NAMES, facts, subject_of
from bench.system import scratch
from gateway.http.wiring import recaller
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models import load_embedder
from memcube.models.language import LanguageModel
from memcube.models.prompt import Line, written
from memcube.settings import Settings
from memcube.store.record import Embedded, Partition, Share, SubjectWork
from memcube.store.sqlite import SQLiteCubeStore

# More than any budget of tokens here holds.
_MOST: Final = 24


class Recalls:
    """What default recall finds for a question to one person's memory, best first.

    A memory is written when it is first asked: embedding it takes three seconds.
    """

    def __init__(self, settings: Settings) -> None:
        seals = SubjectSealer(KeyStore(settings.data.keys))
        self._embedder = load_embedder(settings.embedder, 1)
        self._store = SQLiteCubeStore(settings.data.record, seals)
        self._recalls = recaller(settings, seals)
        self._lines: dict[str, dict[str, Line]] = {}

    def lines(self, subject: str, question: str) -> list[Line]:
        if subject not in self._lines:
            self._write(subject)
        found = self._recalls.recall(subject, question, limit=_MOST, as_of=None).memories
        return [self._lines[subject][memory.id] for memory in found]

    def close(self) -> None:
        self._store.close()

    def _write(self, subject: str) -> None:
        (owner,) = [name for name in NAMES if subject_of(name) == subject]
        held = facts(owner)
        cubes = tuple(fact.cube for fact in held)
        encodings = self._embedder.encode([cube.wording for cube in cubes])
        vectors = tuple(
            Embedded(cube.wording, one.vector, self._embedder.embedder_id, one.tokens)
            for cube, one in zip(cubes, encodings, strict=True)
        )
        events = tuple(cube.cause for cube in cubes)
        work = SubjectWork(subject, 0, len(cubes), cubes, frozenset(), events)
        place = len(self._lines)
        partition = Partition("memory", "bench", "bench", "memory.events", 0)
        self._store.commit([Share(partition, place, place + 1, (work,), {subject: vectors}, ())])
        self._lines[subject] = {fact.cube.id: fact.line for fact in held}


@contextmanager
def recalls() -> Iterator[Recalls]:
    """On a record that is gone afterwards."""
    with scratch() as folder:
        found = Recalls(Settings.load(folder, {"MEMCUBE_EMBEDDER": "minilm"}))
        try:
            yield found
        finally:
            found.close()


def within(model: LanguageModel, lines: Sequence[Line], tokens: int) -> list[Line]:
    """The best lines that fit; one that is too long is passed over."""
    kept: list[Line] = []
    left = tokens
    for line in lines:
        size = len(model.encode(written(line)))
        if size <= left:
            kept.append(line)
            left -= size
    return kept

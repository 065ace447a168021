"""The recall that a person asks for: candidates of the index, folded into memories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from memcube.models.embedder import Embedder
from memcube.plaintext.asked import asked
from memcube.plaintext.context import Context, render
from memcube.plaintext.memory import Memory
from memcube.plaintext.shown import shown
from memcube.plaintext.words import content_stems
from memcube.store.index import Hit, RecallIndex, Timed, untimed
from schemas.subject import Others

__all__ = ["Memory", "Recall", "Recaller", "fold"]

# Questions are sentences. A pasted page is cut here: MiniLM reads 256 word pieces anyhow, and every further
# word costs a pass over its postings.
QUERY_WORDS: Final = 256
QUERY_CHARACTERS: Final = 4_000
# A fact that two turns have said takes one place of two.
SPARE: Final = 5
# Where more turns than that fold into one result, more are fetched: this much more each time.
WIDEN: Final = 4


class Recall(msgspec.Struct, frozen=True):
    """Memories, best first, as of the change `sequence` of the subject; `context` where it was asked for."""

    memories: tuple[Memory, ...]
    sequence: int
    context: Context | None = None


class Recaller:
    """Recalls from one index with one embedder. As safe for threads as these two are.

    `timed` is entered for the phases `embedding`, `folding` and `context`; the index is given its own.
    """

    def __init__(self, index: RecallIndex, embedder: Embedder, *, timed: Timed = untimed) -> None:
        self._index = index
        self._embedder = embedder
        self._timed = timed

    def recall(
        self,
        subject_key: str,
        query: str,
        *,
        limit: int,
        as_of: datetime | None,
        known_at: datetime | None = None,
        others: Others | None = None,
        max_tokens: int | None = None,
        explain: bool = False,
    ) -> Recall:
        """The best `limit` memories for the query; fewer only where no more have anything to do with it.

        A query without a letter or digit (emoji, punctuation, nothing) finds nothing: its vector would be
        an accident of the model. One of function words alone ("who am I?") is judged by its vector.
        `others`: only what was said under these ids. `max_tokens`: the memories are made into a ready context
        as well, and those that do not fit it are left out. `explain`: each memory comes with its signals.
        `as_of`: what was true then, by valid time. `known_at`: of what was known then, by recorded time, less
        what was erased since; takes as long as a first recall.
        Raises `StoreFault`; ValueError for an `as_of` or `known_at` without UTC offset.
        """
        for name, time in (("as_of", as_of), ("known_at", known_at)):
            if time is not None and time.tzinfo is None:
                raise ValueError(f"{name} needs a UTC offset: {time.isoformat()}")
        sequence = self._index.refresh(subject_key)
        query = _cut(query)
        memories: tuple[Memory, ...] = ()
        if limit > 0 and any(character.isalnum() for character in query):
            memories = self._best(subject_key, query, _Filters(limit, as_of, known_at, others, explain))
        if max_tokens is None:
            return Recall(memories, sequence)
        with self._timed("context"):
            context = render(memories, max_tokens, self._embedder.count_tokens)
        return Recall(context.memories, sequence, context)

    def _best(self, subject_key: str, query: str, filters: _Filters) -> tuple[Memory, ...]:
        with self._timed("embedding"):
            encoding = self._embedder.encode([query])[0]
        wanted = filters.limit + SPARE
        while True:
            hits = self._index.search(
                subject_key,
                query,
                encoding.vector,
                limit=wanted,
                as_of=filters.as_of,
                known_at=filters.known_at,
                others=filters.others,
                asked=asked(query, encoding.tokens),
                explain=filters.explain,
            )
            with self._timed("folding"):
                folded = fold(hits, content_stems(query))
            if len(folded) >= filters.limit or len(hits) < wanted:
                return tuple(folded[: filters.limit])
            wanted *= WIDEN


class _Filters(msgspec.Struct, frozen=True):
    """What is asked for beside the query."""

    limit: int
    as_of: datetime | None
    known_at: datetime | None
    others: Others | None
    explain: bool


def fold(hits: Sequence[Hit], asked: frozenset[str] = frozenset()) -> list[Memory]:
    """What is shown for each hit, in their order; `asked`: the words of the question, as stems.

    A turn and the facts drawn from it are one result. A fact that several turns have said is shown once, for
    the best of them, and the others that it speaks for are left out. What is over is not shown.
    """
    found: dict[str, Memory] = {}
    for hit in hits:
        for cube, text in shown(hit, asked):
            if cube.id not in found:
                found[cube.id] = Memory.of(cube, hit.score, text=text, signals=hit.signals)
    return list(found.values())


def _cut(query: str) -> str:
    words = query[:QUERY_CHARACTERS].split()
    return " ".join(words[:QUERY_WORDS])

"""The recall that a person asks for: candidates of the index, folded into memories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from memcube.cube import Form, Kind, MemCube, Source, State
from memcube.models.embedder import Embedder
from memcube.store.index import Hit, RecallIndex

# Questions are sentences. A pasted page is cut here: MiniLM reads 256 word pieces anyhow, and every further
# word costs a pass over its postings.
QUERY_WORDS: Final = 256
QUERY_CHARACTERS: Final = 4_000
# A fact is shown instead of its turn unless the turn scores better by more than this. The turn holds the
# fact's words and more, so it wins the comparison narrowly although the fact is the shorter answer.
FACT_MARGIN: Final = 0.15
# A turn of conversation makes one or two facts, so this many candidates usually fold into enough results.
CANDIDATES_PER_RESULT: Final = 3
FEWEST_CANDIDATES: Final = 30
# Where many turns fold into few results, more are fetched: this much more each time.
WIDEN: Final = 4


class Memory(msgspec.Struct, frozen=True):
    """One recalled memory, with what vouches for it. The text of an episode is the raw turn."""

    id: str
    text: str
    score: float
    kind: Kind
    form: Form
    state: State
    version: int
    valid_from: datetime
    valid_to: datetime | None
    provenance: tuple[Source, ...]


class Recall(msgspec.Struct, frozen=True):
    """Memories, best first, as of the change `sequence` of the subject."""

    memories: tuple[Memory, ...]
    sequence: int


class Recaller:
    """Recalls from one index with one embedder. As safe for threads as these two are."""

    def __init__(self, index: RecallIndex, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder

    def recall(self, subject_key: str, query: str, *, limit: int, as_of: datetime | None) -> Recall:
        """The best `limit` memories for the query; fewer only where no more have anything to do with it.

        A query without a letter or digit (emoji, punctuation, nothing) finds nothing: its vector would be
        an accident of the model. One of function words alone ("who am I?") is judged by its vector.
        Raises `StoreFault`; ValueError for an `as_of` without UTC offset.
        """
        if as_of is not None and as_of.tzinfo is None:
            raise ValueError(f"as_of needs a UTC offset: {as_of.isoformat()}")
        sequence = self._index.refresh(subject_key)
        query = _cut(query)
        if limit < 1 or not any(character.isalnum() for character in query):
            return Recall((), sequence)
        vector = self._embedder.embed([query])[0]
        wanted = max(FEWEST_CANDIDATES, CANDIDATES_PER_RESULT * limit)
        while True:
            hits = self._index.search(subject_key, query, vector, limit=wanted, as_of=as_of)
            folded = fold(hits)
            if len(folded) >= limit or len(hits) < wanted:
                return Recall(tuple(_memory(hit.cube, score) for hit, score in folded[:limit]), sequence)
            wanted *= WIDEN


def fold(hits: Sequence[Hit]) -> list[tuple[Hit, float]]:
    """A fact and the turn it was drawn from become one result, which has the better score of the two.

    The fact is shown, unless its turn beats it by more than FACT_MARGIN; then the turn is, without its
    facts. Several facts of one turn are results of their own. Best first, equal scores by id.
    """
    by_claim = sorted(hits, key=lambda hit: (-_claim(hit), hit.cube.id))
    results: dict[str, tuple[Hit, float]] = {}
    shown_for: dict[str, Hit] = {}  # by event: the first result drawn from it
    for hit in by_claim:
        events = [source.event_id for source in hit.cube.sources]
        shown = [shown_for[event] for event in events if event in shown_for]
        if hit.cube.form is Form.FACT:
            if any(other.cube.form is Form.EPISODE for other in shown):
                continue
        elif shown:
            best = shown[0].cube.id
            results[best] = results[best][0], max(results[best][1], hit.score)
            continue
        results[hit.cube.id] = hit, hit.score
        for event in events:
            shown_for.setdefault(event, hit)
    return sorted(results.values(), key=lambda result: (-result[1], result[0].cube.id))


def _claim(hit: Hit) -> float:
    return hit.score + (FACT_MARGIN if hit.cube.form is Form.FACT else 0.0)


def _cut(query: str) -> str:
    words = query[:QUERY_CHARACTERS].split()
    return " ".join(words[:QUERY_WORDS])


def _memory(cube: MemCube, score: float) -> Memory:
    return Memory(
        id=cube.id,
        text=cube.text,
        score=score,
        kind=cube.kind,
        form=cube.form,
        state=cube.state,
        version=cube.version,
        valid_from=cube.valid_from,
        valid_to=cube.valid_to,
        provenance=cube.sources,
    )

"""The recall that a person asks for: candidates of the index, folded into memories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from memcube.cube import Form, Kind, MemCube, Source, State
from memcube.models.embedder import Embedder
from memcube.plaintext.words import content_stems
from memcube.store.index import Hit, RecallIndex, Timed, untimed

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
    """Recalls from one index with one embedder. As safe for threads as these two are.

    `timed` is entered for the phases `embedding` and `folding`; the index is given its own.
    """

    def __init__(self, index: RecallIndex, embedder: Embedder, *, timed: Timed = untimed) -> None:
        self._index = index
        self._embedder = embedder
        self._timed = timed

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
        with self._timed("embedding"):
            vector = self._embedder.embed([query])[0]
        wanted = max(FEWEST_CANDIDATES, CANDIDATES_PER_RESULT * limit)
        while True:
            hits = self._index.search(subject_key, query, vector, limit=wanted, as_of=as_of)
            with self._timed("folding"):
                folded = fold(hits, content_stems(query))
            if len(folded) >= limit or len(hits) < wanted:
                return Recall(tuple(_memory(hit.cube, score) for hit, score in folded[:limit]), sequence)
            wanted *= WIDEN


def fold(hits: Sequence[Hit], asked: frozenset[str] = frozenset()) -> list[tuple[Hit, float]]:
    """A fact and the turn it was drawn from become one result, which has the better score of the two.

    The fact is shown: it has the speaker and the dates resolved. Its turn is shown instead, without its
    facts, only if it beats them by more than FACT_MARGIN and holds words of the question (`asked`, as
    stems) that none of them has. Several facts of one turn are results of their own. Best first, equal
    scores by id.
    """
    scores = {hit.cube.id: hit.score for hit in hits}
    facts = _by_event(hit for hit in hits if hit.cube.form is Form.FACT)
    turns: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda hit: (-hit.score, hit.cube.id)):
        if hit.cube.form is Form.EPISODE:
            turns.setdefault(hit.cube.sources[0].event_id, hit)
    instead: set[str] = set()  # the facts that a turn stands for
    shown: dict[str, Hit] = {}
    for event_id, turn in turns.items():
        drawn = facts.get(event_id, [])
        better = all(turn.score > fact.score + FACT_MARGIN for fact in drawn)
        if drawn and better and _says_more(turn, drawn, asked):
            shown[turn.cube.id] = turn
            instead.update(fact.cube.id for fact in drawn)
    for event_id, turn in turns.items():
        left = [fact for fact in facts.get(event_id, ()) if fact.cube.id not in instead]
        if left:
            best = min(left, key=lambda fact: (-fact.score, fact.cube.id)).cube.id
            scores[best] = max(scores[best], turn.score)
        else:
            shown[turn.cube.id] = turn
    shown.update(
        (hit.cube.id, hit) for hit in hits if hit.cube.form is Form.FACT and hit.cube.id not in instead
    )
    results = [(hit, scores[hit.cube.id]) for hit in shown.values()]
    return sorted(results, key=lambda result: (-result[1], result[0].cube.id))


def _by_event(facts: Iterable[Hit]) -> dict[str, list[Hit]]:
    drawn: dict[str, list[Hit]] = {}
    for fact in facts:
        for source in fact.cube.sources:
            drawn.setdefault(source.event_id, []).append(fact)
    return drawn


def _says_more(turn: Hit, facts: Sequence[Hit], asked: frozenset[str]) -> bool:
    said = frozenset[str]().union(*(content_stems(fact.cube.text) for fact in facts))
    return bool((asked & content_stems(turn.cube.text)) - said)


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

"""The in-memory index against the formulas, after any history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memcube.cube import MemCube, State
from memcube.plaintext.words import terms
from memcube.store.memory import InMemoryRecallIndex, rows
from memcube.store.memory.bm25 import K1, B
from memcube.store.memory.fusion import fuse
from memcube.store.memory.rows import indexed_terms
from memcube.store.record import Vector
from schemas.subject import Others
from tests.memcube.store.index_contract import (
    ANA,
    DAY,
    DIMENSIONS,
    EMBEDDER,
    MONDAY,
    FakeStore,
    check_hits,
    some_vector,
)


def in_memory(store: FakeStore) -> InMemoryRecallIndex:
    return InMemoryRecallIndex(store, EMBEDDER, DIMENSIONS, 1 << 30, analyse=terms)  # type: ignore[arg-type]


WORDS = ("lisbon", "porto", "cat", "tea", "river", "walk", "the", "blue")
STATES = (State.ACTIVE, State.ACTIVE, State.SUPERSEDED, State.RETRACTED, State.MERGED, State.ARCHIVED)
Step = tuple[str, int, list[str], int, State, int | None]
steps = st.lists(
    st.tuples(
        st.sampled_from(("say", "say", "say", "change", "erase", "refresh")),
        st.integers(0, 9),
        st.lists(st.sampled_from(WORDS), max_size=6),
        st.integers(0, 1_000),
        st.sampled_from(STATES),
        st.none() | st.integers(1, 4),
    ),
    max_size=40,
)
RUNS = (None, Others(run_id="a"), Others(run_id="b"), Others(agent_id="x", run_id="a"))


def play(store: FakeStore, index: InMemoryRecallIndex, story: Sequence[Step]) -> None:
    for act, name, words, seed, state, ends in story:
        cubes = {change.cube.cause: change.cube for change in store.log.get(ANA, {}).values()}
        known = cubes.get(str(name))
        valid_to = None if ends is None else MONDAY + ends * DAY
        if act == "refresh":
            index.refresh(ANA)
        elif act == "say" and (known is None or known.payload):
            vector = some_vector(seed) if seed % 5 else None
            others = RUNS[seed % len(RUNS)]
            store.say(ANA, str(name), " ".join(words), vector, state=state, valid_to=valid_to, others=others)
        elif known is not None and known.payload:
            if act == "erase":
                store.erase(known)
            else:
                store.change(known, state=state, valid_to=valid_to, trust=seed / 1_000)
    index.refresh(ANA)


def naive(
    store: FakeStore, query: str, vector: Vector, as_of: datetime | None, others: Others | None
) -> dict[str, tuple[float, float, float]]:
    """Score, cosine and BM25 by id, from the formulas, without any structure."""
    standing = {State.ACTIVE, State.SUPERSEDED, State.EXPIRED, State.ARCHIVED}
    indexed = [change for change in store.log.get(ANA, {}).values() if change.cube.state in standing]
    said = {change.cube.id: Counter(indexed_terms(change.cube, terms)) for change in indexed}
    average = max(sum(sum(bag.values()) for bag in said.values()) / max(len(said), 1), 1.0)
    idf = {
        stem: log(1 + (len(said) - df + 0.5) / (df + 0.5))
        for stem in terms(query)
        for df in [sum(stem in bag for bag in said.values())]
    }
    served = [
        change
        for change in indexed
        if serves(change.cube, as_of) and (others is None or change.cube.comes_from(others))
    ]
    bm25 = [bm25_of(said[change.cube.id], idf, average) for change in served]
    cosine = [0.0 if change.vector is None else float(change.vector @ vector) for change in served]
    trust = [change.cube.trust for change in served]
    scores = fuse(np.array(cosine), np.array(bm25), sum(idf.values()), np.array(trust))
    return {
        change.cube.id: (float(scores[at]), cosine[at], bm25[at])
        for at, change in enumerate(served)
        if scores[at] > 0
    }


def serves(cube: MemCube, as_of: datetime | None) -> bool:
    if as_of is None:
        return cube.state is State.ACTIVE
    return cube.valid_from <= as_of and (cube.valid_to is None or as_of < cube.valid_to)


def bm25_of(bag: Counter[str], idf: Mapping[str, float], average: float) -> float:
    length = sum(bag.values())
    return sum(
        weight * bag[stem] * (K1 + 1) / (bag[stem] + K1 * (1 - B + B * length / average))
        for stem, weight in idf.items()
    )


@settings(max_examples=150, deadline=None)
@given(
    story=steps,
    query=st.lists(st.sampled_from((*WORDS, "unheard")), max_size=5),
    seed=st.integers(0, 1_000),
    day=st.none() | st.integers(-1, 5),
    compact=st.booleans(),
    others=st.sampled_from(RUNS),
)
def test_after_any_history_the_signals_are_those_of_the_formulas(
    *, story: list[Step], query: list[str], seed: int, day: int | None, compact: bool, others: Others | None
) -> None:
    store = FakeStore()
    index = in_memory(store)
    vector, as_of = some_vector(seed), None if day is None else MONDAY + day * DAY
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_WORTH_COMPACTING", 1 if compact else 1_000)
        play(store, index, story)
    hits = index.search(ANA, " ".join(query), vector, limit=100, as_of=as_of, others=others)
    expected = naive(store, " ".join(query), vector, as_of, others)
    check_hits(hits, 100)
    found = {hit.cube.id: (hit.score, hit.cosine, hit.bm25) for hit in hits}
    # A row whose score rounds to nothing may fall on either side.
    for cube_id in found.keys() ^ expected.keys():
        assert (found | expected)[cube_id][0] < 1e-5
    for cube_id in found.keys() & expected.keys():
        assert found[cube_id] == pytest.approx(expected[cube_id], abs=1e-5)
    assert all(hit.cube == store.log[ANA][hit.cube.id].cube for hit in hits)


@settings(max_examples=60, deadline=None)
@given(story=steps)
def test_an_index_that_followed_equals_one_that_was_loaded_anew(story: list[Step]) -> None:
    store = FakeStore()
    followed, anew = in_memory(store), in_memory(store)
    play(store, followed, story)
    anew.refresh(ANA)
    answers = [
        [
            (hit.cube, hit.score)
            for hit in index.search(ANA, "cat, river", some_vector(1), limit=50, as_of=None)
        ]
        for index in (followed, anew)
    ]
    assert answers[0] == answers[1]

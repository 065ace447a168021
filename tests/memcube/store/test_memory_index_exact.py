"""The in-memory index against the definitions of its signals, after any history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from math import log, log1p

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memcube.cube import Form, MemCube, State
from memcube.plaintext.cues import cues
from memcube.plaintext.words import Terms, terms
from memcube.store.index import Asked, Cue, Signal
from memcube.store.memory import InMemoryRecallIndex, rows, tokens
from memcube.store.memory.bm25 import K1, B
from memcube.store.memory.signals import BEFORE, REACH, SESSION_BEST
from memcube.store.record import Change, Vector
from memcube.vectors import TokenVectors, as_int8
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
    return InMemoryRecallIndex(
        store,  # type: ignore[arg-type]
        EMBEDDER,
        DIMENSIONS,
        1 << 30,
        analyse=terms,
        cues=cues,
        analyse_many=Terms,
    )


WORDS = ("lisbon", "porto", "cat", "tea", "river", "walk", "the", "blue", "ana", "i", "today", "ever?")
STATES = (State.ACTIVE, State.ACTIVE, State.SUPERSEDED, State.RETRACTED, State.MERGED, State.ARCHIVED)
Step = tuple[str, int, list[str], int, State, int | None]
steps = st.lists(
    st.tuples(
        st.sampled_from(("say", "say", "say", "turn", "turn", "turn", "change", "erase", "refresh")),
        st.integers(0, 9),
        st.lists(st.sampled_from(WORDS), max_size=6),
        st.integers(0, 1_000),
        st.sampled_from(STATES),
        st.none() | st.integers(1, 4),
    ),
    max_size=40,
)
RUNS = (None, Others(run_id="a"), Others(run_id="b"), Others(agent_id="x", run_id="a"))


def some_tokens(seed: int, count: int) -> TokenVectors:
    rng = np.random.default_rng(seed)
    return TokenVectors(
        rng.integers(1, 9, count).astype(np.uint16),
        as_int8(rng.standard_normal((count, DIMENSIONS)).astype(np.float32)),
    )


def play(store: FakeStore, index: InMemoryRecallIndex, story: Sequence[Step]) -> None:
    for act, name, words, seed, state, ends in story:
        known = store.known(ANA, str(name), Form.EPISODE if seed % 2 else Form.FACT)
        valid_to = None if ends is None else MONDAY + ends * DAY
        if act == "refresh":
            index.refresh(ANA)
        elif act in {"say", "turn"}:
            form = Form.FACT if act == "say" else Form.EPISODE
            before = store.known(ANA, str(name), form)
            if before is not None and before.payload is None:
                continue
            store.say(
                ANA,
                str(name),
                " ".join(words),
                some_vector(seed) if seed % 5 else None,
                tokens=some_tokens(seed, seed % 4) if seed % 3 else None,
                form=form,
                # Of one name the same moment, whatever form: sessions, and turns said at once.
                said=MONDAY + (name // 4) * DAY + (name % 4) * DAY / 24 / 4,
                speaker=("ana", "ben", "user")[name % 3],
                state=state if form is Form.FACT else State.ACTIVE,
                valid_to=valid_to if form is Form.FACT else None,
                others=RUNS[name % len(RUNS)],
            )
        elif known is not None and known.payload:
            if act == "erase":
                store.erase(known)
            else:
                store.change(known, state=state, valid_to=valid_to, trust=seed / 1_000)
    index.refresh(ANA)


Raw = Mapping[str, float]


class Naive:
    """The signals of each unit by id, from their definitions, without any structure."""

    def __init__(self, store: FakeStore, as_of: datetime | None, others: Others | None) -> None:
        self.changes = list(store.log.get(ANA, {}).values())
        standing = {State.ACTIVE, State.SUPERSEDED, State.EXPIRED, State.ARCHIVED}
        stands = [change for change in self.changes if change.cube.state in standing]
        true = {change.cube.id for change in stands if serves(change.cube, as_of)}
        served = [c for c in stands if c.cube.id in true and (others is None or c.cube.comes_from(others))]
        turns = {event_of(c.cube) for c in served if c.cube.form is Form.EPISODE}
        units = [c for c in served if (event_of(c.cube) in turns) == (c.cube.form is Form.EPISODE)]
        self.units = sorted(units, key=lambda c: (run_of(c.cube), said(c.cube), c.cube.id.replace("-", "")))
        self.facts = [c.cube for c in served if c.cube.form is Form.FACT]
        self.tokens = [c.tokens for c in stands if c.tokens is not None]

    def same_session(self, one: int, other: int) -> bool:
        between = self.units[min(one, other) : max(one, other) + 1]
        if len(between) == 1:
            return True
        if any(c.cube.form is Form.FACT for c in between):
            return False
        gaps = [(said(b.cube) - said(a.cube)).total_seconds() for a, b in pairwise(between)]
        return max(gaps) <= 30 * 60 and len({run_of(c.cube) for c in between}) == 1

    def signals(self, query: str, vector: Vector, asked: Asked) -> dict[str, Raw]:
        stems = list(dict.fromkeys(terms(query)))
        speakers = {
            c.cube.sources[0].speaker
            for c in self.changes
            if c.cube.payload
            and c.cube.sources
            and c.cube.state in {State.ACTIVE, State.SUPERSEDED, State.EXPIRED, State.ARCHIVED}
        }
        named = [name for name in speakers if set(terms(name)) & set(stems)]
        words = self.bm25(stems, 0)
        around = self.bm25(stems, REACH)
        late = [self.late(at, asked) for at in range(len(self.units))]
        found = {}
        for at, change in enumerate(self.units):
            cube, flags = change.cube, cues(change.cube.text)
            session = sorted(
                (late[n][0] for n in self.related(words, vector) if self.same_session(at, n)), reverse=True
            )
            found[cube.id] = {
                "cosine": cosine(change, vector),
                "bm25": words[at],
                "tokens": late[at][0],
                "tokens_before": late[at][1],
                "words_around": around[at],
                "session": sum(session[:SESSION_BEST]) / max(len(session[:SESSION_BEST]), 1),
                "speaker": float(len(named) == 1 and cube.sources[0].speaker == named[0]),
                "is_question": float(Cue.QUESTION in flags),
                "tells_time": float(Cue.TIME in flags and asked.when),
                "first_person": float(Cue.FIRST_PERSON in flags),
            }
        return {one: raw for one, raw in found.items() if raw["cosine"] > 0 or raw["bm25"] > 0}

    def related(self, words: Sequence[float], vector: Vector) -> list[int]:
        return [at for at, change in enumerate(self.units) if words[at] > 0 or cosine(change, vector) > 0]

    def bm25(self, stems: Sequence[str], reach: int) -> list[float]:
        near = [
            [
                self.units[other].cube
                for other in range(max(at - reach, 0), min(at + reach + 1, len(self.units)))
                if self.same_session(at, other)
            ]
            for at in range(len(self.units))
        ]
        bags = [sum((self.words_of(cube) for cube in cubes), Counter()) for cubes in near]
        lengths = [sum(len(words_in(cube)) for cube in cubes) for cubes in near]
        average = max(sum(lengths) / max(len(bags), 1), 1.0)
        scores = []
        for bag, length in zip(bags, lengths, strict=True):
            score = 0.0
            for stem in stems:
                frequency = sum(stem in other for other in bags)
                idf = log(1 + (len(bags) - frequency + 0.5) / (frequency + 0.5))
                score += idf * bag[stem] * (K1 + 1) / (bag[stem] + K1 * (1 - B + B * length / average))
            scores.append(score)
        return scores

    def words_of(self, unit: MemCube) -> Counter[str]:
        """Its own, and those that its facts say oftener."""
        words = Counter(words_in(unit))
        for fact in self.facts:
            if unit.form is Form.EPISODE and event_of(fact) == event_of(unit):
                words |= Counter(words_in(fact))
        return words

    def late(self, at: int, asked: Asked) -> tuple[float, float]:
        assert asked.tokens is not None
        before = at - 1 if at and self.same_session(at - 1, at) else at
        alone = with_before = total = 0.0
        for number, vector in zip(asked.tokens.ids, asked.tokens.vectors, strict=True):
            frequency = min(sum(int((one.ids == number).sum()) for one in self.tokens), len(self.units))
            weight = log1p((len(self.units) - frequency + 0.5) / (frequency + 0.5))
            own, previous = (nearest(vector, self.units[one].tokens) for one in (at, before))
            alone += weight * own
            with_before += weight * max(own, BEFORE * previous)
            total += weight
        return (alone / total, with_before / total) if total else (0.0, 0.0)


def cosine(change: Change, vector: Vector) -> float:
    """With the vector as it is kept: in 127 steps up to its greatest part."""
    if change.vector is None:
        return 0.0
    step = np.float32(np.abs(change.vector).max() / 127)
    return float(np.rint(change.vector / step) @ vector * step)


def nearest(vector: Sequence[int], tokens: TokenVectors | None) -> float:
    if tokens is None or not len(tokens):
        return 0.0
    return max(0.0, *(float(np.dot(one.astype(float), vector)) / 127**2 for one in tokens.vectors))


def words_in(cube: MemCube) -> list[str]:
    words = terms(cube.text)
    return words + [term for term in terms(cube.sources[0].speaker) if term not in words]


def event_of(cube: MemCube) -> str:
    return cube.sources[0].event_id


def run_of(cube: MemCube) -> str:
    others = cube.sources[0].others
    return (others and others.run_id) or ""


def said(cube: MemCube) -> datetime:
    return cube.sources[0].time


def serves(cube: MemCube, as_of: datetime | None) -> bool:
    if as_of is None:
        return cube.state is State.ACTIVE
    return cube.valid_from <= as_of and (cube.valid_to is None or as_of < cube.valid_to)


@settings(max_examples=150, deadline=None)
@given(
    story=steps,
    query=st.lists(st.sampled_from((*WORDS, "unheard")), max_size=5),
    seed=st.integers(0, 1_000),
    day=st.none() | st.integers(-1, 5),
    compact=st.booleans(),
    others=st.sampled_from(RUNS),
    when=st.booleans(),
)
def test_after_any_history_the_signals_are_those_of_the_definitions(
    *,
    story: list[Step],
    query: list[str],
    seed: int,
    day: int | None,
    compact: bool,
    others: Others | None,
    when: bool,
) -> None:
    store = FakeStore()
    index = in_memory(store)
    vector, as_of = some_vector(seed), None if day is None else MONDAY + day * DAY
    asked = Asked(tokens=some_tokens(seed + 1, seed % 4), when=when)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_WORTH_COMPACTING", 1 if compact else 1_000)
        play(store, index, story)
    hits = index.search(
        ANA, " ".join(query), vector, limit=100, as_of=as_of, others=others, asked=asked, explain=True
    )
    expected = Naive(store, as_of, others).signals(" ".join(query), vector, asked)
    check_hits(hits, 100)
    found = {
        hit.cube.id: {signal.name: signal.raw for signal in hit.signals}
        | {"cosine": hit.cosine, "bm25": hit.bm25}
        for hit in hits
    }
    assert found.keys() <= expected.keys()
    for cube_id, signals in found.items():
        assert signals == pytest.approx({**expected[cube_id], "date": 0.0, "answers": 0.0}, abs=1e-5)
    if any(hit.score for hit in hits):  # what is hardly like the question at all may round to nothing
        assert found.keys() == expected.keys()
    assert all(hit.cube == store.log[ANA][hit.cube.id].cube for hit in hits)


@settings(max_examples=60, deadline=None)
@given(story=steps)
def test_an_index_that_followed_equals_one_that_was_loaded_anew(story: list[Step]) -> None:
    store = FakeStore()
    followed, anew = in_memory(store), in_memory(store)
    play(store, followed, story)
    anew.refresh(ANA)
    asked = Asked(tokens=some_tokens(7, 3))
    answers = [
        [
            (hit.cube, hit.score, hit.drawn)
            for hit in index.search(ANA, "cat, river", some_vector(1), limit=50, as_of=None, asked=asked)
        ]
        for index in (followed, anew)
    ]
    assert answers[0] == answers[1]


def test_the_pieces_of_many_tokens_are_counted_on_as_memories_come_and_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tokens, "_WORTH_TABLING", 0)
    store = FakeStore()
    asked = Asked(tokens=some_tokens(7, 3))

    def signals(index: InMemoryRecallIndex) -> list[tuple[str, tuple[Signal, ...]]]:
        index.refresh(ANA)
        hits = index.search(ANA, "cat", some_vector(1), limit=50, as_of=None, asked=asked, explain=True)
        return [(hit.cube.id, hit.signals) for hit in hits]

    followed = in_memory(store)
    told = [store.say(ANA, str(n), f"cat {n}", some_vector(n), tokens=some_tokens(n, 5)) for n in range(9)]
    first = signals(followed)
    for number, cube in enumerate(told[:4]):
        store.erase(cube)
        store.say(ANA, f"new {number}", "a cat", some_vector(number), tokens=some_tokens(number + 20, 7))
    assert signals(followed) == signals(in_memory(store)) != first

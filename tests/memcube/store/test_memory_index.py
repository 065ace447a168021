from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import FunctionType, ModuleType
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import astuple

from memcube.cube import State
from memcube.errors import StoreFault
from memcube.plaintext.words import terms
from memcube.store.index import RecallIndex
from memcube.store.memory import InMemoryRecallIndex
from memcube.store.record import Change, Vector
from memcube.vectors import TokenVectors
from schemas.subject import Others
from tests.memcube.store.index_contract import (
    ANA,
    BEN,
    DIMENSIONS,
    EMBEDDER,
    FakeStore,
    RecallIndexContract,
    axis,
    check_hits,
    some_vector,
)

PLENTY = 1 << 30


def in_memory(store: FakeStore, budget: int = PLENTY) -> InMemoryRecallIndex:
    return InMemoryRecallIndex(store, EMBEDDER, DIMENSIONS, budget, analyse=terms)  # type: ignore[arg-type]


class TestInMemoryRecallIndex(RecallIndexContract):
    def make_index(self, store: FakeStore) -> RecallIndex:
        return in_memory(store)


# --- erasure -------------------------------------------------------------------------------------------


def reachable(root: object) -> Iterator[object]:
    """Everything an object holds, code apart."""
    seen = {id(root)}
    waiting = [root]
    while waiting:
        thing = waiting.pop()
        yield thing
        for held in (*gc.get_referents(thing), *unvisited(thing)):
            if id(held) not in seen and not isinstance(held, type | ModuleType | FunctionType | FakeStore):
                seen.add(id(held))
                waiting.append(held)


def unvisited(thing: object) -> Iterable[object]:
    """What the collector passes over because it cannot be part of a cycle: keys that are strings, cubes."""
    if isinstance(thing, dict):
        return thing
    return astuple(thing) if isinstance(thing, msgspec.Struct) else ()


def holds(index: InMemoryRecallIndex, words: Sequence[str], vector: Vector) -> list[object]:
    found: list[object] = []
    for thing in reachable(index):
        text = thing.decode() if isinstance(thing, bytes) else thing
        if isinstance(text, str) and any(word in text.casefold() for word in words):
            found.append(thing)
        if isinstance(thing, np.ndarray):
            found += [thing] * has_secret(thing, vector)
    return found


def has_secret(array: np.ndarray[Any, Any], vector: Vector) -> bool:
    """Its ids or its vectors, as the index writes them."""
    if array.dtype == np.uint16:
        return bool(np.isin(SECRET_TOKENS.ids, array).any())
    if array.dtype != np.int8:
        return False
    rows = {row.tobytes() for row in array}
    return bool(rows & {SECRET_TOKENS.vectors[0].tobytes(), in_steps(vector).tobytes()})


def in_steps(vector: Vector) -> np.ndarray[Any, np.dtype[np.int8]]:
    steps: np.ndarray[Any, np.dtype[np.int8]] = np.rint(
        vector / np.float32(np.abs(vector).max() / 127)
    ).astype(np.int8)
    return steps


SECRET_TOKENS = TokenVectors(np.array([4711, 815], np.uint16), np.array([[9, 8, 7], [6, 5, 4]], np.int8))
OTHER_TOKENS = TokenVectors(np.array([1], np.uint16), np.array([[1, 2, 3]], np.int8))


@pytest.mark.parametrize("end", ["erase", "edit", "retract and erase", "forget"])
def test_words_that_are_gone_leave_no_copy_in_the_index(end: str) -> None:
    store = FakeStore()
    index = in_memory(store)
    secret = some_vector(7)
    said = "Xylophonia Quibbletz lives at 4711 Zanzibar road"
    ids = Others(run_id="Gnorbert's")
    cube = store.say(ANA, "1", said, secret, speaker="Wubbolt", others=ids, tokens=SECRET_TOKENS)
    store.say(ANA, "2", "The road is long", some_vector(8), tokens=OTHER_TOKENS)
    index.refresh(ANA)
    words = ["xylophon", "quibblet", "4711", "zanzibar", "wubbolt", "gnorbert"]
    assert len(holds(index, words, secret)) > len(words) + 3
    if end == "erase":
        store.erase(cube)
    elif end == "edit":
        store.say(ANA, "1", "Somebody lives somewhere on a road", some_vector(9))
    elif end == "retract and erase":
        retracted = store.change(cube, state=State.RETRACTED)
        index.refresh(ANA)
        assert index.search(ANA, "Zanzibar", axis(0), limit=5, as_of=None) == []
        store.erase(retracted)
    else:
        index.forget(ANA)
    if end != "forget":
        index.refresh(ANA)
        assert index.search(ANA, "road", axis(0), limit=5, as_of=None)
    assert holds(index, words, secret) == []


def test_forget_overwrites_the_vectors_of_a_subject_that_a_thread_still_holds() -> None:
    store = FakeStore()
    index = in_memory(store)
    store.say(ANA, "1", "I moved to Lisbon", some_vector(7), tokens=SECRET_TOKENS)
    index.refresh(ANA)
    loaded = index._subjects[ANA]
    matrix, tokens = loaded.rows.pooled._parts, loaded.rows.tokens._vectors
    assert matrix.any()
    assert tokens.any()
    index.forget(ANA)
    assert not matrix.any()
    assert not tokens.any()
    assert len(loaded.rows) == 0


# --- memory --------------------------------------------------------------------------------------------


def test_the_subjects_not_used_for_longest_are_let_go_under_the_budget() -> None:
    store = FakeStore()
    people = [f"acme/user:{number}" for number in range(8)]
    for person in people:
        for number in range(20):
            store.say(person, str(number), f"walk {number} by the river of {person}", axis(number % 8))
    whole = in_memory(store)
    whole.refresh(people[0])
    index = in_memory(store, budget=3 * whole.used_bytes + whole.used_bytes // 2)
    for person in people[:3]:
        index.refresh(person)
    index.refresh(people[0])
    index.refresh(people[3])
    assert index.loaded == (people[2], people[0], people[3])
    reads = store.reads
    assert len(index.search(people[1], "river", axis(0), limit=50, as_of=None)) == 20
    assert store.reads > reads


def test_a_subject_over_the_budget_is_served_alone() -> None:
    store = FakeStore()
    store.say(ANA, "1", "I moved to Lisbon", axis(0))
    store.say(BEN, "1", "I moved to Porto", axis(0))
    index = in_memory(store, budget=1)
    for person in (ANA, BEN):
        index.refresh(person)
        assert len(index.search(person, "moved", axis(0), limit=5, as_of=None)) == 1
        assert index.loaded == (person,)


def test_names_that_do_not_exist_do_not_fill_the_memory() -> None:
    index = in_memory(FakeStore(), budget=100_000)
    for number in range(200):
        index.refresh(f"acme/user:{number}")
    assert len(index.loaded) < 30
    assert index.used_bytes <= 100_000


def test_what_is_counted_follows_what_is_held() -> None:
    store = FakeStore()
    index = in_memory(store)
    index.refresh(ANA)
    empty = index.used_bytes
    cubes = [store.say(ANA, str(n), f"walk {n} along the river", axis(n % 8)) for n in range(3_000)]
    index.refresh(ANA)
    full = index.used_bytes
    for cube in cubes:
        store.erase(cube)
    index.refresh(ANA)
    assert full > empty + 3_000 * 1_000
    assert index.used_bytes < empty + full // 100
    index.forget(ANA)
    assert index.used_bytes == 0


# --- faults --------------------------------------------------------------------------------------------


def test_an_older_copy_of_the_record_is_loaded_anew() -> None:
    store = FakeStore()
    index = in_memory(store)
    store.say(ANA, "1", "I moved to Lisbon", axis(0))
    store.say(ANA, "2", "My cat is called Momo", axis(1))
    index.refresh(ANA)
    older = FakeStore()
    older.say(ANA, "1", "I moved to Lisbon", axis(0))
    store.log, store.seqs = older.log, older.seqs
    assert index.refresh(ANA) == 1
    assert index.search(ANA, "cat", axis(1), limit=5, as_of=None) == []
    assert index.search(ANA, "Lisbon", axis(0), limit=5, as_of=None)


def test_a_record_that_cannot_be_read_leaves_what_was_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    store = FakeStore()
    index = in_memory(store)
    store.say(ANA, "1", "I moved to Lisbon", axis(0))
    index.refresh(ANA)

    def fails(*_: object, **__: object) -> None:
        raise StoreFault("disk")

    with monkeypatch.context() as patch:
        patch.setattr(store, "changes", fails)
        with pytest.raises(StoreFault):
            index.refresh(ANA)
        assert index.search(ANA, "Lisbon", axis(0), limit=5, as_of=None)
    assert index.refresh(ANA) == 1


def test_a_change_that_cannot_be_taken_in_is_not_taken_in_by_half() -> None:
    store = FakeStore()
    index = in_memory(store)
    good = store.say(ANA, "1", "I moved to Lisbon", axis(0))
    index.refresh(ANA)
    bad = store.say(ANA, "2", "My cat is called Momo", np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="broadcast"):
        index.refresh(ANA)
    store.log[ANA][bad.id] = Change(bad, axis(1))
    assert index.refresh(ANA) == 2
    hits = index.search(ANA, "Lisbon cat", axis(7), limit=5, as_of=None)
    assert {hit.cube.id for hit in hits} == {good.id, bad.id}


def test_a_subject_of_many_pages_is_loaded_whole_while_it_is_written_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("memcube.store.memory.index.CHANGES_AT_ONCE", 10)
    store = FakeStore()
    cubes = [store.say(ANA, str(n), f"walk {n} along the river", axis(n % 8)) for n in range(95)]
    read = store.changes

    def written_to(subject: str, after: int, embedder_id: str, **how: Any) -> object:
        page = read(subject, after, embedder_id, **how)
        if after == 0:
            store.erase(cubes[3])  # read already
            store.erase(cubes[50])  # still to be read
            store.say(ANA, "4", "no longer a stroll", axis(0))
        return page

    with monkeypatch.context() as patch:
        patch.setattr(store, "changes", written_to)
        index = in_memory(store)
        assert index.refresh(ANA) == 98
    anew = in_memory(store)
    anew.refresh(ANA)
    for query in ("walk river", "stroll"):
        hits = index.search(ANA, query, axis(0), limit=100, as_of=None)
        assert hits == anew.search(ANA, query, axis(0), limit=100, as_of=None)
        assert len({hit.cube.id for hit in hits} - {cubes[3].id, cubes[50].id}) == len(hits)


def test_a_load_that_broke_off_is_counted_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memcube.store.memory.index.CHANGES_AT_ONCE", 10)
    store = FakeStore()
    for number in range(35):
        store.say(ANA, str(number), f"walk {number} along the river", axis(number % 8))
    read = store.changes

    def breaks(subject: str, after: int, embedder_id: str, **how: Any) -> object:
        if after:
            raise StoreFault("disk")
        return read(subject, after, embedder_id, **how)

    index = in_memory(store)
    with monkeypatch.context() as patch:
        patch.setattr(store, "changes", breaks)
        with pytest.raises(StoreFault):
            index.refresh(ANA)
    assert index.used_bytes > 10_000
    assert index.refresh(ANA) == 35
    assert len(index.search(ANA, "walk", axis(0), limit=100, as_of=None)) == 35


def test_threads_read_while_others_write_and_forget() -> None:
    store = FakeStore()
    for person in (ANA, BEN):
        for number in range(50):
            store.say(person, str(number), f"walk {number} with {person[-3:]}", axis(number % 8))
    index = in_memory(store, budget=60_000)

    def work(turn: int) -> None:
        person = (ANA, BEN)[turn % 2]
        if turn % 17 == 0:
            index.forget(person)
        index.refresh(person)
        hits = index.search(person, f"walk {turn % 50}", axis(turn % 8), limit=10, as_of=None)
        check_hits(hits, 10)
        assert all(hit.cube.subject == person for hit in hits)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(400)))
    index.refresh(ANA)
    assert len(index.search(ANA, "walk", axis(0), limit=100, as_of=None)) == 50

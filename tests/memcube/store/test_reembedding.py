"""Vectors of another embedder in place of the former ones: never mixed, and every reader hears of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from memcube.errors import StoreFault
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models.embedder import HashEmbedder
from memcube.plaintext.view import SubjectView
from memcube.plaintext.words import terms
from memcube.store.memory import InMemoryRecallIndex
from memcube.store.record import Embedded, SubjectWork, Vector
from memcube.store.sqlite import SQLiteCubeStore
from tests.memcube.store.making import ANNA, EMBEDDER, new_cube, partition, share, work

NEW = HashEmbedder.embedder_id


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteCubeStore]:
    opened = SQLiteCubeStore(tmp_path / "cubes.sqlite", SubjectSealer(KeyStore(tmp_path / "keys.sqlite")))
    yield opened
    opened.close()


def told(store: SQLiteCubeStore, count: int) -> list[str]:
    cubes = [new_cube(f"walk {n} along the river", seq=n + 1) for n in range(count)]
    assert not store.commit([share(work(*cubes))])
    return [cube.id for cube in cubes]


def reembed(store: SQLiteCubeStore, ids: list[str], base: int, at: int = 1) -> None:
    texts = [store.cube(ANNA, cube_id).text for cube_id in ids]
    encodings = HashEmbedder().encode(texts)
    found = tuple(
        Embedded(text, known.vector, NEW, known.tokens) for text, known in zip(texts, encodings, strict=True)
    )
    done = SubjectWork(ANNA, base, base + len(ids), (), frozenset(), (f"reprocess-{base}",), tuple(ids))
    assert not store.commit([share(done, base=at, vectors={ANNA: found})])


def index(store: SQLiteCubeStore) -> InMemoryRecallIndex:
    return InMemoryRecallIndex(store, NEW, HashEmbedder.dimensions, 2**26, analyse=terms)


def asked(text: str) -> Vector:
    found: Vector = HashEmbedder().embed([text])[0]
    return found


def test_a_text_has_one_vector_and_it_is_the_last_embedders(store: SQLiteCubeStore) -> None:
    ids = told(store, 3)
    texts = [store.cube(ANNA, cube_id).text for cube_id in ids]
    assert len(store.vectors(ANNA, texts, EMBEDDER)) == 3
    reembed(store, ids[:2], base=3)
    assert set(store.vectors(ANNA, texts, EMBEDDER)) == {texts[2]}
    assert set(store.vectors(ANNA, texts, NEW)) == set(texts[:2])
    assert [len(store.history(ANNA, cube_id)) for cube_id in ids] == [1, 1, 1]


def test_readers_hear_of_new_vectors_once(store: SQLiteCubeStore) -> None:
    ids = told(store, 5)
    assert store.changes(ANNA, 5, NEW) == (5, [])
    reembed(store, [ids[3], ids[1]], base=5)
    sequence, changes = store.changes(ANNA, 5, NEW)
    assert sequence == 7
    assert [change.cube.id for change in changes] == [ids[3], ids[1]]
    assert all(change.vector is not None and change.tokens is not None for change in changes)
    assert store.changes(ANNA, 6, NEW)[1][0].cube.id == ids[1]
    assert store.changes(ANNA, 7, NEW) == (7, [])
    # Whoever reads from the start gets each cube once, with the vector it has now.
    whole = store.changes(ANNA, 0, NEW)[1]
    assert [change.cube.id for change in whole] == ids
    assert [change.vector is not None for change in whole] == [False, True, False, True, False]


def test_what_is_read_page_by_page_comes_once_or_again_where_it_changed_meanwhile(
    store: SQLiteCubeStore,
) -> None:
    ids = told(store, 6)
    reembed(store, ids[:2], base=6)
    begun = store.sequence(ANNA)
    place, first = store.changes(ANNA, 0, NEW, limit=3, vectors_after=begun)
    reembed(store, ids[2:3], base=begun, at=2)
    seen = [change.cube.id for change in first]
    while True:
        place, page = store.changes(ANNA, place, NEW, limit=3, vectors_after=begun)
        seen += [change.cube.id for change in page]
        if len(page) < 3:
            break
    assert seen == [*ids, ids[2]]
    assert place == store.sequence(ANNA)


def test_the_index_finds_by_words_until_there_is_a_vector_of_its_embedder(store: SQLiteCubeStore) -> None:
    ids = told(store, 4)
    recall = index(store)
    recall.refresh(ANNA)
    before = recall.search(ANNA, "river walk 2", asked("river walk 2"), limit=4, as_of=None)
    assert {hit.cosine for hit in before} == {0.0}
    assert before[0].cube.id == ids[2]
    reembed(store, ids, base=4)
    recall.refresh(ANNA)
    after = recall.search(ANNA, "river walk 2", asked("river walk 2"), limit=4, as_of=None)
    assert all(hit.cosine > 0.3 for hit in after)
    assert after[0].cube.id == ids[2]
    anew = index(store)
    anew.refresh(ANNA)
    assert anew.search(ANNA, "river", asked("river"), limit=4, as_of=None) == recall.search(
        ANNA, "river", asked("river"), limit=4, as_of=None
    )


def test_a_view_compares_no_vectors_of_another_embedder(store: SQLiteCubeStore) -> None:
    ids = told(store, 2)
    assert SubjectView(ANNA, store, NEW).nearest(asked("walk 0 along the river"), -1.0) == []
    reembed(store, ids, base=2)
    near = SubjectView(ANNA, store, NEW).nearest(asked("walk 0 along the river"), 0.99)
    assert [cube.id for cube, _ in near] == [ids[0]]


def test_a_writer_that_planned_before_the_new_vectors_is_fenced(store: SQLiteCubeStore) -> None:
    ids = told(store, 2)
    reembed(store, ids, base=2)
    late = share(work(new_cube("late", seq=3), base=2), base=2)
    assert store.commit([late]) == {partition()}


def test_places_for_new_vectors_that_were_not_planned_are_a_fault(store: SQLiteCubeStore) -> None:
    ids = told(store, 2)
    wrong = SubjectWork(ANNA, 2, 3, (), frozenset(), ("e",), tuple(ids))
    with pytest.raises(StoreFault, match="do not fit"):
        store.commit([share(wrong, base=1, vectors={})])
    assert store.sequence(ANNA) == 2

"""Vectors in int8 against the float32 ones that they were."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from memcube.store.memory.pooled import MOST_IN_FULL, Pooled

DIMENSIONS = 384
TOPICS = 200


def told(rows: int, seed: int) -> npt.NDArray[np.float32]:
    """Vectors of norm 1 that gather around topics, as those of texts do."""
    rng = np.random.default_rng(seed)
    topics = rng.standard_normal((TOPICS, DIMENSIONS), np.float32)
    vectors = topics[rng.integers(0, TOPICS, rows)] + rng.standard_normal((rows, DIMENSIONS), np.float32)
    return normed(vectors)


def normed(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lengths: npt.NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def asked_about(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """At a cosine of .7 to what was said."""
    noise = np.random.default_rng(5).standard_normal(vectors.shape, np.float32)
    return normed(vectors + normed(noise))


def pooled(vectors: npt.NDArray[np.float32]) -> Pooled:
    found = Pooled(DIMENSIONS)
    found.resize(len(vectors))
    found.put(np.arange(len(vectors)), list(vectors))
    return found


def test_cosines_are_those_of_the_vectors_within_a_five_hundredth() -> None:
    vectors = told(3_000, 1)
    kept = pooled(vectors)
    for question in told(5, 2):
        assert np.abs(kept.cosines(np.arange(3_000), question) - vectors @ question).max() < 0.002


@pytest.mark.parametrize("filtered", [False, True])
def test_among_many_rows_the_nearest_are_found(*, filtered: bool) -> None:
    count = 5 * MOST_IN_FULL
    vectors = told(count, 3)
    kept = pooled(vectors)
    rows = np.flatnonzero(np.arange(count) % 2) if filtered else np.arange(count)
    for question in asked_about(vectors[:6]):
        found = kept.nearest(rows, question, 5)
        exact = kept.cosines(rows, question)
        compared = found != 0
        assert np.array_equal(found[compared], exact[compared])
        assert compared.sum() < 2 * MOST_IN_FULL
        nearest = np.argsort(-exact)
        assert compared[nearest[:50]].all()
        assert compared[nearest[:150]].mean() > 0.9


def test_whoever_wants_thousands_gets_thousands() -> None:
    kept = pooled(told(5 * MOST_IN_FULL, 3))
    found = kept.nearest(np.arange(5 * MOST_IN_FULL), told(1, 4)[0], 2 * MOST_IN_FULL)
    assert (found != 0).all()


def test_rows_without_a_vector_are_near_nothing() -> None:
    count = 3 * MOST_IN_FULL
    kept = pooled(told(count, 3))
    kept.put(np.arange(10), [None] * 10)
    kept.clear(range(10, 20))
    question = told(1, 4)[0]
    assert not kept.nearest(np.arange(count), question, 5)[:20].any()
    assert not kept.cosines(np.arange(20), question).any()

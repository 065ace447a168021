"""The contract of `Embedder`, run against every implementation."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.models.embedder import TEXT_LIMIT, Embedder, HashEmbedder
from memcube.models.minilm import MiniLM

TURNS = [
    "I moved to Lisbon last Tuesday.",
    "ok",
    "",
    "The dentist is at 14:30 on 3 March, right after the meeting with Ana and before the train leaves.",
    "我上周搬到了里斯本",
    "party tonight 🎉",
    "ok",
] + [f"Turn {number}: " + "we talked about the garden " * (number % 7) for number in range(40)]


@pytest.fixture(scope="module", params=[HashEmbedder, MiniLM])
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    if request.param is HashEmbedder:
        return HashEmbedder()
    return MiniLM(cache=tmp_path_factory.mktemp("cache"))


def test_every_text_has_a_row_of_norm_one(embedder: Embedder) -> None:
    vectors = embedder.embed(TURNS)
    assert vectors.shape == (len(TURNS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    vectors = embedder.embed([])
    assert vectors.shape == (0, embedder.dimensions)
    assert vectors.dtype == np.float32


def test_the_same_texts_give_the_same_vectors(embedder: Embedder) -> None:
    assert np.array_equal(embedder.embed(TURNS), embedder.embed(TURNS))


def test_a_vector_does_not_depend_on_company_or_order(embedder: Embedder) -> None:
    together = embedder.embed(TURNS)
    backwards = embedder.embed(TURNS[::-1])[::-1]
    alone = np.concatenate([embedder.embed([turn]) for turn in TURNS])
    assert np.abs(together - backwards).max() < 1e-6
    assert np.abs(together - alone).max() < 1e-6


def test_close_texts_have_closer_vectors(embedder: Embedder) -> None:
    said, asked, other = embedder.embed(
        ["I moved my home to Lisbon.", "When was the home moved to Lisbon?", "The cake needs three eggs."]
    )
    assert said @ asked > said @ other + 0.2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\t",
        "\x00\x07\x1b",
        "\ud83d",
        "a \udc00 b",
        "\u200b\ufeff",
        "\U000e0001",
        "🎉" * 600,
        "x" * 50_000,
    ],
)
def test_any_string_has_a_vector(embedder: Embedder, text: str) -> None:
    vectors = embedder.embed([text, "a good neighbour", text])
    assert np.isfinite(vectors).all()
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6
    assert np.array_equal(vectors[0], vectors[2])
    assert np.abs(vectors[1] - embedder.embed(["a good neighbour"])[0]).max() < 1e-6


def test_a_split_emoji_is_put_together_again(embedder: Embedder) -> None:
    split, whole = embedder.embed(["party \ud83c\udf89 tonight", "party \U0001f389 tonight"])
    assert np.array_equal(split, whole)


def test_five_megabytes_cost_no_more_than_the_part_that_is_read(embedder: Embedder) -> None:
    text = "we talked about the garden and the dog, " * 125_000
    started = time.perf_counter()
    vector = embedder.embed([text])
    assert time.perf_counter() - started < 1
    assert np.array_equal(vector, embedder.embed([text[:TEXT_LIMIT]]))


def test_a_bare_string_is_refused(embedder: Embedder) -> None:
    with pytest.raises(TypeError, match="wrap it in a list"):
        embedder.embed("hello")


@pytest.mark.parametrize("member", [None, 7, b"bytes"])
def test_what_is_no_string_is_refused(embedder: Embedder, member: object) -> None:
    with pytest.raises(TypeError, match=f"got {type(member).__name__}"):
        embedder.embed(["fine", member])  # type: ignore[list-item]


def test_the_id_names_model_precision_and_version(embedder: Embedder) -> None:
    assert "/fp32/" in embedder.embedder_id
    assert embedder.embedder_id.rsplit("/", 1)[1].isdigit()


def test_hashes_are_the_same_in_every_process() -> None:
    code = (
        "from memcube.models.embedder import HashEmbedder; "
        "print(HashEmbedder().embed(['I moved to Lisbon']).tobytes().hex())"
    )
    root = Path(__file__).parents[3]
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": str(root), "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {HashEmbedder().embed(["I moved to Lisbon"]).tobytes().hex() + "\n"}


# --- tokens --------------------------------------------------------------------------------------------


def test_tokens_of_prose_are_about_as_many_as_its_words(embedder: Embedder) -> None:
    said = "We talked about the garden and the old dentist in Lisbon yesterday"
    [count] = embedder.count_tokens([said])
    assert len(said.split()) <= count <= 2 * len(said.split())
    assert embedder.count_tokens(["", " \n ", "ok"]) == [0, 0, 1]
    assert embedder.count_tokens([]) == []


def test_no_token_is_lost_behind_what_is_embedded(embedder: Embedder) -> None:
    [once] = embedder.count_tokens(["the garden "])
    assert embedder.count_tokens(["the garden " * 5_000]) == [once * 5_000]


@pytest.mark.parametrize("blob", ["x" * 4_000, "我" * 4_000, "\U0001f9f8" * 4_000, "8f3a" * 1_000])
def test_what_is_no_word_is_not_cheap(embedder: Embedder, blob: str) -> None:
    assert embedder.count_tokens([blob])[0] >= 1_000


@given(st.lists(st.text(max_size=30), max_size=5))
def test_lines_have_the_tokens_of_each(embedder: Embedder, texts: list[str]) -> None:
    lines = [f"[{text}]" for text in texts]
    assert embedder.count_tokens(["\n".join(lines)]) == [sum(embedder.count_tokens(lines))]


def test_tokens_of_a_bare_string_are_refused(embedder: Embedder) -> None:
    with pytest.raises(TypeError, match="one string"):
        embedder.count_tokens("one string")

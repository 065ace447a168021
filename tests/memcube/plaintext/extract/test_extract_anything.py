# ruff: noqa: SIM905 (a word list reads best as words)
"""Whatever the text: no exception, bounded, the same twice."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.plaintext.extract import MAX_CANDIDATES, Turn, extract

NOW = datetime(2026, 3, 12, 10, 30, tzinfo=UTC)
_WORDS = st.sampled_from(
    "I I'm i've my me we our the a and but to in at not no longer moved live work Lisbon Acme Tuesday "
    "last next 4 May "
    '30 February yesterday sister called is was if ? . , ! ; " ( ) '
    "\n - * ``` | https://x.y 👍 é 我住 \x00 \ud800 \ue000".split(" ")
)


@given(st.one_of(st.text(st.characters(), max_size=300), st.lists(_WORDS, max_size=60).map(" ".join)))
def test_any_text_is_extracted_without_an_exception_and_the_same_twice(text: str) -> None:
    turn = Turn(text=text, role="user", speaker="Ada", time=NOW)
    candidates = extract(turn)
    assert candidates == extract(turn)
    assert len(candidates) <= MAX_CANDIDATES
    assert all(candidate.text.encode() and "\x00" not in candidate.text for candidate in candidates)
    assert len({candidate.text for candidate in candidates}) == len(candidates)


@pytest.mark.parametrize(
    "text",
    [
        "word " * 10_000,
        "I live in Porto. " * 10_000,
        "I like tea number %d. " * 3_000,
        "a" * 5_000_000,
        "1. " * 50_000,
        "I and my and I and my " * 5_000,
        "((((" * 20_000,
        "not a b c d e " * 5_000,
        "I live in A" + " of A" * 5_000,
        "\n".join(f"I bought {n} eggs on {n % 28 + 1} May {1950 + n % 99}" for n in range(500)),
    ],
    ids=["words", "repeats", "likes", "letters", "numbers", "and", "brackets", "not", "of", "dates"],
)
def test_a_huge_turn_is_bounded(text: str) -> None:
    started = time.perf_counter()
    assert len(extract(Turn(text=text, role="user", speaker="Ada", time=NOW))) <= MAX_CANDIDATES
    # Seconds would mean a pattern that backtracks; the limit leaves room for a loaded machine.
    assert time.perf_counter() - started < 3

from __future__ import annotations

import threading
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.plaintext.words import STOP_WORDS, TEXT_LIMIT, WORD_LIMIT, Terms, content_stems, stem, terms


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("We went to the beach", "going to beaches"),
        ("She bought bikes for the kids", "buying a bicycle for the children"),
        ("My mom's photos", "pictures of mother"),
        ("I have two cats", "2 cat"),
        ("the 7th of January", "7 jan"),
        ("1,000 people", "1000 person"),
        ("a 5kg bag", "5 kg bags"),
        ("José's CAFÉ", "jose cafe"),
        ("l\u2019église", "eglise"),
        ("\uff26\uff35\uff2c\uff2c \uff14\uff12", "full 42"),
        ("Straße", "strasse"),
        ("user_name", "user name"),
    ],
)
def test_people_ask_with_other_words_than_they_said(said: str, asked: str) -> None:
    assert content_stems(asked) <= content_stems(said)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "👍🎉",
        "?!…",
        "who is it",
        "I don't",
        "isn't that what you've been doing?",
        "\x00\x01",
        "\ud800",
    ],
)
def test_nothing_searchable_gives_nothing(text: str) -> None:
    assert terms(text) == []


def test_dates_are_found_whole_by_part_and_by_the_name_of_their_month() -> None:
    assert terms("On 2023-05-07T10:30") == ["2023-05-07", "2023", "may", "7", "10:30", "10", "30"]


def test_what_only_looks_like_a_date_is_numbers() -> None:
    assert terms("2023-13-07") == ["2023", "13", "7"]


def test_numbers_stay_numbers() -> None:
    assert terms("3.5 litres of b12 at 10pm, 007") == ["3.5", "litr", "b12", "10", "pm", "7"]


def test_words_keep_their_order_and_their_repeats() -> None:
    assert terms("tea, coffee and more tea") == ["tea", "coffe", "more", "tea"]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("我有一只猫", "猫"),
        ("昨日、東京へ行った", "東京"),
        ("한국어를 공부해요", "한국어"),
        ("ฉันชอบแมวมาก", "แมว"),
    ],
)
def test_scripts_without_spaces_are_found_by_parts(said: str, asked: str) -> None:
    assert content_stems(asked) <= content_stems(said)
    assert content_stems(asked)


def test_vowel_signs_do_not_cut_words() -> None:
    assert terms("हिन्दी में") == ["हिन्दी", "में"]


def test_a_long_text_without_spaces_is_searchable_to_its_end() -> None:
    assert "末尾" in terms("我们" * 2_000 + "末尾")


@pytest.mark.parametrize("piece", ["word ", "a", "1", "ﷺ", "我", "'", "1,", "é'", "2023-05-07", "\u0301"])
def test_huge_texts_are_cut_and_quick(piece: str) -> None:
    text = piece * (3 * TEXT_LIMIT // len(piece))
    started = time.perf_counter()
    found = terms(text)
    assert time.perf_counter() - started < 2
    assert len(found) <= 2 * TEXT_LIMIT
    assert all(len(term) <= WORD_LIMIT for term in found)


def test_threads_get_the_same_answer() -> None:
    text = "Yesterday we were hiking happily through the mountains of northern Portugal " * 50
    expected, answers = terms(text), []
    threads = [threading.Thread(target=lambda: answers.append(terms(text))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 8


@given(st.lists(st.text() | st.text("ab'-:,.3907 \t\n\x1c\x1fTé猫", max_size=40), max_size=5))
def test_many_texts_are_read_as_each_is_alone(texts: list[str]) -> None:
    read = Terms()
    assert [read(text) for text in (*texts, *texts)] == [terms(text) for text in (*texts, *texts)]


@given(st.text())
def test_any_text_has_terms_that_can_be_keys(text: str) -> None:
    for term in terms(text):
        assert term
        assert len(term) <= WORD_LIMIT
        assert not term.isspace()


@given(st.text(max_size=200))
def test_case_and_composition_do_not_matter(text: str) -> None:
    assert terms(unicodedata.normalize("NFC", text)) == terms(unicodedata.normalize("NFD", text))
    if text.isascii():
        assert terms(text.upper()) == terms(text.lower())


@given(st.lists(st.sampled_from(sorted(STOP_WORDS))))
def test_function_words_alone_are_nothing(words: list[str]) -> None:
    assert content_stems(" ".join(words)) == frozenset()


def test_a_single_word_has_the_stem_it_has_in_a_text() -> None:
    for word in ("went", "hiking", "children", "photos", "lisbon"):
        assert [stem(word)] == terms(word)

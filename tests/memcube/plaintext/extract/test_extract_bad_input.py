# ruff: noqa: RUF001 (wide marks are what people type)
"""What is no statement, or must not be taken for one."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.plaintext.extract import Candidate, Turn, extract

NOW = datetime(2026, 3, 12, 10, 30, tzinfo=UTC)


def said(text: str) -> tuple[Candidate, ...]:
    return extract(Turn(text=text, role="user", speaker="Ada", time=NOW))


def texts(text: str) -> list[str]:
    return [candidate.text for candidate in said(text)]


@pytest.mark.parametrize(
    "text",
    [
        "😂😂😂🎉",
        "https://a.example/b\nhttps://c.example/d\nhttps://e.example/f",
        "| name | city |\n|---|---|\n| Ada | Rome |",
        "name,age\nAda,34\nBob,22",
        "def f(x):\n    return x + 1\nclass A:\n    name = 'I live in Rome'",
        "```\nI live in Rome.\n```",
        "SELECT * FROM users WHERE name = 'Ada';",
        'Traceback (most recent call last):\n  File "x.py", line 3\nValueError: bad',
        "Translate: 'I am a doctor and live in Vienna.'",
        "Please proofread this text: I live in Rome. I have two cats.",
        '"I was born by the river" - which song is that from?',
    ],
)
def test_code_tables_links_and_material_state_nothing(text: str) -> None:
    assert texts(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Oh sure, I love doing taxes. /s",
        "I just bought a yacht. Just kidding!",
        "I'm the queen of England, jk",
        "I love Mondays, not!",
        "I love waiting in line, said no one ever.",
        "Ja klar, ich liebe Steuern. Ironie aus.",
        "In my dream I lived on the moon.",
        "If I won the lottery I'd buy a lighthouse.",
        "Suppose I had a boat.",
        "My friend asked if I live in Rome.",
    ],
)
def test_jokes_dreams_and_hypotheses_that_are_marked_are_no_facts(text: str) -> None:
    assert texts(text) == []


def test_a_date_that_does_not_exist_is_kept_as_said() -> None:
    for text in (
        "My exam is on 30 February.",
        "I was born on 2026-02-30.",
        "The party is on the 31st of June.",
    ):
        [found] = said(text)
        assert not found.dated
        assert found.valid_from == NOW
        assert "(" not in found.text


def test_of_two_statements_that_contradict_each_other_the_last_one_stands_last() -> None:
    homes = [candidate.value for candidate in said("I live in Oslo. I live in Rome.")]
    assert homes == ["oslo", "rome"]


def test_corrections_in_a_circle_end_where_they_ended() -> None:
    found = said("I live in Oslo. Actually, I live in Rome. No, I live in Oslo.")
    assert [(candidate.value, candidate.cue) for candidate in found] == [
        ("rome", "correction"),
        ("oslo", "correction"),
    ]


def test_what_another_says_stays_what_another_says() -> None:
    assert texts("Tom said 'I live in Rome and I have two wives' at dinner.") == [
        "Tom said 'I live in Rome and I have two wives' at dinner"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Я живу в Москве и работаю врачом",
        "Jag bor i Malmö",
        "Vivo em Lisboa com a minha irmã",
        "Asun Turussa ja minulla on kaksi kissaa",
        "私はベルリンに住んでいます",
        "ฉันอาศัยอยู่ในกรุงเทพฯ",
        "Mieszkam w Krakowie od roku",
        "Ich wohne seit 2021 in Kassel",
    ],
)
def test_other_languages_are_kept_word_for_word(text: str) -> None:
    assert texts(text + ".") == [text]


@pytest.mark.parametrize("text", ["¡Qué alegría!", "Merci beaucoup à tous !", "Привет! Как дела?", "谢谢！"])
def test_other_languages_greet_as_well(text: str) -> None:
    assert texts(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "word " * 10_000,
        "I live in Porto. " * 3_300,
        " ".join(f"I like tea number {n}." for n in range(2_000)),
        " ".join(f"On {n % 28 + 1} May I met Tom and my sister moved to Oslo." for n in range(700)),
        "'a " * 10_000,
        '"I said ' * 5_000,
        "I am - " * 5_000,
        "translate " * 10_000,
        "I like tea, and my sister likes tea, " * 1_500,
        "I like tea, " * 5_000,
    ],
    ids=[
        "words",
        "repeats",
        "likes",
        "diary",
        "apostrophes",
        "quotes",
        "dashes",
        "verbs",
        "clauses",
        "commas",
    ],
)
def test_ten_thousand_words_take_no_longer_than_a_page(text: str) -> None:
    said("My exam is on 4 May.")  # the language data of dateparser is read once a process
    quickest = min(_cpu_seconds(text) for _ in range(3))
    # 50 ms alone; twice that on a machine that others use as well.
    assert quickest < 0.1


def _cpu_seconds(text: str) -> float:
    since = time.process_time()
    said(text)
    return time.process_time() - since


_PIECES = st.sampled_from(
    [
        "I",
        "my",
        "you",
        "it",
        "-",
        ",",
        ".",
        "?",
        "!",
        "'",
        '"',
        ":",
        "(",
        ")",
        "and",
        "but",
        "if",
        "not",
        "so",
        "going",
        "to",
        "been",
        "any",
        "me",
        "too",
        "Ada's",
        "don't",
        "4",
        "May",
    ]
)


@given(st.lists(_PIECES, max_size=400).map(" ".join))
def test_no_pattern_backtracks_for_long(text: str) -> None:
    assert _cpu_seconds(text) < 0.5

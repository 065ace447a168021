"""How much news a statement brings: its signs, their points, and what becomes of it."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.plaintext.extract import Candidate, Earlier, Turn, extract
from memcube.plaintext.extract.news import (
    LEAST,
    LEAST_DOUBTED,
    WORTH,
    heard,
    is_dense,
    points,
    salience,
    signs,
    weighed,
)

NOW = datetime(2026, 3, 12, 10, 30, tzinfo=UTC)
FACT = Candidate(
    text="Ada", quote="", about="Ada", valid_from=NOW, dated=False, slot=None, value=None, cue=None
)


def found(statement: str, *, known: frozenset[str] = frozenset(), candidate: Candidate = FACT) -> list[str]:
    return list(signs(candidate, statement, known, answer=False))


def said(text: str, *before: Earlier) -> list[str]:
    turn = Turn(text=text, role="user", speaker="Ada", time=NOW)
    return [one.text for one in extract(turn, before)]


@pytest.mark.parametrize(
    ("statement", "expected", "worth"),
    [
        ("I smoke.", ["word", "plain"], 3),
        ("We quietly measured the canteen for curtains.", ["word"] * 3 + ["short"], 2),
        ("I adopted a lurcher from Enfield.", ["word"] * 3 + ["name", "plain", "deed"], 9),
        ("I had a little cry.", ["moment", "short"], -4),
        ("You told me so, Tom.", ["word", "name", "hearer", "short"], -1),
        ("My neighbour paid 240 for a gearbox", ["word"] * 2 + ["figure", "relative", "own", "short"], 7),
        ("They are like clocks.", ["word", "likeness", "unnamed person", "short", "very short"], -7),
        ("Baking gives me joy, always.", ["word", "habit", "pursuit"], 6),
        (
            "Her name is Shadow.",
            ["word"] * 2 + ["name", "called", "unnamed person", "short", "very short"],
            2,
        ),
        ("One learns to be grateful.", ["word", "saying", "short"], -3),
    ],
)
def test_each_sign_has_its_points(statement: str, expected: list[str], worth: int) -> None:
    assert found(statement) == expected
    assert points(expected) == worth


def test_words_of_the_turns_before_are_no_news() -> None:
    known = heard([Earlier(text="Did the curtains arrive at the canteen?", speaker="Tom")])
    assert found("We quietly measured the canteen for curtains.", known=known) == [
        "word",
        "word again",
        "short",
    ]


def test_a_name_called_is_no_news() -> None:
    known = heard([Earlier(text="Hello!", speaker="Tom")])
    assert "name" not in found("I have bought a kiln, Tom.", known=known)
    assert "name" in found("I have bought a kiln, Tom.")


def test_a_date_of_today_is_worth_less_than_another() -> None:
    dated = msgspec.structs.replace(FACT, dated=True)
    later, today = (
        points(found(f"I have bought a kiln {when}", candidate=dated)) for when in ("in May", "today")
    )
    assert LEAST <= today < later


def test_what_its_shape_speaks_against_needs_more() -> None:
    statement = "We so often measured the canteen for curtains."
    assert LEAST <= points(found(statement)) < LEAST_DOUBTED
    assert weighed(FACT, statement, (), doubted=False, answer=False, among_people=True) is not None
    assert weighed(FACT, statement, (), doubted=True, answer=False, among_people=True) is None


@pytest.mark.parametrize("told", ["I keep bees.", "I sleep 7 hours.", "I take vitamin D too."])
def test_a_plain_thing_told_to_nobody_else_is_kept_and_among_people_is_company(told: str) -> None:
    assert said(told)
    assert not said(told, Earlier(text="How was the weekend by the sea?", speaker="Ben"))
    assert said(told, Earlier(text="Noted.", speaker="assistant"))
    assert said(told, Earlier(text="Something else first.", speaker="Ada"))


@pytest.mark.parametrize(
    "candidate",
    [
        msgspec.structs.replace(FACT, category="instruction"),
        msgspec.structs.replace(FACT, cue="correction"),
        msgspec.structs.replace(FACT, cue="ending"),
        msgspec.structs.replace(FACT, slot="lives_in", value="rome"),
    ],
)
def test_what_other_rules_vouch_for_is_never_too_short(candidate: Candidate) -> None:
    assert weighed(candidate, "Rome", (), doubted=False, answer=False, among_people=True) is not None
    assert weighed(FACT, "Rome", (), doubted=False, answer=False, among_people=True) is None


@pytest.mark.parametrize(
    "talk",
    [
        "I had a little cry in the car.",
        "I've got a lump in my throat.",
        "I'm sitting here with my mouth wide open.",
        "I feel like a retired villain.",
        "One learns to be grateful for strange things.",
        "Those moments shape kids more than any lesson could.",
        "I remember what you wrote.",
    ],
)
def test_talk_of_the_right_shape_makes_no_memory(talk: str) -> None:
    assert said(talk, Earlier(text="How was the weekend by the sea?", speaker="Ben")) == []


def test_a_short_answer_is_kept_and_a_name_called_is_none() -> None:
    asked = Earlier(text="Any pets?", speaker="Tom")
    assert said("Two cats.", asked) == ["Ada has two cats (pets)"]
    assert said("Tom!", Earlier(text="Is it you or Ben?", speaker="Tom")) == []


def test_a_sentence_that_only_its_words_speak_for_is_kept_whole() -> None:
    assert said("Wednesday mornings, straight from the factory, with Mevrouw de Wit since May.") == [
        "Wednesday (2026-03-18) mornings, straight from the factory, with Mevrouw de Wit since May (2025-05)"
    ]
    assert not is_dense("So good, and so true!")


_WORDS = st.lists(
    st.sampled_from(
        [
            "my",
            "the",
            "sister",
            "sold",
            "quiet",
            "kiln",
            "in",
            "garden",
            "today",
            "like",
            "so",
            "never",
            "cried",
        ]
    ),
    min_size=1,
    max_size=14,
)
_SUBJECT = st.sampled_from(["I", "We", "My", "It", "The", "They", "Painting", "You"])


@given(_SUBJECT, _WORDS, st.sampled_from(["Zagreb", "Ottilie", "Bosch"]), st.integers(10, 9999))
def test_a_name_or_a_number_more_never_lowers_the_score(
    subject: str, words: list[str], name: str, number: int
) -> None:
    statement = " ".join([subject, *words])
    bare = points(found(statement))
    assert points(found(f"{statement} {name}")) >= bare
    assert points(found(f"{statement} {number}")) >= bare


@given(_SUBJECT, _WORDS)
def test_said_before_is_never_worth_more(subject: str, words: list[str]) -> None:
    statement = " ".join([subject, *words])
    known = heard([Earlier(text=statement, speaker="Tom")])
    assert points(found(statement, known=known)) <= points(found(statement)) + WORTH["word again"]


@given(st.integers(-40, 60), st.integers(-40, 60))
def test_salience_grows_with_the_points_between_none_and_one(a: int, b: int) -> None:
    low, high = sorted((a, b))
    assert 0 <= salience(low) <= salience(high) <= 1


def test_every_sign_has_a_worth_that_is_not_nothing() -> None:
    assert all(worth for worth in WORTH.values())

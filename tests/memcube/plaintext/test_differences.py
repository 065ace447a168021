from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.plaintext.contrasts import CONTRASTS, NEGATIONS
from memcube.plaintext.differences import TEXT_LIMIT, difference, same_statement
from memcube.plaintext.quantities import numbers

SAME = [
    ("I've moved to Lisbon", "I moved to Lisbon"),
    ("I love hiking", "I really love hiking!"),
    ("I love hiking in the mountains", "I really enjoy hiking in the mountains"),
    ("I moved to Lisbon", "i moved to lisbon."),
    ("I MOVED TO LISBON", "I moved to Lisbon"),
    ("I have two cats", "I have 2 cats"),
    ("The flat costs 1,000 euros", "The flat costs €1000"),
    ("I don't eat meat", "I do not eat meat"),
    ("I no longer smoke", "I don't smoke anymore"),
    ("Moved to Lisbon last week", "I moved to Lisbon last week"),
    ("Yes, Ana called", "Ana called"),
    ("I moved to Lisbon 🎉", "I moved to Lisbon"),
    ("We meet at 7 pm", "We meet at 7 p.m."),
    ("I run 5 km", "I run 5 kilometres"),
    ("我住在里斯本", "我住在里斯本。"),
]

DIFFERENT = [
    ("number", "I have two cats", "I have 3 cats"),
    ("number", "I have 2 cats and 3 dogs", "I have 3 cats and 2 dogs"),
    ("number", "She is twenty-five", "She is twenty-six"),
    ("number", "The first try", "The second try"),
    ("number", "It is -5 outside", "It is 5 outside"),
    ("name", "I moved to Lisbon", "I moved to Porto"),
    ("name", "My friend Ana moved", "My friend moved"),
    ("name", "Ana lives here", "Eva lives here"),
    ("name", "Peters called", "Peter called"),
    ("name", "Ana met Ben", "Ben met Ana"),
    ("name", "I met William", "I met Williams"),
    ("name", "我住在里斯本", "我住在波尔图"),
    ("value", "i live in lisbon", "i live in porto"),
    ("value", "i met ana", "i met eva"),
    ("name", "ana met ben", "ben met ana"),
    ("value", "I am allergic to peanuts", "I am allergic to cashews"),
    ("value", "I work as a nurse", "I work as a teacher"),
    ("date", "We meet on Monday", "We meet on Tuesday"),
    ("date", "The trip is in May", "The trip is in June"),
    ("date", "I leave today", "I leave tomorrow"),
    ("date", "We met last week", "We meet next week"),
    ("date", "We meet at 7 am", "We meet at 7pm"),
    ("date", "I work mornings", "I work evenings"),
    ("unit", "I run 5 km", "I run 5 miles"),
    ("unit", "It costs $5", "It costs €5"),
    ("unit", "I swim every week", "I swim every month"),
    ("negation", "I like tea", "I don't like tea"),
    ("negation", "I can swim", "I can't swim"),
    ("negation", "I eat fish", "I never eat fish"),
    ("negation", "coffee with sugar", "coffee without sugar"),
    ("negation", "I live in Porto", "I no longer live in Porto"),
    ("negation", "I don't like tea but like coffee", "I like tea but don't like coffee"),
    ("polarity", "I like tea", "I dislike tea"),
    ("polarity", "I love Rome", "I hate Rome"),
    ("polarity", "Call me before lunch", "Call me after lunch"),
    ("polarity", "I turn left", "I turn right"),
    ("polarity", "I want more sugar", "I want less sugar"),
    ("polarity", "Prices increased", "Prices decreased"),
    ("polarity", "I moved to Lisbon", "I moved from Lisbon"),
    ("polarity", "I may move to Rome", "I move to Rome"),
    ("polarity", "I want to move to Rome", "I moved to Rome"),
    ("polarity", "My brother lives in Rome", "My sister lives in Rome"),
    ("polarity", "I used to live in Rome", "I live in Rome"),
    ("tense", "I lived in Rome", "I live in Rome"),
    ("person", "He loves tea", "She loves tea"),
    ("code", "mail a@x.com", "mail b@x.com"),
    ("question", "You live in Rome", "You live in Rome?"),
    ("words", "👍", "👎"),
]

# Without capitals these names cannot be told from a word, or from their own plural.
SMALL_HIDES = {"Peters called", "I met William", "My friend Ana moved"}


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_statement_in_other_words_may_merge(one: str, other: str) -> None:
    assert difference(one, other) is None
    assert same_statement(other, one)


@pytest.mark.parametrize(("kind", "one", "other"), DIFFERENT)
def test_a_detail_keeps_two_statements_apart(kind: str, one: str, other: str) -> None:
    assert difference(one, other) == difference(other, one) == kind
    assert not same_statement(one, other)


@pytest.mark.parametrize(("kind", "one", "other"), DIFFERENT)
def test_writing_small_does_not_make_them_one(kind: str, one: str, other: str) -> None:
    assert same_statement(one.lower(), other.lower()) is (one in SMALL_HIDES), kind


def test_long_turns_merge_only_when_equal() -> None:
    long = "tea " * TEXT_LIMIT
    assert same_statement(long, long)
    assert difference(long, long + "!") == "length"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two cats, 1,000 fish", ("2", "1000")),
        ("two hundred and five", ("205",)),
        ("five hundred thousand two hundred and one", ("500201",)),
        ("3 million", ("3000000",)),
        ("a hundred and Ana", ("100",)),
        ("nineteen ninety", ("19", "90")),
        ("twenty-five and three", ("25", "3")),
        ("zero, half a dozen, twice", ("0", "half", "12", "2")),
        ("-5 or 3-5, 3.50 and 007", ("-5", "3", "5", "3.5", "7")),
        ("2023-05-07 at 10:30", ("2023", "5", "7", "10", "30")),
        ("9" * 5_000, ("9" * 5_000,)),
        ("none", ()),
    ],
)
def test_numbers_are_read_in_digits_and_in_words(text: str, expected: tuple[str, ...]) -> None:
    assert numbers(text) == expected


PIECES = """
    I i Ana ana moved move to from Lisbon not don't 2 two hundred and May may km 5kg am -3 love hate we the a
    \u732b \U0001f44d ? . \u2019s O'Brien
"""
vocabulary = st.sampled_from([*PIECES.split(), *sorted(CONTRASTS)[::9], *sorted(NEGATIONS)[::5]])
sentences = st.lists(vocabulary, max_size=8).map(" ".join) | st.text(max_size=40)


@given(sentences, sentences)
def test_the_guard_is_symmetric(one: str, other: str) -> None:
    assert difference(one, other) == difference(other, one)


@given(sentences)
def test_the_guard_is_reflexive(text: str) -> None:
    assert same_statement(text, text)


@given(sentences.filter(lambda text: any(c.isascii() and c.isalpha() for c in text)))
def test_spacing_at_the_ends_makes_no_other_statement(text: str) -> None:
    assert same_statement(text, f" {text}\n")


@given(sentences, st.integers(0, 10**9), st.integers(0, 10**9))
def test_another_number_is_another_statement(text: str, one: int, other: int) -> None:
    assert same_statement(f"{text}. {one} times", f"{text}. {other} times") is (one == other)

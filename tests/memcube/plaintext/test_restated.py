"""A few words that put right the sentence before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.plaintext.restated import first_sentence, in_one_turn, is_said_whole, put_right


@pytest.mark.parametrize(
    ("said", "before", "righted"),
    [
        ("No, on Thursday, sorry.", "My exam is on Tuesday.", "My exam is on Thursday."),
        ("Sorry, I meant 4pm.", "The call is at 3pm on Monday.", "The call is at 4pm on Monday."),
        ("Sorry, her name is Kathrin, with h.", "My boss is called Katrin.", "My boss is called Kathrin."),
        ("I meant 50.", "I have 15 chickens.", "I have 50 chickens."),
        ("Thursday, not Tuesday.", "It is on Tuesday.", "It is on Thursday."),
        ("Sorry, platform 6.", "It leaves at 7:52 from platform 9.", "It leaves at 7:52 from platform 6."),
        ("scratch that, it lands at 19:20", "My flight lands at 18:20.", "My flight lands at 19:20."),
        ("Oops, 0170 555132.", "My number is 0170 555123.", "My number is 0170 555132."),
    ],
)
def test_a_value_is_put_in_the_place_of_its_kind(said: str, before: str, righted: str) -> None:
    assert put_right(said, before) == righted


@pytest.mark.parametrize(
    ("said", "before"),
    [
        ("No, thanks.", "I live in Faro."),
        ("Sorry, Tom.", "I live with Ben."),
        ("Sorry, on Thursday.", "I work on Mondays and Tuesdays."),
        ("No, two cats.", "I have three cats and two dogs."),
        ("Thursday.", "My exam is on Tuesday."),
        ("Did you mean Thursday?", "My exam is on Tuesday."),
        ("I live in Rome.", "My sister lives in Oslo."),
        ("Sorry, on Thursday.", "Is my exam on Tuesday?"),
    ],
)
def test_what_may_be_meant_otherwise_puts_nothing_right(said: str, before: str) -> None:
    assert put_right(said, before) is None


def test_who_says_the_value_whole_behind_it_need_not_be_guessed() -> None:
    assert is_said_whole("No, I meant Thursday.", "The piano lesson is on Thursday at 17:00.")
    assert not is_said_whole("No, I meant Thursday.", "The lesson is at 17:00.")
    assert not is_said_whole("The lesson is fun.", "The lesson is fun.")


def test_a_turn_may_put_itself_right() -> None:
    assert in_one_turn("It is on Saturday. Sorry, on Sunday. I bake.") == "It is on Sunday. I bake."
    assert in_one_turn("I like tea. I like jam.") == "I like tea. I like jam."


def test_a_word_of_regret_belongs_to_what_follows() -> None:
    assert first_sentence("Sorry. I meant 4pm. See you.") == ("Sorry. I meant 4pm.", "See you.")


@given(st.text(max_size=80), st.text(max_size=120))
def test_any_text_is_taken(said: str, before: str) -> None:
    righted = put_right(said, before)
    assert righted is None or righted != before
    in_one_turn(before)

"""What is recalled after something has changed: what holds, and of a turn what it says that holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from memcube.cube import State
from schemas.body import Plain
from schemas.events import Edit, Feedback, Pin, Prompt, Tick, Undo
from tests.processors.conversation import Conversation

ADDRESS: dict[str, Any] = {"tenant": "t", "group_id": "home"}
MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
YEARS_LATER = datetime(2029, 3, 1, 12, tzinfo=UTC)
LONG = (
    "The plumber comes every other Thursday and wants the cellar door open. "
    "Lentils need forty minutes and a bay leaf."
)


def test_the_turn_still_tells_what_time_has_ended(home: Conversation) -> None:
    said = "Haha, guess what, I saw a whale from the ferry to Skye."
    turn = home.put(Prompt(**ADDRESS, body=Plain(text=said, name="Ada")), MARCH)
    home.put(Tick(**ADDRESS), YEARS_LATER)
    assert home.facts() == []
    assert home.fact("whale").state is State.EXPIRED
    assert home.episode(turn).state is State.ACTIVE
    assert home.recall("Who saw a whale?") == [said]


def test_a_turn_that_said_it_again_does_not_serve_what_was_replaced(home: Conversation) -> None:
    home.say("I live in Oslo.", day=1, name="Dee")
    home.say("I live in Oslo. I own a boat called Orca.", day=2, name="Dee")
    home.say("I moved to Bergen.", day=3, name="Dee")
    found = home.recall("Where does Dee live?")
    assert found[0] == "Dee moved to Bergen"
    assert not any("Oslo" in text for text in found)
    assert "Dee owns a boat called Orca" in home.recall("What is the boat called?")
    as_of = datetime(2026, 3, 2, 23, tzinfo=UTC)
    assert any("Oslo" in text for text in home.recall("Where does Dee live?", as_of=as_of))


def test_the_turns_of_an_edited_fact_do_not_say_its_old_words(home: Conversation) -> None:
    first = home.say("I live in Oslo.", day=1)
    beside = home.say("I live in Oslo. I own a boat called Orca.", day=2)
    fact = home.fact("Oslo")
    edit = home.do(Edit(**ADDRESS, cube_id=fact.id, body=Plain(text="Ada lives in Bergen")), day=3)
    again = home.say("I live in Oslo.", day=4)
    for query in ("Where does Ada live?", "Who lives in Oslo?", "What do you know about Oslo?"):
        assert not any("Oslo" in text for text in home.recall(query)), query
    assert home.recall("Where does Ada live?")[0] == "Ada lives in Bergen"
    assert "Ada owns a boat called Orca" in home.recall("What is the boat called?")
    assert [home.episode(turn).state for turn in (first, beside, again)] == [
        State.SUPERSEDED,
        State.ACTIVE,
        State.SUPERSEDED,
    ]
    assert (home.fact("Bergen").reason, home.fact("Bergen").text) == ("edited-since", "Ada lives in Bergen")
    home.do(Undo(**ADDRESS, event_id=again), day=5)
    home.do(Undo(**ADDRESS, event_id=edit), day=5)
    assert home.refusals() == []
    assert home.episode(first).state is State.ACTIVE
    assert "Ada lives in Oslo" in home.recall("Where does Ada live?")


def test_what_is_said_after_an_edit_is_the_turns_own(home: Conversation) -> None:
    home.say("I live in Oslo.", day=1)
    home.do(Edit(**ADDRESS, cube_id=home.fact("Oslo").id, body=Plain(text="Ada lives in Bergen")), day=2)
    again = home.say("I live in Bergen.", day=3)
    assert home.episode(again).state is State.ACTIVE
    assert home.recall("Where does Ada live?")[0] in {"Ada lives in Bergen", "I live in Bergen."}


def test_feedback_on_a_fact_decides_between_what_is_recalled(home: Conversation) -> None:
    query = "Which tea does Ada like?"
    for colour in ("green", "black", "white"):
        home.say(f"I like {colour} tea.", day=1)
    ranked = home.recall(query)
    best, last = home.fact(ranked[0]), home.fact(ranked[-1])
    for _ in range(3):
        home.do(Feedback(**ADDRESS, cube_ids=(best.id,), verdict="down"), day=2)
        home.do(Feedback(**ADDRESS, cube_ids=(last.id,), verdict="up"), day=2)
    assert home.recall(query) == [last.text, ranked[1], best.text]


def test_of_a_turn_its_other_sentences_stay(home: Conversation) -> None:
    turn = home.say(f"I live in Oslo. {LONG}", day=1)
    home.say("I moved to Bergen.", day=2)
    assert home.fact("Oslo").state is State.SUPERSEDED
    assert home.episode(turn).state is State.ACTIVE
    for query, answer in (
        ("When does the plumber come?", "plumber"),
        ("How long do lentils need?", "forty minutes"),
    ):
        found = home.recall(query)
        assert answer in found[0]
        assert not any("Oslo" in text for text in found)
        [line] = [line for line in home.recall(query, max_tokens=500) if answer in line]
        assert "Oslo" not in line
    assert home.recall("Who lives there?") == ["Ada moved to Bergen"]
    assert not any("Oslo" in text for text in home.recall("Oslo?"))


def test_a_turn_stays_with_a_sentence_that_made_no_fact(home: Conversation) -> None:
    turn = home.say("I live in Oslo. Those trams sing all winter long.", day=1)
    home.say("I moved to Bergen.", day=2)
    assert home.facts(*State) == ["Ada lives in Oslo", "Ada moved to Bergen"]
    assert home.episode(turn).state is State.ACTIVE
    assert home.recall("Which trams sing?")[0] == "Those trams sing all winter long."


def test_what_was_denied_is_left_out_of_its_turn(home: Conversation) -> None:
    home.say("I'm allergic to walnuts. I own a boat called Orca.", day=1)
    home.say("I'm allergic to peanuts, not walnuts.", day=2)
    assert home.fact("to walnuts").state is State.RETRACTED
    assert "Ada owns a boat called Orca" in home.recall("What is the boat called?")
    assert not any("allergic to walnuts" in text for text in home.recall("Is Ada allergic to walnuts?"))


def test_a_turn_of_which_only_a_greeting_is_left_leaves_recall(home: Conversation) -> None:
    turn = home.say("Good morning! I live in Oslo. How are you today?", day=1)
    home.say("I moved to Bergen.", day=2)
    assert (home.episode(turn).state, home.episode(turn).reason) == (State.SUPERSEDED, "nothing-left-of-it")


def test_a_turn_that_corrects_itself_stays_with_what_it_ends_in(home: Conversation) -> None:
    turn = home.say("I love olives. Actually I hate olives. My bike is green.")
    assert home.facts() == ["Ada hates olives", "Ada's bike is green"]
    assert home.episode(turn).state is State.ACTIVE
    assert "bike is green" in home.recall("What colour is the bike?")[0]
    assert not any("love" in text for text in home.recall("Who loves olives?"))
    home.say("Actually I love olives. My bike is not green.", day=2)
    assert home.episode(turn).state is State.SUPERSEDED


def test_a_sentence_that_holds_in_part_is_shown_by_its_facts(home: Conversation) -> None:
    home.say("I live in Oslo and my cat is called Momo.", day=1)
    home.say("I moved to Bergen.", day=2)
    found = home.recall("What is the cat called?")
    assert any("Momo" in text for text in found)
    assert not any("Oslo" in text for text in found)


def test_the_turn_of_a_home_leaves_recall_on_the_day_that_was_announced_for_another(
    home: Conversation,
) -> None:
    old = home.say("I live in Lisbon.", day=1)
    home.say("I'm moving to Porto on 20 March.", day=2)
    home.do(Tick(**ADDRESS), day=21)
    assert home.episode(old).state is State.SUPERSEDED
    assert not any("Lisbon" in text for text in home.recall("Where does Ada live?"))


def test_a_pinned_fact_keeps_its_turn(home: Conversation) -> None:
    turn = home.say("I live in Oslo.", day=1)
    home.do(Pin(**ADDRESS, cube_id=home.fact("Oslo").id), day=2)
    home.say("I moved to Bergen.", day=3)
    assert home.episode(turn).state is State.ACTIVE
    assert any("Oslo" in text for text in home.recall("Where does Ada live?"))


@pytest.mark.parametrize(
    ("said", "query"),
    [
        ("```python\nI_live = 'Oslo'\ndef I_work_at(place): return place\n```", "def I_work_at(place)"),
        ("| name | city |\n|---|---|\n| Ada | Oslo |\n| Bob | Rome |", "name city Oslo Rome"),
        (
            "https://a.example/I-live-in-Oslo\nhttps://b.example/?q=I+work+at+Acme\nhttps://c.example",
            "I live in Oslo",
        ),
        ("Oh great, I just love paying taxes. /s", "Who loves paying taxes?"),
        ("I am the queen of England, just kidding!", "Who is the queen of England?"),
        ("I live on the moon lol jk", "Who lives on the moon?"),
    ],
)
def test_what_states_nothing_is_kept_and_recalled_as_it_was_said(
    home: Conversation, said: str, query: str
) -> None:
    """Code, a table, a list of links; sarcasm and jokes that are marked."""
    home.say("I live in Porto.", day=1)
    turn = home.say(said, day=2)
    assert home.facts(*State) == ["Ada lives in Porto"]
    assert home.episode(turn).text == said
    assert home.recall(query)[0] == said

"""What people ask of the memory in plain words: what it reaches, what it leaves, and whose it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from memcube.cube import Form, MemCube, State
from schemas.body import Plain
from schemas.events import Prompt, Response
from tests.processors.conversation import Conversation

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


def answered(
    home: Conversation,
    text: str,
    *used: MemCube,
    time: datetime = NOON,
    name: str | None = None,
    agent_id: str | None = None,
) -> str:
    given = tuple(cube.id for cube in used)
    body = Plain(text=text, name=name)
    return home.put(Response(tenant="t", group_id="home", agent_id=agent_id, body=body, used=given), time)


def said(home: Conversation, text: str, time: datetime, name: str = "Ada", user_id: str | None = None) -> str:
    body = Plain(text=text, name=name)
    return home.put(Prompt(tenant="t", group_id="home", user_id=user_id, body=body), time)


def erased(home: Conversation) -> int:
    return sum(cube.state is State.ERASED for cube in home.cubes())


@pytest.mark.parametrize(
    "order", ["Forget that. I was joking.", "Ok, forget that! It was a joke.", "Forget that."]
)
def test_an_order_is_the_first_sentence_of_a_turn(home: Conversation, order: str) -> None:
    home.say("I own a boat.", day=20)
    home.say(order, day=20)
    assert home.facts() == []
    assert erased(home) == 2


@pytest.mark.parametrize(
    "order",
    ["Please forget my salary.", "Forget about my salary.", "Forget what I said about my salary. Thanks!"],
)
def test_one_thing_is_forgotten_by_its_name(home: Conversation, order: str) -> None:
    home.say("My salary is 50000 euros.", day=1)
    home.say("I like jazz.", day=1)
    home.say(order, day=2)
    assert home.facts() == ["Ada likes jazz"]
    assert not any("salary" in cube.text for cube in home.cubes())


def test_what_stands_behind_an_order_to_forget_is_kept_without_the_order(home: Conversation) -> None:
    home.say("My cousin Jonas plays the cello.", day=1)
    order = home.say("Forget what I said about Jonas. I live in Rome now.", day=2)
    assert home.facts() == ["Ada lives in Rome now"]
    assert home.episode(order).text == "I live in Rome now."
    home.reprocess()
    assert home.facts() == ["Ada lives in Rome now"]


@pytest.mark.parametrize("order", ["Forget the bit with the boat, will you.", "Forget everything!"])
def test_an_order_to_forget_that_is_not_understood_says_so(home: Conversation, order: str) -> None:
    home.say("I own a boat.", day=1)
    home.say(order, day=2)
    assert home.facts() == ["Ada owns a boat"]
    assert "forget-not-understood" in home.reasons()


@pytest.mark.parametrize(
    "chat", ["Forget it.", "Forget about it.", "Never mind.", "Should I forget my umbrella?"]
)
def test_what_only_sounds_like_an_order_is_none(home: Conversation, chat: str) -> None:
    home.say("I own a boat.", day=1)
    home.say(chat, day=1)
    assert home.facts() == ["Ada owns a boat"]
    assert "forget-not-understood" not in home.reasons()


def test_one_fact_does_not_open_the_way_to_a_dozen_turns(home: Conversation) -> None:
    home.say("My home is in Oslo.", day=1)
    for number in range(12):
        home.say(f"What shall I cook when I get home, number {number}?", day=2)
    home.say("Forget what I said about my home.", day=3)
    assert erased(home) == 0
    assert "too-much-matches" in home.reasons()


def test_turns_alone_are_bounded_as_well(home: Conversation) -> None:
    for number in range(12):
        home.say(f"What shall I cook when I get home, number {number}?", day=2)
    home.say("Forget what I said about home.", day=3)
    assert erased(home) == 0
    assert "too-much-matches" in home.reasons()


def test_an_order_that_comes_late_reaches_only_what_was_said_before_it(home: Conversation) -> None:
    said(home, "My boat is called Orca.", NOON - timedelta(days=1200))
    said(home, "I own a boat.", NOON)
    said(home, "Forget what I said about my boat.", NOON - timedelta(days=1000))
    assert home.facts() == ["Ada owns a boat"]
    assert not any("Orca" in cube.text for cube in home.cubes())


def test_what_was_said_again_since_outlives_a_late_order(home: Conversation) -> None:
    said(home, "I own a boat.", NOON - timedelta(days=1200))
    said(home, "I own a boat.", NOON)
    said(home, "Forget what I said about my boat.", NOON - timedelta(days=1000))
    assert home.facts() == ["Ada owns a boat"]


def test_a_late_judgement_does_not_reach_what_was_said_again_since(home: Conversation) -> None:
    said(home, "I own a boat.", NOON - timedelta(days=2))
    answered(home, "You own a boat.", home.fact("boat"), time=NOON - timedelta(days=1))
    said(home, "Yes, I own a boat.", NOON)
    said(home, "I own a boat.", NOON + timedelta(minutes=1))
    said(home, "That's wrong.", NOON - timedelta(days=1) + timedelta(minutes=1))
    assert home.facts() == ["Ada owns a boat"]


@pytest.mark.parametrize("order", ["Forget that.", "That's wrong.", "That's not true anymore."])
def test_what_the_answer_did_not_state_is_not_meant(home: Conversation, order: str) -> None:
    home.say("I live in Oslo.", day=1)
    answered(home, "Two and two make five.", home.fact("Oslo"))
    said(home, order, NOON + timedelta(minutes=5))
    assert home.facts() == ["Ada lives in Oslo"]
    assert "nothing-stated" in home.reasons()


@pytest.mark.parametrize("order", ["Forget that.", "That's wrong.", "That's not true anymore."])
def test_an_hour_later_that_is_something_else(home: Conversation, order: str) -> None:
    home.say("I live in Oslo.", day=1)
    answered(home, "You live in Oslo.", home.fact("Oslo"))
    said(home, order, NOON + timedelta(minutes=61))
    assert home.facts() == ["Ada lives in Oslo"]


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        ("This is wrong, people should not litter.", ["Ada lives in Oslo"]),
        ("It is not right, how my boss treats me.", ["Ada lives in Oslo"]),
        ("It isn't right, I know, but I laughed.", ["Ada lives in Oslo"]),
        ("That's wrong, I live in Bergen.", ["Ada lives in Bergen"]),
    ],
)
def test_behind_a_comma_stands_what_is_true_instead(home: Conversation, words: str, facts: list[str]) -> None:
    home.say("I live in Oslo.", day=1)
    answered(home, "You live in Oslo.", home.fact("Oslo"))
    said(home, words, NOON + timedelta(minutes=5))
    assert home.facts() == facts


@pytest.mark.parametrize("order", ["That's wrong.", "That's not true anymore."])
def test_of_what_others_said_only_the_trust_suffers(home: Conversation, order: str) -> None:
    home.say("I live in Oslo.", name="Bob", day=1)
    home_of_bob = home.fact("Oslo")
    answered(home, "Bob lives in Oslo.", home_of_bob)
    said(home, order, NOON + timedelta(minutes=5), name="Eve")
    now = home.cube(home_of_bob.id)
    assert (now.state, now.reason) == (State.ACTIVE, "doubted")
    assert now.trust < home_of_bob.trust


def test_nobody_forgets_what_others_said(home: Conversation) -> None:
    home.say("I live in Oslo.", name="Bob", day=1)
    home.say("I own a boat.", name="Eve", day=1)
    answered(home, "Bob lives in Oslo, and you own a boat.", home.fact("Oslo"), home.fact("boat"))
    said(home, "Forget that.", NOON + timedelta(minutes=5), name="Eve")
    assert home.facts() == ["Bob lives in Oslo"]
    assert "said-by-others" in home.reasons()


@pytest.mark.parametrize(("agent_id", "name"), [("bot", None), (None, "Helper"), (None, None)])
def test_an_answer_is_one_by_whatever_name(
    home: Conversation, agent_id: str | None, name: str | None
) -> None:
    home.say("I own a boat.", day=1)
    chat = answered(home, "The capital of France is Lyon.", agent_id=agent_id, name=name)
    said(home, "Forget that.", NOON + timedelta(minutes=5))
    assert home.facts() == ["Ada owns a boat"]
    assert home.episode(chat).state is State.ACTIVE
    later = NOON + timedelta(minutes=6)
    echo = answered(home, "So you own a boat.", time=later, agent_id=agent_id, name=name)
    said(home, "Forget what I said about my boat.", NOON + timedelta(minutes=7))
    assert home.episode(echo).state is State.ERASED


def test_a_person_may_be_called_assistant(home: Conversation) -> None:
    home.say("Jonas plays the cello.", name="assistant", day=1)
    home.say("My cousin Jonas plays chess.", day=2)
    home.say("Forget what I said about Jonas.", day=3)
    assert home.facts() == ["Jonas plays the cello"]
    home.say("I own a boat.", name="assistant", day=4)
    home.say("Forget that.", name="assistant", day=4)
    assert home.facts() == ["Jonas plays the cello"]


def test_two_users_of_one_name_forget_each_their_own(home: Conversation) -> None:
    said(home, "My sister is called Nora.", NOON, "Tom", "u1")
    said(home, "Forget what I said about my sister.", NOON + timedelta(days=1), "Tom", "u2")
    assert [fact for fact in home.facts() if "Nora" in fact]
    said(home, "Forget what I said about my sister.", NOON + timedelta(days=2), "Thomas", "u1")
    assert not [cube for cube in home.cubes() if cube.form is Form.FACT and cube.state is State.ACTIVE]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("You live in Oslo.", State.ARCHIVED),
        ("You said you live in Oslo.", State.ARCHIVED),
        ("You do not live in Oslo.", State.ACTIVE),
        ("You no longer live in Oslo.", State.ACTIVE),
    ],
)
def test_an_answer_that_denies_what_it_was_given_is_no_echo(
    home: Conversation, answer: str, state: State
) -> None:
    home.say("I live in Oslo.", day=1)
    turn = answered(home, answer, home.fact("Oslo"))
    assert home.episode(turn).state is state


def test_an_answer_with_another_number_is_no_echo(home: Conversation) -> None:
    home.say("I weigh 82 kg.", day=1)
    home.say("I have 3 cats.", day=1)
    given = (home.fact("82"), home.fact("cats"))
    assert home.episode(answered(home, "You weigh 82 kg.", *given)).state is State.ARCHIVED
    later = NOON + timedelta(minutes=1)
    assert home.episode(answered(home, "You weigh 3 kg.", *given, time=later)).state is State.ACTIVE


def test_what_was_meant_is_not_what_was_said_hours_ago(home: Conversation) -> None:
    said(home, "I live in Faro.", NOON)
    said(home, "Sorry, I meant Porto.", NOON + timedelta(minutes=61))
    assert "Ada lives in Faro" in home.facts()
    said(home, "I live in Faro.", NOON + timedelta(days=1))
    said(home, "Sorry, I meant Porto.", NOON + timedelta(days=1, minutes=1))
    assert "Ada lives in Faro" not in home.facts()

"""A reprocess beside what is more than one turn: answers, orders in plain words, and days that came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from memcube.cube import Decision, MemCube, State
from schemas.body import Plain
from schemas.events import Forget, Pin, Prompt, Response, Tick, Undo
from tests.processors.conversation import Conversation
from tests.processors.rule_sets import deaf_to, rules, without

ADDRESS: dict[str, Any] = {"tenant": "t", "group_id": "home"}


def answer(home: Conversation, text: str, *used: MemCube, day: int) -> str:
    return home.do(Response(**ADDRESS, body=Plain(text=text), used=tuple(cube.id for cube in used)), day=day)


def changed_nothing(home: Conversation) -> bool:
    before = home.store.digest()
    home.reprocess()
    return home.store.digest() == before and home.refusals() == []


def test_an_answer_is_read_again_with_its_question(home: Conversation) -> None:
    question = home.say("Which city do you live in, Ada?", name="Ben")
    home.say("Lisbon.")
    assert home.facts() == ['Ada, asked "Which city do you live in, Ada?": Lisbon']
    assert changed_nothing(home)
    made = home.fact("Lisbon").payload
    assert made is not None
    assert made.completed_by == question


def test_an_answer_that_was_not_heard_then_is_heard_with_its_question(home: Conversation) -> None:
    with rules(deaf_to("Lisbon")):
        question = home.say("Which city do you live in, Ada?", name="Ben")
        home.say("Lisbon.")
    home.reprocess()
    found = home.fact("Lisbon")
    assert found.payload is not None
    assert (found.reason, found.payload.completed_by) == ("reprocessed", question)
    home.do(Forget(**ADDRESS, cube_ids=(home.episode(question).id,)), day=28)
    assert home.facts() == []


def test_an_answer_to_a_question_that_was_forgotten_answers_no_older_one(home: Conversation) -> None:
    home.say("Which city do you live in, Ada?", name="Ben")
    asked = home.say("And which city is your favourite one?", name="Ben")
    home.say("Lisbon.")
    home.do(Forget(**ADDRESS, cube_ids=(home.episode(asked).id,)), day=2)
    assert home.facts() == []
    assert changed_nothing(home)


def test_a_question_that_came_late_was_not_answered(home: Conversation) -> None:
    home.put(Prompt(**ADDRESS, body=Plain(text="Lisbon.", name="Ada")), at(minute=5))
    late = Prompt(**ADDRESS, body=Plain(text="Which city do you live in, Ada?", name="Ben"))
    home.put(late, at(minute=4))
    assert home.facts() == []
    assert changed_nothing(home)
    assert home.facts() == []


def test_what_an_order_in_plain_words_ended_stays_ended(home: Conversation) -> None:
    home.say("I live in Oslo.", day=1)
    answer(home, "You live in Oslo, don't you?", home.fact("Oslo"), day=2)
    home.say("That's not true anymore.", day=2)
    home.say("My sister lives in Rome.", day=3)
    ended = home.fact("Oslo")
    assert (ended.state, ended.reason) == (State.SUPERSEDED, "ended")
    assert changed_nothing(home)
    with rules(without(slot=None, value=None)):
        home.reprocess()
    assert home.fact("Oslo") == ended
    with rules(deaf_to("Oslo")):
        home.reprocess()
    assert home.fact("Oslo") == ended


def test_what_was_denied_does_not_come_back(home: Conversation) -> None:
    home.say("I live in Oslo.", day=1)
    answer(home, "You live in Oslo, don't you?", home.fact("Oslo"), day=2)
    home.say("That's wrong.", day=2)
    assert home.fact("Oslo").state is State.RETRACTED
    assert changed_nothing(home)
    with rules(deaf_to("Oslo")):
        home.reprocess()
    home.reprocess()
    assert home.facts() == []


def test_an_order_to_forget_is_not_given_again(home: Conversation) -> None:
    home.say("Forget what I said about jazz.", day=1)
    home.say("I like jazz. I live in Oslo.", day=2)
    with rules(without(slot=None, value=None)):
        home.reprocess()
    assert home.facts() == ["Ada likes jazz", "Ada lives in Oslo"]
    home.reprocess()
    assert home.facts() == ["Ada likes jazz", "Ada lives in Oslo"]


def test_what_was_forgotten_by_an_order_does_not_come_back(home: Conversation) -> None:
    home.say("I like jazz.", day=1)
    home.say("I live in Oslo.", day=2)
    home.say("Forget what I said about jazz.", day=3)
    assert home.facts() == ["Ada lives in Oslo"]
    assert changed_nothing(home)


def test_an_order_that_did_nothing_then_does_nothing_now(home: Conversation) -> None:
    home.say("I own a boat.", day=1)
    boat = home.fact("boat")
    home.do(Pin(**ADDRESS, cube_id=boat.id), day=1)
    answer(home, "You own a boat.", boat, day=2)
    with rules(deaf_to("Rome")):
        home.say("That's not true anymore, I live in Rome.", day=2)
    home.do(Pin(**ADDRESS, cube_id=boat.id, pinned=False), day=3)
    home.reprocess()
    assert home.facts() == ["Ada lives in Rome", "Ada owns a boat"]


def test_what_ended_by_words_of_another_slot_stays_ended(home: Conversation) -> None:
    with rules(deaf_to("Bolt")):
        home.say("I work at Bolt.", day=1)
        home.say("I work at Acme.", day=2)
        home.say("I got a new job!", day=5)
    acme = home.fact("Acme")
    assert acme.state is State.SUPERSEDED
    home.reprocess()
    assert home.fact("Acme") == acme
    assert home.fact("Bolt").valid_to == acme.valid_from


def test_what_was_asked_to_be_remembered_is_read_again_as_such(home: Conversation) -> None:
    home.say("Remember that my locker is number 12.", day=1)
    [text] = home.facts()
    assert changed_nothing(home)
    assert home.facts() == [text]


def test_what_began_on_its_day_stays_as_it_is(home: Conversation) -> None:
    home.say("I live in Oslo.", day=1)
    home.say("I'm moving to Rome on 10 March.", day=2)
    home.do(Tick(**ADDRESS), day=11)
    begun = [cube for cube in home.cubes() if cube.decision is Decision.BEGIN]
    assert [cube.payload and cube.payload.value for cube in begun] == ["rome"]
    assert home.fact("Oslo").state is State.SUPERSEDED
    assert changed_nothing(home)
    with rules(deaf_to("Rome")):
        home.reprocess()
    assert [cube for cube in home.cubes() if cube.decision is Decision.BEGIN] == begun
    assert home.fact("Oslo").state is State.SUPERSEDED


def test_an_echo_stays_out_of_recall(home: Conversation) -> None:
    home.say("I live in Oslo.", day=1)
    echo = answer(home, "You said you live in Oslo.", home.fact("Oslo"), day=2)
    assert home.episode(echo).reason == "echo"
    with rules(deaf_to("Oslo")):
        home.reprocess()
    home.reprocess()
    assert home.episode(echo).version == 1
    assert home.facts() == ["Ada lives in Oslo"]


def test_many_values_of_one_slot_stand_beside_each_other_again(home: Conversation) -> None:
    with rules(deaf_to("chess")):
        home.say("I like jazz.", day=1)
        home.say("I like chess.", day=2)
        home.say("I like tea.", day=3)
        home.say("I no longer like jazz.", day=4)
    home.reprocess()
    assert {"Ada likes chess", "Ada likes tea"} <= set(home.facts())
    assert "Ada likes jazz" not in home.facts()


def test_a_taste_that_turned_is_found_across_its_two_slots(home: Conversation) -> None:
    with rules(deaf_to("hate")):
        home.say("I like jazz.", day=1)
        home.say("I hate jazz.", day=5)
    command = home.reprocess()
    assert home.facts() == ["Ada hates jazz"]
    home.do(Undo(**ADDRESS, event_id=command), day=28)
    assert home.facts() == ["Ada likes jazz"]


def test_a_value_put_right_by_what_was_meant_is_found_again(home: Conversation) -> None:
    home.put(Prompt(**ADDRESS, body=Plain(text="I live in Porto.", name="Ada")), at(minute=1))
    home.put(Prompt(**ADDRESS, body=Plain(text="I meant Lisbon.", name="Ada")), at(minute=2))
    assert changed_nothing(home)


def at(minute: int) -> datetime:
    return datetime(2026, 3, 1, 12, minute, tzinfo=UTC)

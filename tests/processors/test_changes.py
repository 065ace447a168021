"""Facts that change, and what is said to the memory in plain words: each decision with its reason."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memcube.cube import Decision, Form, MemCube, State
from schemas.body import Plain
from schemas.events import Edit, Feedback, Incoming, Pin, Prompt, Remember, Response, Tick, Undo
from tests.processors.conversation import Conversation

ADDRESS: dict[str, Any] = {"tenant": "t", "group_id": "home"}


def answer(home: Conversation, text: str, *used: MemCube, day: int = 20) -> str:
    data = Response(**ADDRESS, body=Plain(text=text), used=tuple(cube.id for cube in used))
    return home.do(data, day=day)


def tick(home: Conversation, *date: int) -> str:
    year, month, day = date
    return home.put(Tick(**ADDRESS), datetime(year, month, day, tzinfo=UTC))


def test_what_is_denied_after_it_was_said_ends(home: Conversation) -> None:
    home.say("I like olives. I like capers.", day=1)
    home.say("I don't like olives.", day=9)
    assert home.facts() == ["Ada doesn't like olives", "Ada likes capers"]
    old = home.fact("Ada likes olives")
    assert (old.state, old.decision, old.reason) == (State.SUPERSEDED, Decision.SUPERSEDE, "replaced")
    assert old.valid_to == datetime(2026, 3, 9, 12, 2, tzinfo=UTC)


def test_what_stands_behind_not_is_taken_back_for_all_times(home: Conversation) -> None:
    home.say("I'm allergic to walnuts.", day=1)
    home.say("Actually, I'm allergic to peanuts, not walnuts.", day=2)
    wrong = home.fact("Ada is allergic to walnuts")
    assert (wrong.state, wrong.decision, wrong.reason) == (State.RETRACTED, Decision.RETRACT, "corrected")


def test_that_is_wrong_takes_back_what_the_answer_stated(home: Conversation) -> None:
    home.say("I own a boat. I like jazz.", day=1)
    boat, jazz = home.fact("boat"), home.fact("jazz")
    answer(home, "You own a boat.", boat, jazz)
    home.say("No, that's wrong.", day=20)
    assert home.facts() == ["Ada likes jazz"]
    taken = home.cube(boat.id)
    assert (taken.state, taken.reason) == (State.RETRACTED, "denied")


def test_that_is_wrong_about_a_summary_costs_only_trust(home: Conversation) -> None:
    home.say("I own a boat. I like jazz. I live in Oslo.", day=1)
    cubes = [home.fact(word) for word in ("boat", "jazz", "Oslo")]
    answer(home, "You own a boat, like jazz and live in Oslo.", *cubes)
    home.say("That's not right.", day=20)
    assert len(home.facts()) == 3
    assert all(home.cube(cube.id).trust < cube.trust for cube in cubes)


def test_that_is_wrong_to_nobodys_answer_changes_nothing(home: Conversation) -> None:
    home.say("I own a boat.", day=1)
    home.say("That's wrong.", name="Ben", day=1)
    assert home.facts() == ["Ada owns a boat"]


def test_a_pinned_memory_survives_that_is_wrong(home: Conversation) -> None:
    home.say("I own a boat.", day=1)
    boat = home.fact("boat")
    home.do(Pin(**ADDRESS, cube_id=boat.id), day=2)
    answer(home, "You own a boat.", boat)
    home.say("That's wrong.", day=20)
    assert home.cube(boat.id).state is State.ACTIVE


def test_forget_that_erases_what_the_answer_stated_with_its_turns(home: Conversation) -> None:
    said = home.say("I own a boat.", day=1)
    other = home.say("I like jazz.", day=2)
    told = answer(home, "You own a boat!", home.fact("boat"), home.fact("jazz"))
    home.say("Forget that.", day=20)
    assert home.facts() == ["Ada likes jazz"]
    assert {home.episode(turn).state for turn in (said, told)} == {State.ERASED}
    assert home.episode(other).state is State.ACTIVE


def test_forget_that_without_an_answer_is_about_ones_own_last_words(home: Conversation) -> None:
    home.say("I like jazz.", day=1)
    turn = home.say("I own a boat.", day=20)
    home.say("Forget that.", day=20)
    assert home.facts() == ["Ada likes jazz"]
    assert home.episode(turn).state is State.ERASED


def test_forgetting_by_words_erases_what_holds_them_all_and_nothing_else(home: Conversation) -> None:
    home.say("My ex Jonas lives in Ulm. I like climbing.", day=1)
    home.say("I live in Ulm.", day=2)
    home.say("Jonas lives in Ulm.", name="Ben", day=3)
    command = home.say("Please forget everything I told you about Jonas.", day=9)
    assert home.facts() == ["Ada likes climbing", "Ada lives in Ulm", "Jonas lives in Ulm"]
    left = [cube for cube in home.cubes() if cube.sources and cube.sources[0].speaker == "Ada"]
    assert not any("Jonas" in cube.text for cube in left)
    # The command names what was to go: it is not kept either.
    assert command not in {source.event_id for cube in home.cubes() for source in cube.sources}


@pytest.mark.parametrize(
    "words", ["what I said about my tattoo", "what I said about me", "everything I said about likes"]
)
def test_forgetting_by_words_that_name_nothing_or_too_much_erases_nothing(
    home: Conversation, words: str
) -> None:
    for thing in ("jazz", "chess", "tea", "snow", "maps", "bread"):
        home.say(f"I like {thing}.")
    before = home.facts()
    home.say(f"Forget {words}.", day=9)
    assert home.facts() == before
    assert not any(cube.state is State.ERASED for cube in home.cubes())


def test_remember_that_keeps_what_would_have_faded(home: Conversation) -> None:
    home.say("Remember that I met Clara at the market.", day=1)
    home.say("I met Paul at the market.", day=1)
    tick(home, 2028, 1, 1)
    assert home.facts() == ["Ada met Clara at the market"]
    assert home.fact("Clara").reason == "remember"


def test_a_plan_expires_a_week_after_its_day_and_a_home_never(home: Conversation) -> None:
    home.say("The dentist appointment is on 12 March. I live in Oslo.", day=2)
    tick(home, 2026, 3, 18)
    assert len(home.facts()) == 2
    tick(home, 2031, 3, 20)
    assert home.facts() == ["Ada lives in Oslo"]
    gone = home.fact("dentist")
    assert (gone.state, gone.valid_to) == (State.EXPIRED, datetime(2026, 3, 19, tzinfo=UTC))


def test_what_is_said_again_lives_on(home: Conversation) -> None:
    home.put(Prompt(**ADDRESS, body=Plain(text="I met Paul at the market.", name="Ada")), _on(2026, 1, 1))
    home.put(Prompt(**ADDRESS, body=Plain(text="I met Paul at the market.", name="Ada")), _on(2026, 9, 1))
    tick(home, 2027, 3, 1)
    assert home.facts() == ["Ada met Paul at the market"]
    tick(home, 2027, 9, 2)
    assert home.facts() == []


def test_pinned_and_edited_memories_never_fade(home: Conversation) -> None:
    home.say("I met Paul at the market. I met Clara at the opera.", day=1)
    paul, clara = home.fact("Paul"), home.fact("Clara")
    home.do(Pin(**ADDRESS, cube_id=paul.id), day=2)
    home.do(Edit(**ADDRESS, cube_id=clara.id, body=Plain(text="Ada met Klara at the opera")), day=2)
    tick(home, 2040, 1, 1)
    assert home.facts() == ["Ada met Klara at the opera", "Ada met Paul at the market"]


def test_an_announced_move_ends_the_old_home_on_its_day(home: Conversation) -> None:
    home.say("I live in Lisbon.", day=1)
    home.say("I'm moving to Porto on 1 May.", day=5)
    tick(home, 2026, 4, 30)
    assert "Ada lives in Lisbon" in home.facts()
    tick(home, 2026, 5, 3)
    assert [fact for fact in home.facts() if "Lisbon" in fact] == []
    old, new = home.fact("Lisbon"), home.fact("Porto")
    assert old.valid_to == datetime(2026, 5, 1, tzinfo=UTC)
    assert (new.decision, new.reason, new.state) == (Decision.BEGIN, "day-has-come", State.ACTIVE)
    home.say("I live in Faro.", day=28, event_id="too-late")  # said in March, before the move
    assert any("Porto" in fact for fact in home.facts())


def test_two_people_of_one_name_are_told_apart_or_left_alone(home: Conversation) -> None:
    home.say("My sister Anna lives in Bergen. My boss Anna lives in Rome.", day=1)
    home.say("Anna moved to Milan.", day=9)
    assert "Ada's sister Anna lives in Bergen" in home.facts()
    assert "Ada's boss Anna lives in Rome" in home.facts()


def _on(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


_THINGS = ("jazz", "olives", "Oslo", "Bergen")
_TURNS = st.sampled_from(
    [
        "I live in Oslo.",
        "I moved to Bergen.",
        "I'm back in Oslo.",
        "I like olives.",
        "I don't like olives.",
        "I no longer like jazz.",
        "I like jazz again.",
        "Actually, I like jazz, not olives.",
        "I have a dog called Rex. Rex died.",
        "The dentist appointment is on 20 March.",
        "The dentist appointment was moved to 25 March.",
        "I weigh 80 kg now.",
        "I weigh 82 kg now.",
        "That's wrong.",
        "That's not true anymore.",
        "Don't call me Ada.",
        "Call me Ada.",
    ]
)
_DATA = st.one_of(
    _TURNS.map(lambda text: Prompt(**ADDRESS, body=Plain(text=text, name="Ada"))),
    st.just(Tick(**ADDRESS)),
    st.just(Remember(**ADDRESS, body=Plain(text="The code is 4711"), pinned=True)),
    st.sampled_from(["answer", "pin", "rate", "edit"]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(_DATA, min_size=1, max_size=8), _DATA)
def test_whatever_is_done_and_undone_leaves_the_same_current_facts(
    before: list[Incoming | str], last: Incoming | str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Conversation(Path(folder))
        try:
            for place, data in enumerate(before):
                _do(home, data, place + 1)
            facts, turns = home.facts(), _turns(home)
            done = _do(home, last, len(before) + 1)
            home.do(Undo(**ADDRESS, event_id=done), day=len(before) + 2)
            assert home.facts() == facts
            assert _turns(home) == turns
        finally:
            home.close()


def _turns(home: Conversation) -> set[str]:
    return {cube.id for cube in home.cubes() if cube.form is Form.EPISODE and cube.state is State.ACTIVE}


def _do(home: Conversation, data: Incoming | str, day: int) -> str:
    current = sorted(
        (cube for cube in home.cubes() if cube.form is Form.FACT and cube.state is State.ACTIVE),
        key=lambda cube: cube.seq,
    )
    if not isinstance(data, str):
        return home.do(data, day=day)
    if not current:
        return home.say("I like maps.", day=day)
    match data:
        case "answer":
            return answer(home, f"{current[-1].text}.", current[-1], day=day)
        case "pin":
            return home.do(Pin(**ADDRESS, cube_id=current[-1].id), day=day)
        case "rate":
            return home.do(Feedback(**ADDRESS, cube_ids=(current[-1].id,), verdict="down"), day=day)
        case _:
            return home.do(
                Edit(**ADDRESS, cube_id=current[-1].id, body=Plain(text="Ada likes quinces")), day=day
            )


def test_words_that_put_a_day_right_and_say_of_what_change_nothing_else(home: Conversation) -> None:
    home.say("My piano lesson is on Tuesday at 17:00. My gym class is on Monday.")
    home.say("No, I meant Thursday. The piano lesson is on Thursday at 17:00.")
    now = " ".join(home.facts())
    assert "gym class is on Monday" in now
    assert "on Thursday" in now
    assert "on Tuesday" not in now

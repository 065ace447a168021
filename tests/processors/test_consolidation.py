"""What a conversation comes to: the right facts hold, and each says why."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from memcube.cube import Decision, State
from schemas.body import Plain
from schemas.events import Edit, Extracted, Feedback, Parent, Pin, Prompt, Remember, Tick, Undo
from schemas.subject import Others
from tests.processors.conversation import Conversation

ADDRESS: dict[str, Any] = {"tenant": "t", "group_id": "home"}


def test_a_turn_becomes_facts_and_an_episode(home: Conversation) -> None:
    turn = home.say("Good morning! I live in Porto. What is the weather like?")
    assert home.facts() == ["Ada lives in Porto"]
    assert home.episode(turn).text == "Good morning! I live in Porto. What is the weather like?"
    fact = home.fact("Porto")
    assert fact.sources[0].event_id == turn
    assert fact.sources[0].speaker == "Ada"


def test_small_talk_leaves_only_what_was_said(home: Conversation) -> None:
    turn = home.say("Haha, thanks!")
    assert home.facts() == []
    assert home.episode(turn).state is State.ACTIVE


def test_an_episode_follows_the_one_said_before_it_even_when_it_comes_late(home: Conversation) -> None:
    first = home.say("Hello.", day=1)
    last = home.say("Bye.", day=9)
    late = home.say("And another thing.", day=5)
    assert home.episode(last).payload.follows == home.episode(first).id  # type: ignore[union-attr]
    assert home.episode(late).payload.follows == home.episode(first).id  # type: ignore[union-attr]


def test_a_moved_home_supersedes_the_old_one(home: Conversation) -> None:
    home.say("I live in Porto.", day=1)
    home.say("I moved to Lisbon last Tuesday.", day=12)
    assert home.facts() == ["Ada moved to Lisbon last Tuesday (2026-03-10)"]
    old = home.fact("Porto")
    assert (old.state, old.reason) == (State.SUPERSEDED, "replaced")
    assert old.valid_to == datetime(2026, 3, 10, tzinfo=UTC)
    assert home.fact("Lisbon").valid_to is None


def test_a_turn_leaves_recall_when_nothing_drawn_from_it_holds(home: Conversation) -> None:
    both = home.say("I live in Porto. I like jazz.", day=1)
    only = home.say("I live in Porto.", day=2)
    move = home.say("I moved to Lisbon.", day=5)
    assert home.episode(both).state is State.ACTIVE
    assert home.episode(only).state is State.SUPERSEDED
    assert home.episode(only).valid_to == home.fact("Porto").valid_to
    home.do(Undo(**ADDRESS, event_id=move), day=6)
    assert home.episode(only).state is State.ACTIVE


def test_one_persons_move_leaves_the_others_home_alone(home: Conversation) -> None:
    home.say("I live in Porto.", name="Ada")
    home.say("I live in Porto.", name="Ben")
    home.say("I moved to Rome.", name="Ben", day=3)
    assert home.facts() == ["Ada lives in Porto", "Ben moved to Rome"]


def test_an_older_statement_that_comes_late_finds_its_place_in_the_past(home: Conversation) -> None:
    home.say("I live in Lisbon.", day=12)
    home.say("I live in Porto.", day=1)
    assert home.facts() == ["Ada lives in Lisbon"]
    late = home.fact("Porto")
    assert (late.state, late.reason) == (State.SUPERSEDED, "said-late")
    assert late.valid_to == home.fact("Lisbon").valid_from


@pytest.mark.parametrize("order", list(permutations(((2, "Lisbon"), (9, "Rome"), (5, "Porto")))))
def test_three_homes_end_in_one_past_in_whatever_order_they_come(
    home: Conversation, order: tuple[tuple[int, str], ...]
) -> None:
    for day, city in order:
        home.say(f"I live in {city}.", day=day)
    assert home.facts() == ["Ada lives in Rome"]
    lisbon, porto, rome = home.fact("Lisbon"), home.fact("Porto"), home.fact("Rome")
    assert lisbon.valid_to == porto.valid_from
    assert porto.valid_to == rome.valid_from
    assert rome.valid_to is None
    assert {cube.state for cube in home.cubes() if "Porto" in cube.text} == {State.SUPERSEDED}


def test_a_clock_that_runs_ahead_does_not_decide_for_ever(home: Conversation) -> None:
    said = datetime(4000, 1, 1, tzinfo=UTC)
    home.put(Prompt(**ADDRESS, body=Plain(text="I live in Porto.", name="Ada")), said)
    home.put(
        Prompt(**ADDRESS, body=Plain(text="I live in Rome.", name="Ada")), datetime(2027, 6, 1, tzinfo=UTC)
    )
    assert home.facts() == ["Ada lives in Rome"]


def test_what_a_person_put_right_is_not_undone_by_the_old_words(home: Conversation) -> None:
    home.say("I live in Porto.", day=1)
    home.do(Edit(**ADDRESS, cube_id=home.fact("Porto").id, body=Plain(text="Ada lives in Portimao")), day=2)
    home.say("I live in Porto.", day=3)
    assert home.facts() == ["Ada lives in Portimao"]
    home.say("I live in Rome.", day=4)
    assert home.facts() == ["Ada lives in Rome"]


def test_the_same_words_again_are_one_memory_with_both_sources(home: Conversation) -> None:
    first = home.say("I am allergic to walnuts.", day=1)
    again = home.say("I am allergic to walnuts!", day=7)
    assert home.facts() == ["Ada is allergic to walnuts"]
    fact = home.fact("walnuts")
    assert (fact.decision, fact.version) == (Decision.MERGE, 2)
    assert [source.event_id for source in fact.sources] == [first, again]


def test_statements_that_differ_in_a_number_or_a_name_are_never_merged(home: Conversation) -> None:
    for text in (
        "I paid 40 euros for the lamp.",
        "I paid 45 euros for the lamp.",
        "I met Clara at the market.",
        "I met Carla at the market.",
        "I eat cheese.",
        "I don't eat cheese.",
    ):
        home.say(text)
    assert len(home.facts(*State)) == 6
    assert {fact.version for fact in home.cubes() if fact.state is State.ACTIVE} == {1}


def test_what_ended_is_superseded_by_the_statement_that_ended_it(home: Conversation) -> None:
    home.say("I work at Brightwater.", day=1)
    home.say("I no longer work at Brightwater.", day=5)
    home.say("I started at Lumen Labs.", day=9)
    assert home.facts() == ["Ada no longer works at Brightwater", "Ada started at Lumen Labs"]
    old = home.fact("Ada works at Brightwater")
    assert (old.state, old.reason) == (State.SUPERSEDED, "ended")


def test_an_ending_leaves_other_facts_alone(home: Conversation) -> None:
    home.say("I play in the school orchestra.", day=1)
    home.say("I play tennis on Sundays.", day=1)
    home.say("I don't play in the school orchestra any more.", day=5)
    assert "Ada plays tennis on Sundays" in home.facts()
    assert home.fact("Ada plays in the school orchestra").state is State.SUPERSEDED


def test_a_home_announced_for_later_does_not_retire_todays(home: Conversation) -> None:
    home.say("I live in Porto.", day=1)
    home.say("I am moving to Lisbon on 31 March.", day=3)
    assert "Ada lives in Porto" in home.facts()


def test_the_assistant_makes_no_memories(home: Conversation) -> None:
    home.answer("You live in Porto, and I recommend the harbour.")
    assert home.facts() == []


def test_an_edit_makes_a_new_version_and_the_old_one_stays_readable(home: Conversation) -> None:
    home.say("I like green tea.")
    fact = home.fact("tea")
    home.do(Edit(**ADDRESS, cube_id=fact.id, body=Plain(text="Ada likes black tea")))
    assert [version.text for version in home.history(fact.id)] == [
        "Ada likes green tea",
        "Ada likes black tea",
    ]
    assert home.facts() == ["Ada likes black tea"]


def test_what_was_said_cannot_be_edited(home: Conversation) -> None:
    turn = home.say("Hello there.")
    home.do(Edit(**ADDRESS, cube_id=home.episode(turn).id, body=Plain(text="Bye")))
    assert home.refusals() == ["refused"]
    assert home.episode(turn).text == "Hello there."


def test_a_pinned_memory_is_not_replaced(home: Conversation) -> None:
    home.say("I live in Porto.", day=1)
    home.do(Pin(**ADDRESS, cube_id=home.fact("Porto").id))
    home.say("I live in Lisbon.", day=5)
    assert home.facts() == ["Ada lives in Lisbon", "Ada lives in Porto"]


def test_feedback_raises_and_lowers_trust(home: Conversation) -> None:
    home.say("I like jazz. I own a boat.")
    jazz, boat = home.fact("jazz"), home.fact("boat")
    home.do(Feedback(**ADDRESS, cube_ids=(jazz.id,), verdict="up"))
    home.do(Feedback(**ADDRESS, cube_ids=(boat.id,), verdict="down"))
    assert home.cube(jazz.id).trust > jazz.trust > home.cube(boat.id).trust


def test_feedback_on_a_memory_that_does_not_exist_is_a_dead_letter_and_changes_nothing(
    home: Conversation,
) -> None:
    home.say("I like jazz.")
    jazz = home.fact("jazz")
    home.do(Feedback(**ADDRESS, cube_ids=(jazz.id, "no-such-cube"), verdict="up"))
    assert home.refusals() == ["no-such-cube"]
    assert home.cube(jazz.id).version == 1


def test_undo_takes_back_what_an_event_changed(home: Conversation) -> None:
    home.say("I live in Porto.", day=1)
    move = home.say("I moved to Lisbon.", day=5)
    home.do(Undo(**ADDRESS, event_id=move), day=6)
    assert home.facts() == ["Ada lives in Porto"]
    assert home.fact("Porto").valid_to is None
    assert home.fact("Lisbon").state is State.RETRACTED


def test_an_undo_can_be_undone(home: Conversation) -> None:
    home.say("I live in Porto.", day=1)
    move = home.say("I moved to Lisbon.", day=5)
    undo = home.do(Undo(**ADDRESS, event_id=move), day=6)
    home.do(Undo(**ADDRESS, event_id=undo), day=7)
    assert home.facts() == ["Ada moved to Lisbon"]


def test_events_are_undone_one_by_one_the_last_one_first(home: Conversation) -> None:
    said = home.say("I like green tea.", day=1)
    tea = home.fact("tea").id
    edits = [
        home.do(Edit(**ADDRESS, cube_id=tea, body=Plain(text=f"Ada likes {colour} tea")), day=2)
        for colour in ("black", "white")
    ]
    home.do(Undo(**ADDRESS, event_id=edits[0]), day=3)
    assert home.refusals() == ["nothing-to-undo"]
    for event, left in ((edits[1], ["Ada likes black tea"]), (edits[0], ["Ada likes green tea"]), (said, [])):
        home.do(Undo(**ADDRESS, event_id=event), day=4)
        assert home.facts() == left
    home.do(Undo(**ADDRESS, event_id=said), day=5)
    assert home.refusals() == ["nothing-to-undo"] * 2


def test_undo_of_nothing_and_of_what_has_changed_since_is_refused(home: Conversation) -> None:
    said = home.say("I like green tea.")
    home.do(Undo(**ADDRESS, event_id="never-happened"))
    home.do(Edit(**ADDRESS, cube_id=home.fact("tea").id, body=Plain(text="Ada likes black tea")))
    home.do(Undo(**ADDRESS, event_id=said))
    assert home.refusals() == ["nothing-to-undo", "nothing-to-undo"]
    assert home.facts() == ["Ada likes black tea"]


def test_a_memory_with_an_end_expires_at_the_tick_after_it(home: Conversation) -> None:
    ends = datetime(2026, 3, 10, tzinfo=UTC)
    home.do(Remember(**ADDRESS, body=Plain(text="The code of the gate is 1234"), expires_at=ends))
    home.do(Tick(**ADDRESS), day=9)
    assert home.facts() == ["The code of the gate is 1234"]
    home.do(Tick(**ADDRESS), day=11)
    assert home.facts() == []
    assert home.fact("gate").state is State.EXPIRED
    assert home.fact("gate").valid_to == ends


def test_results_of_an_extractor_count_while_their_turn_is_as_it_was(home: Conversation) -> None:
    turn = home.say("Ok.")
    episode = home.episode(turn)
    result: dict[str, Any] = {
        **ADDRESS,
        "memories": (Plain(text="Ada agrees to the plan"),),
        "processor": "model/1",
    }
    home.do(Extracted(**result, parents=(Parent(episode.id, 1),)))
    assert home.facts() == ["Ada agrees to the plan"]
    home.do(Feedback(**ADDRESS, cube_ids=(episode.id,), verdict="down"))
    home.do(Extracted(**{**result, "memories": (Plain(text="Stale"),)}, parents=(Parent(episode.id, 1),)))
    assert home.facts() == ["Ada agrees to the plan"]


def test_an_event_twice_is_one_event(home: Conversation) -> None:
    home.say("I like jazz.", event_id="same")
    home.say("I like jazz.", event_id="same")
    assert home.fact("jazz").version == 1


def test_every_change_is_audited(home: Conversation) -> None:
    home.say("I live in Porto.", day=1)
    home.say("I moved to Lisbon.", day=5)
    assert home.audited() == sum(cube.version for cube in home.cubes())


def test_a_memory_knows_in_which_run_and_by_whom_it_was_said(home: Conversation) -> None:
    turn = Prompt(
        tenant="t", group_id="home", user_id="ada", run_id="monday", body=Plain(text="I live in Lisbon.")
    )
    event = home.do(turn)
    ids = Others(user_id="ada", run_id="monday")
    for cube in (home.fact("Lisbon"), home.episode(event)):
        assert [(source.speaker, source.others) for source in cube.sources] == [("ada", ids)]
    home.say("I live in Lisbon.", name="ada", day=2)
    assert [source.others for source in home.fact("Lisbon").sources] == [ids, None]


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("From June I live in Rome.", "Rome"),
        ("I live in Porto from 1 May.", "Porto"),
        ("I'm moving to Bern on 1 May.", "Bern"),
    ],
)
def test_a_home_announced_for_a_day_is_the_home_from_then_on(
    home: Conversation, said: str, place: str
) -> None:
    home.say("I live in Lisbon.", day=1)
    home.say(said, day=2)
    assert "Ada lives in Lisbon" in home.facts()
    home.put(Tick(**ADDRESS), datetime(2026, 6, 2, tzinfo=UTC))
    [fact] = [home.fact(text) for text in home.facts()]
    assert fact.payload is not None
    assert (fact.payload.slot, fact.payload.value) == ("ada/lives_in", place.casefold())
    assert fact.expires_at is None
    assert home.fact("Lisbon").valid_to == fact.valid_from


def test_what_lives_on_by_an_undo_is_not_ended_by_the_next_tick(home: Conversation) -> None:
    said = home.say("I plan to learn Spanish.", day=1)
    tick = home.put(Tick(**ADDRESS), datetime(2027, 3, 1, tzinfo=UTC), "tick")
    assert home.fact("Spanish").state is State.EXPIRED
    home.put(Undo(**ADDRESS, event_id=tick), datetime(2027, 3, 2, tzinfo=UTC))
    home.put(Tick(**ADDRESS), datetime(2027, 3, 3, tzinfo=UTC))
    assert home.fact("Spanish").state is State.ACTIVE
    home.put(Undo(**ADDRESS, event_id=said), datetime(2027, 3, 4, tzinfo=UTC))
    assert home.fact("Spanish").state is State.RETRACTED
    assert home.refusals() == []

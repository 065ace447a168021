"""Blocks of activation memory: current as long as all memories in them are, and not a moment longer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memcube.cube import Decision, Form, Kind, MemCube, State
from schemas.body import Plain
from schemas.events import (
    Built,
    Demote,
    Edit,
    Extracted,
    Feedback,
    Forget,
    Incoming,
    Parent,
    Pin,
    Prompt,
    Remember,
    Response,
    Tick,
    Undo,
)
from tests.processors.conversation import SUBJECT, Conversation
from tests.processors.rule_sets import deaf_to, rules
from tests.streams.building import artefact, block_id, drops, parents
from tests.streams.story import message
from tests.streams.world import InMemoryLog, Process

ADDRESS: dict[str, Any] = {"tenant": "t", "group_id": "home"}


def built(job: str, *made_of: MemCube, model: str = "smollm2", **fields: Any) -> Built:
    """What a model process answers to a job."""
    given: dict[str, Any] = {
        "block_id": block_id(SUBJECT, job),
        "parents": parents(*made_of),
        "processor": "model/1",
        "artefact": artefact(model),
        **fields,
    }
    return Built(**ADDRESS, **given)


def block(home: Conversation, job: str = "job") -> MemCube:
    return home.cube(block_id(SUBJECT, job))


def dropped(home: Conversation) -> list[tuple[str, str]]:
    return [(drop.block_id, drop.reason) for drop in drops(home.log)]


def active(home: Conversation) -> list[str]:
    return [held.cube.id for held in home.store.blocks(SUBJECT.key)]


@pytest.fixture
def tea(home: Conversation) -> Conversation:
    """Two facts with a block of them."""
    home.say("I like green tea. I live in Porto.")
    home.do(built("job", home.fact("tea"), home.fact("Porto")), event_id="built")
    assert active(home) == [block_id(SUBJECT, "job")]
    return home


# --- a block comes and goes --------------------------------------------------------------------------


def test_a_block_is_a_cube_that_knows_what_it_was_made_of(tea: Conversation) -> None:
    made = block(tea)
    assert (made.kind, made.form, made.state, made.decision) == (
        Kind.ACTIVATION,
        Form.BLOCK,
        State.ACTIVE,
        Decision.BUILD,
    )
    assert (made.text, made.sources, made.version, made.processor) == ("", (), 1, "model/1")
    assert made.payload is not None
    assert made.payload.parents == parents(tea.fact("tea"), tea.fact("Porto"))
    assert made.payload.artefact == artefact("smollm2")
    [held] = tea.store.blocks(SUBJECT.key)
    assert held.current
    assert dropped(tea) == []


def test_it_is_in_no_list_and_no_recall_unless_asked_for(tea: Conversation) -> None:
    assert block(tea).id not in {cube.id for cube in tea.store.list_cubes(SUBJECT.key, limit=99)}
    [listed] = tea.store.list_cubes(SUBJECT.key, limit=99, kind=Kind.ACTIVATION)
    assert listed == block(tea)
    for known_at in (None, datetime(2028, 1, 1, tzinfo=UTC)):
        assert tea.recall("tea in Porto", 99, known_at=known_at) == ["I like green tea. I live in Porto."]


def test_a_correction_ends_the_block_in_the_same_event(tea: Conversation) -> None:
    event = tea.do(Edit(**ADDRESS, cube_id=tea.fact("tea").id, body=Plain(text="Ada likes black tea")), day=2)
    ended = block(tea)
    assert (ended.state, ended.reason, ended.cause) == (State.SUPERSEDED, "parent-changed", event)
    assert ended.seq == tea.fact("tea").seq + 1, "one commit, right behind the change"
    assert active(tea) == []
    assert dropped(tea) == [(ended.id, "parent-changed")]


@pytest.mark.parametrize("change", ["moved", "again", "pin", "rate", "undo", "tick", "wrong"])
def test_whatever_changes_a_memory_ends_the_blocks_that_hold_it(home: Conversation, change: str) -> None:
    said = home.say("I live in Porto.", day=1)
    home.say("I like jazz.", day=1)
    ends = datetime(2026, 3, 5, tzinfo=UTC)
    home.do(Remember(**ADDRESS, body=Plain(text="The code of the gate is 1234"), expires_at=ends))
    facts = [home.fact(words) for words in ("Porto", "jazz", "gate")]
    home.do(built("all", *facts))
    home.do(built("jazz", home.fact("jazz"), model="another"))
    porto = facts[0].id
    match change:
        case "moved":
            home.say("I moved to Lisbon.", day=2)
        case "again":
            home.say("I live in Porto.", day=2)
        case "pin":
            home.do(Pin(**ADDRESS, cube_id=porto))
        case "rate":
            home.do(Feedback(**ADDRESS, cube_ids=(porto,), verdict="up"))
        case "undo":
            home.do(Undo(**ADDRESS, event_id=said))
        case "tick":
            home.do(Tick(**ADDRESS), day=9)
        case "wrong":
            home.do(Response(**ADDRESS, body=Plain(text="Ada lives in Porto."), used=(porto,)), day=2)
            home.say("That's wrong.", day=2)
    assert home.refusals() == []
    assert (block(home, "all").state, block(home, "all").reason) == (State.SUPERSEDED, "parent-changed")
    assert active(home) == [block_id(SUBJECT, "jazz")], "what was made of other memories stays"
    assert dropped(home) == [(block_id(SUBJECT, "all"), "parent-changed")]


def test_a_turn_in_a_block_is_read_whole_so_each_fact_drawn_from_it_counts(home: Conversation) -> None:
    turn = home.say("I live in Porto. I really like jazz.", day=1)
    home.do(built("turn", home.episode(turn)))
    assert active(home) == [block_id(SUBJECT, "turn")]
    home.say("I moved to Lisbon.", day=2)
    assert home.episode(turn).version == 1
    assert block(home, "turn").reason == "parent-changed"
    home.do(built("again", home.episode(turn)), day=3)
    assert active(home) == [], "it says what is over"
    assert "parent-changed" in home.reasons()


def test_a_turn_that_says_what_was_put_right_since_is_not_whole(home: Conversation) -> None:
    turn = home.say("I like green tea. I own a boat.")
    home.do(Edit(**ADDRESS, cube_id=home.fact("tea").id, body=Plain(text="Ada likes black tea")))
    home.do(built("turn", home.episode(turn)))
    home.do(built("fact", home.fact("tea")))
    assert active(home) == [block_id(SUBJECT, "fact")]
    assert dropped(home) == [(block_id(SUBJECT, "turn"), "parent-changed")]


def test_a_memory_drawn_from_a_turn_later_ends_the_block_that_holds_the_turn(home: Conversation) -> None:
    turn = home.say("Ok.")
    home.do(built("turn", home.episode(turn)))
    home.do(
        Extracted(
            **ADDRESS,
            parents=parents(home.episode(turn)),
            memories=(Plain(text="Ada agrees to the plan"),),
            processor="model/1",
        )
    )
    assert block(home, "turn").reason == "parent-changed"


def test_what_an_unrelated_turn_says_leaves_blocks_alone(tea: Conversation) -> None:
    tea.say("I own a boat. My sister lives in Rome.", day=2)
    tea.do(Tick(**ADDRESS), day=3)
    assert active(tea) == [block_id(SUBJECT, "job")]


# --- results of the model process --------------------------------------------------------------------


def test_a_block_that_was_built_too_late_is_not_taken_and_dropped(home: Conversation) -> None:
    home.say("I like green tea.")
    fact = home.fact("tea")
    home.do(Edit(**ADDRESS, cube_id=fact.id, body=Plain(text="Ada likes black tea")))
    home.do(built("late", fact))
    assert home.refusals() == []
    assert home.store.list_cubes(SUBJECT.key, limit=9, kind=Kind.ACTIVATION) == []
    assert dropped(home) == [(block_id(SUBJECT, "late"), "parent-changed")]
    assert "parent-changed" in home.reasons()


@pytest.mark.parametrize("why", ["erased", "ended", "unknown", "another subject's", "a block"])
def test_a_block_of_what_does_not_hold_is_not_taken(tea: Conversation, why: str) -> None:
    parent = Parent(tea.fact("tea").id, 1)
    match why:
        case "erased":
            tea.do(Forget(**ADDRESS, cube_ids=(parent.cube_id,)))
            parent = Parent(parent.cube_id, tea.cube(parent.cube_id).version)
        case "ended":
            tea.do(Undo(**ADDRESS, event_id="event-1"))
            parent = Parent(parent.cube_id, tea.cube(parent.cube_id).version)
        case "unknown":
            parent = Parent("no such cube", 1)
        case "another subject's":
            parent = Parent(block_id(SUBJECT, "another"), 1)
        case "a block":
            parent = Parent(block(tea).id, 1)
    before = dropped(tea)
    tea.do(built("next", parents=(parent,)))
    assert dropped(tea)[len(before) :] == [(block_id(SUBJECT, "next"), "parent-changed")]
    assert tea.refusals() == []


def test_a_new_block_takes_the_place_of_the_former_one_of_its_model(tea: Conversation) -> None:
    tea.do(built("other", tea.fact("tea"), model="another model"), day=2)
    tea.do(built("next", tea.fact("tea")), day=2)
    assert (block(tea).state, block(tea).reason) == (State.SUPERSEDED, "rebuilt")
    assert active(tea) == [block_id(SUBJECT, "next"), block_id(SUBJECT, "other")]
    assert dropped(tea) == [(block_id(SUBJECT, "job"), "rebuilt")]


def test_the_same_block_twice_is_one_and_its_tensors_stay(tea: Conversation) -> None:
    tea.do(built("job", tea.fact("tea"), tea.fact("Porto")), event_id="built")
    tea.do(built("job", tea.fact("tea")), event_id="another worker's")
    assert block(tea).version == 1
    assert dropped(tea) == []
    assert "built-already" in tea.reasons()


def test_a_block_that_has_ended_does_not_come_back_and_is_dropped_once_more(tea: Conversation) -> None:
    tea.do(Pin(**ADDRESS, cube_id=tea.fact("tea").id))
    tea.do(built("job", tea.fact("tea"), tea.fact("Porto")))
    assert block(tea).state is State.SUPERSEDED
    gone = block_id(SUBJECT, "job")
    assert dropped(tea) == [(gone, "parent-changed"), (gone, "built-already")]


def test_a_job_that_came_to_nothing_is_told_and_changes_nothing(home: Conversation) -> None:
    home.say("I like green tea.")
    home.do(built("none", home.fact("tea"), artefact=None, reason="does-not-fit"))
    home.do(built("empty", artefact=None))
    assert {"does-not-fit", "not-built"} <= home.reasons()
    assert dropped(home) == []
    assert home.refusals() == []


@pytest.mark.parametrize(
    "hostile",
    ["../../keys", "job", "", "0" * 32, "c0ffee00-0000-4000-8000-00000000000A", "\u0661", "a" * 256],
)
def test_an_id_that_names_no_block_of_ours_is_refused_and_no_job_is_given_with_it(
    home: Conversation, hostile: str
) -> None:
    home.say("I like green tea.")
    home.do(built("job", home.fact("tea"), block_id=hostile))
    assert len(home.refusals()) == 1
    assert dropped(home) == []
    assert active(home) == []


def test_the_id_of_a_memory_is_none_of_a_block(home: Conversation) -> None:
    home.say("I like green tea.")
    fact = home.fact("tea")
    home.do(built("job", fact, block_id=fact.id))
    assert home.fact("tea") == fact
    assert active(home) == []


def test_a_block_of_nothing_or_of_one_memory_twice_is_refused(home: Conversation) -> None:
    home.say("I like green tea.")
    home.do(built("none"))
    home.do(built("twice", home.fact("tea"), home.fact("tea")))
    assert home.refusals() == ["refused", "refused"]


# --- what people do with one -------------------------------------------------------------------------


def test_a_block_is_given_up_once(tea: Conversation) -> None:
    for _ in range(2):
        tea.do(Demote(**ADDRESS, block_id=block(tea).id, reason="cold"))
    assert (block(tea).state, block(tea).decision, block(tea).reason) == (
        State.ARCHIVED,
        Decision.DEMOTE,
        "cold",
    )
    assert block(tea).version == 2
    assert dropped(tea) == [(block(tea).id, "cold")]
    assert tea.fact("tea").state is State.ACTIVE
    assert "given-up-already" in tea.reasons()


def test_what_is_no_block_is_not_given_up(tea: Conversation) -> None:
    tea.do(Demote(**ADDRESS, block_id="no such cube"))
    tea.do(Demote(**ADDRESS, block_id=tea.fact("tea").id))
    assert tea.refusals() == ["no-such-cube", "refused"]


def test_a_block_is_not_edited_pinned_or_judged_as_a_memory(tea: Conversation) -> None:
    one = block(tea).id
    tea.do(Edit(**ADDRESS, cube_id=one, body=Plain(text="Ada likes coffee")))
    tea.do(Pin(**ADDRESS, cube_id=one))
    tea.do(Feedback(**ADDRESS, cube_ids=(tea.fact("tea").id, one), verdict="down"))
    assert tea.refusals() == ["refused"] * 3
    assert (block(tea).version, tea.fact("tea").version) == (1, 1)


def test_a_block_is_no_source_and_no_memory_that_an_answer_was_given(tea: Conversation) -> None:
    coffee = (Plain(text="Ada likes coffee"),)
    tea.do(Extracted(**ADDRESS, parents=(Parent(block(tea).id, 1),), memories=coffee, processor="model/1"))
    assert tea.facts() == ["Ada likes green tea", "Ada lives in Porto"]
    used = (block(tea).id, tea.fact("tea").id)
    answer = tea.do(Response(**ADDRESS, body=Plain(text="What about jasmine?"), used=used))
    assert tea.episode(answer).payload.used == (tea.fact("tea").id,)  # type: ignore[union-attr]


def test_a_forgotten_memory_takes_the_block_with_it(tea: Conversation) -> None:
    tea.do(Forget(**ADDRESS, cube_ids=(tea.fact("tea").id,)))
    gone = block(tea)
    assert (gone.state, gone.payload, gone.reason) == (State.ERASED, None, "parent-erased")
    assert [version.version for version in tea.history(gone.id)] == [2]
    assert dropped(tea) == [(gone.id, "parent-erased")]


def test_a_fact_that_is_forgotten_in_plain_words_takes_the_block_with_it(tea: Conversation) -> None:
    tea.say("Please forget what I said about green tea.", day=2)
    assert block(tea).state is State.ERASED
    assert dropped(tea) == [(block(tea).id, "parent-erased")]


def test_forgetting_everything_erases_each_block_there_ever_was(tea: Conversation) -> None:
    fact = tea.fact("tea")
    tea.do(built("next", fact))
    tea.do(Forget(**ADDRESS, everything=True))
    for job in ("job", "next"):
        assert block(tea, job).state is State.ERASED
    assert {reason for _, reason in dropped(tea)[1:]} == {"subject-forgotten"}
    assert len(dropped(tea)) == 3
    tea.do(built("late", fact))
    assert active(tea) == []
    tea.do(Forget(**ADDRESS, everything=True))
    assert "nothing-known" in tea.reasons()


def test_a_block_can_be_forgotten_alone(tea: Conversation) -> None:
    tea.do(Forget(**ADDRESS, cube_ids=(block(tea).id,)))
    assert block(tea).state is State.ERASED
    assert tea.fact("tea").state is State.ACTIVE
    assert dropped(tea) == [(block(tea).id, "forgotten")]


# --- undo and reprocess ------------------------------------------------------------------------------


def test_undo_of_the_change_that_ended_a_block_does_not_bring_it_back(tea: Conversation) -> None:
    edit = tea.do(Edit(**ADDRESS, cube_id=tea.fact("tea").id, body=Plain(text="Ada likes black tea")))
    tea.do(Undo(**ADDRESS, event_id=edit))
    assert tea.fact("tea").text == "Ada likes green tea"
    assert (block(tea).state, block(tea).version) == (State.SUPERSEDED, 2)
    assert active(tea) == []
    assert tea.refusals() == []


def test_undo_of_a_building_gives_the_block_up_and_does_so_once(tea: Conversation) -> None:
    first = tea.do(Undo(**ADDRESS, event_id="built"))
    assert (block(tea).state, block(tea).reason) == (State.ARCHIVED, "taken-back")
    assert dropped(tea) == [(block(tea).id, "taken-back")]
    tea.do(Undo(**ADDRESS, event_id="built"))
    tea.do(Undo(**ADDRESS, event_id=first))
    assert tea.refusals() == ["nothing-to-undo"] * 2
    assert block(tea).version == 2


def test_the_block_that_a_rebuilt_one_replaced_does_not_come_back_either(tea: Conversation) -> None:
    rebuilt = tea.do(built("next", tea.fact("tea")))
    tea.do(Undo(**ADDRESS, event_id=rebuilt))
    assert active(tea) == []
    assert block(tea).state is State.SUPERSEDED


def test_a_reprocess_that_changes_nothing_leaves_a_block_alone(tea: Conversation) -> None:
    tea.reprocess()
    assert "nothing-differs" in tea.reasons()
    assert active(tea) == [block_id(SUBJECT, "job")]


def test_what_a_reprocess_changes_ends_the_block(home: Conversation) -> None:
    turn = home.say("I like green tea. I live in Porto.")
    home.do(built("fact", home.fact("Porto")))
    home.do(built("turn", home.episode(turn), model="another"))
    with rules(deaf_to("tea")):
        home.reprocess()
    assert home.facts() == ["Ada lives in Porto"]
    assert active(home) == [block_id(SUBJECT, "fact")]
    assert dropped(home) == [(block_id(SUBJECT, "turn"), "parent-changed")]


# --- the same from the log, however it is cut ---------------------------------------------------------

DEEDS = st.lists(
    st.tuples(
        st.sampled_from(("say", "build", "build", "demote", "edit", "forget", "undo", "late", "tick")),
        st.integers(0, 5),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=20,
)
SAYS = (
    "I like green tea.",
    "I live in Porto.",
    "I live in Rome.",
    "I like green tea!",
    "I own a boat.",
    "Hi.",
)


def told(deeds: list[tuple[str, int, int]], folder: Path) -> list[tuple[Incoming, str]]:
    """The deeds as events: blocks are built of what is known when they are, or was known before."""
    home = Conversation(folder)
    events: list[tuple[Incoming, str]] = []
    known: list[list[MemCube]] = [[]]

    def do(data: Incoming) -> None:
        name = f"deed-{len(events)}"
        events.append((data, name))
        home.do(data, event_id=name)
        known.append([cube for cube in home.cubes() if cube.form is not Form.BLOCK])

    for what, which, other in deeds:
        cubes = [cube for cube in home.cubes() if cube.form is not Form.BLOCK]
        some = [cube for n, cube in enumerate(cubes) if n % 3 != other] or cubes
        match what:
            case "say":
                do(Prompt(**ADDRESS, body=Plain(text=SAYS[which], name="Ada")))
            case "build":
                do(built(f"job-{which}-{len(events)}", *some, model=f"model-{other}"))
            case "late":
                before = known[which % len(known)]
                do(built(f"job-{which}-{len(events)}", *before[: other + 1]))
            case "demote":
                blocks = [cube.id for cube in home.cubes() if cube.form is Form.BLOCK]
                do(Demote(**ADDRESS, block_id=blocks[which % len(blocks)] if blocks else "none"))
            case "edit" if some:
                do(Edit(**ADDRESS, cube_id=some[which % len(some)].id, body=Plain(text=SAYS[other])))
            case "forget" if some:
                do(Forget(**ADDRESS, cube_ids=(some[which % len(some)].id,), everything=which == 5))
            case "undo" if events:
                do(Undo(**ADDRESS, event_id=events[which % len(events)][1]))
            case _:
                do(Tick(**ADDRESS))
        invariants(home)
    home.close()
    return events


def invariants(home: Conversation) -> None:
    """Whatever is active is current, one block a model; whatever is not has been dropped."""
    held = home.store.blocks(SUBJECT.key)
    assert all(one.current for one in held)
    models = [one.cube.payload.artefact.model for one in held]
    assert len(set(models)) == len(models)
    ended = {cube.id for cube in home.cubes() if cube.form is Form.BLOCK and cube.state is not State.ACTIVE}
    gone = {drop.block_id for drop in drops(home.log)}
    assert ended <= gone
    assert gone.isdisjoint(one.cube.id for one in held)


@given(DEEDS, st.integers(1, 7))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_where_batches_are_cut_changes_no_block(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[str, int, int]], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("blocks")
    events = told(deeds, folder / "told")
    digests, jobs = set(), set()
    for limit in sorted({1, cut, 64}):
        log = InMemoryLog()
        for n, (data, name) in enumerate(events):
            log.append(message(data, name, datetime(2026, 3, 1, 12, n, tzinfo=UTC)))
        process = Process(folder / f"cut-{limit}", log)
        process.drain(seed=cut, limit=limit)
        digests.add(process.store.digest())
        jobs.add(tuple((drop.block_id, drop.reason) for drop in drops(log)))
        process.close()
    assert len(digests) == 1
    assert len(jobs) == 1

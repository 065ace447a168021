"""After a change of the rules: the turns are read again, and what differs is one event that can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from memcube.cube import Decision, Form, State
from schemas.body import Plain
from schemas.events import Edit, Feedback, Forget, Pin, Prompt, Remember, Undo
from tests.processors.conversation import Conversation
from tests.processors.rule_sets import Rules, deaf_to, rules, without, wordier
from tests.streams.story import CITIES, FIRMS, THINGS, TURNS

ADDRESS: dict[str, Any] = {"tenant": "t", "group_id": "home"}


def test_the_same_rules_change_nothing(home: Conversation) -> None:
    home.say("I live in Porto. I like jazz.", day=1)
    home.say("I moved to Lisbon.", day=3)
    home.say("I really like jazz!", day=4)
    before = home.store.digest()
    home.reprocess()
    assert home.store.digest() == before
    assert home.refusals() == []


def test_what_the_rules_did_not_hear_is_heard_now(home: Conversation) -> None:
    with rules(deaf_to("jazz")):
        turn = home.say("I live in Porto. I like jazz.", day=2)
    porto = home.fact("Porto")
    command = home.reprocess()
    assert home.facts() == ["Ada lives in Porto", "Ada likes jazz"][::-1]
    new = home.fact("jazz")
    assert (new.decision, new.reason, new.cause) == (Decision.ADD, "reprocessed", command)
    assert new.processor.startswith("reprocess/1")
    assert [source.event_id for source in new.sources] == [turn]
    assert new.valid_from == datetime(2026, 3, 2, 12, 1, tzinfo=UTC)
    assert home.fact("Porto") == porto


def test_what_the_rules_make_no_longer_is_retracted(home: Conversation) -> None:
    home.say("I live in Porto. I like jazz.")
    with rules(deaf_to("jazz")):
        home.reprocess()
    assert home.facts() == ["Ada lives in Porto"]
    assert (home.fact("jazz").state, home.fact("jazz").reason) == (State.RETRACTED, "reprocessed")


def test_a_statement_found_in_an_old_turn_does_not_supersede_a_newer_one(home: Conversation) -> None:
    with rules(deaf_to("Porto", "Rome")):
        home.say("I live in Porto.", day=1)
        home.say("I live in Lisbon.", day=5)
        home.say("I live in Rome.", day=9)
        home.say("I live in Oslo.", day=12)
    lisbon = home.fact("Lisbon")
    assert (lisbon.valid_to or lisbon.valid_from).day == 12
    home.reprocess()
    assert home.facts() == ["Ada lives in Oslo"]
    days = {cube.text: (cube.valid_from.day, cube.valid_to and cube.valid_to.day) for cube in _told(home)}
    assert days == {
        "Ada lives in Porto": (1, 5),
        "Ada lives in Lisbon": (5, 9),
        "Ada lives in Rome": (9, 12),
        "Ada lives in Oslo": (12, None),
    }


def test_what_was_wrongly_replaced_holds_again(home: Conversation) -> None:
    first = home.say("I live in Porto.", day=1)
    home.say("I live in Rome.", day=5)
    assert home.episode(first).state is State.SUPERSEDED
    with rules(deaf_to("Rome")):
        command = home.reprocess()
    assert home.facts() == ["Ada lives in Porto"]
    back = home.fact("Porto")
    assert (back.decision, back.reason, back.valid_to) == (Decision.REPROCESS, "holds-again", None)
    assert home.episode(first).state is State.ACTIVE
    home.do(Undo(**ADDRESS, event_id=command), day=28)
    assert home.facts() == ["Ada lives in Rome"]
    assert home.episode(first).state is State.SUPERSEDED


def test_what_was_wrongly_ended_holds_again(home: Conversation) -> None:
    home.say("I work at Acme.", day=1)
    home.say("I no longer work at Acme.", day=5)
    with rules(deaf_to("no longer")):
        home.reprocess()
    assert home.facts() == ["Ada works at Acme"]


def test_a_slot_that_the_rules_fill_now_replaces_what_was_in_it(home: Conversation) -> None:
    with rules(without(slot=None, value=None)):
        home.say("I live in Porto.", day=1)
        home.say("I live in Rome.", day=5)
    assert home.facts() == ["Ada lives in Porto", "Ada lives in Rome"]
    rome = home.fact("Rome")
    home.reprocess()
    assert home.facts() == ["Ada lives in Rome"]
    assert (home.fact("Rome").id, home.fact("Rome").reason) == (rome.id, "read-anew")
    assert (home.fact("Porto").state, home.fact("Porto").reason) == (State.SUPERSEDED, "replaced")


def test_an_undo_takes_the_whole_reprocess_back_and_it_can_be_made_again(home: Conversation) -> None:
    with rules(deaf_to("Rome")):
        home.say("I live in Porto. My dog is called Rex.", day=1)
        home.say("I live in Rome.", day=5)
    before = _state(home)
    with rules(deaf_to("Rex")):
        command = home.reprocess()
        after = _state(home)
        home.do(Undo(**ADDRESS, event_id=command), day=28)
        assert _state(home) == before
        home.reprocess()
        assert _state(home) == after
    assert home.refusals() == []


def test_a_turn_that_was_put_back_by_an_undo_holds_again_with_its_facts(home: Conversation) -> None:
    with rules(deaf_to("sister")):
        turn = home.say("I live in Porto and my sister lives in Rome.", day=1)
        home.say("I live in Oslo.", day=5)
    for _ in range(2):
        assert home.episode(turn).state is State.SUPERSEDED
        command = home.reprocess()
        assert home.facts() == ["Ada lives in Oslo", "Ada's sister lives in Rome"]
        assert home.episode(turn).state is State.ACTIVE
        home.do(Undo(**ADDRESS, event_id=command), day=28)


def test_a_reprocess_that_was_undone_and_put_in_force_again_is_as_good(home: Conversation) -> None:
    home.say("I live in Porto. I like jazz.", day=1)
    with rules(deaf_to("jazz")):
        command = home.reprocess()
    undo = home.do(Undo(**ADDRESS, event_id=command), day=28)
    home.do(Undo(**ADDRESS, event_id=undo), day=28)
    assert home.facts() == ["Ada lives in Porto"]
    home.reprocess()
    assert home.facts() == ["Ada likes jazz", "Ada lives in Porto"]


def test_what_a_person_has_put_right_stays(home: Conversation) -> None:
    home.say("I live in Porto. I like jazz. My sister lives in Rome.", day=1)
    home.do(Edit(**ADDRESS, cube_id=home.fact("jazz").id, body=Plain(text="Ada likes free jazz")), day=2)
    home.do(Pin(**ADDRESS, cube_id=home.fact("Porto").id), day=2)
    given = home.do(Remember(**ADDRESS, body=Plain(text="The locker is number 12")), day=2)
    before = home.store.digest()
    home.reprocess()
    assert home.store.digest() == before
    with rules(deaf_to("Porto", "jazz", "locker")):
        home.reprocess()
    assert home.store.digest() == before
    with rules(wordier):
        home.reprocess()
    assert "Ada likes free jazz" in home.facts()
    assert not any("likes jazz" in text for text in home.facts())
    assert home.fact("locker").cause == given


def test_a_fact_that_another_turn_vouches_for_stays(home: Conversation) -> None:
    home.say("I like jazz.", day=1)
    home.say("I like jazz. Really!", day=2)
    home.do(Remember(**ADDRESS, body=Plain(text="Ada likes chess")), day=2)
    home.say("I like chess.", day=3)
    with rules(deaf_to("chess")):
        home.reprocess()
    assert home.facts() == ["Ada likes chess", "Ada likes jazz"]


def test_a_statement_heard_more_often_than_there_are_sources_stays(home: Conversation) -> None:
    for n in range(40):
        words = "I really like jazz." if n else "I like jazz so very much, I really really do."
        home.later(
            Prompt(**ADDRESS, body=Plain(text=words, name="Ada")),
            datetime(2026, 3, 1, n, tzinfo=UTC) if n < 24 else datetime(2026, 3, 2, n - 24, tzinfo=UTC),
            f"e{n}",
        )
    home.later(
        Prompt(**ADDRESS, body=Plain(text="I live in Rome.", name="Ada")),
        datetime(2026, 3, 3, tzinfo=UTC),
        "home",
    )
    home.work()
    before = home.store.digest()
    home.reprocess()
    assert home.store.digest() == before


def test_what_was_taken_back_or_forgotten_does_not_come_back(home: Conversation) -> None:
    undone = home.say("I like jazz.", day=1)
    home.do(Undo(**ADDRESS, event_id=undone), day=1)
    home.say("I like chess.", day=2)
    home.do(Forget(**ADDRESS, cube_ids=(home.fact("chess").id,)), day=2)
    home.reprocess()
    assert home.facts() == []
    with rules(wordier):
        home.reprocess()
    assert home.facts() == []


def test_an_answer_of_the_assistant_gives_no_facts(home: Conversation) -> None:
    home.answer("I live in Porto.")
    home.reprocess()
    assert home.facts() == []


def test_a_rating_outlives_a_reprocess(home: Conversation) -> None:
    home.say("I live in Porto.", day=1)
    home.do(Feedback(**ADDRESS, cube_ids=(home.fact("Porto").id,), verdict="up"), day=1)
    with rules(without(slot=None, value=None)):
        home.reprocess()
    assert home.fact("Porto").trust > 0.5


def test_only_the_days_that_were_asked_for_are_read(home: Conversation) -> None:
    with rules(deaf_to("like")):
        for day, thing in ((1, "jazz"), (5, "chess"), (9, "tea")):
            home.say(f"I like {thing}.", day=day)
    home.reprocess(since=2, until=9)
    assert home.facts() == ["Ada likes chess"]
    home.reprocess(since=2)
    assert home.facts() == ["Ada likes chess", "Ada likes tea"]


def test_too_many_memories_at_once_are_refused(home: Conversation, monkeypatch: Any) -> None:
    """Turns and facts, and what was given as it stands: all may have to be embedded."""
    monkeypatch.setattr("processors.reprocess.MAX_MEMORIES", 3)
    home.say("I like jazz.", day=1)
    for day in (2, 3):
        home.do(Remember(**ADDRESS, body=Plain(text=f"The locker has number {day}")), day=day)
    home.reprocess()
    assert home.refusals() == ["refused"]
    home.reprocess(since=2)
    home.reprocess(until=2)
    assert home.refusals() == ["refused"]


def test_what_was_said_at_one_moment_is_read_at_once_however_much_it_is(
    home: Conversation, monkeypatch: Any
) -> None:
    monkeypatch.setattr("processors.reprocess.MAX_MEMORIES", 3)
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with rules(deaf_to("like")):
        for n, thing in enumerate(("jazz", "chess", "tea", "figs")):
            home.put(Prompt(**ADDRESS, body=Plain(text=f"I like {thing}.", name="Ada")), moment, f"e{n}")
    home.reprocess()
    assert home.refusals() == []
    assert len(home.facts()) == 4


def test_a_subject_without_memories_has_nothing_to_read(home: Conversation) -> None:
    home.reprocess()
    assert (home.cubes(), home.refusals()) == ([], [])


# --- whatever was said -----------------------------------------------------------------------------------

_SETS: dict[str, Rules] = {
    "ours": deaf_to(),
    "deaf to cities": deaf_to("Lisbon", "Rome"),
    "deaf to endings": deaf_to("no longer", "Actually"),
    "without slots": without(slot=None, value=None),
    "without cues": without(cue=None),
    "wordier": wordier,
}
names = st.sampled_from(sorted(_SETS))
turns = st.lists(
    st.builds(
        lambda template, city, firm, thing, who: (
            template.format(city=city, firm=firm, thing=thing, day="Friday"),
            who,
        ),
        st.sampled_from(TURNS),
        st.sampled_from(CITIES),
        st.sampled_from(FIRMS),
        st.sampled_from(THINGS),
        st.sampled_from(("Ada", "Ada", "Ben")),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(turns, names, names)
def test_the_facts_are_those_that_the_rules_of_today_would_have_made(
    said: list[tuple[str, str]], before: str, after: str
) -> None:
    def told(home: Conversation) -> None:
        for n, (text, who) in enumerate(said):
            home.later(
                Prompt(**ADDRESS, body=Plain(text=text, name=who)),
                datetime(2026, 3, 1 + n, tzinfo=UTC),
                f"e{n}",
            )

    with _conversations(2) as (home, anew):
        with rules(_SETS[before]):
            told(home)
            home.work()
        with rules(_SETS[after]):
            told(anew)
            anew.work()
            home.reprocess()
            assert _truths(home) == _truths(anew)
            again = home.store.digest()
            home.reprocess()
            assert home.store.digest() == again
        assert home.refusals() == []


@contextmanager
def _conversations(count: int) -> Iterator[list[Conversation]]:
    with TemporaryDirectory() as folder:
        told = [Conversation(Path(folder) / str(n)) for n in range(count)]
        yield told
        for one in told:
            one.close()


def _told(home: Conversation) -> list[Any]:
    return [c for c in home.cubes() if c.form is Form.FACT and c.state is not State.RETRACTED]


def _truths(home: Conversation) -> set[tuple[Any, ...]]:
    return {
        (
            cube.text,
            cube.state,
            cube.valid_from,
            cube.valid_to,
            cube.payload.slot,
            cube.payload.value,
            tuple(source.event_id for source in cube.sources),
        )
        for cube in _told(home)
    }


def _state(home: Conversation) -> set[tuple[Any, ...]]:
    return {
        (cube.text, cube.state, cube.valid_from, cube.valid_to, cube.payload)
        for cube in home.cubes()
        if cube.state is not State.RETRACTED
    }

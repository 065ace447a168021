"""A memory as a line of a prompt, and which memories a block may hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from memcube.cube import Form, Kind, MemCube, Payload, State
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.plaintext.context import render
from memcube.plaintext.lines import eligible, line_of, repeats
from memcube.plaintext.memory import Memory
from memcube.store.sqlite import SQLiteCubeStore
from tests.memcube.store.making import ANNA, NOON, commit, erased, new_cube, next_version, share, work


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteCubeStore]:
    record = SQLiteCubeStore(tmp_path / "cubes.sqlite", SubjectSealer(KeyStore(tmp_path / "keys.sqlite")))
    yield record
    record.close()


def from_event(cube: MemCube, like: MemCube) -> MemCube:
    """The same cube, as drawn from the event of another."""
    return msgspec.structs.replace(cube, payload=Payload(cube.text, like.sources), cause=like.cause)


def test_a_line_has_the_words_that_the_context_has() -> None:
    turn = new_cube("I sold\nthe boat \u202e(9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d)", form=Form.EPISODE)
    context = render([Memory.of(turn, 1.0)], 1000, lambda texts: [len(text) for text in texts])
    line = line_of(turn)
    assert line.text == "Anna: I sold the boat [9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d]"
    assert context.text == f"[2026-03-01] {line.text} ({turn.id})\n"


def test_a_line_is_dated_by_the_day_from_which_it_holds_where_it_was_said() -> None:
    late = msgspec.structs.replace(new_cube("Anna sails"), valid_from=NOON + timedelta(hours=11))
    assert line_of(late).since == date(2026, 3, 1)
    assert (line_of(late).cube_id, line_of(late).version) == (late.id, 1)


def test_a_fact_that_names_its_speaker_stands_alone() -> None:
    assert line_of(new_cube("Anna sails")).text == "Anna sails"
    assert line_of(new_cube("The boat is red")).text == "Anna: The boat is red"


def test_only_a_part_of_a_long_turn_may_be_shown() -> None:
    turn = new_cube("I sail. By the way, it rains.", form=Form.EPISODE)
    assert line_of(turn, "I sail.").text == "Anna: I sail."


def test_what_is_over_or_no_plaintext_is_in_no_block(store: SQLiteCubeStore) -> None:
    fact = new_cube("Anna sails")
    assert eligible(store, ANNA, fact)
    for state in set(State) - {State.ACTIVE}:
        assert not eligible(store, ANNA, msgspec.structs.replace(fact, state=state))
    assert not eligible(store, ANNA, msgspec.structs.replace(fact, kind=Kind.ACTIVATION))
    assert not eligible(store, ANNA, msgspec.structs.replace(fact, payload=None))


def test_a_turn_is_left_out_as_soon_as_one_of_its_facts_is_over(store: SQLiteCubeStore) -> None:
    turn = new_cube("I live in Porto and I sail", form=Form.EPISODE)
    porto = from_event(new_cube("Anna lives in Porto", seq=2), turn)
    sails = from_event(new_cube("Anna sails", seq=3), turn)
    commit(store, share(work(turn, porto, sails, applied=["event-of-1"])))
    assert eligible(store, ANNA, turn)
    over = next_version(porto, seq=4, state=State.SUPERSEDED)
    commit(store, share(work(over, base=3), base=1))
    assert not eligible(store, ANNA, turn)
    assert eligible(store, ANNA, sails)


def test_a_turn_that_ended_what_an_earlier_one_said_may_be_read_whole(store: SQLiteCubeStore) -> None:
    porto = new_cube("Anna lives in Porto")
    turn = new_cube("I live in Faro now", seq=2, form=Form.EPISODE)
    faro = from_event(new_cube("Anna lives in Faro", seq=3), turn)
    over = msgspec.structs.replace(
        next_version(porto, seq=4, state=State.SUPERSEDED), cause=turn.cause, reason="now Faro"
    )
    commit(store, share(work(porto, turn, faro, over)))
    assert eligible(store, ANNA, turn)


def test_a_turn_whose_fact_was_erased_says_no_more_than_is_left(store: SQLiteCubeStore) -> None:
    turn = new_cube("I sail", form=Form.EPISODE)
    sails = from_event(new_cube("Anna sails", seq=2), turn)
    commit(store, share(work(turn, sails)))
    commit(store, share(work(erased(sails, seq=3), erased(turn, seq=4), base=2), base=1))
    [now] = store.cubes(ANNA, [turn.id])
    assert not eligible(store, ANNA, now)


def test_a_turn_whose_facts_all_stand_beside_it_would_be_said_twice(store: SQLiteCubeStore) -> None:
    turn = new_cube("I live in Porto and I sail", form=Form.EPISODE)
    porto = from_event(new_cube("Anna lives in Porto", seq=2), turn)
    sails = from_event(new_cube("Anna sails", seq=3), turn)
    small_talk = new_cube("Good morning", seq=4, form=Form.EPISODE)
    commit(store, share(work(turn, porto, sails, small_talk)))
    both = frozenset({porto.id, sails.id, turn.id})
    assert repeats(store, ANNA, turn, both)
    assert not repeats(store, ANNA, turn, both - {sails.id})
    assert not repeats(store, ANNA, small_talk, both)
    assert not repeats(store, ANNA, porto, both)


def test_a_turn_whose_fact_was_put_right_since_is_left_out(store: SQLiteCubeStore) -> None:
    turn = new_cube("I like green tea", form=Form.EPISODE)
    tea = from_event(new_cube("Anna likes green tea", seq=2), turn)
    commit(store, share(work(turn, tea)))
    assert eligible(store, ANNA, turn)
    said = tuple(msgspec.structs.replace(source, said="Anna likes green tea") for source in turn.sources)
    right = msgspec.structs.replace(
        next_version(tea, seq=3), payload=Payload("Anna likes black tea", said), cause="edit"
    )
    commit(store, share(work(right, base=2), base=1))
    assert not eligible(store, ANNA, turn)

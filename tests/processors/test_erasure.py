"""Forgetting: what goes, what stays, and that nothing else is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memcube.cube import State
from memcube.errors import KeyDestroyed
from schemas.body import Plain, Sealed
from schemas.envelope import decode
from schemas.events import Edit, Extracted, Forget, Parent, Prompt, Undo
from schemas.topics import EVENTS, UPDATES
from tests.processors.conversation import SUBJECT, Conversation

ADDRESS: dict[str, Any] = {"tenant": "t", "group_id": "home"}


def test_a_forgotten_fact_goes_with_all_versions_its_turn_and_its_vector(home: Conversation) -> None:
    turn = home.say("I like zanzibar tea. I live in Porto.")
    fact = home.fact("zanzibar")
    home.do(Edit(**ADDRESS, cube_id=fact.id, body=Plain(text="Ada likes quagga tea")))
    home.do(Forget(**ADDRESS, cube_ids=(fact.id,)))
    gone = home.cube(fact.id)
    assert (gone.state, gone.payload, gone.version) == (State.ERASED, None, 3)
    assert [version.version for version in home.history(fact.id)] == [3]
    assert home.episode(turn).state is State.ERASED
    assert home.facts() == ["Ada lives in Porto"]
    assert not home.store.vectors(
        SUBJECT.key, ["Ada likes zanzibar tea", "Ada likes quagga tea"], "hash-trigrams/fp32/1"
    )


def test_a_forgotten_turn_takes_the_facts_that_came_from_it_alone(home: Conversation) -> None:
    turn = home.say("I like jazz. I own a boat.", day=1)
    home.say("I own a boat.", day=5)
    home.do(Forget(**ADDRESS, cube_ids=(home.episode(turn).id,)), day=6)
    assert home.facts() == ["Ada owns a boat"]


def test_a_forget_cannot_be_undone_and_said_twice_changes_nothing_more(home: Conversation) -> None:
    home.say("I like jazz.")
    fact = home.fact("jazz")
    forget = home.do(Forget(**ADDRESS, cube_ids=(fact.id,)))
    home.do(Undo(**ADDRESS, event_id=forget))
    home.do(Forget(**ADDRESS, cube_ids=(fact.id,)))
    assert home.refusals() == ["nothing-to-undo"]
    assert home.cube(fact.id).version == 2


def test_forgetting_what_is_not_there_is_refused_whole(home: Conversation) -> None:
    home.say("I like jazz.")
    home.do(Forget(**ADDRESS, cube_ids=(home.fact("jazz").id, "unknown")))
    home.do(Forget(**ADDRESS))
    assert home.refusals() == ["no-such-cube", "refused"]
    assert home.facts() == ["Ada likes jazz"]


def test_followers_of_updates_get_a_tombstone(home: Conversation) -> None:
    home.say("I like jazz.")
    fact = home.fact("jazz")
    home.do(Forget(**ADDRESS, cube_ids=(fact.id,)))
    key = f"{SUBJECT.key}/{fact.id}".encode()
    assert [record.value is None for record in home.log.of(UPDATES.name) if record.key == key] == [
        False,
        True,
    ]


def test_forgetting_a_subject_ends_its_keys_and_nothing_said_in_between(home: Conversation) -> None:
    home.say("I like jazz.")
    sealed = home.sealer.seal(SUBJECT.key, b"from before", b"")
    home.do(Forget(**ADDRESS, everything=True))
    assert home.facts() == []
    with pytest.raises(KeyDestroyed):
        home.sealer.open(SUBJECT.key, sealed, b"")
    home.say("I like chess.", day=9)
    assert home.facts() == ["Ada likes chess"]


def test_words_of_a_forgotten_subject_are_in_no_file(tmp_path: Path) -> None:
    home = Conversation(tmp_path)
    home.say("My password hint is xylophonequokka.")
    home.do(Forget(**ADDRESS, everything=True))
    home.close()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"xylophonequokka" not in path.read_bytes(), path


def test_the_shred_follows_the_forget_in_the_log(home: Conversation) -> None:
    home.say("I like jazz.")
    home.do(Forget(**ADDRESS, everything=True))
    told = [decode(r.key, r.headers, r.value).type for r in home.log.of(EVENTS.name) if r.value]
    assert told[-2:] == ["memcube.command.forget.v1", "memcube.command.shred.v1"]


def test_an_event_sealed_by_a_destroyed_key_is_passed_over(home: Conversation) -> None:
    sealed = home.sealer.seal(SUBJECT.key, b'{"text":"I like jazz."}', b"")
    home.do(Forget(**ADDRESS, everything=True))
    home.do(Prompt(**ADDRESS, body=Sealed(sealed.key_id, sealed.nonce, sealed.ciphertext)))
    assert home.refusals() == []
    assert home.facts() == []


def test_a_fact_said_very_often_takes_all_its_turns_with_it(home: Conversation) -> None:
    turns = [home.say("I own a boat.", day=1 + n % 28) for n in range(40)]
    home.do(Forget(**ADDRESS, cube_ids=(home.fact("boat").id,)), day=28)
    assert {home.episode(turn).state for turn in turns} == {State.ERASED}


def test_a_turn_whose_merge_was_undone_is_forgotten_too(home: Conversation) -> None:
    home.say("I own a boat.", day=1)
    again = home.say("I own a boat.", day=2)
    home.do(Undo(**ADDRESS, event_id=again), day=3)
    home.do(Forget(**ADDRESS, cube_ids=(home.fact("boat").id,)), day=4)
    assert home.episode(again).state is State.ERASED


def test_what_an_extractor_drew_from_a_turn_goes_with_it(home: Conversation) -> None:
    turn = home.say("Ok.")
    episode = home.episode(turn)
    result = Extracted(
        **ADDRESS,
        parents=(Parent(episode.id, 1),),
        memories=(Plain(text="The code is 99"),),
        processor="model/1",
    )
    home.do(result)
    assert home.fact("99").processor == "model/1"
    home.do(Forget(**ADDRESS, cube_ids=(episode.id,)))
    assert home.facts() == []


def test_one_fact_of_a_sentence_does_not_keep_the_words_of_another(home: Conversation) -> None:
    home.say("I live in Porto and I work at Brightwater.")
    home.do(Forget(**ADDRESS, cube_ids=(home.fact("Porto").id,)))
    left = home.fact("Brightwater")
    assert "Porto" not in str(left.payload)

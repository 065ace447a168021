from __future__ import annotations

import pytest

from bench.turns import AT_ONCE, subjects, turns


def test_the_same_turns_come_each_time() -> None:
    assert turns(200) == turns(200)


def test_no_turn_comes_twice_and_conversations_differ() -> None:
    told = turns(2_016)
    assert len({turn.id for turn in told}) == len(told)
    # What repeats is "lol" and "Thanks!", as in life.
    assert len({turn.text for turn in told}) > 0.8 * len(told)


def test_a_batch_mixes_subjects() -> None:
    assert len(subjects(turns(AT_ONCE))) == AT_ONCE


def test_people_keep_their_name_through_a_conversation() -> None:
    names = {turn.name for turn in turns(1_008) if turn.telling == 3 and turn.name is not None}
    assert len(names) == 2


def test_a_second_part_of_a_run_meets_other_subjects() -> None:
    assert not set(subjects(turns(300))) & set(subjects(turns(300, first_telling=1_000)))


@pytest.mark.parametrize("said", turns(84))
def test_a_turn_is_what_the_gateway_takes(said: object) -> None:
    from gateway.http.requests import Turn as Request

    request = said.request()  # type: ignore[attr-defined]
    assert Request.model_validate({"tenant": "default", **request}).subject().key == said.subject.key  # type: ignore[attr-defined]

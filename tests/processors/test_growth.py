"""Memory does not grow by being told the same again, nor by talking to itself."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from memcube.cube import Form, State
from schemas.body import Plain
from schemas.events import Prompt, Response
from tests.processors.conversation import Conversation
from tests.processors.month import month, rephrased

ADDRESS: dict[str, Any] = {"tenant": "t", "group_id": "home"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_month_told_ten_times_in_other_words_grows_by_a_tenth_at_most(
    home: Conversation, seed: int
) -> None:
    rng = random.Random(seed)
    for time, text in month():
        home.put(Prompt(**ADDRESS, body=Plain(text=text, name="Ada")), time)
    once = home.facts()
    assert len(once) >= 36
    for again in range(1, 11):
        for time, text in month():
            said = rephrased(text, rng)
            home.put(
                Prompt(**ADDRESS, body=Plain(text=said, name="Ada")),
                time + timedelta(minutes=again),
                f"{again}-{time.isoformat()}",
            )
    grown = home.facts()
    assert len(grown) <= 1.1 * len(once), sorted(set(grown) - set(once))
    # Nothing of the month was lost on the way.
    assert len(set(once) & set(grown)) >= 0.9 * len(once), sorted(set(once) - set(grown))


def test_a_hundred_chats_about_the_same_facts_make_no_memory(home: Conversation) -> None:
    home.say("I live in Oslo. I have a dog called Rex. I'm allergic to walnuts.", day=1)
    facts = {cube.id: cube for cube in home.cubes() if cube.form is Form.FACT}
    used = tuple(facts)
    for n in range(100):
        home.say("Where do I live, and what is my dog called?", day=2 + n // 50)
        text = "You live in Oslo, your dog is called Rex, and you are allergic to walnuts."
        home.do(Response(**ADDRESS, body=Plain(text=text, name=None), used=used), day=2 + n // 50)
    after = {cube.id: cube for cube in home.cubes() if cube.form is Form.FACT}
    # Not one more, none said again, no trust gained: every version is the first.
    assert after == facts
    answers = [cube for cube in home.cubes() if cube.form is Form.EPISODE and "Rex, and" in cube.text]
    assert {(cube.state, cube.reason) for cube in answers} == {(State.ARCHIVED, "echo")}


def test_an_answer_that_says_something_else_stays_in_recall_and_makes_no_fact(home: Conversation) -> None:
    home.say("I live in Oslo.", day=1)
    used = (home.fact("Oslo").id,)
    turn = home.do(
        Response(**ADDRESS, body=Plain(text="You live in Oslo; the opera opens at nine."), used=used), day=2
    )
    assert home.facts() == ["Ada lives in Oslo"]
    assert home.episode(turn).state is State.ACTIVE

"""The examples of docs/consolidation.md come out as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from memcube.cube import Form, State
from tests.processors.conversation import Conversation

DOCUMENT = Path(__file__).parents[2] / "docs" / "consolidation.md"


def rows() -> list[tuple[str, str, str]]:
    text = DOCUMENT.read_text().split("## What changes what")[1].split("\n\n")[1]
    cells = [line.strip("| ").split(" | ") for line in text.splitlines()[2:]]
    return [(before, now, becomes) for before, now, becomes, _ in cells]


@pytest.mark.parametrize(("before", "now", "becomes"), rows())
def test_an_example(home: Conversation, before: str, now: str, becomes: str) -> None:
    for turn in before.split(" … "):
        home.say(turn, day=1)
    known = {
        cube.id: cube.text for cube in home.cubes() if cube.form is Form.FACT and cube.state is State.ACTIVE
    }
    assert known
    home.say(now, day=1 if now.startswith("Sorry") else 13)
    after = {text: home.cube(identifier).state for identifier, text in known.items()}
    expected = re.findall(r"superseded|retracted|stays?\b", becomes)[0]
    if expected.startswith("stay"):
        assert set(after.values()) == {State.ACTIVE}
    else:
        # Of the facts before, one ends and no other: "Initech is superseded" names which.
        named = re.match(r"(\w+) is superseded", becomes)
        ended = {text: state for text, state in after.items() if state is not State.ACTIVE}
        assert list(ended.values()) == [State(expected)]
        assert named is None or named[1] in " ".join(ended)
    assert now.removesuffix(".").split()[-1].casefold() in " ".join(home.facts()).casefold()

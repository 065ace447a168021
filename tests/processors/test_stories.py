"""The scripted stories of facts that change, as a gate; `python -m bench stories` shows each."""

from __future__ import annotations

import pytest

from bench.stories import Verdict, judge, stories, summary


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return judge(stories(), "hash")


def test_no_story_retires_what_it_is_not_about(verdicts: list[Verdict]) -> None:
    assert {one.story.id: one.unrelated for one in verdicts if one.unrelated} == {}


def test_facts_end_as_they_should(verdicts: list[Verdict]) -> None:
    found = summary(verdicts)
    assert found.stories >= 80
    wrong = {one.story.id: one.wrong for one in verdicts if not one.right}
    assert found.right >= 0.93 * found.stories, wrong
    assert found.facts_current >= 0.97 * found.facts_expected, wrong


def test_stories_have_names_of_their_own() -> None:
    names = [story.id for story in stories()]
    assert len(names) == len(set(names))

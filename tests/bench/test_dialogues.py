"""The labelled conversations are whole: every label speaks of what was said."""

from __future__ import annotations

import pytest

from bench.dialogues import dialogues, labelled_turns
from bench.extraction import main
from bench.frozen_words import folded


def test_every_dialogue_has_its_own_name_and_several_turns() -> None:
    told = dialogues()
    assert len({one.id for one in told}) == len(told) == 48
    assert all(len(one.turns) >= 10 for one in told)


def test_an_assistants_turn_has_no_memories() -> None:
    assert not [
        turn for one in dialogues() for turn in one.turns if turn.role == "assistant" and turn.memories
    ]


def test_every_word_of_a_label_was_said_or_is_a_name() -> None:
    names = {one.id: {turn.speaker for turn in one.turns} for one in dialogues()}
    for turn, expected in labelled_turns().values():
        said = folded(
            " ".join([*names[turn.id.split(":")[0]], *(b.text for b in turn.before or ()), turn.text or ""])
        )
        for memory in expected:
            groups = memory.wordings[0].words
            assert 1 <= len(groups) <= 6, turn.id
            known = [any(folded(word)[:4] in said for word in group.split("|")) for group in groups]
            assert sum(known) > len(groups) / 2, (turn.id, groups)


def test_the_dialogues_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--part", "dialogues", "--json"]) == 0
    assert '"turns":1050' in capsys.readouterr().out

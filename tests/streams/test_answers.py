"""A short answer is read with the turn that it answers, wherever the stream is cut."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from memcube.cube import Form, State, cube_id
from memcube.models.embedder import HashEmbedder
from memcube.store.record import OutboxMessage
from memcube.vectors import Encoding
from schemas.body import Plain
from schemas.events import Forget, Prompt, Response
from schemas.subject import Subject
from tests.streams.story import message
from tests.streams.world import START, InMemoryLog, Process

HOME = Subject("t", "user", "ada")
TOLD = (
    ("assistant", "Do you have any pets?"),
    ("Ada", "Two cats, Momo and Ada."),
    ("assistant", "Do you still work at the harbour office?"),
    ("Ada", "Yep, going on six years."),
    ("Ada", "My dentist appointment is on Thursday."),
    ("assistant", "Noted."),
    ("Ada", "Actually it's Tuesday."),
)


class Choosy(HashEmbedder):
    """An embedder that fails on one text, as one may on an odd one."""

    def __init__(self, refused: str) -> None:
        super().__init__()
        self._refused = refused

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        if self._refused and any(text.endswith(self._refused) for text in texts):
            raise ValueError(self._refused)
        return super().encode(texts)


def _told(
    lines: Sequence[tuple[str, str]] = TOLD, apart: timedelta = timedelta(minutes=1)
) -> list[OutboxMessage]:
    events = []
    for n, (name, text) in enumerate(lines):
        data = (
            Response(tenant="t", user_id="ada", body=Plain(text=text))
            if name == "assistant"
            else Prompt(tenant="t", user_id="ada", body=Plain(text=text, name=name))
        )
        events.append(message(data, f"e{n}", START + n * apart))
    return events


def _run(folder: Path, events: Sequence[OutboxMessage], limit: int, refused: str = "") -> Process:
    log = InMemoryLog()
    for event in events:
        log.append(event)
    process = Process(folder, log, embedder=Choosy(refused))
    process.drain(limit=limit)
    return process


def _facts(process: Process) -> list[str]:
    changes = process.store.changes(HOME.key, 0, "none")[1]
    return sorted(
        change.cube.text
        for change in changes
        if change.cube.form is Form.FACT and change.cube.state is State.ACTIVE
    )


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_a_short_answer_says_what_its_question_asked(tmp_path: Path, limit: int) -> None:
    process = _run(tmp_path, _told(), limit)
    assert _facts(process) == [
        "Ada has two cats, Momo and Ada (pets)",
        "Ada still works at the harbour office, going on six years",
        "Ada's dentist appointment is on Tuesday (2026-03-03)",
    ]
    process.close()


def test_where_batches_are_cut_changes_no_answer(tmp_path: Path) -> None:
    digests = set()
    for limit in (1, 2, 3, 5, 50):
        process = _run(tmp_path / str(limit), _told(), limit)
        digests.add(process.store.digest())
        process.close()
    assert len(digests) == 1


def test_a_question_that_was_refused_is_answered_by_nothing(tmp_path: Path) -> None:
    """In one batch with its answer it is refused after the answer was drafted: the draft must not stand."""
    found = set()
    for limit in (1, 50):
        process = _run(tmp_path / str(limit), _told(TOLD[:2]), limit, refused="Do you have any pets?")
        found.add(tuple(_facts(process)))
        process.close()
    assert found == {()}


def test_what_was_asked_long_ago_is_not_what_is_answered(tmp_path: Path) -> None:
    process = _run(tmp_path, _told(TOLD[:2], apart=timedelta(hours=2)), 50)
    assert _facts(process) == []
    process.close()


def test_who_forgets_the_question_forgets_the_answer_that_holds_its_words(tmp_path: Path) -> None:
    events = _told(TOLD[2:4])
    question = cube_id(HOME.key, "e0", "episode")
    forget = Forget(tenant="t", user_id="ada", cube_ids=(question,))
    events.append(message(forget, "forget", START + timedelta(hours=3)))
    process = _run(tmp_path, events, 50)
    assert _facts(process) == []
    assert "harbour" not in repr([change.cube for change in process.store.changes(HOME.key, 0, "none")[1]])
    process.close()

"""A reprocess in the stream: wherever batches are cut or a worker dies, the record ends the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from memcube.cube import Form, State
from memcube.models.embedder import HashEmbedder
from memcube.store.record import OutboxMessage
from schemas.body import Plain
from schemas.events import Prompt, Reprocess, Undo
from schemas.topics import AUDIT, DEADLETTER, UPDATES
from tests.processors.rule_sets import deaf_to, rules, wordier
from tests.streams.story import message, story
from tests.streams.world import START, Died, InMemoryLog, Process


class Other(HashEmbedder):
    """Another embedder: other vectors, another id, and a count of what it was asked for."""

    embedder_id = "other/fp32/1"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.texts += texts
        return super().embed(texts)[:, ::-1].copy()


def told(log: InMemoryLog, events: Sequence[OutboxMessage]) -> None:
    for event in events:
        log.append(event)


def commands(subjects: int) -> list[OutboxMessage]:
    """One reprocess for each user of a story."""
    return [
        message(Reprocess(tenant="t", user_id=f"user-{n}"), f"reprocess-{n}", START + timedelta(days=400))
        for n in range(subjects)
    ]


def after_other_rules(folder: Path, seed: int, log: InMemoryLog) -> None:
    """A story that was heard by rules other than ours."""
    told(log, story(seed=seed, length=150, subjects=3, misrouted=False))
    process = Process(folder, log)
    with rules(deaf_to("Lisbon", "jazz", "no longer")):
        process.drain(seed=seed)
    process.close()


@pytest.mark.parametrize("seed", range(4))
def test_where_batches_are_cut_changes_nothing(tmp_path: Path, seed: int) -> None:
    digests = set()
    for cut in (1, 5, 256):
        log = InMemoryLog()
        after_other_rules(tmp_path / f"cut-{cut}", seed, log)
        told(log, [*commands(3), *story(seed=seed + 50, length=40, subjects=3, misrouted=False)])
        process = Process(tmp_path / f"cut-{cut}", log)
        process.drain(seed=seed, limit=cut)
        digests.add(process.store.digest())
        process.close()
    assert len(digests) == 1


def test_deaths_in_a_reprocess_leave_the_record_of_an_undisturbed_run(tmp_path: Path) -> None:
    digests, updates = [], []
    for name, deaths in (("calm", 0), ("deaths", 60)):
        log = InMemoryLog()
        after_other_rules(tmp_path / name, 7, log)
        told(log, commands(3))
        rng = random.Random(3)
        died: list[str] = []
        while True:
            process = Process(
                tmp_path / name, log, die_after=rng.randint(0, 6) if len(died) < deaths else 10**9, steps=died
            )
            try:
                process.drain(seed=rng.randrange(10**6), limit=3)
            except Died:
                continue
            else:
                digests.append(process.store.digest())
                break
            finally:
                process.close()
        updates.append({dict(r.headers).get("ce_id") for r in log.of(UPDATES.name)})
    assert digests[0] == digests[1]
    assert updates[0] == updates[1]


def test_a_story_of_anything_can_be_reprocessed_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    """With edits, pins, forgets, undos, ticks, late turns and repeats in it."""
    for seed in range(6):
        log = InMemoryLog()
        folder = tmp_path / str(seed)
        after_other_rules(folder, 20 + seed, log)
        refused = len(log.of(DEADLETTER.name))
        process = Process(folder, log)
        touched = _by_persons(process)
        told(log, commands(3))
        process.drain()
        assert len(log.of(DEADLETTER.name)) == refused
        assert _by_persons(process) >= touched
        digest = process.store.digest()
        told(log, [_again(one, n) for n, one in enumerate(commands(3))])
        process.drain()
        assert process.store.digest() == digest
        process.close()


def test_a_repeated_command_is_applied_once(tmp_path: Path) -> None:
    log = InMemoryLog()
    after_other_rules(tmp_path, 1, log)
    process = Process(tmp_path, log)
    told(log, commands(3))
    process.drain()
    digest = process.store.digest()
    with rules(wordier):
        told(log, commands(3))
        process.drain()
    assert process.store.digest() == digest
    process.close()


def test_another_embedder_embeds_everything_once_and_makes_no_version(tmp_path: Path) -> None:
    log = InMemoryLog()
    told(log, story(seed=5, length=60, subjects=2, misrouted=False))
    process = Process(tmp_path, log)
    process.drain()
    digest, subjects = process.store.digest(), process.store.subjects()
    process.close()

    other = Other()
    process = Process(tmp_path, log, embedder=other)
    told(log, commands(2))
    process.drain()
    assert process.store.digest() == digest
    for subject in subjects:
        sequence, changes = process.store.changes(subject, 0, other.embedder_id)
        living = [change for change in changes if change.cube.payload is not None]
        assert all(change.vector is not None and change.tokens is not None for change in living)
        assert not any(
            change.vector is not None
            for change in process.store.changes(subject, 0, HashEmbedder.embedder_id)[1]
        )
        assert sequence == process.store.sequence(subject)
    assert len(other.texts) == len(set(other.texts))
    assert _audited(log, "reprocess-") == {("noop", "embedded-anew")}
    embedded = len(other.texts)
    told(log, [_again(one, n) for n, one in enumerate(commands(2))])
    process.drain()
    assert len(other.texts) == embedded
    assert _audited(log, "again-") == {("noop", "nothing-differs")}
    process.close()


def test_what_is_said_right_after_is_compared_by_the_new_vectors(tmp_path: Path) -> None:
    def said(text: str, n: int) -> OutboxMessage:
        data = Prompt(tenant="t", user_id="user-0", body=Plain(text=text, name="Ada"))
        return message(data, f"e{n}", START + timedelta(days=n))

    log = InMemoryLog()
    told(log, [said("I really like walking along the wide blue river with my old brown dog.", 0)])
    process = Process(tmp_path, log)
    process.drain()
    process.close()
    process = Process(tmp_path, log, embedder=Other())
    reworded = said("I really like walking along the wide blue river with my old brown dog too.", 1)
    told(log, [*commands(1), reworded])
    process.drain(limit=64)
    assert process.store.sequence("t/user:user-0") == process.role._views.of("t/user:user-0").base_seq
    [fact] = [
        change.cube
        for change in process.store.changes("t/user:user-0", 0, Other.embedder_id)[1]
        if change.cube.form is Form.FACT
    ]
    assert [source.event_id for source in fact.sources] == ["e0", "e1"]
    process.close()


def test_a_text_that_the_new_embedder_fails_on_goes_on_without_a_vector(tmp_path: Path) -> None:
    class Choosy(Other):
        def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            if any("Porto" in text for text in texts):
                raise ValueError("not this one")
            return super().embed(texts)

    log = InMemoryLog()
    for n, text in enumerate(("I live in Porto.", "I like jazz.")):
        said = Prompt(tenant="t", user_id="user-0", body=Plain(text=text, name="Ada"))
        told(log, [message(said, f"e{n}", START + timedelta(days=n))])
    process = Process(tmp_path, log)
    process.drain()
    process.close()
    process = Process(tmp_path, log, embedder=Choosy())
    told(log, commands(1))
    process.drain()
    assert not log.of(DEADLETTER.name)
    changes = process.store.changes("t/user:user-0", 0, Other.embedder_id)[1]
    assert {"Porto" in change.cube.text: change.vector is not None for change in changes} == {
        True: False,
        False: True,
    }
    process.close()


def test_an_undo_of_each_event_brings_the_record_back(tmp_path: Path) -> None:
    log = InMemoryLog()
    after_other_rules(tmp_path, 9, log)
    process = Process(tmp_path, log)
    before = _known(process)
    told(log, commands(3))
    process.drain()
    assert _known(process) != before
    later = START + timedelta(days=402)
    undone = [
        message(Undo(tenant="t", user_id=f"user-{n}", event_id=f"reprocess-{n}"), f"undo-{n}", later)
        for n in range(3)
    ]
    told(log, undone)
    process.drain()
    assert _known(process) == before
    process.close()


def _again(command: OutboxMessage, number: int) -> OutboxMessage:
    headers = tuple(
        (name, b"again-%d" % number if name == "ce_id" else value) for name, value in command.headers
    )
    return OutboxMessage(command.topic, command.partition, command.key, headers, command.value)


def _audited(log: InMemoryLog, cause: str) -> set[tuple[str, str]]:
    """Decisions and reasons that the audit trail has of events whose ids begin so."""
    told = [msgspec.json.decode(record.value or b"") for record in log.of(AUDIT.name)]
    return {(one["decision"], one["reason"]) for one in told if one["event_id"].startswith(cause)}


def _known(process: Process) -> set[tuple[Any, ...]]:
    return {
        (cube.id, cube.state, cube.valid_from, cube.valid_to, cube.trust, cube.pinned, cube.text)
        for subject in process.store.subjects()
        for cube in (change.cube for change in process.store.changes(subject, 0, "none")[1])
        if cube.state is not State.RETRACTED or cube.version > 2
    }


def _by_persons(process: Process) -> set[str]:
    """What is pinned or has been edited, and holds."""
    return {
        cube.id
        for subject in process.store.subjects()
        for cube in (change.cube for change in process.store.changes(subject, 0, "none")[1])
        if cube.form is Form.FACT and cube.state is State.ACTIVE and cube.pinned
    }

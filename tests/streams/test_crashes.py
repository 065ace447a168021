"""Whatever dies wherever, the record ends as if nothing had happened."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from memcube.store.record import OutboxMessage
from schemas.topics import DEADLETTER, UPDATES
from tests.streams.running import Letter, letter
from tests.streams.story import story
from tests.streams.world import Died, InMemoryLog, Process

STEPS = {"plan", "commit", "committed", "acknowledged", "relay", "relayed", "dropped"}


def test_a_thousand_deaths_leave_the_record_of_an_undisturbed_run(tmp_path: Path) -> None:
    events = story(seed=1, length=700)
    digest, letters = _undisturbed(tmp_path / "calm", events)
    log = InMemoryLog()
    for event in events:
        log.append(event)
    rng = random.Random(2)
    died: list[str] = []
    while True:
        process = Process(
            tmp_path / "deaths", log, die_after=rng.randint(0, 6) if len(died) < 1000 else 10**9, steps=died
        )
        try:
            process.drain(seed=rng.randrange(10**6), limit=3)
        except Died:
            continue
        finally:
            process.close()
        break
    assert len(died) == 1000
    assert set(died) == STEPS, Counter(died)
    process = Process(tmp_path / "deaths", log)
    assert process.store.digest() == digest
    process.close()
    assert _dead_letters(log) == letters


@pytest.mark.parametrize("seed", range(16))
def test_where_batches_are_cut_changes_nothing(tmp_path: Path, seed: int) -> None:
    events = story(seed=100 + seed, length=300, subjects=3)
    digests = set()
    for cut in (1, 7, 256):
        log = InMemoryLog()
        for event in events:
            log.append(event)
        process = Process(tmp_path / f"cut-{cut}", log)
        process.drain(seed=seed, limit=cut)
        digests.add(process.store.digest())
        process.close()
    assert len(digests) == 1


def test_consumers_of_updates_end_with_the_newest_versions(tmp_path: Path) -> None:
    log = InMemoryLog()
    for event in story(seed=5, length=200):
        log.append(event)
    process = Process(tmp_path, log)
    process.drain()
    newest = {}
    for record in log.of(UPDATES.name):
        assert record.key is not None
        newest[record.key] = record.value
    cubes = {
        f"{subject}/{change.cube.id}".encode(): change.cube
        for subject in process.store.subjects()
        for change in process.store.changes(subject, 0, "none")[1]
    }
    assert set(newest) == set(cubes)
    for key, cube in cubes.items():
        assert (newest[key] is None) == (cube.payload is None)
    process.close()


def _undisturbed(folder: Path, events: list[OutboxMessage]) -> tuple[str, set[Letter]]:
    log = InMemoryLog()
    for event in events:
        log.append(event)
    process = Process(folder, log)
    process.drain()
    digest = process.store.digest()
    process.close()
    return digest, _dead_letters(log)


def _dead_letters(log: InMemoryLog) -> set[Letter]:
    return {letter(record) for record in log.of(DEADLETTER.name)}

"""Blocks of activation memory in role memory: whatever dies wherever, what is over is dropped, once."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memcube.cube import cube_id
from schemas.body import Plain
from schemas.envelope import decode
from schemas.events import JOBS, Built, Demote, Edit, Forget, Incoming, Parent, Prompt
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import ACTIVATION_JOBS, PARTITIONS, UPDATES
from tests.streams.building import artefact, block_id, drops
from tests.streams.story import message
from tests.streams.world import START, Died, InMemoryLog, Process

ADDRESS: dict[str, Any] = {"tenant": "t", "user_id": "ada"}
ADA = Subject("t", "user", "ada")
FACT = cube_id(ADA.key, "said", "fact/0")


def built(job: str, version: int) -> Built:
    return Built(
        **ADDRESS,
        block_id=block_id(ADA, job),
        parents=(Parent(FACT, version),),
        processor="model/1",
        artefact=artefact("smollm2"),
    )


def edit(text: str) -> Edit:
    return Edit(**ADDRESS, cube_id=FACT, body=Plain(text=text))


TOLD: tuple[tuple[str, Incoming], ...] = (
    ("said", Prompt(**ADDRESS, body=Plain(text="I like green tea.", name="Ada"))),
    ("one", built("one", 1)),
    ("two", built("two", 1)),
    ("put right", edit("Ada likes black tea")),
    ("late", built("late", 1)),
    ("three", built("three", 2)),
    ("given up", Demote(**ADDRESS, block_id=block_id(ADA, "three"), reason="cold")),
    ("four", built("four", 2)),
    ("forgotten", Forget(**ADDRESS, cube_ids=(FACT,))),
)
DROPPED = [
    ("one", "rebuilt"),
    ("two", "parent-changed"),
    ("late", "parent-changed"),
    ("three", "cold"),
    ("four", "parent-erased"),
]


def log_of(*events: tuple[str, Incoming]) -> InMemoryLog:
    log = InMemoryLog()
    for n, (name, data) in enumerate(events):
        log.append(message(data, name, START + timedelta(minutes=n)))
    return log


def dropped(log: InMemoryLog) -> list[tuple[str, str]]:
    return [(drop.block_id, drop.reason) for drop in drops(log)]


def expected() -> list[tuple[str, str]]:
    return [(block_id(ADA, job), reason) for job, reason in DROPPED]


def test_each_block_that_is_over_is_dropped_on_its_subjects_partition(tmp_path: Path) -> None:
    log = log_of(*TOLD)
    process = Process(tmp_path, log)
    process.drain()
    assert dropped(log) == expected()
    own = partition_for(ADA.key.encode(), PARTITIONS)
    for record in log.of(ACTIVATION_JOBS.name):
        event = decode(record.key, record.headers, record.value or b"", JOBS)
        assert (record.partition, event.subject) == (own, ADA)
    process.close()


def test_the_drop_is_in_the_commit_that_ends_the_block(tmp_path: Path) -> None:
    log = log_of(*TOLD[:4])
    process = Process(tmp_path, log)
    process.start()
    process.runner.run(process.poll(random.Random(0), 64))
    # Nothing has been sent yet.
    assert log.of(ACTIVATION_JOBS.name) == []
    waiting = process.store.outbox(process.runner.owned(process.partitions), 100)
    jobs = [row.message for row in waiting if row.message.topic == ACTIVATION_JOBS.name]
    assert len(jobs) == 2
    assert process.store.blocks(ADA.key) == []
    process.close()


@pytest.mark.parametrize(
    "step", ["plan", "commit", "committed", "acknowledged", "relay", "relayed", "dropped"]
)
def test_a_death_at_any_step_leaves_the_same_blocks_and_the_same_jobs(tmp_path: Path, step: str) -> None:
    calm = _digest(tmp_path / "calm", log_of(*TOLD))
    log = log_of(*TOLD)
    deaths: list[str] = []
    for after in range(60):
        process = Process(tmp_path / "deaths", log, die_after=after % 13, steps=deaths)
        try:
            process.drain(seed=after, limit=1)
        except Died:
            continue
        finally:
            process.close()
        break
    assert step in deaths
    assert dropped(log) == expected()
    assert _digest(tmp_path / "deaths", log) == calm


def test_the_log_read_again_gives_the_same_jobs_with_the_same_ids(tmp_path: Path) -> None:
    ids = []
    for name in ("once", "again"):
        log = log_of(*TOLD)
        _digest(tmp_path / name, log)
        ids.append([dict(record.headers)["ce_id"] for record in log.of(ACTIVATION_JOBS.name)])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(DROPPED)


def test_followers_of_updates_hear_of_a_block_and_of_its_end(tmp_path: Path) -> None:
    log = log_of(*TOLD)
    _digest(tmp_path, log)
    key = f"{ADA.key}/{block_id(ADA, 'four')}".encode()
    told = [record.value for record in log.of(UPDATES.name) if record.key == key]
    assert [value is None for value in told] == [False, True]


def _digest(folder: Path, log: InMemoryLog) -> str:
    process = Process(folder, log)
    process.drain()
    digest = process.store.digest()
    process.close()
    return digest

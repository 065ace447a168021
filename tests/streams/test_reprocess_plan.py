"""The plan of a reprocess: what it foretells is what happens, cut into as many events as it takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from memcube.cube import Form, State
from memcube.models.embedder import HashEmbedder
from schemas.body import Plain
from schemas.events import Prompt, Remember, Reprocess
from schemas.topics import DEADLETTER
from streams.embedding import Embedding
from streams.reprocess import Plan, planned
from tests.processors.rule_sets import Rules, deaf_to, rules, without
from tests.streams.story import message, story
from tests.streams.test_reprocess import Other
from tests.streams.world import START, InMemoryLog, Process

NOW = datetime(2027, 6, 1, tzinfo=UTC)
KEY = "t/user:user-0"


def plan(process: Process, since: datetime | None = None, embedder: Any = None) -> Plan:
    return planned(process.store, Embedding(process.store, embedder or HashEmbedder()), KEY, since, NOW)


def send(log: InMemoryLog, process: Process, what: Plan) -> None:
    for n, window in enumerate(what.windows):
        command = Reprocess(tenant="t", **what.address, since=window.since, until=window.until)
        log.append(message(command, f"window-{n}", NOW))
    process.drain()


def known(process: Process) -> set[tuple[Any, ...]]:
    return {
        (cube.text, cube.state, cube.valid_from, cube.valid_to)
        for cube in (change.cube for change in process.store.changes(KEY, 0, "none")[1])
        if cube.form is Form.FACT and cube.state is not State.RETRACTED
    }


@pytest.mark.parametrize("other", [deaf_to("Lisbon", "Rome"), without(slot=None, value=None)])
def test_windows_come_to_what_one_event_comes_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: Rules
) -> None:
    found = []
    for size in (3, 500):
        monkeypatch.setattr("streams.reprocess.WINDOW", size)
        log = InMemoryLog()
        for event in story(seed=11, length=60, subjects=1, misrouted=False):
            log.append(event)
        process = Process(tmp_path / str(size), log)
        with rules(other):
            process.drain()
        foretold = plan(process)
        assert (len(foretold.windows) > 1) is (size == 3)
        send(log, process, foretold)
        after = known(process)
        assert {
            (one.after.text, one.after.state, one.after.valid_from, one.after.valid_to)
            for one in foretold.changes
            if one.form is Form.FACT and one.what == "new"
        } <= after
        assert plan(process).windows == ()
        found.append(after)
        process.close()
    assert found[0] == found[1]


def test_windows_without_a_difference_are_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.reprocess.WINDOW", 2)
    log = InMemoryLog()
    # Three of one moment stay together.
    hours = (0, 1, 2, 3, 4, 4, 4, 5, 6)
    for n, hour in enumerate(hours):
        text = "I like jazz." if n == 5 else f"My locker number is {n}, and that is fine."
        said = Prompt(tenant="t", user_id="user-0", body=Plain(text=text, name="Ada"))
        log.append(message(said, f"e{n}", START + timedelta(hours=hour)))
    process = Process(tmp_path, log)
    with rules(deaf_to("jazz")):
        process.drain()
    found = plan(process)
    [window] = found.windows
    at = START + timedelta(hours=4)
    assert (window.since, window.until, window.memories) == (at, at + timedelta(hours=1), 5)
    assert [one.after.text for one in found.changes] == ["Ada likes jazz"]
    assert plan(process, since=at + timedelta(hours=1)).windows == ()
    process.close()


def test_memories_that_were_given_as_they_stand_are_cut_like_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.reprocess.WINDOW", 2)
    monkeypatch.setattr("processors.reprocess.MAX_MEMORIES", 2)
    log = InMemoryLog()
    for n in range(5):
        given = Remember(tenant="t", user_id="user-0", body=Plain(text=f"The locker has number {n}"))
        log.append(message(given, f"e{n}", START + timedelta(hours=n)))
    process = Process(tmp_path, log)
    process.drain()
    process.close()
    other = Other()
    process = Process(tmp_path, log, embedder=other)
    found = plan(process, embedder=other)
    assert [window.memories for window in found.windows] == [2, 2, 1]
    send(log, process, found)
    assert not log.of(DEADLETTER.name)
    assert len(other.texts) == 5
    assert plan(process, embedder=other).windows == ()
    process.close()


def test_a_plan_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.reprocess.WINDOW", 10)
    log = InMemoryLog()
    for event in story(seed=5, length=40, subjects=1, misrouted=False):
        log.append(event)
    process = Process(tmp_path, log)
    process.drain()
    heard: list[float] = []
    planned(process.store, Embedding(process.store, HashEmbedder()), KEY, None, NOW, read=heard.append)
    assert len(heard) > 2
    assert heard == sorted(heard)
    assert heard[-1] == 1
    process.close()


def test_a_plan_counts_what_has_no_vector_and_embeds_none_of_it(tmp_path: Path) -> None:
    log = InMemoryLog()
    for event in story(seed=5, length=40, subjects=1, misrouted=False):
        log.append(event)
    process = Process(tmp_path, log)
    process.drain()
    other = Other()
    found = plan(process, embedder=other)
    living = [c for c in (change.cube for change in process.store.changes(KEY, 0, "none")[1]) if c.payload]
    assert found.vectors == len(living)
    assert other.texts == []
    assert found.changes == ()
    process.close()

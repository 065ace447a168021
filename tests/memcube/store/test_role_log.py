"""How far a role has read and what it has yet to say, kept together or not at all."""

from __future__ import annotations

from pathlib import Path

import apsw
import msgspec
import pytest

from memcube.errors import StoreFault
from memcube.store.record import OutboxMessage, Partition
from memcube.store.sqlite.role_log import RoleLog

JOBS = Partition("model", "cluster-1", "topic-1", "jobs", 3)


class Share(msgspec.Struct, frozen=True):
    partition: Partition
    base: int
    next: int
    outbox: tuple[OutboxMessage, ...] = ()


def said(text: bytes) -> OutboxMessage:
    return OutboxMessage("events", 3, b"t/user:ada", (("ce_id", b"1"),), text)


def test_what_was_committed_is_there_for_the_next_owner(tmp_path: Path) -> None:
    first = RoleLog(tmp_path / "model" / "jobs.sqlite")
    assert first.commit([Share(JOBS, 0, 2, (said(b"one"), said(b"two")))]) == frozenset()
    first.close()
    second = RoleLog(tmp_path / "model" / "jobs.sqlite")
    assert second.id == RoleLog(tmp_path / "model" / "jobs.sqlite").id
    assert second.positions("model") == {JOBS: 2}
    rows = second.outbox([JOBS], 10)
    assert [row.message for row in rows] == [said(b"one"), said(b"two")]
    second.sent([rows[0].id])
    assert [row.message.value for row in second.outbox([JOBS], 10)] == [b"two"]


def test_who_comes_second_with_the_same_records_changes_nothing(tmp_path: Path) -> None:
    store = RoleLog(tmp_path / "jobs.sqlite")
    store.commit([Share(JOBS, 0, 1, (said(b"one"),))])
    assert store.commit([Share(JOBS, 0, 1, (said(b"again"),))]) == {JOBS}
    assert [row.message.value for row in store.outbox([JOBS], 10)] == [b"one"]


def test_an_effect_that_fails_takes_the_position_back_with_it(tmp_path: Path) -> None:
    store = RoleLog(tmp_path / "jobs.sqlite", tables="CREATE TABLE IF NOT EXISTS own(name TEXT) STRICT;")

    def effect(connection: apsw.Connection, share: Share) -> None:
        connection.execute("INSERT INTO own(name) VALUES (?)", (share.partition.topic,))
        if share.base:
            connection.execute("INSERT INTO nowhere VALUES (1)")

    store.commit([Share(JOBS, 0, 1)], effect)
    with pytest.raises(StoreFault):
        store.commit([Share(JOBS, 1, 2, (said(b"two"),))], effect)
    assert store.positions("model") == {JOBS: 1}
    assert not store.outbox([JOBS], 10)
    assert store.mine().execute("SELECT count(*) FROM own").fetchone() == (1,)


def test_positions_of_a_topic_can_be_forgotten(tmp_path: Path) -> None:
    store = RoleLog(tmp_path / "jobs.sqlite")
    store.commit([Share(JOBS, 0, 1)])
    assert store.reset_positions("model", "jobs") == 1
    assert store.positions("model") == {}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("a file where the folder should be")
    with pytest.raises(StoreFault, match="cannot be made"):
        RoleLog(tmp_path / "model" / "jobs.sqlite")

"""Role promote without Kafka, on a real record and a real usage store: recalls in, jobs and demotions out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from memcube.activation.usage import Usage
from memcube.cube import Decision, Form, Kind, MemCube, Payload, State, cube_id
from memcube.errors import StoreFault
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer, event_context, open_body
from memcube.plaintext.lines import line_of
from memcube.settings import ModelSettings
from memcube.store.record import OutboxMessage, Partition
from memcube.store.sqlite import SQLiteCubeStore
from schemas.envelope import decode, encode
from schemas.events import JOBS, Artefact, Build, Demote, Parent, Recalled
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import ACTIVATION_JOBS, DEADLETTER, EVENTS, PARTITIONS, RECALLS
from streams.checkpoint import Work
from streams.log import Record
from streams.promote import PromoteRole
from streams.promotion import UNDER_WAY
from tests.memcube.store.making import ANNA, commit, erased, new_cube, next_version, share, work
from tests.streams.world import LOG_STARTS

HOUR = timedelta(hours=1)
MODEL = ModelSettings()


class World:
    """One role, its log of recalls and its clock."""

    def __init__(self, folder: Path, model: ModelSettings = MODEL) -> None:
        self.sealer = SubjectSealer(KeyStore(folder / "keys.sqlite"))
        self.store = SQLiteCubeStore(folder / "cubes.sqlite", self.sealer)
        self.usage = Usage(folder / "usage.sqlite")
        self.role = PromoteRole(self.store, self.usage, self.sealer, model, PARTITIONS)
        self.now = LOG_STARTS
        self.offsets: dict[int, int] = {}
        self.commits = 0
        self.told = 0

    def keep(self, *cubes: MemCube, subject: str = ANNA, applied: Sequence[str] = ()) -> None:
        """Put cubes into the record, as role memory would."""
        base = self.store.sequence(subject)
        versions = [msgspec.structs.replace(one, seq=base + n) for n, one in enumerate(cubes, 1)]
        done = work(*versions, base=base, applied=applied, subject=subject)
        commit(self.store, share(done, base=self.commits, to=self.commits + 1))
        self.commits += 1

    def recall(self, *ids: str, subject: str = ANNA, recall: str | None = None) -> Record:
        self.told += 1
        served = Recalled(subject=subject, cubes=tuple(Parent(one, 1) for one in ids))
        name = recall or f"recall-{self.told}"
        key, headers, value = encode(
            served, event_id=name, source="test", time=self.now, subject=Subject.parse(subject)
        )
        return self.record(key, headers, value)

    def record(
        self, key: bytes | None, headers: Sequence[tuple[str, bytes | None]], value: bytes | None
    ) -> Record:
        number = partition_for(key or b"", PARTITIONS)
        offset = self.offsets[number] = self.offsets.get(number, -1) + 1
        return Record(RECALLS.name, number, offset, self.now, key, tuple(headers), value)

    def take(self, *records: Record) -> list[OutboxMessage]:
        """Plan, commit and send; returns what was sent."""
        refused = self.role.commit(self.role.plan(self.work(*records)))
        assert not refused
        return self.sent()

    def work(self, *records: Record) -> list[Work]:
        parts: dict[int, list[Record]] = {}
        for one in records:
            parts.setdefault(one.partition, []).append(one)
        return [
            Work(_part(number), found[0].offset, found[-1].offset + 1, tuple(found))
            for number, found in parts.items()
        ]

    def sent(self) -> list[OutboxMessage]:
        rows = self.role.outbox([_part(number) for number in range(PARTITIONS)], 1000)
        self.role.sent([row.id for row in rows])
        return [row.message for row in rows]

    def built(self, build: Build, job_id: str, *, subject: str = ANNA, size: int = 400_000) -> MemCube:
        """Role model has built it, and role memory has taken it up."""
        artefact = Artefact(
            model=MODEL.name, fingerprint="f", tokens=12, bytes=size, precision="float", seconds=0.1
        )
        parents = tuple(Parent(line.cube_id, line.version) for line in build.lines)
        block = msgspec.structs.replace(
            new_cube("", subject=subject, form=Form.BLOCK),
            id=build.block_id,
            kind=Kind.ACTIVATION,
            payload=Payload("", (), parents=parents, artefact=artefact),
            recorded_at=self.now,
            decision=Decision.BUILD,
        )
        self.keep(block, subject=subject, applied=[cube_id(subject, job_id, "built")])
        return block

    def close(self) -> None:
        self.role.close()


def _part(number: int) -> Partition:
    return Partition("promote", "cluster-1", "topic-1", RECALLS.name, number)


def jobs(sent: Sequence[OutboxMessage]) -> list[tuple[str, Build]]:
    """The builds asked for, each with its id."""
    found = []
    for message in sent:
        if message.topic == ACTIVATION_JOBS.name:
            assert message.value is not None
            event = decode(message.key, message.headers, message.value, JOBS)
            assert isinstance(event.data, Build)
            assert message.partition == partition_for(message.key or b"", PARTITIONS)
            found.append((event.id, event.data))
    return found


def demotions(sent: Sequence[OutboxMessage]) -> list[Demote]:
    found = []
    for message in sent:
        if message.topic == EVENTS.name:
            assert message.value is not None
            data = decode(message.key, message.headers, message.value).data
            assert isinstance(data, Demote)
            found.append(data)
    return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def hot(world: World, cube: MemCube, *, subject: str = ANNA) -> list[OutboxMessage]:
    return world.take(*(world.recall(cube.id, subject=subject) for _ in range(3)))


def test_a_memory_that_is_asked_for_again_and_again_is_built_as_a_block(world: World) -> None:
    boat, tea, cat = new_cube("Anna sails"), new_cube("Anna likes tea"), new_cube("Anna has a cat")
    world.keep(boat, tea, cat)
    assert world.take(world.recall(boat.id, tea.id)) == []
    world.now += timedelta(seconds=1)
    assert world.take(world.recall(boat.id)) == []
    [(job, build)] = jobs(world.take(world.recall(boat.id)))
    assert build.reason == "hot"
    assert build.block_id == cube_id(ANNA, job, "block")
    line, warm = build.lines
    assert (line.cube_id, line.version, line.since) == (boat.id, 1, boat.valid_from.date())
    assert warm.cube_id == tea.id  # asked for once: it comes along, and would be no reason to build
    context = event_context("memcube.activation.build.v1", job)
    assert open_body(world.sealer, ANNA, line.body, context).text == line_of(boat).text


def test_one_build_of_a_subject_is_under_way_until_its_result_is_there(world: World) -> None:
    boat = new_cube("Anna sails")
    world.keep(boat)
    [(job, build)] = jobs(hot(world, boat))
    assert hot(world, boat) == []
    world.built(build, job)
    assert hot(world, boat) == []
    assert world.usage.totals().under_way == 0
    assert [held.block_id for held in world.usage.held()] == [build.block_id]


def test_a_result_that_never_comes_is_not_waited_for_longer_than_an_hour(world: World) -> None:
    boat = new_cube("Anna sails")
    world.keep(boat)
    [(first, _)] = jobs(hot(world, boat))
    world.now += HOUR
    [(second, _)] = jobs(world.take(world.recall(boat.id)))
    assert first != second


def test_a_build_that_failed_is_not_asked_for_again_at_once(world: World) -> None:
    boat = new_cube("Anna sails")
    world.keep(boat)
    [(job, _)] = jobs(hot(world, boat))
    world.keep(subject=ANNA, applied=[cube_id(ANNA, job, "built")])
    assert hot(world, boat) == []
    world.now += timedelta(minutes=11)
    assert len(jobs(world.take(world.recall(boat.id)))) == 1


def test_the_same_recall_heard_twice_counts_once(world: World) -> None:
    boat = new_cube("Anna sails")
    world.keep(boat)
    again = [world.recall(boat.id, recall="one") for _ in range(5)]
    assert world.take(*again[:3]) == []
    assert world.take(*again[3:]) == []
    assert world.usage.heats(ANNA)[boat.id].value == pytest.approx(1.0)


def test_a_block_that_has_gone_cold_is_given_up_while_others_are_busy(world: World) -> None:
    boat, ben = new_cube("Anna sails"), "default/user:ben"
    his = new_cube("Ben cooks", subject=ben)
    world.keep(boat)
    world.keep(his, subject=ben)
    [(job, build)] = jobs(hot(world, boat))
    world.built(build, job)
    world.take(world.recall(his.id, subject=ben))
    world.now += timedelta(days=30)
    [demote] = demotions(world.take(world.recall(his.id, subject=ben)))
    assert (demote.block_id, demote.reason) == (build.block_id, "cold")
    # It is said once, though the record has not taken it up yet.
    assert demotions(world.take(world.recall(his.id, subject=ben))) == []


def test_over_the_budget_of_the_disk_the_least_useful_byte_goes(tmp_path: Path) -> None:
    world = World(tmp_path, msgspec.structs.replace(MODEL, disk_mb=1))
    blocks: dict[str, str] = {}
    for name, uses in (("ada", 3), ("ben", 9), ("cleo", 40)):
        subject = f"default/user:{name}"
        cube = new_cube(f"{name} sails", subject=subject)
        world.keep(cube, subject=subject)
        sent = world.take(*(world.recall(cube.id, subject=subject) for _ in range(uses)))
        if name == "cleo":
            assert [one.block_id for one in demotions(sent)] == [blocks["ada"]]
            assert len(jobs(sent)) == 1
        else:
            [(job, build)] = jobs(sent)
            world.built(build, job, subject=subject, size=400_000)
            blocks[name] = build.block_id
    world.close()


def test_a_subject_that_is_forgotten_leaves_no_heat(world: World) -> None:
    boat, ben = new_cube("Anna sails"), "default/user:ben"
    world.keep(boat)
    hot(world, boat)
    world.keep(erased(boat, seq=1))
    world.now += HOUR
    world.take(world.recall("nothing", subject=ben))
    assert world.usage.heats(ANNA) == {}
    world.now += HOUR
    world.take(world.recall("nothing", subject=ben))
    assert world.usage.place(ANNA) is None


def test_an_edited_memory_is_built_as_it_reads_now(world: World) -> None:
    boat = new_cube("Anna sails")
    world.keep(boat)
    [(job, build)] = jobs(hot(world, boat))
    block = world.built(build, job)
    edited = next_version(boat, seq=1, text="Anna sails a yawl")
    world.keep(edited, next_version(block, seq=1, state=State.SUPERSEDED))
    world.now += timedelta(minutes=1)
    [(_, anew)] = jobs(world.take(world.recall(boat.id)))
    assert [(line.cube_id, line.version) for line in anew.lines] == [(boat.id, 2)]


def test_a_turn_whose_fact_is_in_the_block_is_not_said_twice(world: World) -> None:
    turn = new_cube("I sail", form=Form.EPISODE)
    fact = msgspec.structs.replace(
        new_cube("Anna sails"), payload=Payload("Anna sails", turn.sources), cause=turn.cause
    )
    world.keep(turn, fact)
    [(_, build)] = jobs(world.take(*(world.recall(turn.id, fact.id) for _ in range(3))))
    assert [line.cube_id for line in build.lines] == [fact.id]


def test_pinned_memories_come_first(world: World) -> None:
    boat = new_cube("Anna sails")
    pinned = msgspec.structs.replace(new_cube("Anna is allergic to nuts"), pinned=True)
    world.keep(boat, pinned)
    [(_, build)] = jobs(hot(world, boat))
    assert [line.cube_id for line in build.lines] == [pinned.id, boat.id]


def test_a_tenant_of_one_subject_waits_no_longer_than_a_round(world: World) -> None:
    busy = [f"busy/user:{n}" for n in range(500)]
    calm = "calm/user:one"
    cubes = {subject: new_cube("someone sails", subject=subject) for subject in [*busy, calm]}
    for subject, cube in cubes.items():
        world.keep(cube, subject=subject)
    first: list[tuple[str, Build]] = []
    for start in range(0, 500, 50):
        some = busy[start : start + 50]
        records = [world.recall(cubes[one].id, subject=one) for one in some for _ in range(3)]
        first += jobs(world.take(*records))
    assert len(first) == UNDER_WAY
    assert jobs(hot(world, cubes[calm], subject=calm)) == []
    assert world.usage.totals().waiting == 500 - UNDER_WAY + 1
    # One slot becomes free: it is the calm tenant's.
    job, build = first[0]
    world.built(build, job, subject=build.subject().key)
    [(_, next_one)] = jobs(world.take(world.recall("nothing", subject=busy[499])))
    assert next_one.subject().key == calm
    assert world.usage.totals().under_way == UNDER_WAY


def test_what_is_no_recall_becomes_a_dead_letter_and_the_rest_goes_on(world: World) -> None:
    boat = new_cube("Anna sails")
    world.keep(boat)
    good = world.recall(boat.id)
    bad = [
        world.record(good.key, good.headers, None),
        world.record(good.key, (), good.value),
        world.record(good.key, good.headers, b"{"),
        world.record(good.key, good.headers, b"[" * 100_000),
        world.record(b"default/user:ben", good.headers, good.value),
        world.record(good.key, good.headers, (good.value or b"").replace(b"default/user:anna", b"nobody")),
    ]
    sent = world.take(good, *bad)
    assert {message.topic for message in sent} == {DEADLETTER.name}
    reasons = [dict(message.headers)["mc_reason"].decode() for message in sent]
    assert sorted(reasons) == sorted(
        ["tombstone", "not-an-event", "bad-payload", "bad-payload", "key-mismatch", "bad-subject"]
    )
    assert world.usage.heats(ANNA)[boat.id].value == pytest.approx(1.0)


def test_another_owner_was_first_and_nothing_is_counted_twice(world: World) -> None:
    boat = new_cube("Anna sails")
    world.keep(boat)
    records = [world.recall(boat.id) for _ in range(3)]
    shares = world.role.plan(world.work(*records))
    assert world.role.commit(shares) == frozenset()
    assert world.role.commit(shares) == {one.partition for one in shares}
    assert len(jobs(world.sent())) == 1
    assert world.usage.heats(ANNA)[boat.id].value == pytest.approx(3.0)


def test_a_crash_before_the_commit_asks_for_the_same_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    boat = new_cube("Anna sails")
    world.keep(boat)
    records = [world.recall(boat.id) for _ in range(3)]
    planned = [asked.build for one in world.role.plan(world.work(*records)) for asked in one.asked]
    world.close()
    again = World(tmp_path)
    assert [a.build for one in again.role.plan(world.work(*records)) for a in one.asked] == planned
    assert len(jobs(again.take(*records))) == 1
    again.close()
    reopened = World(tmp_path)
    assert [build.job_id for build in reopened.usage.under_way()] == [planned[0].job_id]
    reopened.close()


def test_two_workers_never_have_more_under_way_than_allowed(world: World) -> None:
    """Both have planned before either commits."""
    plans = []
    for name in ("ada", "ben", "cleo"):
        subject = f"default/user:{name}"
        cube = new_cube("sails", subject=subject)
        world.keep(cube, subject=subject)
        plans.append(world.role.plan(world.work(*(world.recall(cube.id, subject=subject) for _ in range(3)))))
    for shares in plans:
        world.role.commit(shares)
    assert len(jobs(world.sent())) == 1
    totals = world.usage.totals()
    assert (totals.under_way, totals.waiting) == (1, 2)


def test_a_reader_of_a_usage_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match="memcube up"):
        Usage(tmp_path / "none.sqlite", read_only=True)


def test_what_is_remembered_of_recalls_is_bounded(world: World) -> None:
    boat = new_cube("Anna sails")
    world.keep(boat)
    old = world.recall(boat.id, recall="old")
    world.take(old)
    assert world.usage.counted([(ANNA, "old")])
    world.now += timedelta(days=30)
    world.take(world.recall(boat.id, recall="new"))
    assert world.usage.counted([(ANNA, "old"), (ANNA, "new")]) == {(ANNA, "new")}
    before = world.usage.heats(ANNA)[boat.id]
    late: datetime = old.timestamp
    again = msgspec.structs.replace(world.recall(boat.id, recall="old"), timestamp=late)
    world.take(again)
    assert world.usage.heats(ANNA)[boat.id] == before


def test_a_full_disk_changes_nothing_and_is_waited_for(world: World) -> None:
    records = [world.recall(*(f"cube-{n}-{m}" for m in range(100))) for n in range(40)]
    shares = world.role.plan(world.work(*records))
    connection = world.usage._connections.mine()
    [(pages,)] = connection.execute("PRAGMA page_count").fetchall()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFault, match="free some space"):
        world.role.commit(shares)
    assert world.usage.heats(ANNA) == {}
    assert world.role.positions() == {}
    connection.execute("PRAGMA max_page_count = 1000000")
    assert world.role.commit(shares) == frozenset()
    assert len(world.usage.heats(ANNA)) == 4000

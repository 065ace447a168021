"""What of a batch is applied, and when the process must end instead: no Kafka, no record, no model.

One file, since all its stories share the role and the log that stand in for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memcube.errors import PositionBeforeStart, PositionPastEnd, StoreFault, TopicRecreated
from memcube.store.record import OutboxRow, Partition
from schemas.topics import AUDIT, EVENTS
from streams.checkpoint import HoleError, Work
from streams.log import Record, TopicIdentity
from streams.runner import RETRIES, Runner
from tests.streams.world import START

TOPIC: Final = TopicIdentity("cluster-1", "topic-1", EVENTS.name, 3)
REMEDY: Final = f"memcube positions reset --role memory --topic {EVENTS.name}"


class ListRecord:
    """What a record promises: positions by compare-and-set, and effects only together with them."""

    def __init__(self) -> None:
        self.at: dict[Partition, int] = {}
        self.applied: dict[int, list[int]] = {}

    def commit(self, shares: Sequence[Work]) -> frozenset[Partition]:
        refused = {
            share.partition for share in shares if self.at.get(share.partition, share.base) != share.base
        }
        for share in shares:
            if share.partition not in refused:
                self.at[share.partition] = share.next
                self.applied.setdefault(share.partition.number, []).extend(r.offset for r in share.records)
        return frozenset(refused)


class ListRole:
    """A role whose shares are the work itself. `before_commit`: what others do in the meantime."""

    name: str = "memory"
    source = EVENTS

    def __init__(self, record: ListRecord | None = None) -> None:
        self.record = record or ListRecord()
        self.before_commit: list[Callable[[], None]] = []
        self.planned: list[list[tuple[int, int, int]]] = []
        self.discarded = 0

    def group(self) -> str:
        return "list"

    def positions(self) -> Mapping[Partition, int]:
        return dict(self.record.at)

    def plan(self, work: Sequence[Work]) -> Sequence[Work]:
        self.planned.append([(share.partition.number, share.base, share.next) for share in work])
        return work

    def commit(self, shares: Sequence[Work]) -> frozenset[Partition]:
        if self.before_commit:
            self.before_commit.pop(0)()
        return self.record.commit(shares)

    def discard(self) -> None:
        self.discarded += 1

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        return ()

    def sent(self, ids: Sequence[int]) -> None:
        """Nothing is ever sent here."""

    def close(self) -> None:
        """No files."""


def part(
    number: int, topic_id: str = "topic-1", *, cluster: str = "cluster-1", topic: str = EVENTS.name
) -> Partition:
    return Partition("memory", cluster, topic_id, topic, number)


def records(number: int, *offsets: int) -> list[Record]:
    return [Record(EVENTS.name, number, offset, START, b"t/user:a", (), b"{}") for offset in offsets]


def begun(
    role: ListRole, *numbers: int, pauses: list[float] | None = None, holds: Sequence[int] = range(1000)
) -> Runner:
    """A runner that is assigned these partitions and has not read yet. `holds`: the offsets of the log."""
    waited = [] if pauses is None else pauses
    runner = Runner(
        role, TOPIC, pause=waited.append, first_from=lambda _, offset: min(n for n in holds if n >= offset)
    )
    runner.start_at(dict.fromkeys(numbers or (0,), (0, 1000)))
    return runner


# --- what is applied ---------------------------------------------------------------------------------


def test_a_batch_is_applied_in_the_order_of_each_partition() -> None:
    role = ListRole()
    runner = begun(role, 0, 1)
    runner.run([*records(0, 0), *records(1, 0, 1), *records(0, 1, 2)])
    assert role.record.applied == {0: [0, 1, 2], 1: [0, 1]}
    assert role.record.at == {part(0): 3, part(1): 2}


def test_repeats_are_passed_over() -> None:
    role = ListRole()
    runner = begun(role)
    runner.run(records(0, 0, 1, 1, 0, 2))
    runner.run(records(0, 0, 1, 2))
    runner.run(records(0, 2, 3))
    assert role.record.applied == {0: [0, 1, 2, 3]}
    assert role.planned == [[(0, 0, 3)], [(0, 3, 4)]], "a batch of nothing new is not even planned"


def test_records_of_partitions_that_are_not_ours_are_left_to_their_owner() -> None:
    role = ListRole()
    runner = begun(role, 0)
    runner.run([*records(1, 7), *records(0, 0), *records(2, 0)])
    assert role.record.applied == {0: [0]}


# --- holes and gaps ----------------------------------------------------------------------------------


def test_a_hole_ends_the_process_and_nothing_of_its_batch_is_applied() -> None:
    role = ListRole()
    runner = begun(role, 0, 1)
    runner.run([*records(0, 0), *records(1, 0)])
    with pytest.raises(HoleError, match=r"memory\.events/1: expected offset 1, got 3"):
        runner.run([*records(0, 1, 2), *records(1, 3)])
    assert role.record.applied == {0: [0], 1: [0]}


def test_a_gap_that_the_log_itself_has_is_passed_over() -> None:
    # Offsets 1, 4 and 5 are markers of transactions; see `first_from`.
    role = ListRole()
    runner = begun(role, 0, 1, holds=(0, 2, 3, 6, 7))
    runner.run([*records(0, 0, 2), *records(1, 0)])
    runner.run([*records(0, 3, 6), *records(1, 2)])
    runner.run(records(0, 6, 7))
    assert role.record.applied == {0: [0, 2, 3, 6, 7], 1: [0, 2]}
    assert role.planned[0] == [(0, 0, 3), (1, 0, 1)]
    assert role.record.at == {part(0): 8, part(1): 3}


def test_a_record_that_was_lost_inside_a_gap_of_the_log_is_a_hole() -> None:
    role = ListRole()
    runner = begun(role, holds=(0, 3, 6))
    runner.run(records(0, 0))
    with pytest.raises(HoleError, match="expected offset 1, got 6"):
        runner.run(records(0, 6))
    assert role.record.applied == {0: [0]}


def test_the_log_is_only_asked_about_jumps() -> None:
    asked: list[tuple[int, int]] = []

    def ask(number: int, offset: int) -> int:
        asked.append((number, offset))
        return 7

    role = ListRole()
    runner = Runner(role, TOPIC, first_from=ask)
    runner.start_at({0: (0, 9)})
    runner.run(records(0, 0, 1, 0, 2))
    runner.run(records(0, 1, 2, 7, 8))
    assert asked == [(0, 3)]
    assert role.record.applied == {0: [0, 1, 2, 7, 8]}


def test_what_another_owner_read_beyond_a_gap_is_not_applied_again() -> None:
    role = ListRole()
    runner = begun(role, holds=(0, 2, 4))
    rival = begun(ListRole(role.record), holds=(0, 2, 4))
    role.before_commit = [lambda: rival.run(records(0, 0, 2))]
    runner.run(records(0, 0, 2, 4))
    assert role.record.applied == {0: [0, 2, 4]}


def test_the_restart_after_a_hole_reads_what_was_missing() -> None:
    role = ListRole()
    first = begun(role)
    first.run(records(0, 0))
    with pytest.raises(HoleError):
        first.run(records(0, 2))
    second = Runner(role, TOPIC)
    assert second.start_at({0: (0, 3)}) == {0: 1}
    second.run(records(0, 1, 2))
    assert role.record.applied == {0: [0, 1, 2]}


# --- other owners ------------------------------------------------------------------------------------


def test_what_another_owner_applied_meanwhile_is_not_applied_again() -> None:
    role = ListRole()
    runner = begun(role, 0, 1)
    rival = begun(ListRole(role.record), 0)
    role.before_commit = [lambda: rival.run(records(0, 0, 1))]
    runner.run([*records(0, 0, 1, 2), *records(1, 0)])
    assert role.record.applied == {0: [0, 1, 2], 1: [0]}
    assert role.planned == [[(0, 0, 3), (1, 0, 1)], [(0, 2, 3)]], (
        "the refused share is planned anew, the other is done"
    )
    assert role.discarded == 2, "at the start, and when another wrote"


def test_a_share_that_another_owner_applied_whole_is_dropped() -> None:
    role = ListRole()
    runner = begun(role)
    rival = begun(ListRole(role.record))
    role.before_commit = [lambda: rival.run(records(0, 0, 1, 2, 3))]
    runner.run(records(0, 0, 1))
    runner.run(records(0, 2, 3, 4))
    assert role.record.applied == {0: [0, 1, 2, 3, 4]}


def test_two_owners_taking_turns_never_apply_twice() -> None:
    role = ListRole()
    runner = begun(role)
    rival = begun(ListRole(role.record))
    role.before_commit = [lambda n=n: rival.run(records(0, *range(n + 1))) for n in range(4)]  # type: ignore[misc]
    runner.run(records(0, *range(6)))
    assert role.record.applied == {0: [0, 1, 2, 3, 4, 5]}


# --- faults of the store -----------------------------------------------------------------------------


def _full() -> None:
    raise StoreFault("the disk is full")


def test_a_fault_of_the_store_is_retried_after_pauses() -> None:
    role = ListRole()
    pauses: list[float] = []
    runner = begun(role, pauses=pauses)
    role.before_commit = [_full, _full]
    runner.run(records(0, 0, 1))
    assert pauses == list(RETRIES[:2])
    assert role.record.applied == {0: [0, 1]}


def test_a_fault_that_stays_is_raised_when_the_pauses_are_used_up() -> None:
    role = ListRole()
    pauses: list[float] = []
    runner = begun(role, pauses=pauses)
    role.before_commit = [_full] * 99
    with pytest.raises(StoreFault, match="the disk is full"):
        runner.run(records(0, 0))
    assert pauses == list(RETRIES)
    assert role.record.applied == {}


def test_each_batch_has_all_its_pauses() -> None:
    role = ListRole()
    pauses: list[float] = []
    runner = begun(role, pauses=pauses)
    for offset in (0, 1):
        role.before_commit = [_full] * 3
        runner.run(records(0, offset))
    assert pauses == [*RETRIES[:3], *RETRIES[:3]]


def test_a_fault_while_planning_is_retried_too() -> None:
    class Unreadable(ListRole):
        def plan(self, work: Sequence[Work]) -> Sequence[Work]:
            if not pauses:
                _full()
            return super().plan(work)

    role = Unreadable()
    pauses: list[float] = []
    begun(role, pauses=pauses).run(records(0, 0))
    assert pauses == [RETRIES[0]]
    assert role.record.applied == {0: [0]}


def test_a_commit_that_failed_after_all_was_written_is_not_written_twice() -> None:
    class LosesTheAnswer(ListRole):
        def commit(self, shares: Sequence[Work]) -> frozenset[Partition]:
            refused = super().commit(shares)
            if len(self.planned) == 1:
                _full()
            return refused

    role = LosesTheAnswer()
    runner = begun(role)
    runner.run(records(0, 0, 1))
    runner.run(records(0, 2))
    assert role.record.applied == {0: [0, 1, 2]}


# --- where reading starts ----------------------------------------------------------------------------


def test_reading_starts_where_the_record_stands_else_at_the_logs_start() -> None:
    role = ListRole()
    role.record.at = {part(0): 7}
    start = Runner(role, TOPIC).start_at({0: (2, 9), 1: (4, 9), 2: (0, 0)})
    assert start == {0: 7, 1: 4, 2: 0}


def test_a_position_at_either_edge_of_the_log_is_possible() -> None:
    role = ListRole()
    role.record.at = {part(0): 9, part(1): 2}
    assert Runner(role, TOPIC).start_at({0: (2, 9), 1: (2, 9)}) == {0: 9, 1: 2}


@pytest.mark.parametrize("other", [part(0, "topic-0"), part(0, cluster="cluster-0"), part(2, "topic-0")])
def test_a_position_in_another_topic_of_the_name_is_refused(other: Partition) -> None:
    role = ListRole()
    role.record.at = {part(0): 1, other: 5}
    with pytest.raises(TopicRecreated, match=REMEDY):
        Runner(role, TOPIC).start_at({0: (0, 9)})


def test_a_position_of_the_role_in_a_topic_of_another_name_is_no_matter() -> None:
    role = ListRole()
    role.record.at = {part(0, "topic-0", topic=AUDIT.name): 5}
    assert Runner(role, TOPIC).start_at({0: (0, 9)}) == {0: 0}


def test_a_position_past_the_end_is_refused() -> None:
    role = ListRole()
    role.record.at = {part(0): 10}
    with pytest.raises(PositionPastEnd, match=f"memory.events/0 up to 10, but the log ends at 9.*{REMEDY}"):
        Runner(role, TOPIC).start_at({0: (0, 9)})


def test_a_position_before_the_start_is_refused() -> None:
    role = ListRole()
    role.record.at = {part(0): 3}
    with pytest.raises(
        PositionBeforeStart, match=f"up to 3, but the log now starts at 5.*2 events.*{REMEDY}"
    ):
        Runner(role, TOPIC).start_at({0: (5, 9)})


# --- whatever comes ----------------------------------------------------------------------------------

LENGTH: Final = 12
HOLDS: Final = (0, 1, 3, 4, 5, 8, 10, 11)  # the others are markers of transactions
NUMBERS: Final = (0, 1)
Fetch = tuple[int, int, int]  # partition, first offset, how many
Deed = tuple[str, int, list[Fetch]]  # what, which worker, with what

fetches = st.lists(
    st.tuples(st.sampled_from(NUMBERS), st.integers(0, LENGTH - 1), st.integers(1, LENGTH)),
    min_size=1,
    max_size=4,
)
deeds: st.SearchStrategy[list[Deed]] = st.lists(
    st.tuples(st.sampled_from(("batch", "batch", "batch", "assign", "restart")), st.integers(0, 1), fetches),
    max_size=25,
)


class Worker:
    """A process and what its supervisor does: a new one in its place when it ends."""

    def __init__(self, record: ListRecord) -> None:
        self.role = ListRole(record)
        self.restart()

    def restart(self) -> None:
        self.runner = Runner(self.role, TOPIC, pause=lambda _: None, first_from=_first_from)
        self.assign()

    def assign(self) -> None:
        self.runner.start_at(dict.fromkeys(NUMBERS, (0, LENGTH)))

    def batch(self, fetched: Iterable[Fetch]) -> None:
        found: list[Record] = []
        for number, first, count in fetched:
            found += records(number, *(n for n in HOLDS if first <= n < first + count))
        try:
            self.runner.run(found)
        except HoleError:
            self.restart()


@settings(max_examples=300, deadline=None)
@given(deeds)
def test_whatever_arrives_at_two_workers_each_event_is_applied_once_and_in_order(story: list[Deed]) -> None:
    record = ListRecord()
    workers = [Worker(record), Worker(record)]
    for what, which, fetched in story:
        worker, rival = workers[which], workers[1 - which]
        if what == "restart":
            worker.restart()
        elif what == "assign":
            worker.assign()
        else:
            # The rival gets half of it between our plan and our commit.
            worker.role.before_commit = [lambda rival=rival, half=fetched[::2]: rival.batch(half)]  # type: ignore[misc]
            worker.batch(fetched)
            worker.role.before_commit = []
        for number, applied in record.applied.items():
            assert applied == list(HOLDS[: len(applied)]), number
    for worker in workers:
        worker.restart()
        worker.batch((number, 0, LENGTH) for number in NUMBERS)
    assert record.applied == {number: list(HOLDS) for number in NUMBERS}


def _first_from(_: int, offset: int) -> int:
    return min(n for n in HOLDS if n >= offset)

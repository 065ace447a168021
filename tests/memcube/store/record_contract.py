"""What every `CubeStore` must do: inherit, and give the fixtures `sealer` and `open_store`.

One class, since an implementation must not be able to inherit half of the contract.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import msgspec
import numpy as np
import pytest

from memcube.cube import Form, Kind, State
from memcube.errors import NoSuchCube, StoreFault
from memcube.governance.sealing import Sealer
from memcube.store.digest import replay_digest
from memcube.store.record import CubeStore, Embedded
from memcube.vectors import TokenVectors
from schemas.subject import Others
from tests.memcube.store.making import (
    ANNA,
    BEN,
    EMBEDDER,
    commit,
    embedded,
    erased,
    message,
    new_block,
    new_cube,
    next_version,
    partition,
    share,
    tokens_of,
    vector_of,
    work,
)

OpenStore = Callable[[], CubeStore]


class CubeStoreContract:
    @pytest.fixture
    def sealer(self) -> Sealer:
        raise NotImplementedError

    @pytest.fixture
    def open_store(self) -> OpenStore:
        """Another handle on the same record, as another process would have."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, open_store: OpenStore) -> CubeStore:
        return open_store()

    # --- a commit --------------------------------------------------------------------------------

    def test_a_new_record_is_empty_and_answers_everything(self, store: CubeStore) -> None:
        assert store.positions("memory") == {}
        assert store.sequence(ANNA) == 0
        assert store.changes(ANNA, 0, EMBEDDER) == (0, [])
        assert store.list_cubes(ANNA, limit=5) == []
        assert store.vectors(ANNA, ["anything"], EMBEDDER) == {}
        assert store.subjects() == []
        assert store.outbox([partition()], 10) == []
        assert store.digest() == replay_digest([])
        assert store.statistics().cubes == 0

    def test_all_of_a_share_is_there_after_its_commit(self, store: CubeStore, open_store: OpenStore) -> None:
        cube = new_cube("Anna lives in Lisbon.")
        assert (
            store.commit([share(work(cube, applied=["event-of-1"]), to=7, outbox=[message()])]) == frozenset()
        )

        for reader in (store, open_store()):
            assert reader.positions("memory") == {partition(): 7}
            assert reader.sequence(ANNA) == 1
            assert reader.cube(ANNA, cube.id) == cube
            assert reader.history(ANNA, cube.id) == [cube]
            assert reader.caused_by(ANNA, "event-of-1") == [cube]
            assert reader.applied(ANNA, ["event-of-1", "another"]) == {"event-of-1"}
            assert [row.message for row in reader.outbox([partition()], 10)] == [message()]
            sequence, [change] = reader.changes(ANNA, 0, EMBEDDER)
            assert (sequence, change.cube) == (1, cube)
            assert change.vector is not None
            assert np.array_equal(change.vector, vector_of(cube.text))

    def test_the_offset_of_the_speaker_survives(self, store: CubeStore) -> None:
        cube = new_cube("Anna is in Kathmandu.")
        commit(store, share(work(cube)))
        read = store.cube(ANNA, cube.id)
        assert read.valid_from.utcoffset() == timedelta(hours=5, minutes=45)
        assert read.sources[0].time.utcoffset() == timedelta(hours=5, minutes=45)

    def test_the_record_keeps_its_name(self, store: CubeStore, open_store: OpenStore) -> None:
        assert store.record_id
        assert open_store().record_id == store.record_id

    def test_an_event_without_effect_is_applied_as_well(self, store: CubeStore) -> None:
        commit(store, share(work(applied=["small talk"])))
        assert store.applied(ANNA, ["small talk"]) == {"small talk"}
        assert store.sequence(ANNA) == 0
        assert store.subjects() == []

    # --- fencing ---------------------------------------------------------------------------------

    def test_a_partition_without_position_starts_where_the_planner_did(self, store: CubeStore) -> None:
        commit(store, share(base=40, to=50))
        assert store.positions("memory") == {partition(): 50}

    def test_a_share_planned_from_another_position_is_refused_and_the_others_stand(
        self, store: CubeStore
    ) -> None:
        commit(store, share(base=0, to=5))
        late = share(work(new_cube("late")), base=3, to=6, outbox=[message()])
        good = share(work(new_cube("good", subject=BEN)), part=partition(1), outbox=[message()])
        assert store.commit([late, good]) == {partition()}
        assert store.positions("memory") == {partition(): 5, partition(1): 1}
        assert store.subjects() == [BEN]
        assert store.outbox([partition()], 10) == []
        assert len(store.outbox([partition(), partition(1)], 10)) == 1

    def test_a_share_with_one_stale_subject_is_refused_whole(self, store: CubeStore) -> None:
        commit(store, share(work(new_cube("first"))))
        stale = work(new_cube("second"))
        fine = work(new_cube("other", subject=BEN))
        assert store.commit([share(fine, stale, base=1)]) == {partition()}
        assert store.positions("memory") == {partition(): 1}
        assert store.subjects() == [ANNA]

    def test_of_two_shares_on_one_subject_the_second_is_refused(self, store: CubeStore) -> None:
        one, two = share(work(new_cube("one"))), share(work(new_cube("two")), part=partition(1))
        assert store.commit([one, two]) == {partition(1)}
        assert [cube.text for cube in store.list_cubes(ANNA, limit=9)] == ["one"]

    def test_a_retry_of_a_commit_whose_outcome_was_lost_is_refused(
        self, store: CubeStore, open_store: OpenStore
    ) -> None:
        again = share(work(new_cube("once")), outbox=[message()])
        commit(store, again)
        assert open_store().commit([again]) == {partition()}
        assert len(store.outbox([partition()], 10)) == 1

    def test_a_recreated_topic_has_a_position_of_its_own(self, store: CubeStore) -> None:
        commit(store, share(to=9), share(part=partition(topic_id="topic-2"), to=1))
        assert store.positions("memory") == {partition(): 9, partition(topic_id="topic-2"): 1}
        assert store.positions("audit") == {}

    def test_reset_positions_lets_the_topic_be_read_from_its_start(self, store: CubeStore) -> None:
        commit(store, share(to=9), share(part=partition(1), to=4), share(part=partition(role="audit"), to=2))
        assert store.reset_positions("memory", "another topic") == 0
        assert store.reset_positions("memory", "memory.events") == 2
        assert store.positions("memory") == {}
        assert len(store.positions("audit")) == 1
        commit(store, share(base=0, to=1))

    @pytest.mark.parametrize(
        "fault", ["skips", "repeats", "starts late", "no growth", "seq", "twice", "not erased"]
    )
    def test_what_no_planner_may_ask_for_is_a_fault_and_nothing_is_committed(
        self, store: CubeStore, fault: str
    ) -> None:
        first = new_cube("first")
        commit(store, share(work(first)))
        before = store.digest()
        second = next_version(first, seq=2)
        wrong = {
            "skips": share(work(msgspec.structs.replace(second, version=3), base=1), base=1),
            "repeats": share(work(msgspec.structs.replace(second, version=1), base=1), base=1),
            "starts late": share(
                work(msgspec.structs.replace(new_cube("x", seq=2), version=2), base=1), base=1
            ),
            "no growth": share(work(second, base=1), base=1, to=1),
            "seq": share(work(msgspec.structs.replace(second, seq=1), base=1), base=1),
            "twice": share(work(second, base=1), work(second, base=1), base=1),
            "not erased": share(work(msgspec.structs.replace(second, state=State.ERASED), base=1), base=1),
        }[fault]
        good = share(work(new_cube("good", subject=BEN)), part=partition(1))
        with pytest.raises(StoreFault):
            store.commit([good, wrong])
        assert store.digest() == before
        assert store.positions("memory") == {partition(): 1}

    # --- outbox ----------------------------------------------------------------------------------

    def test_the_outbox_gives_the_oldest_first_and_forgets_what_was_sent(self, store: CubeStore) -> None:
        commit(
            store,
            share(outbox=[message(b"1"), message(b"2")]),
            share(part=partition(1), outbox=[message(b"3")]),
        )
        commit(store, share(base=1, outbox=[message(None, key=None)]))
        both = [partition(1), partition()]
        rows = store.outbox(both, 10)
        assert [row.message.value for row in rows] == [b"1", b"2", b"3", None]
        assert [row.id for row in rows] == sorted(row.id for row in rows)
        assert [row.message.value for row in store.outbox(both, 2)] == [b"1", b"2"]
        assert [row.message.value for row in store.outbox([partition(1)], 10)] == [b"3"]

        store.sent([rows[0].id, rows[2].id])
        store.sent([rows[0].id])
        assert [row.message.value for row in store.outbox(both, 10)] == [b"2", None]
        commit(store, share(base=2, outbox=[message(b"5")]))
        assert store.outbox(both, 10)[-1].id > rows[-1].id

    # --- versions --------------------------------------------------------------------------------

    def test_history_has_all_versions_and_changes_only_the_newest(self, store: CubeStore) -> None:
        first = new_cube("Anna lives in Porto.")
        other = new_cube("Anna likes tea.", seq=2)
        commit(store, share(work(first, other)))
        second = next_version(first, seq=3, text="Anna lives in Lisbon.")
        third = next_version(second, seq=4, state=State.SUPERSEDED)
        commit(store, share(work(second, third, base=2), base=1))

        assert store.history(ANNA, first.id) == [first, second, third]
        assert store.cube(ANNA, first.id) == third
        assert store.caused_by(ANNA, "event-of-3") == [second]
        sequence, changes = store.changes(ANNA, 0, EMBEDDER)
        assert (sequence, [change.cube for change in changes]) == (4, [other, third])
        assert [change.cube for change in store.changes(ANNA, 2, EMBEDDER)[1]] == [third]
        assert store.changes(ANNA, 4, EMBEDDER) == (4, [])
        # By pages: the sequence of a full one is that of its last change.
        reached, page = store.changes(ANNA, 0, EMBEDDER, limit=1)
        assert (reached, [change.cube for change in page]) == (2, [other])
        assert store.changes(ANNA, reached, EMBEDDER, limit=9)[0] == 4
        assert changes[1].vector is not None
        assert np.array_equal(changes[1].vector, vector_of("Anna lives in Lisbon."))

    def test_a_cube_of_another_subject_is_no_cube(self, store: CubeStore) -> None:
        cube = new_cube("Anna's secret.")
        commit(store, share(work(cube)))
        for read in (store.cube, store.history):
            with pytest.raises(NoSuchCube):
                read(BEN, cube.id)
        assert store.caused_by(BEN, "event-of-1") == []

    def test_a_list_is_newest_first_filtered_and_paged(self, store: CubeStore) -> None:
        facts = [new_cube(f"fact {n}", seq=n) for n in range(1, 6)]
        turn = new_cube("a turn", seq=6, form=Form.EPISODE)
        commit(store, share(work(*facts, turn, next_version(facts[0], seq=7, state=State.RETRACTED))))

        def texts(**wanted: object) -> list[str]:
            return [cube.text for cube in store.list_cubes(ANNA, limit=3, **wanted)]  # type: ignore[arg-type]

        assert texts() == ["fact 1", "a turn", "fact 5"]
        assert texts(before=5) == ["fact 4", "fact 3", "fact 2"]
        assert texts(form=Form.EPISODE) == ["a turn"]
        assert texts(form=Form.FACT, states={State.ACTIVE}) == ["fact 5", "fact 4", "fact 3"]
        assert texts(states={State.RETRACTED, State.ARCHIVED}) == ["fact 1"]
        assert texts(states=set()) == []

    def test_a_list_tells_what_was_known_and_what_was_true(self, store: CubeStore) -> None:
        home = new_cube("lives in Porto", seq=1)
        moved = next_version(home, seq=2, state=State.SUPERSEDED)
        hour = timedelta(hours=1)
        moved = msgspec.structs.replace(
            moved, recorded_at=home.recorded_at + hour, valid_to=home.valid_from + 48 * hour
        )
        commit(store, share(work(home, moved)))

        def states(**wanted: datetime) -> list[State]:
            return [cube.state for cube in store.list_cubes(ANNA, limit=3, **wanted)]  # type: ignore[arg-type]

        assert states(known_at=home.recorded_at - hour) == []
        assert states(known_at=home.recorded_at) == [State.ACTIVE]
        assert states(known_at=home.recorded_at + 2 * hour) == [State.SUPERSEDED]
        assert states(as_of=home.valid_from + hour) == [State.SUPERSEDED]
        assert states(as_of=home.valid_from + 49 * hour) == []
        # Held then to be true then: the end was not known yet.
        assert states(as_of=home.valid_from + 49 * hour, known_at=home.recorded_at) == [State.ACTIVE]

        def known(at: datetime) -> list[State]:
            _, changes = store.changes(ANNA, 0, "none", known_at=at)
            return [change.cube.state for change in changes]

        for at in (home.recorded_at - hour, home.recorded_at, home.recorded_at + 2 * hour):
            assert known(at) == states(known_at=at)

    def test_a_list_of_one_run_is_paged_without_gaps(self, store: CubeStore) -> None:
        facts = [
            new_cube(f"fact {n}", seq=n, others=Others(run_id="mine" if n % 3 else "another"))
            for n in range(1, 30)
        ]
        commit(store, share(work(*facts)))
        found: list[str] = []
        before = None
        while page := store.list_cubes(ANNA, limit=4, others=Others(run_id="mine"), before=before):
            assert len(page) == 4 or len(found) + len(page) == 20
            found += [cube.text for cube in page]
            before = page[-1].seq
        assert found == [f"fact {n}" for n in range(29, 0, -1) if n % 3]
        assert store.list_cubes(ANNA, limit=4, others=Others(run_id="nobody's")) == []

    def test_subjects_of_a_tenant_are_its_own_only(self, store: CubeStore) -> None:
        keys = ["a/user:x", "a/user:y", "a%2Fb/user:x", "ab/user:x", "a-/user:x"]
        commit(store, share(*(work(new_cube("hello", subject=key)) for key in keys)))
        assert store.subjects() == sorted(keys)
        assert store.subjects("a") == ["a/user:x", "a/user:y"]
        assert store.subjects("a/b") == ["a%2Fb/user:x"]
        assert store.subjects("nobody") == []

    # --- cubes by id, and blocks --------------------------------------------------------------------

    def test_cubes_are_read_in_the_order_of_their_ids_at_their_newest_version(self, store: CubeStore) -> None:
        one, two, three = (new_cube(f"fact {n}", seq=n) for n in (1, 2, 3))
        changed = next_version(one, seq=4, text="fact 1, put right")
        gone = erased(two, seq=5)
        commit(store, share(work(one, two, three, changed, gone)))
        asked = [three.id, "no such cube", two.id, one.id]
        assert store.cubes(ANNA, asked) == [three, gone, changed]
        assert store.cubes(BEN, asked) == []
        assert store.cubes(ANNA, ()) == []

    def test_active_blocks_come_with_their_memories_the_newest_first(self, store: CubeStore) -> None:
        one, two = new_cube("one"), new_cube("two", seq=2)
        first = new_block(two, one, seq=3)
        second = new_block(one, seq=4, model="another")
        ended = new_block(two, seq=5, model="a third")
        over = next_version(ended, seq=6, state=State.SUPERSEDED)
        commit(store, share(work(one, two, first, second, ended, over)))
        held = store.blocks(ANNA)
        assert [(block.cube, block.parents) for block in held] == [(second, (one,)), (first, (two, one))]
        assert all(block.current for block in held)
        assert store.blocks(BEN) == []

    @pytest.mark.parametrize("change", ["edited", "ended", "erased"])
    def test_a_block_of_which_a_memory_has_changed_is_not_current(
        self, store: CubeStore, change: str
    ) -> None:
        one, two = new_cube("one"), new_cube("two", seq=2)
        commit(store, share(work(one, two, new_block(one, two, seq=3))))
        now = {
            "edited": next_version(one, seq=4, text="another"),
            "ended": next_version(one, seq=4, state=State.SUPERSEDED),
            "erased": erased(one, seq=4),
        }[change]
        commit(store, share(work(now, base=3), base=1))
        [held] = store.blocks(ANNA)
        assert held.parents == (now, two)
        assert not held.current

    def test_a_block_whose_memory_is_not_there_is_not_current(self, store: CubeStore) -> None:
        one = new_cube("one")
        commit(store, share(work(one, new_block(one, new_cube("never kept"), seq=2))))
        [held] = store.blocks(ANNA)
        assert held.parents == (one,)
        assert not held.current

    def test_a_block_that_a_destroyed_key_sealed_is_none(self, store: CubeStore, sealer: Sealer) -> None:
        one = new_cube("one")
        commit(store, share(work(one, new_block(one, seq=2))))
        sealer.destroy(ANNA, sealer.rotate(ANNA))
        assert store.blocks(ANNA) == []
        assert [cube.payload for cube in store.cubes(ANNA, [one.id])] == [None]

    def test_blocks_and_their_memories_are_of_one_moment(
        self, store: CubeStore, open_store: OpenStore
    ) -> None:
        one = new_cube("one")
        commit(store, share(work(one, new_block(one, seq=2))))
        reader, done = open_store(), threading.Event()

        def read() -> int:
            reads = 0
            while not done.is_set() or reads == 0:
                assert all(held.current for held in reader.blocks(ANNA))
                reads += 1
            return reads

        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(read)
            try:
                block = store.blocks(ANNA)[0].cube
                for batch in range(1, 30):
                    seq = 3 * batch
                    one = next_version(one, seq=seq)
                    over = next_version(block, seq=seq + 1, state=State.SUPERSEDED)
                    block = new_block(one, seq=seq + 2)
                    commit(store, share(work(one, over, block, base=seq - 1), base=batch))
            finally:
                done.set()
            assert reading.result() > 0

    def test_a_block_is_listed_as_what_it_is_and_never_due(self, store: CubeStore) -> None:
        one = new_cube("one")
        block = new_block(one, seq=2)
        later = one.recorded_at + timedelta(days=900)
        block = msgspec.structs.replace(block, valid_from=one.recorded_at + timedelta(days=1))
        commit(store, share(work(one, block)))
        assert store.list_cubes(ANNA, limit=9) == [one]
        assert store.list_cubes(ANNA, limit=9, kind=Kind.ACTIVATION) == [block]
        assert store.list_cubes(ANNA, limit=9, kind=Kind.PARAMETRIC) == []
        assert store.list_cubes(ANNA, limit=9, kind=None) == [block, one]
        assert store.list_cubes(ANNA, limit=9, kind=Kind.ACTIVATION, known_at=later) == [block]
        assert store.count(ANNA) == {Form.FACT: 1, Form.BLOCK: 1}
        assert store.due(later) == []

    # --- vectors ---------------------------------------------------------------------------------

    def test_known_vectors_are_found_by_text_and_embedder(self, store: CubeStore) -> None:
        commit(store, share(work(new_cube("known"))))
        found = store.vectors(ANNA, ["known", "unknown"], EMBEDDER)
        assert list(found) == ["known"]
        assert np.array_equal(found["known"], vector_of("known"))
        assert store.vectors(ANNA, ["known"], "another embedder") == {}
        assert store.vectors(BEN, ["known"], EMBEDDER) == {}
        assert store.changes(ANNA, 0, "another embedder")[1][0].vector is None

    def test_token_vectors_come_back_with_the_cube_and_go_with_it(self, store: CubeStore) -> None:
        turn = new_cube("I moved to Lisbon", form=Form.EPISODE)
        commit(store, share(work(turn)))
        [change] = store.changes(ANNA, 0, EMBEDDER)[1]
        known = tokens_of("Anna: I moved to Lisbon")
        assert change.tokens is not None
        assert np.array_equal(change.tokens.ids, known.ids)
        assert np.array_equal(change.tokens.vectors, known.vectors)
        commit(store, share(work(erased(turn, seq=2), base=1), base=1))
        assert store.changes(ANNA, 0, EMBEDDER)[1][0].tokens is None

    def test_a_text_without_tokens_has_none(self, store: CubeStore) -> None:
        bare = Embedded(
            "\U0001f44d",
            vector_of("x"),
            EMBEDDER,
            TokenVectors(np.zeros(0, np.uint16), np.zeros((0, 4), np.int8)),
        )
        commit(store, share(work(new_cube("\U0001f44d")), vectors={ANNA: (bare,)}))
        [change] = store.changes(ANNA, 0, EMBEDDER)[1]
        assert change.tokens is not None
        assert len(change.tokens) == 0

    def test_the_vector_of_a_text_that_no_version_has_is_not_kept(self, store: CubeStore) -> None:
        cube = new_cube("kept")
        commit(store, share(work(cube), vectors={ANNA: embedded("kept", "dropped")}))
        assert list(store.vectors(ANNA, ["kept", "dropped"], EMBEDDER)) == ["kept"]

    # --- erasure ---------------------------------------------------------------------------------

    def test_an_erased_cube_leaves_its_last_version_and_no_vector(self, store: CubeStore) -> None:
        first = new_cube("Anna's number is 555.")
        second = next_version(first, seq=2, text="Anna's number is 556.")
        commit(store, share(work(first, second)))
        gone = erased(second, seq=3)
        commit(store, share(work(gone, base=2), base=1))

        assert store.history(ANNA, first.id) == [gone]
        assert store.cube(ANNA, first.id).text == ""
        assert store.vectors(ANNA, [first.text, second.text], EMBEDDER) == {}
        sequence, [change] = store.changes(ANNA, 0, EMBEDDER)
        assert (sequence, change.cube, change.vector) == (3, gone, None)
        statistics = store.statistics()
        assert (statistics.cubes, statistics.versions) == (0, 1)

    def test_a_cube_made_and_erased_in_one_batch_leaves_as_little(self, store: CubeStore) -> None:
        cube = new_cube("never mind")
        commit(store, share(work(cube, erased(cube, seq=2))))
        assert [left.version for left in store.history(ANNA, cube.id)] == [2]
        assert store.vectors(ANNA, ["never mind"], EMBEDDER) == {}

    def test_an_erasure_keeps_the_vector_that_another_cube_needs(self, store: CubeStore) -> None:
        first = new_cube("the same words")
        twin = msgspec.structs.replace(new_cube("the same words", seq=2), id="twin")
        commit(store, share(work(first, twin)))
        commit(store, share(work(erased(first, seq=3), base=2), base=1))
        assert list(store.vectors(ANNA, ["the same words"], EMBEDDER)) == ["the same words"]
        commit(store, share(work(erased(twin, seq=4), base=3), base=2))
        assert store.vectors(ANNA, ["the same words"], EMBEDDER) == {}

    def test_what_a_destroyed_key_sealed_reads_as_erased(self, store: CubeStore, sealer: Sealer) -> None:
        cube = new_cube("Anna's old life.")
        commit(store, share(work(cube)))
        sealer.destroy(ANNA, sealer.rotate(ANNA))
        [change] = store.changes(ANNA, 0, EMBEDDER)[1]
        assert (change.cube.id, change.cube.payload, change.vector) == (cube.id, None, None)
        assert store.cube(ANNA, cube.id).payload is None
        assert store.vectors(ANNA, [cube.text], EMBEDDER) == {}
        after = new_cube("Anna's new life.", seq=2)
        commit(store, share(work(after, base=1), base=1))
        assert store.cube(ANNA, after.id) == after

    # --- digest ----------------------------------------------------------------------------------

    def test_the_digest_does_not_depend_on_batches_and_clocks(self, open_store: OpenStore) -> None:
        store = open_store()
        first, second = new_cube("one"), new_cube("two", seq=2)
        commit(store, share(work(first)))
        commit(store, share(work(second, base=1), base=1))
        later = [
            msgspec.structs.replace(cube, recorded_at=cube.recorded_at + timedelta(days=1))
            for cube in (first, second)
        ]
        model = sorted(later, key=lambda cube: (cube.subject, cube.id, cube.version))
        assert store.digest() == store.digest(ANNA) == replay_digest(model)
        assert store.digest(BEN) == replay_digest([])

    def test_the_digest_sees_every_change_of_meaning(self) -> None:
        cube = new_cube("one")
        assert cube.payload is not None
        payload = cube.payload
        changed = [
            next_version(cube, seq=2),
            msgspec.structs.replace(cube, state=State.EXPIRED),
            msgspec.structs.replace(cube, valid_to=cube.valid_from),
            msgspec.structs.replace(cube, trust=0.75),
            msgspec.structs.replace(cube, pinned=True),
            msgspec.structs.replace(cube, reason="another"),
            msgspec.structs.replace(cube, payload=None),
            msgspec.structs.replace(cube, payload=msgspec.structs.replace(payload, text="two")),
            msgspec.structs.replace(cube, payload=msgspec.structs.replace(payload, sources=())),
        ]
        assert len({replay_digest([one]) for one in [cube, *changed]}) == len(changed) + 1

    # --- many at once ----------------------------------------------------------------------------

    def test_readers_in_other_threads_see_whole_commits_while_one_writes(
        self, store: CubeStore, open_store: OpenStore
    ) -> None:
        reader, done = open_store(), threading.Event()

        def read() -> int:
            last = reads = 0
            while not done.is_set() or reads == 0:
                sequence, changes = reader.changes(ANNA, 0, EMBEDDER)
                assert sequence >= last
                assert [change.cube.seq for change in changes] == list(range(1, sequence + 1))
                assert sequence % 5 == 0
                last, reads = sequence, reads + 1
            return reads

        with ThreadPoolExecutor(3) as pool:
            readers = [pool.submit(read) for _ in range(3)]
            try:
                for batch in range(20):
                    cubes = [new_cube(f"{batch}/{n}", seq=batch * 5 + n) for n in range(1, 6)]
                    commit(store, share(work(*cubes, base=batch * 5), base=batch))
            finally:
                done.set()
            assert all(future.result() > 0 for future in readers)

    def test_a_closed_record_says_so(self, store: CubeStore) -> None:
        store.sequence(ANNA)
        store.close()
        with pytest.raises(StoreFault, match="closed"):
            store.sequence(ANNA)

"""The contract on SQLite, and what only files can do: two processes, full disks, bytes left behind.

One file, since nearly every story needs the same writers and readers of raw files.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest

from memcube.errors import StoreFault
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import Opener, SubjectSealer
from memcube.store.record import CubeStore
from memcube.store.sqlite import SQLiteCubeStore
from memcube.store.sqlite.schema import connect
from tests.memcube.store.making import (
    ANNA,
    EMBEDDER,
    commit,
    erased,
    message,
    new_block,
    new_cube,
    next_version,
    partition,
    share,
    tokens_of,
    work,
)
from tests.memcube.store.record_contract import CubeStoreContract
from tests.memcube.store.record_histories import check_histories


@pytest.fixture
def sealer(tmp_path: Path) -> SubjectSealer:
    return SubjectSealer(KeyStore(tmp_path / "keys" / "keys.sqlite"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record" / "cubes.sqlite"


@pytest.fixture
def open_store(path: Path, sealer: SubjectSealer) -> Iterator[Callable[[], SQLiteCubeStore]]:
    opened: list[SQLiteCubeStore] = []

    def open_one() -> SQLiteCubeStore:
        opened.append(SQLiteCubeStore(path, sealer))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], SQLiteCubeStore]) -> SQLiteCubeStore:
    return open_store()


class TestSQLiteCubeStore(CubeStoreContract):
    @pytest.fixture
    def sealer(self, tmp_path: Path) -> SubjectSealer:
        return SubjectSealer(KeyStore(tmp_path / "keys" / "keys.sqlite"))

    @pytest.fixture
    def open_store(self, path: Path, sealer: SubjectSealer) -> Callable[[], CubeStore]:
        return partial(SQLiteCubeStore, path, sealer)


def test_random_histories_leave_what_a_plain_model_holds(tmp_path: Path, sealer: SubjectSealer) -> None:
    made = 0

    def open_fresh() -> SQLiteCubeStore:
        nonlocal made
        made += 1
        return SQLiteCubeStore(tmp_path / f"record-{made}" / "cubes.sqlite", sealer)

    check_histories(open_fresh, examples=60)


# --- restart and other processes ----------------------------------------------------------------------


def test_a_restart_finds_everything(path: Path, tmp_path: Path) -> None:
    cube = new_cube("Anna lives in Lisbon.")
    first = SQLiteCubeStore(path, SubjectSealer(KeyStore(tmp_path / "keys" / "keys.sqlite")))
    commit(first, share(work(cube, applied=["e"]), outbox=[message()]))
    digest, record_id = first.digest(), first.record_id
    first.close()

    again = SQLiteCubeStore(path, SubjectSealer(KeyStore(tmp_path / "keys" / "keys.sqlite")))
    assert (again.digest(), again.record_id) == (digest, record_id)
    assert again.positions("memory") == {partition(): 1}
    assert len(again.outbox([partition()], 9)) == 1
    assert again.cube(ANNA, cube.id) == cube


WRITER = """
import sys
from pathlib import Path
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import Opener, SubjectSealer
from memcube.store.sqlite import SQLiteCubeStore
from tests.memcube.store.making import ANNA, message, new_cube, partition, share, work
folder, name = Path(sys.argv[1]), sys.argv[2]
sealer = SubjectSealer(KeyStore(folder / "keys" / "keys.sqlite"))
store = SQLiteCubeStore(folder / "record" / "cubes.sqlite", sealer)
won = 0
print("ready", flush=True)
input()
while (at := store.positions("memory").get(partition(), 0)) < 200:
    seq = store.sequence(ANNA)
    cube = new_cube(f"{name} {at}", seq=seq + 1)
    plan = share(work(cube, base=seq, applied=[f"event {at}"]), base=at, outbox=[message(str(at).encode())])
    won += not store.commit([plan])
print(won)
"""


def test_two_processes_that_write_one_partition_apply_every_offset_once(tmp_path: Path, path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    won = [int(writer.communicate(timeout=60)[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sum(won) == 200

    store = SQLiteCubeStore(path, SubjectSealer(KeyStore(tmp_path / "keys" / "keys.sqlite")), read_only=True)
    assert store.positions("memory") == {partition(): 200}
    assert [row.message.value for row in store.outbox([partition()], 999)] == [
        str(n).encode() for n in range(200)
    ]
    assert [change.cube.seq for change in store.changes(ANNA, 0, EMBEDDER)[1]] == list(range(1, 201))


def test_a_reader_beside_the_writer_sees_each_commit_and_cannot_write(
    store: SQLiteCubeStore, path: Path, sealer: SubjectSealer
) -> None:
    reader = SQLiteCubeStore(path, sealer, read_only=True)
    assert reader.sequence(ANNA) == 0
    commit(store, share(work(new_cube("new"))))
    assert reader.sequence(ANNA) == 1
    with pytest.raises(StoreFault, match="cannot be written"):
        reader.commit([share(base=1)])


def test_a_reader_without_a_record_says_how_to_get_one(path: Path, sealer: SubjectSealer) -> None:
    with pytest.raises(StoreFault, match="memcube up"):
        SQLiteCubeStore(path, sealer, read_only=True)
    assert not path.exists()


def test_a_record_of_another_release_is_not_touched(
    store: SQLiteCubeStore, path: Path, sealer: SubjectSealer
) -> None:
    connect(path, read_only=False).execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    with pytest.raises(StoreFault, match="schema 99"):
        SQLiteCubeStore(path, sealer)


def test_a_file_that_is_no_record_says_so(path: Path, sealer: SubjectSealer) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all, " * 500)
    with pytest.raises(StoreFault, match="no SQLite database"):
        SQLiteCubeStore(path, sealer)


def test_keys_of_another_record_are_the_records_fault_not_the_events(
    store: SQLiteCubeStore, path: Path, tmp_path: Path
) -> None:
    cube = new_cube("sealed")
    commit(store, share(work(cube)))
    stranger = SQLiteCubeStore(path, SubjectSealer(KeyStore(tmp_path / "other" / "keys.sqlite")))
    with pytest.raises(StoreFault, match="restore the key store"):
        stranger.cube(ANNA, cube.id)


# --- a full disk ----------------------------------------------------------------------------------------


class FullDisk(apsw.VFS):
    """SQLite's own files, on a disk that takes `room` more writes."""

    def __init__(self) -> None:
        self.room: int | None = None
        self.base = apsw.vfs_names()[0]  # by name: by default it would be this one itself
        super().__init__("full-disk", self.base, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _FullDiskFile(self, name, flags)


class _FullDiskFile(apsw.VFSFile):
    def __init__(self, disk: FullDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        super().__init__(disk.base, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        if self._disk.room is not None:
            if self._disk.room == 0:
                raise apsw.FullError("no space left")
            self._disk.room -= 1
        super().xWrite(data, offset)


@pytest.fixture
def disk() -> Iterator[FullDisk]:
    disk = FullDisk()
    yield disk
    disk.unregister()


def test_a_disk_that_fills_at_any_write_of_a_commit_loses_nothing(
    disk: FullDisk, path: Path, sealer: SubjectSealer
) -> None:
    store = SQLiteCubeStore(path, sealer)
    first = new_cube("before")
    commit(store, share(work(first)))
    digest = store.digest()
    batch = share(
        work(*(new_cube(f"cube {n}", seq=n) for n in range(2, 12)), base=1), base=1, outbox=[message()] * 20
    )
    faults = 0
    for room in range(200):
        disk.room = room
        try:
            refused = store.commit([batch])
        except StoreFault:
            faults += 1
            disk.room = None
            assert store.digest() == digest
            assert store.positions("memory") == {partition(): 1}
            assert store.outbox([partition()], 99) == []
        else:
            assert not refused
            break
    assert faults > 5
    assert store.sequence(ANNA) == 11
    disk.room = None
    store.close()
    assert SQLiteCubeStore(path, sealer).sequence(ANNA) == 11


def test_a_file_that_may_not_grow_takes_commits_again_once_it_may(store: SQLiteCubeStore, path: Path) -> None:
    with store._connection() as connection:
        pages = connection.pragma("page_count")
        connection.pragma("max_page_count", pages)
        large = share(work(*(new_cube(f"cube {n} " + "long " * 300, seq=n) for n in range(1, 99))))
        with pytest.raises(StoreFault, match="disk is full"):
            store.commit([large])
        assert store.positions("memory") == {}
        connection.pragma("max_page_count", 2**30)
    commit(store, large)


# --- nothing is left of what was erased -------------------------------------------------------------------


def bytes_of(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def ciphertexts(store: SQLiteCubeStore) -> list[bytes]:
    with store._connection() as connection:
        rows: list[Any] = connection.execute(
            "SELECT ciphertext FROM versions UNION ALL SELECT ciphertext FROM vectors"
        ).fetchall()
    return [ciphertext for (ciphertext,) in rows if ciphertext is not None]


def test_no_file_ever_holds_the_words_and_without_its_key_nothing_opens(
    store: SQLiteCubeStore, path: Path, sealer: SubjectSealer, tmp_path: Path
) -> None:
    cubes = [new_cube(f"Zyzzogeton{n}quux", seq=n) for n in range(1, 301)]
    commit(store, share(work(*cubes)))
    edited = [
        next_version(cube, seq=300 + n, text=f"{cube.text}again") for n, cube in enumerate(cubes, start=1)
    ]
    commit(store, share(work(*edited, base=300), base=1))
    assert len(ciphertexts(store)) == 1200
    copy = path.with_name("copy.sqlite")
    with store._connection() as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))

    gone = [erased(cube, seq=600 + n) for n, cube in enumerate(edited, start=1)]
    former = sealer.rotate(ANNA)
    commit(store, share(work(*gone, base=600), base=2))
    sealer.destroy(ANNA, former)

    assert ciphertexts(store) == []
    files = bytes_of(tmp_path)
    assert {path, copy} < files.keys()
    # The ids of word pieces are as good as the words.
    words = [
        tokens_of(cube.wording).ids.tobytes() + tokens_of(cube.wording).vectors.tobytes() for cube in cubes
    ]
    assert [file for file, content in files.items() if any(word in content for word in words)] == []
    assert [file for file, content in files.items() if b"Zyzzogeton" in content or b"Anna" in content] == []
    backup = SQLiteCubeStore(copy, sealer, read_only=True)
    _, changes = backup.changes(ANNA, 0, EMBEDDER)
    assert len(changes) == 300
    assert {(change.cube.payload, change.vector, change.tokens) for change in changes} == {(None, None, None)}


def test_an_erased_row_leaves_not_even_its_sealed_bytes(
    store: SQLiteCubeStore, path: Path, tmp_path: Path
) -> None:
    # One page. Where SQLite has split or merged pages it can leave sealed bytes in the gaps.
    first, second, other = (new_cube(text, seq=n) for n, text in enumerate(("one", "two", "three"), start=1))
    commit(store, share(work(first, second, other)))
    sealed = ciphertexts(store)
    gone = work(erased(first, seq=4), erased(second, seq=5), base=3)
    commit(store, share(gone, base=1))
    left = ciphertexts(store)
    assert (len(sealed), len(left)) == (6, 2)
    for file, content in bytes_of(tmp_path).items():
        assert [c for c in sealed if c[:16] in content] == (left if file == path else []), file


def test_an_erasure_stands_while_a_reader_keeps_the_log_of_writes(
    store: SQLiteCubeStore, path: Path, sealer: SubjectSealer
) -> None:
    cube = new_cube("secret")
    commit(store, share(work(cube)))
    log = path.with_name("cubes.sqlite-wal")
    reader = connect(path, read_only=True)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM versions").fetchall() == [(1,)]

    commit(store, share(work(erased(cube, seq=2), base=1), base=1))
    assert store.history(ANNA, cube.id)[0].version == 2
    assert log.stat().st_size > 0

    reader.execute("COMMIT")
    commit(store, share(base=2))
    assert log.stat().st_size == 0


class _Asked(SubjectSealer):
    """Counts how often a key is looked up."""

    lookups = 0

    def opener(self, subject: str, key_id: str) -> Opener:
        self.lookups += 1
        return super().opener(subject, key_id)


def test_a_block_of_many_memories_is_read_without_a_look_at_the_key_for_each(
    path: Path, tmp_path: Path
) -> None:
    sealer = _Asked(KeyStore(tmp_path / "keys" / "keys.sqlite"))
    store = SQLiteCubeStore(path, sealer)
    facts = [new_cube(f"Anna knows {n} people", seq=n) for n in range(1, 31)]
    commit(store, share(work(*facts, new_block(*facts, seq=31))))
    sealer.lookups = 0

    (held,) = store.blocks(ANNA)

    assert [parent.text for parent in held.parents] == [fact.text for fact in facts]
    assert sealer.lookups == 2  # the block's own, and one for all of its memories
    store.close()

from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import apsw
import msgspec
import pytest

from memcube.errors import KeyDestroyed, SealBroken, StoreFault
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer

ANNA = "default/user:anna"
BEN = "default/user:ben"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keys.sqlite"


@pytest.fixture
def keys(path: Path) -> KeyStore:
    return KeyStore(path)


def test_a_subject_keeps_the_key_it_got_first(keys: KeyStore, path: Path) -> None:
    key = keys.current(ANNA)
    assert len(key.secret) == 32
    assert keys.current(ANNA) is key
    again = KeyStore(path).current(ANNA)
    assert (again.id, again.secret) == (key.id, key.secret)
    assert keys.current(BEN).secret != key.secret


def test_only_this_user_can_read_the_keys(keys: KeyStore, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    path.parent.mkdir()
    path.touch(mode=0o644)
    path.parent.chmod(0o755)
    KeyStore(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_journal_is_as_private_as_the_keys(keys: KeyStore, path: Path) -> None:
    keys._connection.execute("BEGIN IMMEDIATE")
    keys._connection.execute("INSERT INTO keys VALUES (1, 'k', 's', x'00', 0, 0)")
    keys._connection.cache_flush()
    journal = path.with_name("keys.sqlite-journal")
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    keys._connection.execute("ROLLBACK")


def test_no_secret_shows_in_print(keys: KeyStore) -> None:
    key = keys.current(ANNA)
    assert key.secret.hex() not in f"{key!r} {key}"
    assert str(key.secret) not in f"{key!r} {key}"


def test_rotation_makes_a_new_key_and_names_the_old_ones(keys: KeyStore) -> None:
    assert keys.rotate(ANNA) == ()
    first = keys.current(ANNA)
    assert keys.rotate(ANNA) == (first.id,)
    second = keys.current(ANNA)
    assert second.id != first.id
    assert keys.rotate(ANNA) == (first.id, second.id)
    assert keys.key(ANNA, first.id).secret == first.secret


def test_a_destroyed_key_is_told_from_an_unknown_one(keys: KeyStore, path: Path) -> None:
    first = keys.current(ANNA)
    assert keys.rotate(ANNA) == (first.id,)
    keys.destroy(ANNA, [first.id])
    keys.destroy(ANNA, [first.id, "unknown"])
    for store in (keys, KeyStore(path)):
        with pytest.raises(KeyDestroyed):
            store.key(ANNA, first.id)
        with pytest.raises(SealBroken):
            store.key(ANNA, "unknown")
    assert keys.rotate(ANNA) != (first.id,)


def test_the_current_key_cannot_be_destroyed_before_it_is_rotated(keys: KeyStore) -> None:
    first = keys.current(ANNA)
    keys.destroy(ANNA, [first.id])
    assert keys.current(ANNA).secret == first.secret
    keys.destroy(ANNA, keys.rotate(ANNA))
    assert keys.current(ANNA).id != first.id


def test_a_subject_can_neither_use_nor_destroy_the_key_of_another(keys: KeyStore) -> None:
    key = keys.current(ANNA)
    keys.destroy(BEN, [key.id])
    with pytest.raises(SealBroken):
        keys.key(BEN, key.id)
    assert keys.key(ANNA, key.id).secret == keys.current(ANNA).secret == key.secret


def test_no_byte_of_a_destroyed_key_is_left_in_any_file(keys: KeyStore, path: Path) -> None:
    choose = Random(7)
    subjects = [f"default/user:{n}{'x' * choose.randint(0, 60)}" for n in range(250)]  # twenty pages of them
    first = [keys.current(subject) for subject in subjects]
    for subject in choose.sample(subjects, 100):
        keys.rotate(subject)
    doomed = choose.sample(first, 200)
    kept = [key for key in first if key not in doomed]
    assert all(key.secret in path.read_bytes() for key in first)
    for key in doomed:
        keys.rotate(key.subject)
        keys.destroy(key.subject, [key.id])
    for key in choose.sample(doomed, 50):
        keys.current(key.subject)

    assert [file.name for file in path.parent.iterdir()] == [path.name]
    content = path.read_bytes()
    assert not any(key.secret[:8] in content or key.secret[-8:] in content for key in doomed)
    assert all(content.count(key.secret) == 1 for key in kept)


FIRST_SEAL = """
import sys
from pathlib import Path
from memcube.governance.keys import KeyStore
print("ready", flush=True)
input()
keys = KeyStore(Path(sys.argv[1]))
print(*[keys.current(f"default/user:{n}").id for n in range(40)], flush=True)
"""


def test_processes_that_seal_first_at_once_share_one_key(path: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", FIRST_SEAL, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    ids = [racer.communicate(timeout=60)[0].split() for racer in racers]
    assert len(ids[0]) == 40
    assert ids[0] == ids[1]
    assert [racer.returncode for racer in racers] == [0, 0]


def test_threads_that_seal_first_at_once_share_one_key(keys: KeyStore, path: Path) -> None:
    other = KeyStore(path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: ((keys, other)[n % 2]).current(ANNA).id, range(64)))
    assert len(set(found)) == 1


OPENER = """
import sys
from pathlib import Path
import msgspec
from memcube.errors import KeyDestroyed
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from schemas.body import Sealed
sealer = SubjectSealer(KeyStore(Path(sys.argv[1])))
for line in sys.stdin:
    sealed = msgspec.json.decode(line, type=Sealed)
    try:
        print(sealer.open("default/user:anna", sealed, b"place").decode(), flush=True)
    except KeyDestroyed:
        print("KeyDestroyed", flush=True)
"""


def test_a_key_destroyed_here_is_refused_by_a_process_that_had_it_in_use(keys: KeyStore, path: Path) -> None:
    sealer = SubjectSealer(keys)
    line = msgspec.json.encode(sealer.seal(ANNA, b"words", b"place")).decode() + "\n"
    with subprocess.Popen(
        [sys.executable, "-c", OPENER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as opener:
        assert opener.stdin is not None
        assert opener.stdout is not None

        def ask() -> str:
            assert opener.stdin is not None
            assert opener.stdout is not None
            opener.stdin.write(line)
            opener.stdin.flush()
            return opener.stdout.readline().strip()

        assert [ask(), ask()] == ["words", "words"]
        sealer.destroy(ANNA, sealer.rotate(ANNA))
        assert ask() == "KeyDestroyed"
        opener.stdin.close()


def test_a_key_rotated_elsewhere_is_used_from_the_next_seal(keys: KeyStore, path: Path) -> None:
    other = KeyStore(path)
    before = keys.current(ANNA).id
    other.rotate(ANNA)
    assert keys.current(ANNA).id == other.current(ANNA).id != before


def test_more_subjects_than_the_cache_holds_all_keep_their_keys(
    keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memcube.governance.keys._MOST_CACHED", 3)
    ids = [keys.current(f"default/user:{n}").id for n in range(10)]
    assert [keys.current(f"default/user:{n}").id for n in range(10)] == ids
    assert len(keys._by_id) <= 3
    assert len(keys._current) <= 3


def test_randomness_is_passed_in(path: Path) -> None:
    counter = iter(range(1, 99))
    key = KeyStore(path, random=lambda size: bytes([next(counter)]) * size).current(ANNA)
    assert key.secret == b"\x02" * 32


def test_a_file_that_is_no_key_store_is_a_fault_that_says_so(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"rubbish " * 1000)
    with pytest.raises(StoreFault, match="no SQLite database"):
        KeyStore(path)


def test_a_folder_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreFault, match="cannot be made"):
        KeyStore(tmp_path / "file" / "keys.sqlite")


def test_a_closed_key_store_gives_no_key(keys: KeyStore) -> None:
    keys.current(ANNA)
    keys.close()
    with pytest.raises(StoreFault):
        keys.current(ANNA)


def test_an_interrupted_destruction_is_whole_or_not_at_all(keys: KeyStore, path: Path) -> None:
    first = keys.current(ANNA)
    keys._connection.set_authorizer(
        lambda action, *_: apsw.SQLITE_DENY if action == apsw.SQLITE_UPDATE else apsw.SQLITE_OK
    )
    with pytest.raises(StoreFault):
        keys.destroy(ANNA, [first.id])
    keys._connection.set_authorizer(None)
    assert KeyStore(path).key(ANNA, first.id).secret == first.secret
    keys.destroy(ANNA, [first.id])

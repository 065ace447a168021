from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.errors import JarError, JarMismatchError
from infra.kafka.jars import Jar, JarProgress, cache_folder, ensure_jars, read_lock
from infra.kafka.maven import download

BODIES = {"one": b"1" * 5000, "two": b"2" * 7000, "three": b"3" * 9000}
JARS = tuple(
    Jar("org.example", name, "1.0", hashlib.sha256(body).hexdigest()) for name, body in BODIES.items()
)


def from_memory(jar: Jar, folder: Path) -> Path:
    path = folder / "fetched"
    path.write_bytes(BODIES[jar.artifact])
    return path


def no_fetch(jar: Jar, _folder: Path) -> Path:
    raise AssertionError(f"{jar.name} is there already")


def test_the_lock_file_names_every_part_of_one_kafka_once() -> None:
    jars = read_lock()
    assert len({jar.name for jar in jars}) == len(jars) > 40
    assert {jar.version for jar in jars if jar.group == "org.apache.kafka"} == {"4.1.2"}
    assert {"kafka_2.13", "kafka-server", "kafka-clients", "log4j-slf4j-impl"} <= {
        jar.artifact for jar in jars
    }
    assert all(len(jar.sha256) == 64 for jar in jars)


def test_missing_jars_are_fetched_once_and_reported(tmp_path: Path) -> None:
    seen: list[JarProgress] = []
    paths = ensure_jars(tmp_path, JARS, seen.append, from_memory)
    assert [path.read_bytes() for path in paths] == list(BODIES.values())
    assert [step.done for step in seen] == [0, 1, 2, 3]
    assert ensure_jars(tmp_path, JARS, seen.append, no_fetch) == paths
    assert len(seen) == 4


def test_a_spoilt_jar_is_fetched_again(tmp_path: Path) -> None:
    spoilt = ensure_jars(tmp_path, JARS, fetch=from_memory)[1]
    spoilt.write_bytes(b"half")
    ensure_jars(tmp_path, JARS, fetch=from_memory)
    assert spoilt.read_bytes() == BODIES["two"]


def test_a_jar_that_is_not_the_locked_one_is_refused_by_name(tmp_path: Path) -> None:
    forged = (Jar("org.example", "one", "1.0", "0" * 64),)
    with pytest.raises(JarMismatchError, match=r"org\.example:one:1\.0.*expected sha256 0000.*got .*mirror"):
        ensure_jars(tmp_path, forged, fetch=from_memory)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_ctrl_c_keeps_what_was_fetched_and_the_next_run_goes_on(tmp_path: Path) -> None:
    def interrupted(jar: Jar, folder: Path) -> Path:
        if jar.artifact == "two":
            (folder / "half").write_bytes(b"2222")
            raise KeyboardInterrupt
        return from_memory(jar, folder)

    with pytest.raises(KeyboardInterrupt):
        ensure_jars(tmp_path, JARS, fetch=interrupted)
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "one-1.0.jar"}
    seen: list[JarProgress] = []
    ensure_jars(tmp_path, JARS, seen.append, from_memory)
    assert seen[0] == JarProgress(0, 2, "two-1.0.jar")


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".unfinished-of-a-dead-process").mkdir()
    ensure_jars(tmp_path, JARS, fetch=from_memory)
    assert not list(tmp_path.glob(".unfinished*"))


def _count_fetches(folder: Path, fetches: Path) -> None:
    def counted(jar: Jar, work: Path) -> Path:
        with fetches.open("a") as file:
            file.write(f"{jar.name} {os.getpid()}\n")
        return from_memory(jar, work)

    ensure_jars(folder, JARS, fetch=counted)


def test_two_processes_at_once_fetch_each_jar_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    fetches = tmp_path / "fetches"
    both = [spawn.Process(target=_count_fetches, args=(tmp_path / "cache", fetches)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(20)
    assert [process.exitcode for process in both] == [0, 0]
    assert len(fetches.read_text().splitlines()) == 3


def test_the_cache_moves_with_its_setting(tmp_path: Path) -> None:
    assert cache_folder({"MEMCUBE_CACHE": str(tmp_path)}) == tmp_path / "kafka" / "4.1.2"
    assert cache_folder({}).parts[-3:] == ("memcube", "kafka", "4.1.2")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    body = BODIES["one"]
    folder = tmp_path / "mirror" / "org" / "example" / "one" / "1.0"
    folder.mkdir(parents=True)
    (folder / "one-1.0.jar").write_bytes(body)
    (folder / "one-1.0.jar.sha1").write_text(hashlib.sha1(body, usedforsecurity=False).hexdigest())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "mirror"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_mirror_named_by_the_user_is_asked(mirror: str, tmp_path: Path) -> None:
    jar = download("org.example", "one", "1.0", tmp_path / "got", {"MEMCUBE_MAVEN_REPO": mirror})
    assert jar.read_bytes() == BODIES["one"]


def test_a_jar_that_nobody_has_is_an_error_with_a_remedy(mirror: str, tmp_path: Path) -> None:
    with pytest.raises(JarError, match=r"org\.example:none:1\.0.*MEMCUBE_MAVEN_REPO"):
        download("org.example", "none", "1.0", tmp_path / "got", {"MEMCUBE_MAVEN_REPO": mirror})


def test_a_mirror_that_is_down_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(JarError, match=r"org\.example:one:1\.0.*MEMCUBE_MAVEN_REPO"):
        download("org.example", "one", "1.0", tmp_path, {"MEMCUBE_MAVEN_REPO": "http://127.0.0.1:9"})

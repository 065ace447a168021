"""A whole MemCube as its users have it: the command, HTTP and Kafka, in processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from tests.end_to_end.wire import Raw, publish

COMMAND: Final = (sys.executable, "-m", "gateway.cli")
READY_WITHIN_S: Final = 90.0
# torch takes seconds to import, on cores that the others want as well.
MODEL_READY_WITHIN_S: Final = 180.0
STOPS_WITHIN_S: Final = 10.0
ROOT: Final = Path(__file__).parents[2]
_POLL_S: Final = 0.05
# Neither settings of whoever runs the tests, nor their terminal's width.
ENV: Final = {name: value for name, value in os.environ.items() if not name.startswith("MEMCUBE_")}


class MemCube:
    """`memcube up` on one folder, in a process group of its own, and every way in that a user has."""

    def __init__(self, folder: Path, *options: str, embedder: str = "hash", models: bool = False) -> None:
        """models: with a language model, which takes half a gigabyte and some seconds to start."""
        self.folder = folder
        self._options = options if models else ("--no-models", *options)
        self._ready_within_s = MODEL_READY_WITHIN_S if models else READY_WITHIN_S
        self._env = {**ENV, "MEMCUBE_EMBEDDER": embedder}
        self._up: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(trust_env=False, timeout=40)
        self.address: dict[str, Any] = {}

    def setting(self, name: str, value: str) -> None:
        """A `MEMCUBE_*` variable, before the start."""
        self._env[name] = value

    # --- its life ---------------------------------------------------------------------------------------

    def start(self) -> MemCube:
        """Start it and wait until `memcube status` says that it is ready."""
        self.launch()
        self.until_ready()
        return self

    def launch(self) -> None:
        with self.output.open("ab") as output:
            self._up = subprocess.Popen(
                [*COMMAND, "up", "--data", str(self.folder), *self._options],
                env=self._env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def until_ready(self) -> None:
        until(lambda: self._ended or self.command("status").returncode == 0, self._ready_within_s, self.told)
        assert not self._ended, self.told()
        self.address = self.json("status")
        self.http.base_url = httpx.URL(self.address["gateway"])

    @property
    def _ended(self) -> bool:
        return self._up is None or self._up.poll() is not None

    def stop(self) -> None:
        """Ctrl-C, as a terminal sends it to the whole group: a clean end, in time, with nothing left."""
        if self._up is None:
            return
        began = time.monotonic()
        os.killpg(self.group, signal.SIGINT)
        status = self._up.wait(timeout=2 * STOPS_WITHIN_S)
        took = time.monotonic() - began
        left = processes_of(self.group)
        self._up = None
        assert status == 0, self.told()
        assert took < STOPS_WITHIN_S, f"took {took:.1f} s to stop\n{self.told()}"
        assert not left, left

    def kill(self) -> None:
        """`up` alone, at once."""
        assert self._up is not None, "not started"
        group = self.group
        self._up.kill()
        self._up.wait()
        until(lambda: not processes_of(group), STOPS_WITHIN_S, lambda: str(processes_of(group)))
        self._up = None

    def close(self) -> None:
        """Whatever happened: leave nothing behind."""
        self.http.close()
        if self._up is not None:
            os.killpg(self.group, signal.SIGKILL)
            self._up.wait()

    @property
    def group(self) -> int:
        assert self._up is not None, "not started"
        return self._up.pid

    @property
    def output(self) -> Path:
        return self.folder.with_suffix(".out")

    def told(self) -> str:
        """What `up` has printed, and the end of each child's log."""
        logs = [self.output, *sorted((self.folder / "logs").glob("*.log"))]
        return "\n".join(f"--- {log}\n{log.read_text()[-2000:]}" for log in logs if log.exists())

    # --- the command line -------------------------------------------------------------------------------

    def command(self, *arguments: str, stdin: str | bytes = "") -> subprocess.CompletedProcess[str]:
        """Run `memcube ...` on this folder."""
        return command(*arguments, "--data", str(self.folder), stdin=stdin, env=self._env)

    def json(self, *arguments: str, stdin: str | bytes = "", code: int = 0) -> dict[str, Any]:
        """The document that `memcube ... --json` prints, once its exit code is as expected."""
        done = self.command(*arguments, "--json", stdin=stdin)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    # --- HTTP -------------------------------------------------------------------------------------------

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return _document(self.http.get(path, params=query))

    def post(self, path: str, body: Any) -> dict[str, Any]:
        return _document(self.http.post(path, json=body))

    def texts(self, user: str, *, episodes: bool = False, **query: Any) -> set[str]:
        """What is held of one user."""
        cubes = self.get("/v1/cubes", user_id=user, episodes=episodes, **query)["cubes"]
        return {cube["text"] for cube in cubes}

    def recalled(self, user: str, query: str, **more: Any) -> list[str]:
        found = self.post("/v1/recall", {"user_id": user, "query": query, **more})["memories"]
        return [memory["text"] for memory in found]

    def letters(self) -> list[dict[str, Any]]:
        """All dead letters, the newest first."""
        found: list[dict[str, Any]] = self.get("/v1/deadletters", limit=10_000)["deadletters"]
        return found

    # --- Kafka ------------------------------------------------------------------------------------------

    def publish(self, *records: Raw, **settings: Any) -> list[int]:
        """Send records to `memory.events`, and wait until role memory has passed them; their offsets."""
        offsets = asyncio.run(publish(self.address["kafka"], records, **settings))
        self.until_passed([(raw.partition, offset) for raw, offset in zip(records, offsets, strict=True)])
        return offsets

    def until_passed(self, places: Sequence[tuple[int, int]]) -> None:
        def passed() -> bool:
            found = self.get("/v1/positions", role="memory")["positions"]
            next_ = {position["partition"]: position["next"] for position in found}
            return all(next_.get(partition, 0) > offset for partition, offset in places)

        until(passed, 30, self.told)

    def until_quiet(self, within_s: float = 30) -> None:
        """Until nothing waits: no event, no audit record, nothing in the outbox."""

        def quiet() -> bool:
            status = self.get("/v1/status")
            lag = sum(sum(parts.values()) for parts in status["lag"].values())
            return not lag and not status["store"]["outbox"]

        until(quiet, within_s, self.told)


def command(
    *arguments: str, stdin: str | bytes = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `memcube ...`."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=given,
        capture_output=True,
        timeout=90,
        check=False,
        env=env or ENV,
        cwd=ROOT,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def processes_of(group: int) -> dict[int, str]:
    """The living processes of a group, with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            _, _, fields = (folder / "stat").read_text().rpartition(")")
            state, _, pgrp = fields.split()[:3]
            if int(pgrp) == group and state != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def until(condition: Callable[[], bool], within_s: float, told: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s\n{told()}"
        time.sleep(_POLL_S)


def _document(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    document: dict[str, Any] = answer.json()
    return document

"""EmbeddedBroker: one Kafka node on one folder, as a child process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from infra.errors import BrokerError
from infra.kafka.archive import archive_flags
from infra.kafka.jars import Progress, cache_folder, ensure_jars
from infra.kafka.java import find_java
from infra.kafka.jvm import BROKER, Runtime
from infra.kafka.ready import answers
from infra.kafka.storage import Storage
from infra.ports import LOOPBACK
from infra.process import spawn

_POLL_S = 0.02


class EmbeddedBroker:
    """A Kafka on `folder`. `port` 0 means the port of the last run if it is free, else any free one.

    Either `prepare` and then `start` and `stop`; or `prepare` and then hand `argv` and `ready` to a
    supervisor, which makes the JVM its own child.
    """

    def __init__(self, folder: Path, port: int = 0, env: Mapping[str, str] = os.environ) -> None:
        self._storage = Storage(folder)
        self._wanted_port = port
        self._env = env
        self._argv: tuple[str, ...] = ()
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self, progress: Progress | None = None) -> None:
        """Bring Java, jars and folder into order: minutes the first time (a download), then 0.2 s.

        It blocks: call it before the event loop runs, so that Ctrl-C ends it at once.
        """
        runtime = bring_runtime(self._env, progress)
        ports = self._storage.choose_ports(self._wanted_port)
        self._storage.write(ports)
        self._storage.format(runtime)
        self._port = ports.broker
        crash_report = f"-XX:ErrorFile={self._storage.folder / 'crash_%p.log'}"
        self._argv = runtime.command(BROKER, str(self._storage.settings), extra=(crash_report,))

    @property
    def argv(self) -> tuple[str, ...]:
        """The JVM's command line. SIGTERM stops it; after SIGKILL the same command starts it again."""
        self._must_be_prepared()
        return self._argv

    @property
    def bootstrap(self) -> str:
        """Where clients find it, `127.0.0.1:PORT`."""
        self._must_be_prepared()
        return f"{LOOPBACK}:{self._port}"

    @property
    def pid(self) -> int | None:
        """The JVM that `start` started, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    async def ready(self) -> bool:
        """Whether it answers its clients."""
        return await answers(self.bootstrap)

    async def start(self, timeout_s: float = 120) -> None:
        """Start the JVM and wait until it answers. Output goes to `broker.log` in the folder."""
        if self.pid is not None:
            return
        with self._storage.log.open("ab") as log:
            self._process = spawn(self.argv, log)
        try:
            async with asyncio.timeout(timeout_s):
                while not await self.ready():
                    if self._process.poll() is not None:
                        raise BrokerError(
                            f"Kafka ended with status {self._process.returncode} at its start; {self._tail()}"
                        )
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            await self.stop(grace_s=0)
            raise BrokerError(
                f"Kafka gave no answer at {self.bootstrap} in {timeout_s:.0f} s; {self._tail()}"
            ) from error

    async def stop(self, grace_s: float = 8) -> None:
        """Stop in order; by force if that takes longer than `grace_s`. Takes 0.3 s on an idle machine."""
        process = self._process
        if process is None:
            return
        process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await _end_of(process)
        if process.poll() is None:
            process.kill()
            process.wait()
        self._process = None

    async def ended(self) -> None:
        """Wait until the JVM that `start` started has ended, for whatever reason."""
        if self._process is not None:
            await _end_of(self._process)

    def _must_be_prepared(self) -> None:
        if not self._argv:
            raise BrokerError("call prepare() first: it settles port, Java and jars")

    def _tail(self) -> str:
        return f"the end of {self._storage.log}:\n{self._storage.log_tail()}"


def bring_runtime(env: Mapping[str, str], progress: Progress | None = None) -> Runtime:
    """Java, the jars and the archive of classes: what all brokers of this user share."""
    cache = cache_folder(env)
    bare = Runtime(java=find_java(env), jars=ensure_jars(cache, progress=progress))
    return Runtime(java=bare.java, jars=bare.jars, archive=archive_flags(bare, cache, progress))


async def _end_of(process: subprocess.Popen[bytes]) -> None:
    # Asked for and not told: a broker outlives event loops, which the watchers of asyncio do not.
    while process.poll() is None:  # noqa: ASYNC110
        await asyncio.sleep(_POLL_S)

"""Supervisor: starts the processes of the system in order, keeps them up, and stops them all.

Children stay in our process group and are deaf to SIGINT (see `infra.process`), so a Ctrl-C is answered
here, once, and they stop in the reverse order of their start. If we are killed, the kernel stops them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from infra.children import Backoff, Change, Child, State, how_it_ended, in_levels
from infra.process import tied_to_parent

_ASK_S = 0.05  # between two questions to a child that is starting
_ANSWER_S = 3.0  # for one answer
_RESERVE_S = 1.0  # of the time to stop, kept for each level still to come
_LOG_LIMIT = 10 * 1024 * 1024  # a longer log is set aside at the next start


class Supervisor:
    """Use `run`, from the main thread; or `start` and `stop` where signals are handled elsewhere."""

    def __init__(
        self,
        children: Sequence[Child],
        logs: Path,
        on_change: Callable[[Change], None],
        *,
        backoff: Backoff | None = None,
        stop_within_s: float = 8.5,
    ) -> None:
        self._backoff = backoff or Backoff()
        self._stop_within_s = stop_within_s
        self._on_change = on_change
        self._levels = tuple(
            tuple(_Slot(child, logs / f"{child.name}.log") for child in level)
            for level in in_levels(children)
        )
        self._slots = {slot.child.name: slot for level in self._levels for slot in level}
        self._tasks: list[asyncio.Task[None]] = []
        self._asked = asyncio.Event()
        self._failure: BaseException | None = None

    def ask_to_stop(self) -> None:
        """End `run`: what SIGINT and SIGTERM do."""
        self._asked.set()

    async def run(self, work: Callable[[], Awaitable[int]] | None = None) -> int:
        """Supervise until asked to stop (then 0) or until `work` is done (then its result)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.ask_to_stop)
        asked = asyncio.create_task(self._asked.wait())
        working = None if work is None else asyncio.create_task(_result(work))
        ends: set[asyncio.Task[Any]] = {asked} if working is None else {asked, working}
        try:
            self.start()
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
            await asyncio.wait(ends, timeout=_RESERVE_S)  # its clients close while the children still answer
            await self.stop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        if self._failure is not None:
            raise self._failure
        return 0 if working is None or self._asked.is_set() else working.result()

    def start(self) -> None:
        """Start every child as soon as those that it needs are ready."""
        for slot in self._slots.values():
            slot.log.parent.mkdir(parents=True, exist_ok=True)
            task = asyncio.create_task(self._tend(slot), name=f"tend {slot.child.name}")
            task.add_done_callback(self._tended)
            self._tasks.append(task)

    async def until_ready(self) -> None:
        """Wait until every child is ready. Whoever calls sets the limit."""
        await asyncio.gather(*(slot.ready.wait() for slot in self._slots.values()))

    async def stop(self) -> None:
        """Stop all children, the last started first, within the time given at construction."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._stop_within_s
        for still, level in reversed(list(enumerate(self._levels))):
            limit = max(deadline - loop.time() - still * _RESERVE_S, 0.1)
            await asyncio.gather(*(self._stop(slot, min(slot.child.grace_s, limit)) for slot in level))

    async def _tend(self, slot: _Slot) -> None:
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            await self._wait_for_needs(slot)
            since = loop.time()
            ended = await self._live(slot)
            if slot.process is not None and slot.process.returncode in slot.child.final:
                self._tell(slot, State.BLOCKED, f"{ended}; needs a human; see {slot.log}")
                return
            if loop.time() - since >= self._backoff.forgotten_after_s:
                deaths = 0
            deaths += 1
            pause_s = self._backoff.pause_s(deaths)
            self._tell(slot, State.RESTARTING, f"{ended}; again in {pause_s:g} s; see {slot.log}")
            await asyncio.sleep(pause_s)

    async def _wait_for_needs(self, slot: _Slot) -> None:
        for name in slot.child.needs:
            need = self._slots[name]
            if not need.ready.is_set():
                self._tell(slot, State.WAITING, f"for {name}")
                await need.ready.wait()

    async def _live(self, slot: _Slot) -> str:
        """Start the child and stay with it to its end, which is returned in words."""
        slot.process = None
        try:
            slot.process = process = await _spawn(slot)
        except OSError as error:
            return f"cannot be started: {error}"
        self._tell(slot, State.STARTING)
        end = asyncio.ensure_future(process.wait())
        answer = asyncio.ensure_future(_answers(slot.child))
        try:
            await asyncio.wait({end, answer}, return_when=asyncio.FIRST_COMPLETED)
            if not end.done():
                answer.result()
                slot.ready.set()
                self._tell(slot, State.READY)
            returncode = await end
        finally:
            answer.cancel()
            end.cancel()
            slot.ready.clear()
        return how_it_ended(returncode)

    async def _stop(self, slot: _Slot, limit_s: float) -> None:
        process = slot.process
        if process is None:
            self._tell(slot, State.STOPPED)
            return
        if process.returncode is None:
            self._tell(slot, State.STOPPING)
        detail = ""
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(slot.child.stop_signal)
        try:
            async with asyncio.timeout(limit_s):
                await process.wait()
        except TimeoutError:
            detail = f"did not stop within {limit_s:.1f} s: "
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        returncode = await process.wait()
        slot.process = None
        self._tell(slot, State.STOPPED, detail + how_it_ended(returncode))

    def _tell(self, slot: _Slot, state: State, detail: str = "") -> None:
        process = slot.process
        pid = process.pid if process is not None and process.returncode is None else None
        self._on_change(Change(slot.child.name, state, pid, detail))

    def _tended(self, task: asyncio.Task[None]) -> None:
        # A fault of our own, or of a `ready`: without its supervision a child must not go on unseen.
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failure = self._failure or failure
            self._asked.set()


class _Slot:
    """A child and the process that it is at the moment."""

    def __init__(self, child: Child, log: Path) -> None:
        self.child = child
        self.log = log
        self.process: Process | None = None
        self.ready = asyncio.Event()


async def _spawn(slot: _Slot) -> Process:
    with contextlib.suppress(FileNotFoundError):
        if slot.log.stat().st_size > _LOG_LIMIT:
            slot.log.replace(slot.log.with_suffix(".log.1"))
    # The child writes the file itself: its last words are kept even when we are killed first.
    with slot.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *slot.child.argv,
            env={**os.environ, **slot.child.env},
            stdin=DEVNULL,
            stdout=log,
            stderr=STDOUT,
            preexec_fn=tied_to_parent(ignore_interrupt=slot.child.stop_signal != signal.SIGINT),
        )


async def _answers(child: Child) -> None:
    if child.ready is None:
        return
    while True:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_ANSWER_S):
                if await child.ready():
                    return
        await asyncio.sleep(_ASK_S)


async def _result(work: Callable[[], Awaitable[int]]) -> int:
    return await work()

"""One thread with one tool in it: how blocking work is done beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Workbench(Generic[T]):
    """A tool that blocks and belongs to one thread: a database connection, a model, an index.

    Opened at first use and not before: the record is made by another process, perhaps later than we
    start. An opening that raises is tried again at the next use.
    """

    def __init__(
        self, name: str, open_tool: Callable[[], T], close_tool: Callable[[T], None] | None = None
    ) -> None:
        self._open = open_tool
        self._close = close_tool
        self._tool: T | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[[T], R]) -> R:
        """The work's result; raises what opening the tool or the work raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    async def close(self) -> None:
        """Finish what has begun, then put the tool away."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._put_away)
        self._thread.shutdown(wait=False)

    def _work(self, work: Callable[[T], R]) -> R:
        if self._tool is None:
            self._tool = self._open()
        return work(self._tool)

    def _put_away(self) -> None:
        if self._tool is not None and self._close is not None:
            self._close(self._tool)
        self._tool = None

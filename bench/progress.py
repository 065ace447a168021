"""How far an evaluation has come: a bar where somebody watches, a line a conversation where nobody does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from bench.locomo import Conversation


class Progress:
    """On standard error. Use as a context manager; conversations are told of in their order."""

    def __init__(self, conversations: Sequence[Conversation]) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._since = time.monotonic()
        columns = (
            TextColumn("{task.description:16}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._bars = Bars(*columns, console=self._console, transient=True, disable=not self._watched)
        self._turns = self._bars.add_task("turns told", total=sum(len(one.turns) for one in conversations))
        self._questions = self._bars.add_task(
            "questions asked", total=sum(len(one.questions) for one in conversations)
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def told(self, turns: int) -> None:
        self._bars.advance(self._turns, turns)

    def asked(self) -> None:
        self._bars.advance(self._questions)

    def done(self, conversation: Conversation) -> None:
        if not self._watched:
            seconds = time.monotonic() - self._since
            told = f"{len(conversation.turns)} turns told, {len(conversation.questions)} questions asked"
            self._console.print(f"{seconds:5.0f} s  {conversation.id}: {told}", markup=False, soft_wrap=True)

    @property
    def _watched(self) -> bool:
        return self._console.is_terminal

"""What an import sends: turns and commands into the log, in order, until they are recallable."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

import msgspec
import typer

from gateway.cli.client import Busy, Gateway
from gateway.cli.imports.reading import IDS
from gateway.cli.place import CliError

# One request is on its way at a time, because order is part of what is said. Measured, a batch of this
# size takes the gateway some tens of milliseconds: far ahead of what any embedder follows.
BATCH: Final = 200
_BATCH_CHARACTERS: Final = 1_000_000
# A worker that restarts and loads its embedder is back within 15 s.
_STALLED_S: Final = 60.0
# A backlog at its limit of 10,000 events is through in two minutes at the embedder's rate.
_FULL_S: Final = 600.0
_POLL_S: Final = 0.1
_ADDRESS: Final = frozenset({"tenant", *IDS})


class Outgoing(msgspec.Struct, frozen=True):
    """The body of one turn, and where it came from: which file, and which part of which item in it."""

    body: dict[str, Any]
    file: int
    number: int
    part: str | None


class Accepted(msgspec.Struct, frozen=True):
    """An event of ours in the log, with the body it came from. `known`: it was applied before."""

    body: dict[str, Any]
    event_id: str
    partition: int
    offset: int
    known: bool

    @classmethod
    def of(cls, body: dict[str, Any], answer: dict[str, Any]) -> Accepted:
        return cls(
            body,
            answer["event_id"],
            answer["partition"],
            answer["offset"],
            known=answer.get("known", False),
        )


class Bar(Protocol):
    """Shows how far it is."""

    def advance(self, task: str, steps: int) -> None: ...


class Shipment:
    """One import on its way, or what else is sent in order: `what` is the word for doing it.

    `accepted`, `rejected`: what became of what was sent so far.
    """

    def __init__(self, gateway: Gateway, total: int, bar: Bar, what: str = "importing") -> None:
        self._gateway = gateway
        self._total = total
        self._bar = bar
        self._again = f"{what} again is safe: nothing is doubled"
        self.accepted: list[Accepted] = []
        self.rejected: list[tuple[Outgoing, str]] = []

    def turns(self, turns: Sequence[Outgoing]) -> None:
        """Raises `CliError`, with how far it came."""
        for batch in _batches(turns):
            answer = self._post("/v1/events", {"events": [turn.body for turn in batch]})
            for turn, one in zip(batch, answer["events"], strict=True):
                if "error" in one:
                    self.rejected.append((turn, one["error"]))
                else:
                    self.accepted.append(Accepted.of(turn.body, one))
            self._bar.advance("sent", len(batch))

    def command(self, body: dict[str, Any]) -> Accepted:
        """Raises `CliError`, with how far it came."""
        accepted = Accepted.of(body, self._post("/v1/commands", body))
        self.accepted.append(accepted)
        self._bar.advance("sent", 1)
        return accepted

    def wait(self) -> None:
        """Until role memory has passed every event; raises `CliError` when it does not move."""
        waiting = {(event.partition, event.offset) for event in self.accepted}
        moved = time.monotonic()
        while waiting:
            found = self._gateway.get("/v1/positions", role="memory")["positions"]
            at = {position["partition"]: position["next"] for position in found}
            passed = {event for event in waiting if event[1] < at.get(event[0], 0)}
            waiting -= passed
            self._bar.advance("recallable", len(passed))
            if passed:
                moved = time.monotonic()
            elif time.monotonic() - moved > _STALLED_S:
                raise CliError(
                    f"{len(waiting)} events are in the log, but role memory does not reach them",
                    "they are safe; `memcube status` says what is the matter",
                )
            if waiting:
                time.sleep(_POLL_S)

    def effects(self) -> tuple[int, int]:
        """How many memories the new events made, and how many of them were refused."""
        made: set[str] = set()
        refused = 0
        for effect in self._effects([event for event in self.accepted if not event.known]):
            refused += not effect["applied"]
            made |= {
                change["id"]
                for change in effect["changes"]
                if change["version"] == 1 and change["form"] == "fact"
            }
        return len(made), refused

    def made(self, events: Sequence[Accepted]) -> dict[str, set[str]]:
        """The memories that have a version of each of these events, by its id. Erased ones have none."""
        return {
            effect["event_id"]: {change["id"] for change in effect["changes"]}
            for effect in self._effects(events)
        }

    def _effects(self, events: Sequence[Accepted]) -> Iterator[dict[str, Any]]:
        for first in range(0, len(events), BATCH):
            asked = [_name(event) for event in events[first : first + BATCH]]
            yield from self._gateway.post("/v1/effects", {"events": asked})["effects"]

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """When too much waits already, ask again when told to; raises `CliError` with how far it came."""
        began = time.monotonic()
        while True:
            try:
                return self._gateway.post(path, body)
            except Busy as busy:
                if time.monotonic() - began > _FULL_S:
                    raise self._stopped(busy) from None
                time.sleep(busy.seconds)
            except CliError as error:
                raise self._stopped(error) from None

    def _stopped(self, error: CliError) -> CliError:
        return CliError(
            f"{error.what}, after {len(self.accepted)} of {self._total} events",
            f"{error.remedy}; {self._again}",
        )

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Ctrl-C ends it with a word on how far it came."""
        try:
            yield
        except KeyboardInterrupt:
            typer.echo(
                f"interrupted: {len(self.accepted)} of {self._total} events were confirmed; {self._again}",
                err=True,
            )
            raise


@contextmanager
def progress(total: int) -> Iterator[Bar]:
    """Two bars on standard error where that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield _Silent()
        return
    from rich.console import Console  # noqa: PLC0415  costs as much as all of --help
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as shown:
        tasks = {name: shown.add_task(name, total=total) for name in ("sent", "recallable")}
        yield _Shown(lambda task, steps: shown.advance(tasks[task], steps))


class _Shown:
    def __init__(self, advance: Callable[[str, int], None]) -> None:
        self._advance = advance

    def advance(self, task: str, steps: int) -> None:
        self._advance(task, steps)


class _Silent:
    def advance(self, task: str, steps: int) -> None:
        pass


def _batches(turns: Sequence[Outgoing]) -> Iterator[Sequence[Outgoing]]:
    batch: list[Outgoing] = []
    size = 0
    for turn in turns:
        length = len(turn.body["content"])
        if batch and (len(batch) == BATCH or size + length > _BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(turn)
        size += length
    if batch:
        yield batch


def _name(event: Accepted) -> dict[str, Any]:
    """An event as `/v1/effects` asks for it."""
    address = {name: event.body[name] for name in _ADDRESS & event.body.keys()}
    return {"event_id": event.event_id, **address}

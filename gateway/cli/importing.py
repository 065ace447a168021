"""`memcube import FILE`: a conversation from a file into memory, in order, waiting until it is recallable."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Protocol

import msgspec
import typer

from gateway.cli import show
from gateway.cli.client import Gateway, running_gateway
from gateway.cli.import_reader import IDS, BadMessage, read, requests
from gateway.cli.place import AsJson, CliError, Place, on_subject_or_none

# One request is on its way at a time, because order is part of what is said. Measured, a batch of this
# size takes the gateway some tens of milliseconds: far ahead of what any embedder follows.
_BATCH: Final = 200
_BATCH_CHARACTERS: Final = 1_000_000
# A worker that restarts and loads its embedder is back within 15 s.
_STALLED_S: Final = 60.0
_POLL_S: Final = 0.1
_ADDRESS: Final = frozenset({"tenant", *IDS})

Turns = Sequence[tuple[int, dict[str, Any]]]


class Accepted(msgspec.Struct, frozen=True):
    """An event of ours in the log, with the turn it came from. `known`: it was applied before."""

    turn: dict[str, Any]
    event_id: str
    partition: int
    offset: int
    known: bool


class Result(msgspec.Struct, frozen=True):
    """What an import did. `events`: in the log; `new`: of these, not there before."""

    events: int
    new: int
    memories: int
    seconds: float
    events_per_s: float
    skipped: int
    bad: int
    refused: int


class Bar(Protocol):
    """Shows how far it is."""

    def advance(self, task: str, steps: int) -> None: ...


@on_subject_or_none
def import_file(
    place: Place,
    file: Annotated[
        str, typer.Argument(help="JSON or JSONL of messages; - for standard input.", show_default=False)
    ],
    *,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Exit with 0 although messages were bad and left out.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Import a conversation. Twice the same file changes nothing.

    A message has `role` and `content`, and may have `id`, `timestamp` (ISO 8601; UTC where no offset is
    given), `name`, and `group_id`, `user_id`, `agent_id` or `run_id`; without one of these it belongs to the
    subject given here. Bad messages are named and left out, and make the exit status 1.
    """
    reading = read(_bytes(file))
    start = datetime.now(UTC) - timedelta(milliseconds=len(reading.messages))
    turns, nobodys = requests(reading.messages, place.tenant, place.subject, start)
    began = time.monotonic()
    with running_gateway(place) as gateway, _bar(len(turns)) as bar:
        accepted, rejected = _send(gateway, turns, bar)
        _wait(gateway, accepted, bar)
        memories, refused = _effects(gateway, accepted)
    seconds = time.monotonic() - began
    bad = sorted((*reading.bad, *nobodys, *rejected), key=lambda message: message.number)
    result = Result(
        events=len(accepted),
        new=sum(not event.known for event in accepted),
        memories=memories,
        seconds=round(seconds, 3),
        events_per_s=round(len(accepted) / seconds, 1) if seconds else 0.0,
        skipped=reading.skipped,
        bad=len(bad),
        refused=refused,
    )
    for message in bad:
        typer.echo(f"message {message.number}: {show.printable(message.why)}", err=True)
    if refused:
        typer.echo(f"{refused} events were refused: see `memcube deadletters list`", err=True)
    if json:
        show.as_json(msgspec.to_builtins(result))
    else:
        typer.echo(_sentence(result))
    if refused or (bad and not skip_bad):
        raise typer.Exit(1)


def _bytes(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except IsADirectoryError:
        raise CliError(f"{file} is a folder", "name one file of messages") from None
    except OSError as error:
        raise CliError(f"{file} cannot be read ({error.strerror})", "name a file of messages, or -") from None


def _send(gateway: Gateway, turns: Turns, bar: Bar) -> tuple[list[Accepted], list[BadMessage]]:
    accepted: list[Accepted] = []
    rejected: list[BadMessage] = []
    for batch in _batches(turns):
        try:
            answer = gateway.post("/v1/events", {"events": [turn for _, turn in batch]})
        except CliError as error:
            raise CliError(
                f"{error.what}, after {len(accepted)} of {len(turns)} events",
                f"{error.remedy}; importing again is safe: nothing is doubled",
            ) from None
        for (number, turn), one in zip(batch, answer["events"], strict=True):
            if "error" in one:
                rejected.append(BadMessage(number, one["error"]))
            else:
                accepted.append(
                    Accepted(turn, one["event_id"], one["partition"], one["offset"], known=one["known"])
                )
        bar.advance("sent", len(batch))
    return accepted, rejected


def _batches(turns: Turns) -> Iterator[Turns]:
    batch: list[tuple[int, dict[str, Any]]] = []
    size = 0
    for turn in turns:
        if batch and (len(batch) == _BATCH or size + len(turn[1]["content"]) > _BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(turn)
        size += len(turn[1]["content"])
    if batch:
        yield batch


def _wait(gateway: Gateway, accepted: Sequence[Accepted], bar: Bar) -> None:
    """Until role memory has passed every event."""
    waiting = {(event.partition, event.offset) for event in accepted}
    moved = time.monotonic()
    while waiting:
        found = gateway.get("/v1/positions", role="memory")["positions"]
        at = {position["partition"]: position["next"] for position in found}
        passed = {event for event in waiting if event[1] < at.get(event[0], 0)}
        waiting -= passed
        bar.advance("recallable", len(passed))
        if passed:
            moved = time.monotonic()
        elif time.monotonic() - moved > _STALLED_S:
            raise CliError(
                f"{len(waiting)} events are in the log, but role memory does not reach them",
                "they are safe; `memcube status` says what is the matter",
            )
        if waiting:
            time.sleep(_POLL_S)


def _effects(gateway: Gateway, accepted: Sequence[Accepted]) -> tuple[int, int]:
    """How many memories the new events made, and how many of them were refused."""
    made: set[str] = set()
    refused = 0
    new = [event for event in accepted if not event.known]
    for first in range(0, len(new), _BATCH):
        asked = [
            {"event_id": event.event_id, **{name: event.turn[name] for name in _ADDRESS & event.turn.keys()}}
            for event in new[first : first + _BATCH]
        ]
        for effect in gateway.post("/v1/effects", {"events": asked})["effects"]:
            refused += not effect["applied"]
            made |= {
                change["id"]
                for change in effect["changes"]
                if change["version"] == 1 and change["form"] == "fact"
            }
    return len(made), refused


class _bar:  # noqa: N801  a context manager, used like a function
    """Progress on standard error where that is a terminal, else nothing."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._progress: Any = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Bar:
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415
            from rich.progress import Progress  # noqa: PLC0415

            self._progress = Progress(console=Console(stderr=True), transient=True)
            for name in ("sent", "recallable"):
                self._tasks[name] = self._progress.add_task(name, total=self._total)
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self, task: str, steps: int) -> None:
        if self._progress is not None:
            self._progress.advance(self._tasks[task], steps)


def _sentence(result: Result) -> str:
    parts = [f"{result.events} events, {result.new} of them new, {result.memories} memories"]
    parts.append(f"in {result.seconds:.1f} s ({result.events_per_s:.0f} events/s)")
    left_out = [
        f"{count} {word}" for count, word in ((result.skipped, "skipped"), (result.bad, "bad")) if count
    ]
    return " ".join(parts) + (f"; {', '.join(left_out)}" if left_out else "")

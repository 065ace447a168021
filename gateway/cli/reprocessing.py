"""`memcube reprocess`: the stored turns read again after a change of rules or embedder."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from gateway.cli import show
from gateway.cli.client import running_gateway
from gateway.cli.place import AsJson, CliError, Place, on_subject_or_none
from gateway.cli.sending import Accepted, Shipment, progress
from memcube.errors import NotRunning
from schemas.subject import Address


class Text(msgspec.Struct, frozen=True):
    """A memory before or after."""

    text: str
    state: str
    valid_from: str
    valid_to: str | None
    slot: str | None


class Difference(msgspec.Struct, frozen=True):
    """One memory that would change; see `streams.reprocess`, which tells."""

    what: str
    reason: str
    form: str
    before: Text | None
    after: Text


class Window(msgspec.Struct, frozen=True):
    """One command to be sent."""

    since: str | None
    until: str | None
    turns: int


class Plan(msgspec.Struct, frozen=True):
    """What is to be done for one subject."""

    address: dict[str, str]
    turns: int
    kept: int
    vectors: int
    windows: tuple[Window, ...]
    changes: tuple[Difference, ...]

    @property
    def whose(self) -> str:
        [(kind, name)] = self.address.items()
        return f"{kind.removesuffix('_id')} {name}"


class Done(msgspec.Struct, frozen=True):
    """One event, and how many memories it changed; `refused`: none, and there is a dead letter."""

    whose: str
    undo: str
    event_id: str
    changed: int
    refused: bool


@on_subject_or_none
def reprocess(
    place: Place,
    since: Annotated[
        str | None,
        typer.Option(help="Only turns said from this day or time on (ISO 8601).", show_default=False),
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: AsJson = False,
) -> None:
    """Read the stored turns again after a change of rules or embedder.

    Shows what differs, asks, and applies it as events, which can be undone. Without a subject: everybody's.
    """
    moment = _moment(since)
    if not dry_run:
        place.system()
    plans = _planned(place, moment)
    if not json:
        _show(plans)
    done: list[Done] = []
    if plans and not dry_run:
        if not yes and _somebody_there() and not typer.confirm("Apply this?", err=True):
            raise CliError("nothing was changed", "answer y, or give --yes")
        done = _apply(place, plans, json=json)
    if json:
        show.as_json({"plans": msgspec.to_builtins(plans), "events": msgspec.to_builtins(done)})
    if any(one.refused for one in done):
        raise CliError("an event was refused", "see `memcube deadletters list`")


def _somebody_there() -> bool:
    return sys.stdin.isatty()


def _moment(since: str | None) -> datetime | None:
    try:
        parsed = None if since is None else datetime.fromisoformat(since.strip())
    except ValueError:
        raise typer.BadParameter(
            f"--since is {since!r}: write a day like 2026-11-23, or a time in ISO 8601"
        ) from None
    return parsed.replace(tzinfo=UTC) if parsed and parsed.tzinfo is None else parsed


def _planned(place: Place, since: datetime | None) -> list[Plan]:
    """By a process of the stream's, since the rules are there. Raises `CliError`."""
    argv = ["--data", str(place.settings().data.root), "--tenant", place.tenant]
    if place.subject:
        argv += ["--subject", Address(tenant=place.tenant, **place.subject).subject().key]
    if since is not None:
        argv += ["--since", since.isoformat()]
    try:
        # The system's, not this shell's: the vectors that it lacks are what counts.
        argv += ["--embedder", place.system().embedder or place.settings().embedder]
    except NotRunning:
        argv += ["--embedder", place.settings().embedder]
    with _status("reading the turns again"):
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "streams.reprocess", *argv], capture_output=True, check=False
        )
    if ran.returncode:
        lines = ran.stderr.decode(errors="replace").strip().splitlines() or ["the plan could not be made"]
        what, _, remedy = lines[-1].partition(": ")
        raise CliError(what, remedy or "see what it printed, or try again")
    decode = msgspec.json.Decoder(Plan).decode
    return [decode(line) for line in ran.stdout.splitlines()]


@contextmanager
def _status(doing: str) -> Iterator[None]:
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415  costs as much as all of --help

    with Console(stderr=True).status(doing):
        yield


def _show(plans: Sequence[Plan]) -> None:
    rows = [
        (plan.whose, one.what, one.reason, _told(one.before), _told(one.after))
        for plan in plans
        for one in plan.changes
    ]
    show.table(("whose", "what", "reason", "before", "after"), rows, empty="no memory would change")
    counts = {what: sum(row[1] == what for row in rows) for what in ("new", "gone", "changed")}
    kept, vectors = sum(plan.kept for plan in plans), sum(plan.vectors for plan in plans)
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    typer.echo(f"{told}; {kept} kept there; {vectors} memories to embed anew; subjects: {len(plans)}")


def _told(text: Text | None) -> str:
    if text is None:
        return ""
    until = f" to {show.day(text.valid_to)}" if text.valid_to else ""
    slot = f", {text.slot}" if text.slot else ""
    return f"{text.text} ({text.state}, {show.day(text.valid_from)}{until}{slot})"


def _apply(place: Place, plans: Sequence[Plan], *, json: bool) -> list[Done]:
    now = datetime.now().astimezone().isoformat()
    commands = [
        {
            **plan.address,
            "tenant": place.tenant,
            "type": "reprocess",
            "since": window.since,
            "until": window.until,
            "timestamp": now,
        }
        for plan in plans
        for window in plan.windows
    ]
    with running_gateway(place) as gateway, progress(len(commands)) as bar:
        shipment = Shipment(gateway, len(commands), bar, "running it")
        try:
            with shipment.interruptible():
                for command in commands:
                    shipment.command(command)
                shipment.wait()
        except (CliError, KeyboardInterrupt):
            for event in shipment.accepted:
                typer.echo(f"sent: {_undo(event)}", err=True)
            raise
        done = [_done(gateway.post, event) for event in shipment.accepted]
    if not json:
        for one in done:
            typer.echo(f"{one.whose}: {one.changed} changed by event {one.event_id}")
            if one.changed:
                typer.echo(f"  undo with `{one.undo}`")
    return done


def _done(post: Any, event: Accepted) -> Done:
    name = {"event_id": event.event_id, "tenant": event.body["tenant"], **_address(event)}
    [effect] = post("/v1/effects", {"events": [name]})["effects"]
    [(kind, whose)] = _address(event).items()
    return Done(
        whose=f"{kind.removesuffix('_id')} {whose}",
        undo=_undo(event),
        event_id=event.event_id,
        changed=len({change["id"] for change in effect["changes"]}),
        refused=not effect["applied"],
    )


def _undo(event: Accepted) -> str:
    [(kind, whose)] = _address(event).items()
    tenant = event.body["tenant"]
    of_tenant = "" if tenant == "default" else f" --tenant {shlex.quote(tenant)}"
    return f"memcube undo {event.event_id} --{kind.removesuffix('_id')} {shlex.quote(whose)}{of_tenant}"


def _address(event: Accepted) -> dict[str, str]:
    return {name: value for name, value in event.body.items() if name.endswith("_id")}

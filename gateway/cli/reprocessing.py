"""`memcube reprocess`: the stored turns read again after a change of rules or embedder."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from gateway.cli import show
from gateway.cli.client import running_gateway
from gateway.cli.place import AsJson, CliError, Place, on_subject_or_none
from gateway.cli.planning import Plan, Text, planned
from gateway.cli.sending import Accepted, Shipment, progress


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

    Shows what differs, asks, and applies it as events; `memcube undo` takes each of them back. What somebody
    pinned, edited, remembered or forgot stays as it is. After a change of the embedder it gives every memory
    a vector of the new one; until then memories are found by their words only. Without a subject: everybody's
    in the tenant. Try it with --dry-run first, for which the system need not run. The same again changes
    nothing.
    """
    moment = _moment(since)
    if not dry_run:
        place.system()
    plans = planned(place, moment)
    if not json:
        _show(plans)
    done: list[Done] = []
    if plans and not dry_run:
        if not yes and _somebody_there() and not typer.confirm(_question(plans), err=True):
            raise CliError("nothing was changed", "answer y, or give --yes")
        done = _apply(place, plans, json=json)
    if json:
        show.as_json({"plans": msgspec.to_builtins(plans), "events": msgspec.to_builtins(done)})
    if any(one.refused for one in done):
        raise CliError("an event was refused", "see `memcube deadletters list`")


def _question(plans: Sequence[Plan]) -> str:
    """With the sums: of much, the table has scrolled away."""
    changes, vectors = sum(len(plan.changes) for plan in plans), sum(plan.vectors for plan in plans)
    return f"Apply {changes} changes and embed {vectors} memories anew, of {len(plans)} subjects?"


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


def _show(plans: Sequence[Plan]) -> None:
    rows = [
        (plan.whose, one.what, one.reason, _told(one.before), _told(one.after))
        for plan in plans
        for one in plan.changes
    ]
    show.table(("whose", "what", "reason", "before", "after"), rows, empty="no memory would change")
    if not plans:
        return
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
            for whose, events in _by_subject(shipment.accepted).items():
                typer.echo(f"sent for {whose}, to be undone with `{_undo(events)}`", err=True)
            raise
        done = [_done(gateway.post, event) for event in shipment.accepted]
    if not json:
        _tell(shipment.accepted, done)
    return done


def _tell(events: Sequence[Accepted], done: Sequence[Done]) -> None:
    for one in done:
        typer.echo(f"{one.whose}: {one.changed} changed by event {one.event_id}")
    changed = {one.event_id for one in done if one.changed}
    for whose, sent in _by_subject([event for event in events if event.event_id in changed]).items():
        typer.echo(f"{whose}: undo with `{_undo(sent)}`")


def _done(post: Any, event: Accepted) -> Done:
    name = {"event_id": event.event_id, "tenant": event.body["tenant"], **_address(event)}
    [effect] = post("/v1/effects", {"events": [name]})["effects"]
    return Done(
        whose=_whose(event),
        undo=_undo([event]),
        event_id=event.event_id,
        changed=len({change["id"] for change in effect["changes"]}),
        refused=not effect["applied"],
    )


def _by_subject(events: Sequence[Accepted]) -> dict[str, list[Accepted]]:
    found: dict[str, list[Accepted]] = {}
    for event in events:
        found.setdefault(_whose(event), []).append(event)
    return found


def _undo(events: Sequence[Accepted]) -> str:
    """The command that takes back these events of one subject, the last one first."""
    [(kind, whose)] = _address(events[0]).items()
    tenant = events[0].body["tenant"]
    of_tenant = "" if tenant == "default" else f" --tenant {shlex.quote(tenant)}"
    ids = " ".join(event.event_id for event in reversed(events))
    return f"memcube undo {ids} --{kind.removesuffix('_id')} {shlex.quote(whose)}{of_tenant}"


def _whose(event: Accepted) -> str:
    [(kind, whose)] = _address(event).items()
    return f"{kind.removesuffix('_id')} {whose}"


def _address(event: Accepted) -> dict[str, str]:
    return {name: value for name, value in event.body.items() if name.endswith("_id")}

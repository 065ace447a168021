"""Events: what was sent, and what became of it."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli import show
from gateway.cli.client import running_gateway
from gateway.cli.memory import segment
from gateway.cli.place import AsJson, Place, on_subject

events = typer.Typer(
    no_args_is_help=True, help="What was said or ordered, and what it changed.", rich_markup_mode=None
)


@events.command("show")
@on_subject
def show_event(
    place: Place,
    event_id: Annotated[
        str, typer.Argument(help="The event, as `recall` or `cubes history` shows it.", show_default=False)
    ],
    *,
    json: AsJson = False,
) -> None:
    """What became of one event: its words, what it changed, and what was recorded of it."""
    with running_gateway(place) as gateway:
        event = gateway.get(f"/v1/events/{segment(event_id, 'an event')}", **place.address)
    if json:
        show.as_json(event)
        return
    turn = event["turn"]
    about = [("event", event["event_id"]), ("applied", "yes" if event["applied"] else "no")]
    if turn is not None:
        said = turn["provenance"][0] if turn["provenance"] else None
        about += [("said", f"by {said['speaker']}, {show.day(said['time'])}")] if said else []
        about += [("words", turn["text"] or turn["state"])]
    show.table(("", ""), about, empty="")
    changes = [
        (f"{change['decision']} ({change['reason']})", change["id"], change["state"], change["text"])
        for change in event["changes"]
    ]
    show.table(("done", "id", "state", "memory"), changes, empty="it changed nothing that is still kept")
    recorded = [
        (
            show.day(record["recorded_at"]),
            record["event_type"],
            f"{record['decision']} ({record['reason']})",
            record["cube_id"],
            record["version"],
            record["processor"],
        )
        for record in event["audit"]
    ]
    columns = ("recorded", "event", "decision", "id", "version", "processor")
    show.table(columns, recorded, empty="the ledger has nothing of it yet")

"""`memcube undo`: what events changed is taken back, one event after the other."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.cli import show
from gateway.cli.client import running_gateway
from gateway.cli.memory import ordered, show_changes
from gateway.cli.place import AsJson, CliError, Place, on_subject


@on_subject
def undo(
    place: Place,
    event_ids: Annotated[
        list[str],
        typer.Argument(help="Events, as `cubes history` shows them; the last one first.", show_default=False),
    ],
    *,
    json: AsJson = False,
) -> None:
    """Take back what an event changed.

    Of several the first is taken back first. A memory that has changed since an event holds it up: undo the
    later change before.
    """
    undone: list[dict[str, Any]] = []
    try:
        with running_gateway(place) as gateway:
            for event_id in event_ids:
                done = ordered(gateway, place, type="undo", event_id=event_id)
                undone.append(done)
    except CliError as error:
        if not undone:
            raise
        at = f"event {event_ids[len(undone)]}, after {len(undone)} of {len(event_ids)} were taken back"
        raise CliError(f"{at}: {error.what}", error.remedy) from None
    if json:
        show.as_json(undone[0] if len(undone) == 1 else {"undone": undone})
    else:
        show_changes([change for done in undone for change in done["changes"]])

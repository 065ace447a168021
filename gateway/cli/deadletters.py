"""Dead letters: what could not be processed."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli import show
from gateway.cli.client import running_gateway
from gateway.cli.place import AsJson, Place, placed

deadletters = typer.Typer(
    no_args_is_help=True, help="Events that could not be processed, with their bytes.", rich_markup_mode=None
)
Offset = Annotated[int, typer.Argument(help="As `deadletters list` shows it.", min=0, show_default=False)]


@deadletters.command("list")
@placed
def list_letters(
    place: Place,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the newest first.")] = 100,
    all_tenants: Annotated[
        bool, typer.Option("--all/--of-tenant", help="Of every tenant, or of --tenant only.")
    ] = True,
    json: AsJson = False,
) -> None:
    """What was refused, and why."""
    with running_gateway(place) as gateway:
        found = gateway.get("/v1/deadletters", limit=limit, tenant=None if all_tenants else place.tenant)
    if json:
        show.as_json(found)
        return
    rows = [
        (
            letter["offset"],
            show.day(letter["at"]),
            letter["reason"],
            letter["error"],
            f"{letter['topic']}/{letter['partition']}:{letter['source_offset']}",
            "retried" if letter["retried"] else "",
        )
        for letter in found["deadletters"]
    ]
    show.table(("offset", "refused", "reason", "error", "from", ""), rows, empty="no dead letters")


@deadletters.command("show")
@placed
def show_letter(place: Place, offset: Offset, *, json: AsJson = False) -> None:
    """One letter with its headers and bytes."""
    with running_gateway(place) as gateway:
        letter = gateway.get(f"/v1/deadletters/{offset}")
    if json:
        show.as_json(letter)
        return
    rows = [(name, value) for name, value in letter.items() if name != "headers" and value is not None]
    rows += [(f"header {name}", value) for name, value in letter["headers"]]
    show.table(("", ""), rows, empty="")


@deadletters.command("retry")
@placed
def retry(place: Place, offset: Offset, *, json: AsJson = False) -> None:
    """Send a letter's untouched bytes to the topic they came from."""
    with running_gateway(place) as gateway:
        again = gateway.post(f"/v1/deadletters/{offset}/retry")
    if json:
        show.as_json(again)
    else:
        typer.echo(f"sent again: {again['topic']}/{again['partition']}, offset {again['offset']}")

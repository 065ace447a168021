"""What is said about memories, and what time does to them: feedback and tick."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from gateway.cli import show
from gateway.cli.client import Gateway, running_gateway
from gateway.cli.memory import order, ordered
from gateway.cli.place import AsJson, Place, on_subject


class Verdict(StrEnum):
    """Whether a memory served well."""

    UP = "up"
    DOWN = "down"


@on_subject
def feedback(
    place: Place,
    verdict: Annotated[
        Verdict, typer.Argument(help="up: it was right and of use; down: it was not.", show_default=False)
    ],
    cube_ids: Annotated[list[str], typer.Argument(help="Ids of the memories.", show_default=False)],
    *,
    json: AsJson = False,
) -> None:
    """Judge memories that were recalled: raises or lowers their trust."""
    with running_gateway(place) as gateway:
        done = ordered(gateway, place, type="feedback", cube_ids=cube_ids, verdict=verdict.value)
        if json:
            show.as_json(done)
            return
        rows = [(change["id"], _trust(gateway, place, change), change["text"]) for change in done["changes"]]
    show.table(("id", "trust", "memory"), rows, empty="nothing had to be changed")


@on_subject
def tick(place: Place, *, json: AsJson = False) -> None:
    """Let what was to be remembered until now expire."""
    order(place, json, type="tick")


def _trust(gateway: Gateway, place: Place, change: dict[str, Any]) -> str:
    """Before and after."""
    versions = gateway.get(f"/v1/cubes/{change['id']}/history", **place.address)["versions"]
    trust = {version["version"]: version["trust"] for version in versions}
    after = change["version"]
    return f"{trust[after - 1]:.2f} to {trust[after]:.2f}"

"""What a person does with one subject's memory: recall, look, remember, edit, pin, forget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from gateway.cli import show
from gateway.cli.client import Gateway, running_gateway
from gateway.cli.place import AsJson, CliError, Place, on_subject

CubeId = Annotated[
    str, typer.Argument(help="Id of the memory, as `cubes list` shows it.", show_default=False)
]
cubes = typer.Typer(no_args_is_help=True, help="The memories themselves.", rich_markup_mode=None)


@on_subject
def recall(
    place: Place,
    query: Annotated[str, typer.Argument(help="What you want to know.", show_default=False)],
    k: Annotated[
        int | None,
        typer.Option(
            "-k", "--limit", min=1, max=100, help="How many memories (default 5).", show_default=False
        ),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="What was true then: a day (its end) or a time, ISO 8601.")
    ] = None,
    *,
    known_at: Annotated[
        str | None, typer.Option(help="By what was known then, by recorded time: a day (its end) or a time.")
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(min=1, max=32_768, help="Print a ready context: what fits so many tokens, dated lines."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what each score is made of, best part first.")
    ] = False,
    json: AsJson = False,
) -> None:
    """The memories that answer a question best."""
    body = {**place.address, "query": query, "limit": k, "as_of": as_of, "max_tokens": max_tokens}
    if known_at is not None:
        body["known_at"] = known_at
    if explain:
        body["explain"] = True
    with running_gateway(place) as gateway:
        found = gateway.post("/v1/recall", body)
    if json:
        show.as_json(found)
        return
    if max_tokens is not None:
        typer.echo(show.printable(found["context"]), nl=False)
        return
    rows = [
        (f"{memory['score']:.2f}", memory["text"], _validity(memory), _said(memory), _events(memory))
        for memory in found["memories"]
    ]
    show.table(
        ("score", "memory", "valid", "said by", "event"), rows, empty="nothing is remembered that fits"
    )
    if explain:
        for memory in found["memories"]:
            _explained(memory)


def _explained(memory: dict[str, Any]) -> None:
    typer.echo(f"\n{memory['score']:.2f}  {show.printable(memory['text'])}")
    signals = sorted(memory["signals"], key=lambda signal: -signal["scaled"] * signal["weight"])
    rows = [
        (
            signal["name"],
            f"{signal['raw']:.3f}",
            f"{signal['scaled']:.2f}",
            f"{signal['weight']:g}",
            f"{signal['scaled'] * signal['weight']:.2f}",
        )
        for signal in signals
    ]
    show.table(("signal", "raw", "scaled", "weight", "part"), rows, empty="")


@cubes.command("list")
@on_subject
def list_cubes(
    place: Place,
    *,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help="At most so many, the last changed first.")
    ] = 1_000,
    state: Annotated[
        list[str] | None,
        typer.Option(help="Only this state, e.g. active (can be repeated; default: all but erased)."),
    ] = None,
    kind: Annotated[
        str, typer.Option(help="`activation`: the blocks that were prefilled of memories.")
    ] = "plaintext",
    episodes: Annotated[bool, typer.Option("--episodes", help="Raw turns as well.")] = False,
    as_of: Annotated[
        str | None, typer.Option(help="Only what was true then: a day (its end) or a time.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option(help="As it was known then, by recorded time: a day (its end) or a time.")
    ] = None,
    json: AsJson = False,
) -> None:
    """The memories of a subject."""
    with running_gateway(place) as gateway:
        query = {"limit": limit, "kind": kind, "state": state or None, "episodes": episodes, **place.address}
        query |= {"as_of": as_of, "known_at": known_at}
        found = gateway.get("/v1/cubes", **query)
    if json:
        show.as_json(found)
        return
    rows = [(cube["id"], cube["state"], _held(cube), _validity(cube)) for cube in found["cubes"]]
    show.table(("id", "state", "memory", "valid"), rows, empty="no memories")
    if found["next"] is not None:
        typer.echo(f"the first {limit}: see more with --limit", err=True)


@cubes.command("show")
@on_subject
def show_cube(
    place: Place,
    cube_id: CubeId,
    *,
    known_at: Annotated[
        str | None, typer.Option(help="The version that was known then: a day (its end) or a time.")
    ] = None,
    json: AsJson = False,
) -> None:
    """All that is known of one memory."""
    with running_gateway(place) as gateway:
        cube = gateway.get(f"/v1/cubes/{segment(cube_id)}", **place.address, known_at=known_at)
    if json:
        show.as_json(cube)
        return
    block = cube.pop("block", None) or {"parents": []}
    parents = block.pop("parents")
    rows = [(name, value) for name, value in (cube | block).items() if name != "provenance"]
    rows += [("holds", f"{parent['cube_id']}, version {parent['version']}") for parent in parents]
    rows += [
        ("said", f"by {origin['speaker']}, {show.day(origin['time'])}, event {origin['event_id']}")
        for origin in cube["provenance"]
    ]
    show.table(("", ""), rows, empty="")


@cubes.command("history")
@on_subject
def show_history(place: Place, cube_id: CubeId, *, json: AsJson = False) -> None:
    """Every version of one memory, oldest first."""
    with running_gateway(place) as gateway:
        history = gateway.get(f"/v1/cubes/{segment(cube_id)}/history", **place.address)
    if json:
        show.as_json(history)
        return
    rows = [
        (
            cube["version"],
            show.day(cube["recorded_at"]),
            f"{cube['decision']} ({cube['reason']})",
            cube["state"],
            _held(cube),
            _validity(cube),
            cube["cause"],
        )
        for cube in history["versions"]
    ]
    columns = ("version", "recorded", "decision", "state", "memory", "valid", "event")
    show.table(columns, rows, empty="no versions")


@on_subject
def remember(
    place: Place,
    text: Annotated[str, typer.Argument(help="What to remember, as it stands.", show_default=False)],
    *,
    pin: Annotated[bool, typer.Option("--pin", help="Protect it from being replaced or expiring.")] = False,
    expires_at: Annotated[str | None, typer.Option(help="Until when, ISO 8601.")] = None,
    name: Annotated[str | None, typer.Option(help="Who says it.")] = None,
    json: AsJson = False,
) -> None:
    """Keep a text as a memory."""
    order(place, json, type="remember", text=text, pinned=pin, expires_at=expires_at, name=name)


@on_subject
def edit(
    place: Place,
    cube_id: CubeId,
    text: Annotated[str, typer.Argument(help="The new text.", show_default=False)],
    *,
    json: AsJson = False,
) -> None:
    """Replace the text of a memory; the old one stays in its history."""
    order(place, json, type="edit", cube_id=cube_id, text=text)


@on_subject
def pin(
    place: Place,
    cube_id: CubeId,
    *,
    off: Annotated[bool, typer.Option("--off", help="Take the protection away.")] = False,
    json: AsJson = False,
) -> None:
    """Protect a memory from being replaced or expiring."""
    order(place, json, type="pin", cube_id=cube_id, pinned=not off)


@on_subject
def forget(
    place: Place,
    cube_ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of the memories.", show_default=False)
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--everything", help="All of this subject, keys included.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: AsJson = False,
) -> None:
    """Erase memories with the turns they came from. This cannot be undone."""
    if bool(cube_ids) == everything:
        raise typer.BadParameter("give the ids of memories, or --everything")
    if everything and not yes and not typer.confirm(f"Erase all of {place.address}, for ever?", err=True):
        raise CliError("nothing was erased", "answer y, or give --yes")
    order(place, json, type="forget", cube_ids=cube_ids or [], everything=everything)


def order(place: Place, json: bool, **fields: Any) -> None:
    """Give a command, wait for it, and print what it changed."""
    with running_gateway(place) as gateway:
        done = ordered(gateway, place, **fields)
    if json:
        show.as_json(done)
        return
    show_changes(done["changes"])


def show_changes(changes: Sequence[dict[str, Any]]) -> None:
    """What commands changed, as a table."""
    rows = [(change["decision"], change["id"], change["state"], change["text"]) for change in changes]
    show.table(("done", "id", "state", "memory"), rows, empty="nothing had to be changed")


def ordered(gateway: Gateway, place: Place, **fields: Any) -> dict[str, Any]:
    """What a command changed, once that is recallable; raises `CliError` with why it was refused."""
    # The person's own clock: "today" in a text is meant in their time zone.
    now = datetime.now().astimezone().isoformat()
    return gateway.post("/v1/commands", {**place.address, **fields, "timestamp": now}, wait="recallable")


def _held(cube: dict[str, Any]) -> str:
    """Its words; of a block, of how many memories it was made and for which model."""
    block = cube.get("block")
    if block is None:
        return str(cube["text"])
    return f"{len(block['parents'])} memories, {block['tokens']:,} tokens, {block['model']}"


def _validity(cube: dict[str, Any]) -> str:
    until = f" to {show.day(cube['valid_to'])}" if cube["valid_to"] else ""
    return f"{show.day(cube['valid_from'])}{until}"


def _said(memory: dict[str, Any]) -> str:
    return "\n".join(f"{origin['speaker']}, {show.day(origin['time'])}" for origin in memory["provenance"])


def _events(memory: dict[str, Any]) -> str:
    return "\n".join(origin["event_id"] for origin in memory["provenance"])


def segment(ident: str, what: str = "a memory") -> str:
    """An id as one segment of a path, whatever was typed."""
    from urllib.parse import quote  # noqa: PLC0415

    if not ident.strip(".") or "/" in ident:
        raise typer.BadParameter(
            f"{ident!r} is no id of {what}: `memcube cubes list` and `history` show them"
        )
    return quote(ident, safe="")

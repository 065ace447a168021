"""Activation memory: the block of a subject, what it is made of, building and giving it up."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

import typer

from gateway.cli import show
from gateway.cli.client import running_gateway
from gateway.cli.memory import segment, show_changes
from gateway.cli.place import AsJson, CliError, Place, on_subject

# The gateway's own limit for a build is 300 s: its explanation must arrive before we give up.
_PATIENCE_S: Final = 330.0
BlockId = Annotated[
    str, typer.Argument(help="Id of the block, as `activations list` shows it.", show_default=False)
]
activations = typer.Typer(
    no_args_is_help=True,
    help="Blocks: a subject's memories, prefilled for a model.",
    rich_markup_mode=None,
)


@activations.command("list")
@on_subject
def list_blocks(
    place: Place,
    *,
    limit: Annotated[
        int, typer.Option(min=1, max=1_000, help="At most so many, the last changed first.")
    ] = 20,
    json: AsJson = False,
) -> None:
    """The blocks of a subject: the one that is served, and those before it."""
    with running_gateway(place) as gateway:
        found = gateway.get("/v1/activations", limit=limit, **place.address)
    if json:
        show.as_json(found)
        return
    rows = [
        (
            block["id"],
            _state(block),
            len(block["parents"]),
            block["tokens"],
            size(block["bytes"]),
            block["model"],
            show.day(block["built_at"]),
        )
        for block in found["activations"]
    ]
    columns = ("id", "state", "memories", "tokens", "size", "model", "built")
    show.table(columns, rows, empty="no blocks: `memcube activations build` makes one")


@activations.command("show")
@on_subject
def show_block(place: Place, block_id: BlockId, *, json: AsJson = False) -> None:
    """One block: its fingerprint, its size, its memories, and whether it can be served."""
    with running_gateway(place) as gateway:
        block = gateway.get(f"/v1/activations/{segment(block_id, 'a block')}", **place.address)
    if json:
        show.as_json(block)
        return
    _print(block)


@activations.command("build")
@on_subject
def build(
    place: Place,
    *,
    budget: Annotated[
        int | None,
        typer.Option(min=1, help="Tokens at most (default: MEMCUBE_KV_TOKENS).", show_default=False),
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Only ask for it.")] = False,
    json: AsJson = False,
) -> None:
    """Prefill all current memories of a subject now, whatever their heat, and wait for it."""
    body = {**place.address, "wait": not no_wait}
    if budget is not None:
        body["budget"] = budget
    with running_gateway(place, patience_s=_PATIENCE_S) as gateway, working("prefilling the block"):
        found = gateway.post("/v1/activations/build", body)
    block = found["activation"]
    if found["done"] and block is None:
        raise CliError(f"no block was built ({found['reason']})", _remedy(found["reason"]))
    if json:
        show.as_json(found)
        return
    if block is None:
        typer.echo(f"asked for: block {found['block_id']} of {found['memories']} memories")
        return
    _print(block)
    if found["event_id"] is None:
        typer.echo("nothing had to be done: this block holds all that fits")
    elif found["left_out"]:
        typer.echo(f"{found['left_out']} memories did not fit: a larger --budget holds more", err=True)


@activations.command("drop")
@on_subject
def drop(place: Place, block_id: BlockId, *, json: AsJson = False) -> None:
    """Give a block up, with its tensors. Its memories stay as they are."""
    with running_gateway(place) as gateway:
        path = f"/v1/activations/{segment(block_id, 'a block')}"
        done = gateway.delete(path, wait="recallable", **place.address)
    if json:
        show.as_json(done)
        return
    show_changes(done["changes"])


def size(count: int | None) -> str:
    """Bytes for a person, in steps of 1,000."""
    if count is None:
        return ""
    return f"{count / 1e6:,.1f} MB" if count < 1e9 else f"{count / 1e9:,.2f} GB"


def _print(block: dict[str, Any]) -> None:
    rows = [
        ("id", block["id"]),
        ("state", _state(block)),
        ("model", block["model"]),
        ("fingerprint", block["fingerprint"]),
        ("tokens", block["tokens"]),
        ("size", f"{size(block['bytes'])}, {block['precision']}" if block["precision"] else ""),
        ("built", _built(block)),
    ]
    if block["ended_at"] is not None:
        rows.append(("ended", show.day(block["ended_at"])))
    rows += [("memory", f"{one['id']}, version {one['version']}") for one in block["parents"]]
    show.table(("", ""), rows, empty="")


def _built(block: dict[str, Any]) -> str:
    took = f", in {block['seconds']:.1f} s" if block["seconds"] is not None else ""
    return f"{show.day(block['built_at'])}{took}"


def _state(block: dict[str, Any]) -> str:
    state = "served" if block["current"] else block["state"]
    return f"{state} ({block['reason']})" if block["reason"] else str(state)


def _remedy(reason: str) -> str:
    if reason == "parent-changed":
        return "a memory changed meanwhile: build again"
    return "see the log of the model process, then build again"


@contextmanager
def working(what: str) -> Iterator[None]:
    """A sign of life with the time it takes, on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415  costs as much as all of --help
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        shown.add_task(what, total=None)
        yield

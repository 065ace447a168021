"""`memcube import FILE...`: conversations and documents into memory, waiting until they are recallable."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import typer

from gateway.cli import show
from gateway.cli.client import running_gateway
from gateway.cli.files import Found, found
from gateway.cli.imports import DOCUMENTS, Bad, Format, turns
from gateway.cli.place import AsJson, Place, on_subject_or_none
from gateway.cli.replacing import Document, Replaced, plan
from gateway.cli.sending import Outgoing, Shipment, progress


class Result(msgspec.Struct, frozen=True):
    """What an import did. `events`: in the log; `new`: of these, not there before."""

    events: int
    new: int
    memories: int
    seconds: float
    events_per_s: float
    skipped: int
    skipped_by: dict[str, int]
    bad: int
    refused: int
    documents: tuple[Replaced, ...]


@on_subject_or_none
def import_file(
    place: Place,
    files: Annotated[
        list[str],
        typer.Argument(help="Conversations or documents; - for standard input.", show_default=False),
    ],
    *,
    form: Annotated[
        Format, typer.Option("--format", help="How they are written; auto: by name and content.")
    ] = Format.AUTO,
    name: Annotated[
        str | None,
        typer.Option(help="What a document is known by (default: its file name).", show_default=False),
    ] = None,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="The Markdown and text documents in a folder.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Exit with 0 although items were bad and left out.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Import conversations and documents. Twice the same file changes nothing.

    messages: JSON or JSONL; each message has `role` and `content`, and may have `id`, `timestamp` (ISO 8601;
    UTC where no offset is given), `name`, and `group_id`, `user_id`, `agent_id` or `run_id`; without one of
    these it belongs to the subject given here. chatgpt: the conversations.json of an export; needs --user.
    locomo: each conversation is a group. markdown, text: documents, remembered in chunks; a document that
    is imported again replaces what changed. Bad items are named and left out, and make the exit status 1.
    """
    sources = found(files, form, name, place.subject, recursive=recursive)
    result, bad = _import(place, sources)
    _tell(result, [one.line(sources) for one in bad], json=json)
    if result.refused or (bad and not skip_bad):
        raise typer.Exit(1)


class _BadOf(msgspec.Struct, frozen=True):
    """A bad item, and the place of its file on the command line."""

    file: int
    number: int
    bad: Bad

    def line(self, sources: Sequence[Found]) -> str:
        source = sources[self.file]
        line = self.bad.line(source.reading.item)
        return f"{source.label}: {line}" if len(sources) > 1 else line


def _import(place: Place, sources: Sequence[Found]) -> tuple[Result, list[_BadOf]]:
    began = time.monotonic()
    said, bad = _turns(sources, place)
    documents = [Document(one.name, one.reading.chunks) for one in sources if one.form in DOCUMENTS]
    with running_gateway(place) as gateway:
        replacements = plan(gateway, place.address, documents)
        # The person's own clock: "today" in a text is meant in their time zone.
        now = datetime.now().astimezone().isoformat()
        total = len(said) + sum(one.size for one in replacements)
        with progress(total) as bar:
            shipment = Shipment(gateway, total, bar)
            with shipment.interruptible():
                shipment.turns(said)
                replaced = [one.send(shipment, place.address, now) for one in replacements]
                shipment.wait()
            memories, refused = shipment.effects()
    seconds = time.monotonic() - began
    bad += [
        _BadOf(turn.file, turn.number, Bad(turn.number, why, turn.part)) for turn, why in shipment.rejected
    ]
    left_out = sum((Counter(one.reading.left_out) for one in sources), Counter[str]())
    result = Result(
        events=len(shipment.accepted),
        new=sum(not event.known for event in shipment.accepted),
        memories=memories,
        seconds=round(seconds, 3),
        events_per_s=round(len(shipment.accepted) / seconds, 1) if seconds else 0.0,
        skipped=left_out.total(),
        skipped_by=dict(left_out),
        bad=len(bad),
        refused=refused,
        documents=tuple(replaced),
    )
    return result, sorted(bad, key=lambda one: (one.file, one.number))


def _turns(sources: Sequence[Found], place: Place) -> tuple[list[Outgoing], list[_BadOf]]:
    """Of every file by itself: together or one by one, they make the same events."""
    said: list[Outgoing] = []
    bad: list[_BadOf] = []
    for file, source in enumerate(sources):
        messages = source.reading.messages
        start = datetime.now(UTC) - timedelta(milliseconds=len(messages))
        sent, nobodys = turns(messages, place.tenant, place.subject, start)
        said += [Outgoing(turn.body, file, turn.number, turn.part) for turn in sent]
        bad += [_BadOf(file, one.number, one) for one in (*source.reading.bad, *nobodys)]
    return said, bad


def _tell(result: Result, bad: Sequence[str], *, json: bool) -> None:
    for line in bad:
        typer.echo(show.printable(line), err=True)
    if result.refused:
        typer.echo(f"{result.refused} events were refused: see `memcube deadletters list`", err=True)
    if json:
        show.as_json(msgspec.to_builtins(result))
        return
    for told in result.documents:
        typer.echo(_document(told))
    typer.echo(_sentence(result))


def _document(told: Replaced) -> str:
    changed = f"{told.new} new, {told.unchanged} unchanged, {told.removed} removed"
    kept = f", {told.kept} no longer in it but kept: others say or changed them too" if told.kept else ""
    return f"{told.name}: {told.chunks} chunks, {changed}{kept}"


def _sentence(result: Result) -> str:
    parts = [f"{result.events} events, {result.new} of them new, {result.memories} memories"]
    parts.append(f"in {result.seconds:.1f} s ({result.events_per_s:.0f} events/s)")
    reasons = ", ".join(f"{reason} {count}" for reason, count in result.skipped_by.items())
    left_out = [f"{result.skipped} skipped ({reasons})"] if result.skipped else []
    left_out += [f"{result.bad} bad"] if result.bad else []
    return " ".join(parts) + (f"; {', '.join(left_out)}" if left_out else "")

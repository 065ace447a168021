"""A document that is imported again: what is new in it, what is gone, and what stays as it is.

A chunk is known by its words: it is there if a memory has them, or if the event that they make, whose id
is a digest of them, was applied and what came of it still stands. Memories that others rest on as well
stay: another document or a conversation may have said the same, a person may have edited or pinned it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final

import msgspec

from gateway.cli.client import Gateway
from gateway.cli.imports import Chunk
from gateway.cli.sending import Shipment

_PAGE: Final = 1_000
# A forget is one event: at 36 bytes an id, this many stay far below what one may weigh.
_FORGET_AT_ONCE: Final = 500


class Document(msgspec.Struct, frozen=True):
    """A document by its name, which stands as `source_id` on each memory of it."""

    name: str
    chunks: tuple[Chunk, ...]


class Held(msgspec.Struct, frozen=True):
    """A memory as it is now. `names`: the source_ids of all that said it, None for what has none."""

    id: str
    text: str
    pinned: bool
    names: frozenset[str | None]


class Replacement(msgspec.Struct, frozen=True):
    """What to send for one document.

    unseen: chunks whose words no memory has. They are new, or were merged into a memory that says nearly
    the same. kept: memories of it that it no longer says, but others do. standing: the ids of all memories
    that are there when `removed` are gone.
    """

    document: Document
    unseen: tuple[Chunk, ...]
    removed: tuple[Held, ...]
    kept: tuple[Held, ...]
    standing: frozenset[str]

    @property
    def size(self) -> int:
        """How many events it is, or a few more where a chunk comes back."""
        return -(-len(self.removed) // _FORGET_AT_ONCE) + len(self.unseen)

    def send(self, shipment: Shipment, address: dict[str, str], now: str) -> Replaced:
        """Raises `CliError`, with how far it came.

        The gone go first: a new wording that is much like the old one would be merged into it.
        """
        common = {**address, "timestamp": now}
        for first in range(0, len(self.removed), _FORGET_AT_ONCE):
            ids = [held.id for held in self.removed[first : first + _FORGET_AT_ONCE]]
            shipment.command({**common, "type": "forget", "cube_ids": ids})
        name = self.document.name
        remember = {**common, "type": "remember", "source_id": name, "name": name, "deterministic": True}
        new, merged = 0, set[str]()
        waiting = self.unseen
        # One more than how often a chunk was remembered and then removed or forgotten.
        for occurrence in count():
            sent = [
                shipment.command({**remember, "text": chunk.text, "occurrence": occurrence})
                for chunk in waiting
            ]
            known = [event for event in sent if event.known]
            new += len(sent) - len(known)
            made = shipment.made(known)
            merged |= set().union(*made.values())
            waiting = tuple(
                chunk
                for chunk, event in zip(waiting, sent, strict=True)
                if event.known and not made[event.event_id] & self.standing
            )
            if not waiting:
                break
        chunks = len(self.document.chunks)
        kept = sum(held.id not in merged for held in self.kept)
        return Replaced(name, chunks, new, chunks - new, len(self.removed), kept)


class Replaced(msgspec.Struct, frozen=True):
    """The numbers of a replacement, in chunks; `removed` and `kept` in memories."""

    name: str
    chunks: int
    new: int
    unchanged: int
    removed: int
    kept: int


def plan(gateway: Gateway, address: dict[str, str], documents: Sequence[Document]) -> list[Replacement]:
    """Raises `CliError` when the gateway cannot be asked."""
    held = list(_held(gateway, address)) if documents else []
    return [_replacement(gateway, address, document, held) for document in documents]


def _replacement(
    gateway: Gateway, address: dict[str, str], document: Document, held: Sequence[Held]
) -> Replacement:
    wanted = {chunk.text for chunk in document.chunks}
    ours = [one for one in held if document.name in one.names]
    present = {one.text for one in ours}
    removed, kept = [], []
    for one in ours:
        if one.text in wanted:
            continue
        if one.names == {document.name} and not one.pinned:
            removed.append(one)
        elif edited := wanted & _earlier(gateway, address, one):
            # A person put another text here. While the document says what it said before, theirs stands.
            present |= edited
        else:
            kept.append(one)
    unseen = tuple(chunk for chunk in document.chunks if chunk.text not in present)
    standing = frozenset(one.id for one in held) - {one.id for one in removed}
    return Replacement(document, unseen, tuple(removed), tuple(kept), standing)


def _held(gateway: Gateway, address: dict[str, str]) -> Iterator[Held]:
    """All memories of the subject."""
    before: int | None = None
    while True:
        page = gateway.get("/v1/cubes", limit=_PAGE, before=before, **address)
        for cube in page["cubes"]:
            names = frozenset(origin["source_id"] for origin in cube["provenance"])
            yield Held(cube["id"], cube["text"], cube["pinned"], names)
        before = page["next"]
        if before is None:
            return


def _earlier(gateway: Gateway, address: dict[str, str], held: Held) -> set[str]:
    """What the memory said in any version."""
    versions = gateway.get(f"/v1/cubes/{held.id}/history", **address)["versions"]
    return {version["text"] for version in versions}

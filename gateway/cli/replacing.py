"""A document that is imported again: what is new in it, what is gone, and what stays as it is.

A chunk is known by its words. Memories that others rest on as well stay: another document or a
conversation may have said the same, a person may have edited or pinned it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from gateway.cli.client import Gateway
from gateway.cli.imports import Chunk

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
    """What to send for one document. `kept`: memories of it that it no longer says, but others do."""

    document: Document
    new: tuple[Chunk, ...]
    removed: tuple[Held, ...]
    kept: tuple[Held, ...]

    def commands(self, address: dict[str, str], now: str) -> Iterator[dict[str, Any]]:
        """The gone go first: a new wording that is much like the old one would be merged into it."""
        common = {**address, "timestamp": now}
        for first in range(0, len(self.removed), _FORGET_AT_ONCE):
            ids = [held.id for held in self.removed[first : first + _FORGET_AT_ONCE]]
            yield {**common, "type": "forget", "cube_ids": ids}
        name = self.document.name
        for chunk in self.new:
            yield {**common, "type": "remember", "text": chunk.text, "source_id": name, "name": name}

    def told(self) -> Replaced:
        chunks, new = len(self.document.chunks), len(self.new)
        return Replaced(self.document.name, chunks, new, chunks - new, len(self.removed), len(self.kept))


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
    gateway: Gateway, address: dict[str, str], document: Document, held: Iterable[Held]
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
    new = tuple(chunk for chunk in document.chunks if chunk.text not in present)
    return Replacement(document, new, tuple(removed), tuple(kept))


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

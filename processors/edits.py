"""What a person has put right stays so: its old words, said once more, do not bring it back."""

from __future__ import annotations

import msgspec

from memcube.cube import Decision, MemCube, Source
from processors.revision import Revision, with_source
from processors.step import Statement


def edited_away(revision: Revision, statement: Statement) -> MemCube | None:
    """The memory in which a person has put this very value right."""
    if statement.slot is None or statement.value is None:
        return None
    for cube in revision.view.holding(statement.slot, None):
        versions = revision.view.history(cube.id)
        if any(version.payload and version.payload.value == statement.value for version in versions):
            return cube
    return None


def keep_right(
    revision: Revision, edited: MemCube, statement: Statement, sources: tuple[Source, ...]
) -> None:
    """The turn that says the old words again becomes one of the memory's: recall knows them to be old."""
    payload = edited.payload
    new = new_sources(edited, sources)
    if payload is None or not new:
        revision.noop("edited-since", edited)
        return
    for source in new:
        payload = with_source(payload, msgspec.structs.replace(source, said=statement.text))
    revision.revise(edited, Decision.MERGE, "edited-since", payload=payload)


def new_sources(cube: MemCube, sources: tuple[Source, ...]) -> list[Source]:
    """Those of the sources that the memory does not have yet."""
    known = {source.event_id for source in cube.sources}
    return [source for source in sources if source.event_id not in known]

"""Whether a statement says what a memory says already: in the same words, or in words as good."""

from __future__ import annotations

from functools import partial
from typing import Final

from memcube.cube import MemCube
from memcube.plaintext.differences import same_statement
from memcube.plaintext.frame_keys import same, valued
from memcube.plaintext.frames import Frame, frame
from memcube.plaintext.light_words import light_words
from memcube.plaintext.slot_keys import kind
from memcube.plaintext.wording import dates
from memcube.plaintext.words import content_stems
from processors.changes import slot_of
from processors.persons import who
from processors.revision import Revision
from processors.step import Statement

# Rewordings of one short statement lie above this for MiniLM; below it, two different statements of
# one topic begin. The guard on numbers, names, dates and negation decides the rest.
NEAR_DUPLICATE: Final = 0.9


def said_before(revision: Revision, statement: Statement, said: Frame) -> MemCube | None:
    """The active fact that says the same already, if one does. `said`: the statement's frame."""
    view, one = revision.view, who(revision).but_namesakes
    for cube in one(view.saying(statement.text)):
        return cube
    vector = revision.vector(statement.text)
    if statement.cue is None and vector is not None:
        alike = partial(kind, statement.text, statement.slot, statement.value)
        for cube, _ in view.nearest(vector, NEAR_DUPLICATE, alike):
            payload = cube.payload
            same_slot = payload and (payload.slot, payload.value) == (statement.slot, statement.value)
            if same_slot and same_statement(cube.text, statement.text) and one([cube]):
                return cube
    for cube in one(view.mentioning(statement.text, said.words, same(said, statement.text))):
        if same_frame(cube, statement, said):
            return cube
    if statement.slot is not None and statement.value is not None and said.holds:
        found = view.giving(statement.slot, statement.value, valued(statement.slot, statement.value, said))
        for cube in one(found):
            if same_value(cube, statement, said):
                return cube
    return None


def same_frame(cube: MemCube, statement: Statement, said: Frame) -> bool:
    """Whether both make the same statement in the same words, function words apart."""
    theirs = frame(cube.text)
    when = dates(statement.text)
    return (
        len(said.words) > 1
        and (said.words, said.numbers, said.holds) == (theirs.words, theirs.numbers, theirs.holds)
        and when == dates(cube.text)
        # Of a day that is named it is one event; else lunch with Tom again is another lunch.
        and (bool(when) or not (said.past or theirs.past or said.future or theirs.future))
        and same_statement(said.core, theirs.core)
    )


def same_value(cube: MemCube, statement: Statement, said: Frame) -> bool:
    """Whether both give the value of one slot, and neither says anything else."""
    payload = cube.payload
    if payload is None or payload.value != statement.value or statement.dated:
        return False
    theirs = frame(cube.text)
    if not theirs.holds or said.numbers != theirs.numbers or said.past or said.future:
        return False
    more = content_stems(said.core) ^ content_stems(theirs.core)
    return more <= light_words(slot_of(statement.slot)[1])

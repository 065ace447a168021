"""Whether a statement says what a memory says already: in the same words, or in words as good."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from memcube.cube import MemCube, State
from memcube.plaintext.differences import same_statement
from memcube.plaintext.extract.slot_table import is_functional
from memcube.plaintext.frames import frame
from memcube.plaintext.words import content_stems, stem, terms
from processors.changes import slot_of
from processors.revision import Revision
from processors.step import Statement

# Rewordings of one short statement lie above this for MiniLM; below it, two different statements of
# one topic begin. The guard on numbers, names, dates and negation decides the rest.
NEAR_DUPLICATE: Final = 0.9
_DATE: Final = re.compile(r"\(\d{4}[^)]*\)")


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


# The words with which the value of a slot is given. Two statements of one value that differ in no other
# word say the same: "lives in Oslo", "her home is in Oslo". "Moved" is none: it tells of an event.
_LIGHT: Final[Mapping[str, frozenset[str]]] = {
    slot: _stems(words)
    for slot, words in {
        "lives_in": "live lives living home house flat place address based resident reside city town",
        "works_at": "work works working job employed employer company employee",
        "studies_at": "study studies studying student university",
        "job": "work working job profession occupation",
        "name": "name called call known",
        "age": "years old age turned year",
        "birthday": "birthday born",
        "phone": "phone number mobile cell",
        "email": "email mail address",
        "partner": "partner boyfriend girlfriend dating together seeing relationship called name",
        "diet": "diet eat",
        "likes": "like love enjoy adore fond fan keen passionate into huge big",
        "dislikes": "hate dislike loathe detest like enjoy fan stand big",
        "allergic_to": "allergic allergy severely badly",
        "hobby": "play playing hobby go going do",
        "language": "speak speaks language fluent",
    }.items()
}
_NAMING: Final = _stems("called call named name")


def said_before(revision: Revision, statement: Statement) -> MemCube | None:
    """The active fact that says the same already, if one does."""
    view = revision.view
    for cube in view.saying(statement.text):
        return cube
    vector = revision.vector(statement.text)
    if statement.cue is None and vector is not None:
        for cube, _ in view.nearest(vector, NEAR_DUPLICATE):
            payload = cube.payload
            same_slot = payload and (payload.slot, payload.value) == (statement.slot, statement.value)
            if same_slot and same_statement(cube.text, statement.text):
                return cube
    said = frame(statement.text)
    for cube in view.mentioning(statement.text, said.words):
        if same_frame(cube, statement):
            return cube
    if statement.slot is not None and statement.value is not None and said.holds:
        for cube in view.in_slot(statement.slot):
            if cube.state is State.ACTIVE and same_value(cube, statement):
                return cube
    return None


def same_frame(cube: MemCube, statement: Statement) -> bool:
    """Whether both make the same statement in the same words, function words apart."""
    said, theirs = frame(statement.text), frame(cube.text)
    dates = _DATE.findall(statement.text)
    return (
        len(said.words) > 1
        and (said.words, said.numbers, said.holds) == (theirs.words, theirs.numbers, theirs.holds)
        and (dates == _DATE.findall(cube.text))
        # Of a day that is named it is one event; else lunch with Tom again is another lunch.
        and (bool(dates) or not (said.past or theirs.past or said.future or theirs.future))
        and same_statement(said.core, theirs.core)
    )


def same_value(cube: MemCube, statement: Statement) -> bool:
    """Whether both give the value of one slot, and neither says anything else."""
    payload = cube.payload
    if payload is None or payload.value != statement.value or statement.dated:
        return False
    said, theirs = frame(statement.text), frame(cube.text)
    if not theirs.holds or said.numbers != theirs.numbers or said.past or said.future:
        return False
    base = slot_of(statement.slot)[1].partition("/")[0]
    light = _LIGHT.get(base, _pet_words(base))
    more = content_stems(said.core) ^ content_stems(theirs.core)
    return more <= light


def _pet_words(base: str) -> frozenset[str]:
    if base.startswith("favourite_"):
        return _stems("favourite favorite best like love prefer")
    if base.endswith("_name") and is_functional(base):
        return _NAMING | frozenset(terms(base.removesuffix("_name").replace("_", " ")))
    return frozenset()

"""A memory as a line of a prompt: the same words wherever it is written, and whether a block may hold it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from unicodedata import category

from memcube.cube import Form, Kind, MemCube, Source, State
from memcube.models.prompt import Line
from memcube.store.record import CubeStore

_UNSEEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, separators
# They turn what follows around, or are letters that only a model sees.
_TURNING: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_FALSE_ID: Final = re.compile(
    r"\(([^()\w]*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}[^()\w]*)\)", re.IGNORECASE
)


def line_of(cube: MemCube, text: str | None = None) -> Line:
    """The line that every prompt has for this version of it. text: what is shown of it, if not all."""
    shown = cube.text if text is None else text
    return Line(cube.id, cube.version, told(cube.form, shown, cube.sources), cube.valid_from.date())


def told(form: Form, text: str, sources: Sequence[Source]) -> str:
    """On one line and harmless, with who says it in front where the text does not."""
    text = _harmless(text)
    if not sources:
        return text
    speaker = _harmless(sources[0].speaker)
    # The text of a fact mostly says already who it is about.
    if form is Form.EPISODE or speaker.casefold() not in text.casefold():
        return f"{speaker}: {text}"
    return text


def eligible(store: CubeStore, subject: str, cube: MemCube) -> bool:
    """Whether a block may hold it: what holds now, and of turns those whose facts all hold still.

    What is shown of a turn depends on them: one that says what is over, or was put right since, must not be
    read whole. Role memory refuses a block of one.
    """
    if cube.kind is not Kind.PLAINTEXT or cube.state is not State.ACTIVE or cube.payload is None:
        return False
    return cube.form is not Form.EPISODE or all(
        fact.holds_as_said_in(source.event_id)
        for fact in drawn(store, subject, cube)
        for source in cube.sources
    )


def repeats(store: CubeStore, subject: str, cube: MemCube, among: frozenset[str]) -> bool:
    """Whether it is a turn of which all facts are among these ids: with them it would be said twice."""
    if cube.form is not Form.EPISODE:
        return False
    facts = drawn(store, subject, cube)
    return bool(facts) and all(fact.id in among for fact in facts)


def drawn(store: CubeStore, subject: str, episode: MemCube) -> Sequence[MemCube]:
    """The facts that the turn's event made or said again, as they are now; erased ones are none."""
    events = {source.event_id for source in episode.sources}
    made = {version.id: None for event in events for version in store.caused_by(subject, event)}
    # An event also ends what it contradicts: that was not drawn from it.
    return [
        cube
        for cube in store.cubes(subject, tuple(made))
        if cube.form is Form.FACT and any(source.event_id in events for source in cube.sources)
    ]


def _harmless(text: str) -> str:
    """On one line, without what is not seen, and without what would pass for an id."""
    if not text.isprintable():
        text = "".join(" " if category(character) in _UNSEEN else character for character in text)
        text = _TURNING.sub("", text)
    return _FALSE_ID.sub(r"[\1]", " ".join(text.split()))

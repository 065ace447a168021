"""What a statement ends of what there is one of at a time and has no slot (`standing`): a landlord."""

from __future__ import annotations

import msgspec

from memcube.cube import MemCube
from memcube.plaintext import frame_keys
from memcube.plaintext.standing import standing
from memcube.plaintext.view import SubjectView
from memcube.plaintext.words import terms
from processors.step import Statement


def stood(view: SubjectView, statement: Statement) -> list[MemCube]:
    """What was said of a thing of which there is one, and has no slot, if it is another one now."""
    said = standing(statement.text)
    if said is None or not (said.news or statement.cue == "correction"):
        return []
    said = msgspec.structs.replace(said, news=True)
    return [
        cube
        for cube in view.mentioning(statement.text, said.of[1:], [frame_keys.stands(said.of)])
        if (theirs := standing(cube.text)) is not None and said.replaces(theirs)
    ]


def lived(view: SubjectView, statement: Statement) -> list[MemCube]:
    """Homes said without a slot ("lives on a barge in Amsterdam"), of who lives somewhere else now."""
    who, _, slot = (statement.slot or "").partition("/")
    if slot != "lives_in" or statement.value is None or who != (statement.speaker or "").casefold():
        return []
    home, place = ("home", *terms(who)), terms(statement.value)
    return [
        cube
        for cube in view.mentioning(f"{who} in", terms(who), [frame_keys.stands(home)])
        if cube.payload is not None
        and cube.payload.slot is None
        and " in " in cube.text
        and (there := standing(cube.text)) is not None
        and there.of == home
        and not set(there.value) & set(place)
    ]

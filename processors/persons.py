"""Who said something: by the id of the user where there is one, else by name; two may share a name."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from memcube.cube import Form, MemCube, Source
from processors.extract import speaker
from processors.revision import Revision


class Person(msgspec.Struct, frozen=True):
    """Who speaks in an event. `own`: the id of the subject if it is this person's own memory."""

    name: str
    user_id: str | None
    own: str | None

    def said(self, source: Source) -> bool:
        """Whether the words are this person's."""
        theirs = source.others.user_id if source.others else None
        if theirs is not None and self.user_id is not None:
            return theirs == self.user_id
        # In somebody's own memory words without a name are theirs.
        return source.speaker.casefold() == self.name.casefold() or source.speaker == self.own

    def alone(self, cube: MemCube) -> bool:
        """Whether nobody else has said it, and no assistant."""
        return bool(cube.sources) and all(map(self.said, cube.sources)) and not is_answer(cube)

    def but_namesakes(self, cubes: Iterable[MemCube]) -> list[MemCube]:
        """Without what somebody else of this very name has said of themselves."""
        return [cube for cube in cubes if not self._is_of_namesake(cube)]

    def _is_of_namesake(self, cube: MemCube) -> bool:
        if any(map(self.said, cube.sources)):
            return False
        name = self.name.casefold()
        if all(source.speaker.casefold() != name for source in cube.sources):
            return False
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", cube.text.casefold()) is not None


def who(revision: Revision) -> Person:
    """Who speaks in the event."""
    others, subject = revision.event.data.others(), revision.event.subject
    return Person(
        name=speaker(revision.event, revision.opened.contents[0]),
        user_id=others.user_id if others else None,
        own=subject.id if subject.kind == "user" else None,
    )


def is_answer(cube: MemCube) -> bool:
    """Whether it is a turn of an assistant, by whatever name."""
    return cube.form is Form.EPISODE and cube.payload is not None and cube.payload.role == "assistant"

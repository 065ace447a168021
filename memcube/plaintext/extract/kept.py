"""The memories of a turn so far; what leans on the statement right before it is part of its memory."""

from typing import Final

import msgspec

from memcube.plaintext.extract.slot_table import is_functional
from memcube.plaintext.extract.statements import leans
from memcube.plaintext.extract.turns import Candidate

# Characters: a longer memory is a story, and finds less.
_JOINED: Final = 300


class Kept:
    """Candidates by their text: each once."""

    def __init__(self) -> None:
        self.last: Candidate | None = None
        self._found: dict[str, Candidate] = {}
        self._at = 0

    def __len__(self) -> int:
        return len(self._found)

    def add(self, candidate: Candidate, statement: str, at: int) -> None:
        """Keep a candidate. `statement`: as said, in the sentence at place `at` of the turn."""
        if (
            self.last is not None
            and at - self._at == 1
            and leans(statement)
            and _may_join(self.last, candidate)
        ):
            del self._found[self.last.text]
            candidate = _joined(self.last, candidate)
        # Said again it stands last: "I live in Oslo. Actually Rome. No, Oslo." ends in Oslo.
        self._found.pop(candidate.text, None)
        self._found[candidate.text] = self.last = candidate
        self._at = at

    def candidates(self) -> tuple[Candidate, ...]:
        return tuple(self._found.values())


def _may_join(first: Candidate, second: Candidate) -> bool:
    """Whether a statement that leans on the one right before it can be part of that one's memory.

    Not where either fills a slot or ends something: what retires the one would retire the other with it.
    """
    return (
        second.slot is None
        and not second.dated
        and second.completed_by in (None, first.completed_by)
        and (first.slot is None or not is_functional(first.slot))
        and all(one.cue is None and one.polarity != "ended" for one in (first, second))
        and "instruction" not in (first.category, second.category)
        and len(first.text) + len(second.text) < _JOINED
    )


def _joined(first: Candidate, second: Candidate) -> Candidate:
    """As in "Ada started a script; it is about a girl in a small town"."""
    return msgspec.structs.replace(
        first,
        text=f"{first.text}; {second.text}",
        quote=f"{first.quote} {second.quote}",
        entities=tuple(dict.fromkeys((*first.entities, *second.entities))),
        salience=max(first.salience, second.salience),
    )

# ruff: noqa: SIM905 (word lists read best as words)
"""What was said in a turn before already, and is only said again: "ok so 6:55 from Gatwick on the 3rd"."""

import re
from collections.abc import Sequence
from typing import Final

from memcube.plaintext.extract import lexicon
from memcube.plaintext.extract.said import parts_of
from memcube.plaintext.extract.subject import Kind, subject_of

_WORD: Final = re.compile(r"[^\W_]+(?:[':.][^\W_]+)*")
# Words of agreement, which a repeat may add.
_ADDED: Final = frozenset("ok okay right got it yes yeah so then thanks great noted perfect cool".split())


class Heard:
    """The statements of the turns before: a question is none, who answers it says something new."""

    def __init__(self, before: Sequence[tuple[str, bool]]) -> None:
        """`before`: texts, each with whether the speaker of the turn said it."""
        self._said = [
            (_words(part), own)
            for text, own in before
            for part in parts_of(text)
            if not part.rstrip("\"' ").endswith("?")
        ]

    def holds(self, statement: str) -> bool:
        """Whether all that a statement says was said. "I love hiking too" is new: it is of another."""
        if not self._said:
            return False
        words = _words(statement) - _ADDED
        if len(words) < _LEAST:
            return False
        of_speaker = subject_of(statement).kind in (Kind.FIRST, Kind.OWN)
        return any(words <= said for said, own in self._said if own or not of_speaker)


# One word alone may well be a new statement: "Tuesday".
_LEAST: Final = 2


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower())) - lexicon.FUNCTION

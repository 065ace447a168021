# ruff: noqa: SIM905 (word lists read best as words)
"""What was said in a turn before already, and is only said again: "ok so 6:55 from Gatwick on the 3rd"."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Final

from memcube.plaintext.extract import lexicon
from memcube.plaintext.extract.said import parts_of
from memcube.plaintext.extract.subject import Kind, subject_of

_WORD: Final = re.compile(r"[^\W_]+(?:[':.][^\W_]+)*")
# Words of agreement, which a repeat may add.
_ADDED: Final = frozenset("ok okay right got it yes yeah so then thanks great noted perfect cool".split())


# These make a change of the same words: "The shop is open again".
_CHANGING: Final = re.compile(
    r"\b(?:not|no|never|again|back|now|still|any ?more|longer|cannot|instead)\b|n't\b", re.IGNORECASE
)


class Heard:
    """The statements of the turns before: a question is none, who answers it says something new."""

    def __init__(self, before: Sequence[str]) -> None:
        self._before = before

    @cached_property
    def _said(self) -> list[frozenset[str]]:
        said = (part for text in self._before for part in parts_of(text))
        return [_words(part) for part in said if not part.rstrip("\"' ").endswith("?")]

    def holds(self, statement: str) -> bool:
        """Whether all that a statement says was said. What one says of oneself again the memory merges."""
        if not self._before or subject_of(statement).kind in (Kind.FIRST, Kind.OWN):
            return False
        words = _words(statement) - _ADDED
        if len(words) < _LEAST or _CHANGING.search(statement):
            return False
        return any(words <= said for said in self._said)


# One word alone may well be a new statement: "Tuesday".
_LEAST: Final = 2


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower())) - lexicon.FUNCTION

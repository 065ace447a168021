"""What only narrows a statement: in "plays tennis on Sundays" the Sundays."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from memcube.plaintext.quantities import is_number_word
from memcube.plaintext.words import terms

# A qualification that narrows: with it, less was said ("plays tennis" and "plays tennis on Sundays").
_NARROWING: Final = (
    "on in at with every each since during for from by after before near twice once daily weekly"
)
_QUALIFIES: Final = frozenset(_NARROWING.split())
_DETERMINERS: Final = frozenset(["the", "a", "an", "his", "her", "their", "our", "my", "its", "this", "that"])


def narrows(core: str, first: str, also: frozenset[str] = frozenset()) -> bool:
    """Whether what begins at the word with this stem only says when, where or with whom.

    also: words that qualify here as well.
    """
    return narrowings(core, also).get(first, False)


def narrowings(core: str, also: frozenset[str] = frozenset()) -> dict[str, bool]:
    """`narrows` of each word of a statement, by its stem."""
    qualifies = _QUALIFIES | also
    found: dict[str, bool] = {}
    qualified = False
    for before, word in pairwise(core.lower().split()):
        # "on the way", "on Rob's commute": what qualifies stands before whose it is.
        qualified = before in qualifies or (qualified and (before in _DETERMINERS or before.endswith("'s")))
        if stems := terms(word):
            found.setdefault(stems[0], qualified or word in qualifies or is_number_word(before))
    return found

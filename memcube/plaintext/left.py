"""What is left of a turn when something that was drawn from it holds no longer: its other sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from memcube.plaintext.extract.chatter import asks, is_phatic
from memcube.plaintext.words import content_stems

# A turn of 10,000 words has some 1,000 sentences; to look at each takes 10 µs.
MOST_SENTENCES: Final = 2_000
# Where something is left out.
GAP: Final = " \u2026 "
_SENTENCE: Final = re.compile(
    r"\S.*?(?:[.!?\u2026]+[\"')\]\u201d\u2019]*(?=\s)|[\u3002\uff01\uff1f]+|(?=\n)|(?= \[image: )|\Z)",
    re.DOTALL,
)
# "Have a nice day" says no more than that somebody was there.
_SAYS_SOMETHING: Final = 3


def sentences(text: str) -> list[str]:
    """As they stand; of a text with more than `MOST_SENTENCES` the first ones."""
    return [match.group().strip() for match in _SENTENCE.finditer(text)][:MOST_SENTENCES]


def left_of(text: str, over: Sequence[str]) -> str:
    """The text without the sentences that say what is over, with a sign where they stood.

    A statement was drawn from the sentence that has most of its words; of several that have as many, each
    says it. Of a statement with no word of the text it is not known where it was said: nothing is left then,
    since what is shown must not say the old one again.
    """
    if not over:
        return text
    parts = sentences(text)
    stems = [content_stems(part) for part in parts]
    gone: set[int] = set()
    for statement in dict.fromkeys(over):
        words = content_stems(statement)
        shared = [len(words & held) for held in stems]
        most = max(shared, default=0)
        if not most:
            return ""
        gone.update(place for place, count in enumerate(shared) if count == most)
    left = [place for place in range(len(parts)) if place not in gone]
    shown = ""
    for before, place in zip([-1, *left], left, strict=False):
        gap = " " if place == before + 1 else GAP
        shown += (gap if shown else "") + parts[place]
    return shown


def says_more(text: str) -> bool:
    """Whether a sentence of it says something: it is no question, no thanks, and no two words."""
    return any(
        len(content_stems(part)) >= _SAYS_SOMETHING and not (asks(part) or is_phatic(part))
        for part in sentences(text)
    )

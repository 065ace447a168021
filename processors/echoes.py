"""Whether an answer says only what it was given: its words come from there, and so do its yes and its no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from memcube.plaintext.extract import sentences
from memcube.plaintext.frames import frame
from memcube.plaintext.words import content_stems

# What an answer says around the memories that it was given.
_AROUND: Final = frozenset(
    content_stems(
        "say said tell told mention mentioned remember recall know noted memory accord currently according"
    )
)


def is_echo(answer: str, given: Sequence[str]) -> bool:
    """Whether every sentence says what one that was given says: "You do not live in Oslo" denies it."""
    known = [sentence for text in given for sentence in sentences.split(text)]
    said = sentences.split(answer)
    stems = _AROUND.union(*map(content_stems, given))
    return content_stems(answer) <= stems and all(_is_said(sentence, known) for sentence in said)


def _is_said(sentence: str, known: Sequence[str]) -> bool:
    framed = frame(sentence)
    words = content_stems(sentence) - _AROUND - set(framed.numbers)
    if not words:
        return True
    about = [frame(one) for one in known if words & content_stems(one)]
    numbers = {number for one in about for number in one.numbers}
    return set(framed.numbers) <= numbers and any(one.holds == framed.holds for one in about)

"""What is shown of a turn that a recall has found: a fact that says it, the turn, or its best sentences.

Turns are searched, since what a sentence means stands around it; and as little of them is shown as says what
was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from memcube.cube import MemCube
from memcube.plaintext.words import content_stems

Stems = frozenset[str]

# A fact that holds so much of what its turn says stands for it.
SAYS_IT: Final = 0.6
# Some 64 tokens: longer turns are shown by their best sentences.
SHOWN_CHARACTERS: Final = 280
# A turn of 10,000 words has some 1,000; to look at each takes 10 µs.
MOST_SENTENCES: Final = 2_000
_SENTENCE: Final = re.compile(
    r"\S.*?(?:[.!?\u2026]+[\"')\]\u201d\u2019]*(?=\s)|[\u3002\uff01\uff1f]+|(?=\n)|(?= \[image: )|\Z)",
    re.DOTALL,
)
_GAP: Final = " \u2026 "


def fact_for(turn: MemCube, drawn: Sequence[MemCube], asked: Stems) -> MemCube | None:
    """The fact that is shown for its turn, if one says what is asked for.

    It has speaker and dates resolved and is short. But it must hold most of what the turn says, and every
    word of the question that the turn has; or be what holds of the very thing that the question is about.
    """
    said = content_stems(turn.text)
    best: tuple[int, int, str] | None = None
    chosen: MemCube | None = None
    for fact in drawn:
        holds = content_stems(fact.text)
        slot = fact.payload is not None and fact.payload.slot is not None
        whole = slot and bool(asked) and asked <= holds
        most = len(holds & said) >= SAYS_IT * len(said) and asked & said <= holds
        rank = (-len(asked & holds), -len(holds & said), fact.id)
        if (whole or most) and (best is None or rank < best):
            best, chosen = rank, fact
    return chosen


def excerpt(text: str, asked: Stems) -> str:
    """The text; or, of a long one, the sentences that hold most of what is asked for, as they stand.

    In their order, with a sign where something is left out. At least the best one comes, whole or, if it has
    no end, its beginning.
    """
    if len(text) <= SHOWN_CHARACTERS:
        return text
    sentences = [match.group().strip() for match in _SENTENCE.finditer(text)][:MOST_SENTENCES]
    chosen = _best(sentences, asked)
    shown = ""
    for before, place in zip([-1, *chosen], chosen, strict=False):
        gap = " " if place == before + 1 else _GAP
        shown += (gap if shown else "") + sentences[place]
    return shown if len(shown) <= 2 * SHOWN_CHARACTERS else _beginning(shown)


def _best(sentences: Sequence[str], asked: Stems) -> list[int]:
    """Places of sentences that fit, chosen by the words of the question that no one before them has."""
    stems = [content_stems(sentence) & asked for sentence in sentences]
    left = SHOWN_CHARACTERS
    missing = set(asked)
    chosen: list[int] = []
    waiting = list(range(len(sentences)))
    while waiting:
        # With nothing new to win, those beside what is chosen already: an answer stands next to its topic.
        place = min(
            waiting,
            key=lambda at: (-len(stems[at] & missing), -len(stems[at]), _away(at, chosen), at),
        )
        if chosen and len(sentences[place]) > left:
            break
        waiting.remove(place)
        chosen.append(place)
        missing -= stems[place]
        left -= len(sentences[place])
    return sorted(chosen)


def _away(place: int, chosen: Sequence[int]) -> int:
    return min((abs(place - one) for one in chosen), default=0)


def _beginning(text: str) -> str:
    cut = text[: 2 * SHOWN_CHARACTERS]
    return cut[: cut.rfind(" ") + 1 or None].rstrip() + _GAP.rstrip()

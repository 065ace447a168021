"""What is shown of a turn that a recall has found: a fact that says it, the turn, or its best sentences.

Turns are searched, since what a sentence means stands around it; and as little of them is shown as says what
was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from memcube.cube import MemCube
from memcube.plaintext.left import GAP, left_of, sentences
from memcube.plaintext.words import content_stems
from memcube.store.index import Hit

Stems = frozenset[str]

# A fact that holds so much of what its turn says stands for it: the rest is mostly "by the way" and "please".
SAYS_IT: Final = 0.5
# Of a turn of which nothing but facts is left; people ask for one thing.
MOST_FACTS: Final = 3
# Some 64 tokens: longer turns are shown by their best sentences.
SHOWN_CHARACTERS: Final = 280


def shown(hit: Hit, asked: Stems) -> list[tuple[MemCube, str]]:
    """What is shown for a hit, each with its words; nothing, if what was asked for is over.

    Of a turn that says something which is over its other sentences are left. Where the words of the question
    stood in that alone, only the facts that hold and have some of them are shown.
    """
    turn, left = hit.cube, left_of(hit.cube.text, hit.over)
    if hit.over:
        said = asked - content_stems(turn.sources[0].speaker)
        if not left or (said & content_stems(turn.text) and not said & content_stems(left)):
            return _facts_left(hit.drawn, said, at_least_one=not left)
    fact = fact_for(left, hit.drawn, asked)
    if fact is not None:
        return [(fact, excerpt(fact.text, asked))]
    return [(turn, excerpt(left, asked))]


def _facts_left(drawn: Sequence[MemCube], said: Stems, *, at_least_one: bool) -> list[tuple[MemCube, str]]:
    """Those that have most of the words; without any, the first ones if `at_least_one`."""
    having = [(len(said & (content_stems(fact.text) | content_stems(fact.question))), fact) for fact in drawn]
    having.sort(key=lambda one: (-one[0], one[1].id))
    found = [fact for count, fact in having if count]
    if not found and at_least_one:
        found = [fact for _, fact in having]
    return [(fact, excerpt(fact.text, said)) for fact in found[:MOST_FACTS]]


def fact_for(text: str, drawn: Sequence[MemCube], asked: Stems) -> MemCube | None:
    """The fact that is shown for the text of its turn, if one says what is asked for.

    It has speaker and dates resolved and is short. But it must hold most of what the turn says, and every
    word of the question that the turn has; or be what holds of the very thing that the question is about.
    """
    said = content_stems(text)
    best: tuple[int, int, str] | None = None
    chosen: MemCube | None = None
    for fact in drawn:
        holds = content_stems(fact.text)
        answers = content_stems(fact.question)
        whole = bool(answers & asked) and asked <= holds | answers
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
    parts = sentences(text)
    chosen = _best(parts, asked)
    shown = ""
    for before, place in zip([-1, *chosen], chosen, strict=False):
        gap = " " if place == before + 1 else GAP
        shown += (gap if shown else "") + parts[place]
    return shown if len(shown) <= 2 * SHOWN_CHARACTERS else _beginning(shown)


def _best(parts: Sequence[str], asked: Stems) -> list[int]:
    """Places of sentences that fit, chosen by the words of the question that no one before them has."""
    stems = [content_stems(part) & asked for part in parts]
    left = SHOWN_CHARACTERS
    missing = set(asked)
    chosen: list[int] = []
    waiting = list(range(len(parts)))
    while waiting:
        # With nothing new to win, those beside what is chosen already: an answer stands next to its topic.
        place = min(
            waiting,
            key=lambda at: (-len(stems[at] & missing), -len(stems[at]), _away(at, chosen), at),
        )
        if chosen and len(parts[place]) > left:
            break
        waiting.remove(place)
        chosen.append(place)
        missing -= stems[place]
        left -= len(parts[place])
    return sorted(chosen)


def _away(place: int, chosen: Sequence[int]) -> int:
    return min((abs(place - one) for one in chosen), default=0)


def _beginning(text: str) -> str:
    cut = text[: 2 * SHOWN_CHARACTERS]
    return cut[: cut.rfind(" ") + 1 or None].rstrip() + GAP.rstrip()

"""Turns labelled by hand with the memories they should make, and the rule by which an extractor is judged.

Two people labelled every turn independently before the rules were written (`labels/GUIDE.md`, `first.json`,
`second.json`). What both kept is expected. What only one of them kept is optional: neither missing if it is
not extracted, nor wrong if it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from bench.frozen_words import folded, stems

FOLDER: Final = Path(__file__).parent / "labels"
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


class Said(msgspec.Struct, frozen=True):
    """A turn said before the labelled one."""

    speaker: str
    role: str
    text: str


class Labelled(msgspec.Struct, frozen=True):
    """A turn to extract from. `text` and `before` are None where they are read from the data set."""

    id: str
    origin: str
    speaker: str
    role: Literal["user", "assistant"]
    time: str
    text: str | None
    before: tuple[Said, ...] | None

    @property
    def held_out(self) -> bool:
        """A third, by the id's hash: nobody looks at these while rules are written."""
        return hashlib.sha256(self.id.encode()).digest()[0] % 3 == 0


class When(msgspec.Struct, frozen=True):
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None


class Label(msgspec.Struct, frozen=True):
    """A memory that should be made. `words`: each a group of alternatives of which one must be there."""

    about: str
    words: tuple[str, ...]
    without: tuple[str, ...] = ()
    category: str = "fact"
    slot: str | None = None
    value: str | None = None
    polarity: str = "holds"
    when: When | None = None

    def met(self, text: str) -> float:
        """The share of the groups that the text holds; 0 with a word that would make it wrong."""
        there = frozenset(stems(text))
        if any(_holds(word, there, text) for word in self.without):
            return 0.0
        return sum(any(_holds(one, there, text) for one in group.split("|")) for group in self.words) / len(
            self.words
        )


class Expected(msgspec.Struct, frozen=True):
    """One memory as each labeller wrote it; either wording will do. Optional: only one of them kept it."""

    wordings: tuple[Label, ...]

    @property
    def optional(self) -> bool:
        return len(self.wordings) == 1

    def met(self, text: str) -> float:
        return max(wording.met(text) for wording in self.wordings)


class Verdict(msgspec.Struct, frozen=True):
    """One turn judged. `wrong`: met by no label; of these `junk` hold less than half of every label."""

    right: tuple[str, ...]
    optional: tuple[str, ...]
    wrong: tuple[str, ...]
    junk: tuple[str, ...]
    found: tuple[Expected, ...]
    missed: tuple[Expected, ...]


class _Answers(msgspec.Struct, frozen=True):
    memories: tuple[Label, ...]


def turns() -> Sequence[Labelled]:
    return msgspec.json.decode((FOLDER / "turns.json").read_bytes(), type=tuple[Labelled, ...])


def expectations() -> Mapping[str, tuple[Expected, ...]]:
    """By turn: the memories of both labellers, paired where they mean the same."""
    first, second = (
        msgspec.json.decode((FOLDER / name).read_bytes(), type=dict[str, _Answers])
        for name in ("first.json", "second.json")
    )
    return {turn: _paired(first[turn].memories, second[turn].memories) for turn in first}


class _Developed(Labelled, frozen=True):
    memories: tuple[Label, ...]


DEVELOPMENT: Final = ("development", "further")


def development(batch: str) -> Mapping[str, tuple[Labelled, tuple[Expected, ...]]]:
    """More turns, labelled once, by turn: for writing rules, never for a claim. `batch`: of `DEVELOPMENT`."""
    raw = (FOLDER / f"{batch}.json").read_bytes()
    return {
        turn.id: (turn, tuple(Expected((label, label)) for label in turn.memories))
        for turn in msgspec.json.decode(raw, type=tuple[_Developed, ...])
    }


def judge(extracted: Sequence[str], expected: Sequence[Expected]) -> Verdict:
    """A memory is right if it holds every word group of a label. It may be right for several at once
    (two items in one sentence); a copy that finds nothing new is wrong.
    """
    found: list[Expected] = []
    right, optional, wrong, junk = [], [], [], []
    for text in extracted:
        met = [one for one in expected if one.met(text) == 1.0]
        new = [one for one in met if one not in found]
        found += new
        if any(not one.optional for one in new):
            right.append(text)
        elif met and all(one.optional for one in met):
            optional.append(text)
        else:
            wrong.append(text)
            if met or all(one.met(text) < 0.5 for one in expected):
                junk.append(text)
    return Verdict(
        right=tuple(right),
        optional=tuple(optional),
        wrong=tuple(wrong),
        junk=tuple(junk),
        found=tuple(one for one in found if not one.optional),
        missed=tuple(one for one in expected if one not in found and not one.optional),
    )


def _paired(first: Sequence[Label], second: Sequence[Label]) -> tuple[Expected, ...]:
    pairs = sorted(
        ((_alike(a, b), -p, -q) for p, a in enumerate(first) for q, b in enumerate(second)), reverse=True
    )
    of: dict[int, int] = {}
    for alike, p, q in pairs:
        if alike >= 0.5 and -p not in of and -q not in of.values():
            of[-p] = -q
    both = [Expected((a, second[of[p]]) if p in of else (a,)) for p, a in enumerate(first)]
    return (*both, *(Expected((b,)) for q, b in enumerate(second) if q not in of.values()))


def _alike(a: Label, b: Label) -> float:
    words_a, words_b = _all_stems(a), _all_stems(b)
    same_slot = 0.3 if a.slot and a.slot == b.slot else 0.0
    return len(words_a & words_b) / min(len(a.words), len(b.words)) + same_slot


def _all_stems(label: Label) -> frozenset[str]:
    return frozenset(stem for group in label.words for one in group.split("|") for stem in stems(one))


def _holds(word: str, there: frozenset[str], text: str) -> bool:
    if _CJK.search(word):
        return folded(word) in folded(text)
    needed = stems(word)
    # A function word ("no", "not") has no stem: it is looked for as it stands.
    return there.issuperset(needed) if needed else f" {folded(word)} " in f" {folded(text)} "

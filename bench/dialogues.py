"""Whole conversations of our own, every turn labelled: how right extraction is where most is chatter.

Written and labelled by people who did not know the rules (`labels/GUIDE.md`); read while rules were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from bench.labelled import FOLDER, Expected, Label, Labelled, Said

PART: Final = "dialogues"
# A turn is completed by at most so many turns before it.
_BEFORE: Final = 2


class _Kept(msgspec.Struct, frozen=True):
    words: tuple[str, ...]
    category: str = "fact"
    slot: str | None = None
    polarity: str = "holds"


class _Turn(msgspec.Struct, frozen=True):
    """`minutes`: since the turn before."""

    speaker: str
    minutes: float
    text: str
    role: Literal["user", "assistant"] = "user"
    memories: tuple[_Kept, ...] = ()


class Dialogue(msgspec.Struct, frozen=True):
    id: str
    start: datetime
    turns: tuple[_Turn, ...]


def dialogues() -> tuple[Dialogue, ...]:
    return msgspec.json.decode((FOLDER / "dialogues.json").read_bytes(), type=tuple[Dialogue, ...])


def labelled_turns() -> Mapping[str, tuple[Labelled, tuple[Expected, ...]]]:
    """The users' turns by id ("fa-01:3"), each with the two before it and what is expected of it."""
    found: dict[str, tuple[Labelled, tuple[Expected, ...]]] = {}
    for dialogue in dialogues():
        now = dialogue.start
        for place, turn in enumerate(dialogue.turns):
            now += timedelta(minutes=turn.minutes)
            if turn.role == "user":
                said = Labelled(
                    id=f"{dialogue.id}:{place}",
                    origin="own",
                    speaker=turn.speaker,
                    role=turn.role,
                    time=now.isoformat(),
                    text=turn.text,
                    before=tuple(
                        Said(speaker=one.speaker, role=one.role, text=one.text)
                        for one in dialogue.turns[max(0, place - _BEFORE) : place]
                    ),
                )
                found[said.id] = said, tuple(_expected(turn.speaker, kept) for kept in turn.memories)
    return found


def _expected(speaker: str, kept: _Kept) -> Expected:
    label = Label(
        about=speaker, words=kept.words, category=kept.category, slot=kept.slot, polarity=kept.polarity
    )
    return Expected((label, label))

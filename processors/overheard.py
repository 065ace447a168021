"""What a turn says beside its memories: that something is over, holds again, or is another now.

Many clauses make no memory of their own ("Sold the Volvo at last"), and still end one.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from memcube.cube import Form, MemCube, State
from memcube.plaintext.frames import frame
from memcube.plaintext.spoken import command
from memcube.plaintext.told import Clause, told
from memcube.plaintext.words import content_stems
from processors import changes
from processors.extract import speaker
from processors.losses import lost
from processors.persons import who as person
from processors.retire import said_at, supersede
from processors.returns import reopened
from processors.revision import Revision
from processors.step import Statement
from processors.undone import undone

PROCESSOR: Final = "consolidate/2"
# Whom and what somebody hates is a memory, or was no statement.
_TASTE: Final = re.compile(r"\b(?:hates?|dislikes?|detests?|loathes?)\b")
# "Hasn't read that yet": of what, the clause does not say.
_LEANS: Final = re.compile(r"\b(?:it|that|this|them|those|these|one|so|too|either|there)\b", re.IGNORECASE)


def clauses(revision: Revision) -> tuple[Clause, ...]:
    """What the turn tells, clause by clause."""
    text = revision.opened.contents[0].text
    asked = command(text)
    if asked is not None and asked.wish == "forget-about":
        text = asked.rest
    return told(text, _speaker(revision))


def said_again(revision: Revision, heard: tuple[Clause, ...]) -> list[Statement]:
    """What the turn says holds again, in the words in which it was said before."""
    who = _speaker(revision)
    found = []
    for number, clause in enumerate(heard):
        former = reopened(revision, clause.text)
        if former is not None and former.payload is not None:
            found.append(
                Statement(
                    step=f"again/{number}",
                    form=Form.FACT,
                    text=former.text,
                    valid_from=revision.event.time,
                    processor=PROCESSOR,
                    slot=former.payload.slot,
                    value=former.payload.value,
                    cue="correction",
                    speaker=who,
                )
            )
    return found


def end_what_is_over(
    revision: Revision, heard: tuple[Clause, ...], statements: tuple[Statement, ...]
) -> None:
    """End what the turn says is over in clauses of which no memory is made: "Sold the Volvo at last".

    What such a clause says instead is kept, where no memory of the turn says it.
    """
    me, who, said = person(revision), _speaker(revision), revision.now
    for number, clause in enumerate(heard):
        statement = Statement(
            f"told/{number}",
            Form.FACT,
            clause.text,
            revision.event.time,
            PROCESSOR,
            speaker=who,
        )
        if _TASTE.search(clause.text):
            continue
        over = [*undone(revision.view, statement), *lost(revision.view, statement)]
        ended = [cube for cube in me.but_namesakes(over) if _is_older(revision, cube, said)]
        for cube in ended:
            supersede(revision, cube, statement)
        if _LEANS.search(clause.text) or _is_stated(clause.text, statements):
            continue
        replaced = changes.replaced(revision.view, statement, frame(clause.text), said)
        replaced = [cube for cube in me.but_namesakes(replaced) if _is_older(revision, cube, said)]
        if replaced:
            if not _is_kept(revision, clause.text):
                revision.add(statement, (revision.source(who),), "new")
            for cube in replaced:
                supersede(revision, cube, statement)


def _is_older(revision: Revision, cube: MemCube, said: datetime) -> bool:
    """Whether it holds still and was said before this turn, so that this may end it."""
    own = any(source.event_id == revision.event.id for source in cube.sources)
    return cube.state is State.ACTIVE and not own and said_at(revision, cube) <= said


def _is_stated(clause: str, statements: tuple[Statement, ...]) -> bool:
    """Whether a statement of the turn has said this, with its slot: it has been weighed."""
    words = content_stems(clause)
    return any(
        statement.form is Form.FACT
        and (changes.functional(statement.slot) or statement.text == clause)
        and words <= content_stems(statement.text)
        for statement in statements
    )


def _is_kept(revision: Revision, clause: str) -> bool:
    words = content_stems(clause)
    return any(words <= content_stems(fact.text) for fact in revision.view.drawn_from(revision.event.id))


def _speaker(revision: Revision) -> str:
    return speaker(revision.event, revision.opened.contents[0])

"""What the stream would have made of some facts, had the rules of today read their turns at the time.

The facts are put aside, what their turns say is told again in the order in which it was said, and all of
it is rolled back: what came out is compared with what is known by `processors.reprocess`. So a statement
that is new in an old turn finds its place before what was said later, by the same code as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from memcube.cube import Decision, Form, MemCube, State
from memcube.plaintext.view import SubjectView
from processors.consolidate import retell
from processors.reread import Compared, Turn, Turns, stands
from processors.step import Statement, Vectors


class Part(msgspec.Struct, frozen=True):
    """What is to be told again: facts to put aside, by id, and by turn the statements that they come from."""

    facts: Mapping[str, MemCube]
    told: tuple[tuple[Turn, tuple[Statement, ...]], ...]


class Played(msgspec.Struct, frozen=True):
    """The last versions of a rehearsal: facts that it made, and facts of others that it changed."""

    made: tuple[MemCube, ...]
    touched: tuple[MemCube, ...]


def part(turns: Turns, differing: Mapping[str, Compared], vectors: Vectors) -> Part:
    """All that hangs together with the differences, given by the turns' ids.

    That is every fact of the slots they are in, what was replaced by their turns, and what replaced that.
    """
    facts = _hanging_together(turns, differing)
    aside = {fact.id: fact for fact in facts if stands(fact) and not turns.protected(fact)}
    drawn: dict[str, list[MemCube]] = {turn: [] for turn in differing}
    for fact in aside.values():
        for source in fact.sources:
            drawn.setdefault(source.event_id, []).append(fact)
    told = []
    for turn in sorted(filter(None, map(turns.of, drawn)), key=lambda turn: turn.place):
        new = {statement.step for statement in differing.get(turn.id, Compared()).new}
        again = tuple(
            statement
            for statement in turn.statements
            if statement.step in new or turns.said_by(drawn[turn.id], turn, statement, vectors) is not None
        )
        if again:
            told.append((turn, again))
    return Part(aside, tuple(told))


def rehearse(view: SubjectView, what: Part, vectors: Vectors) -> Played:
    """The view is as before when this returns."""
    mark = view.mark()
    for fact in what.facts.values():
        # Retracted, it is in no slot, is said by nobody and is near to nothing.
        hidden = msgspec.structs.replace(
            fact, state=State.RETRACTED, valid_to=None, version=fact.version + 1, seq=view.seq + 1
        )
        view.put(hidden, None)
    begun = view.mark()
    for turn, statements in what.told:
        retell(turn.opened, statements, vectors, view)
    first: dict[str, MemCube] = {}
    last: dict[str, MemCube] = {}
    for cube in view.staged()[begun:]:
        if cube.form is Form.FACT:
            first.setdefault(cube.id, cube)
            last[cube.id] = cube
    view.rollback(mark)
    return Played(
        made=tuple(cube for cube in last.values() if first[cube.id].version == 1),
        touched=tuple(cube for cube in last.values() if first[cube.id].version > 1),
    )


def _hanging_together(turns: Turns, differing: Mapping[str, Compared]) -> Iterable[MemCube]:
    view = turns.view
    facts: dict[str, MemCube] = {}
    slots: set[str] = set()

    def take(found: Iterable[MemCube]) -> None:
        for fact in found:
            facts[fact.id] = fact
            if fact.payload and fact.payload.slot:
                slots.add(fact.payload.slot)

    for turn_id, found in differing.items():
        read = (*found.new, *(statement for _, statement in found.changed))
        slots.update(statement.slot for statement in read if statement.slot)
        take((*found.gone, *(fact for fact, _ in found.changed)))
        if found.gone or found.changed:
            take(_replaced_by(view, turn_id))
    size = None
    while size != (size := (len(facts), len(slots))):
        for slot in sorted(slots):
            take(view.in_slot(slot))
        for fact in list(facts.values()):
            take(_replaced_it(turns, fact))
    return facts.values()


def _replaced_by(view: SubjectView, event_id: str) -> Iterator[MemCube]:
    for version in view.caused_by(event_id):
        if version.form is Form.FACT and version.decision is Decision.SUPERSEDE:
            yield view.cube(version.id)


def _replaced_it(turns: Turns, fact: MemCube) -> Iterator[MemCube]:
    """What was said in the turn that it ended by, in whatever slot: it must be told again to end it again."""
    if fact.state is State.SUPERSEDED:
        for version in turns.view.history(fact.id):
            if version.decision is Decision.SUPERSEDE and turns.of(version.cause) is not None:
                yield from turns.view.drawn_from(version.cause)

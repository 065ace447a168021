"""What the rules of today make of the turns of before, as versions that one event caused.

A fact that the rules still make is not touched. One that they make no longer is retracted, unless
somebody else vouches for it; a new one takes the place that it would have, had it been heard at the time.
The same rules once more change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from memcube.cube import Decision, Form, MemCube, State, cube_id
from memcube.errors import Refused
from memcube.plaintext.view import SubjectView, plain_words
from processors import blocks
from processors.rehearsal import Part, Played, part, rehearse
from processors.reread import PROCESSOR, Compared, Turns, stands
from processors.retire import NOTHING_LEFT, nothing_left
from processors.revision import MAX_SOURCES, Revision
from processors.step import Opened, Outcome, Vectors
from schemas.events import Reprocess

__all__ = ["MAX_MEMORIES", "PROCESSOR", "Scope", "reprocess", "scope"]

# One event is one commit, and its subject waits meanwhile: at 0.4 ms to read a turn and, after a change of
# the embedder, some 10 ms to embed a turn or a fact, this many take most of a minute at the worst.
MAX_MEMORIES: Final = 4_000
_ENDED: Final = frozenset({State.SUPERSEDED, State.RETRACTED})


class Scope(msgspec.Struct, frozen=True):
    """What a reprocess reads, known before anything is embedded.

    compared: the ids of the turns. texts: needed to tell what is new from what was said in other words.
    current: the wordings of that time by cube, all of which are to have a vector. too_many: how many these
    are, if they are more than `MAX_MEMORIES`; then nothing was read.
    """

    turns: Turns
    compared: tuple[str, ...]
    texts: tuple[str, ...]
    current: Mapping[str, str]
    too_many: int = 0


def scope(view: SubjectView, data: Reprocess) -> Scope:
    """First beat: read the turns again."""
    turns = Turns(view)
    current = first_said(view, data.since, data.until)
    # What was said at one moment cannot be cut by time: it is read at once, however much it is.
    if len(current) > MAX_MEMORIES and len({said for said, _ in current}) > 1:
        return Scope(turns, (), (), {}, too_many=len(current))
    compared = {turn.id: turns.compare(turn, {}) for turn in turns.between(data.since, data.until)}
    waiting = list(compared)
    while waiting:
        # What else the fact was drawn from may still say it, in words that the turn itself does not have.
        unsaid = [fact for t in waiting for fact in _unsaid(compared[t])]
        others = {source.event_id for fact in unsaid for source in fact.sources}
        waiting = sorted(others - compared.keys())
        compared |= {t: turns.compare(turn, {}) for t in waiting if (turn := turns.of(t)) is not None}
        waiting = [t for t in waiting if t in compared]
    differing = _differing(compared)
    again = part(turns, differing, {})
    texts = [statement.text for _, statements in again.told for statement in statements]
    texts += [fact.text for found in compared.values() for fact in _unsaid(found)]
    texts += [fact.text for fact in again.facts.values()]
    wordings = {cube.id: cube.wording for _, cube in current}
    return Scope(turns, tuple(compared), tuple(dict.fromkeys(texts)), wordings)


def reprocess(
    opened: Opened, what: Scope, vectors: Vectors, view: SubjectView, *, embedded: bool = False
) -> Outcome:
    """Third beat: stage in `view` what differs. Raises `Refused` for too many memories at once.

    embedded: whether there are new vectors of what is known; the audit trail is to tell that.
    """
    if what.too_many:
        raise Refused(
            f"{what.too_many:,} memories in one reprocess, at most {MAX_MEMORIES:,} are read: give `since`"
            " and `until`, or let `memcube reprocess` cut it into several"
        )
    revision = Revision(view, opened, vectors, PROCESSOR)
    turns = what.turns
    read = filter(None, map(turns.of, what.compared))
    differing = _differing({turn.id: turns.compare(turn, vectors) for turn in read})
    if differing:
        again = part(turns, differing, vectors)
        _stage(revision, again, rehearse(view, again, vectors))
        _settle_turns(revision, turns)
    if embedded:
        revision.noop("embedded-anew")
    if not revision.steps():
        revision.noop("nothing-differs")
    dropped = blocks.settle(revision)
    return Outcome(revision.steps(), dropped=dropped)


def _unsaid(found: Compared) -> list[MemCube]:
    return [*found.gone, *(fact for fact, _ in found.leaning)]


def _differing(compared: Mapping[str, Compared]) -> dict[str, Compared]:
    """Without facts that another of their turns still makes, and without turns that say what they said.

    A fact of which no turn has the words any more is gone, however like it others are: they are new then.
    """
    unsaid = {
        turn: {fact.id for fact in one.gone} | {fact.id for fact, _ in one.leaning}
        for turn, one in compared.items()
    }

    # Of a fact with as many sources as one may have, the turn with its words may be left out.
    held = {
        fact.id for one in compared.values() for fact, _ in one.leaning if len(fact.sources) >= MAX_SOURCES
    }

    def lost(fact: MemCube) -> bool:
        return fact.id not in held and all(
            fact.id in unsaid.get(source.event_id, ()) for source in fact.sources
        )

    found: dict[str, Compared] = {}
    for turn, one in compared.items():
        fallen = [pair for pair in one.leaning if lost(pair[0])]
        differing = Compared(
            new=(*one.new, *(statement for _, statement in fallen)),
            gone=(*filter(lost, one.gone), *(fact for fact, _ in fallen)),
            changed=one.changed,
        )
        if differing != Compared():
            found[turn] = differing
    return found


def _stage(revision: Revision, again: Part, played: Played) -> None:
    left = dict(again.facts)
    for made in played.made:
        fact = _same(made, left.values())
        if fact is None:
            revision.adopt(
                msgspec.structs.replace(
                    made,
                    id=cube_id(made.subject, revision.event.id, made.id),
                    decision=Decision.ADD,
                    reason="reprocessed",
                )
            )
        else:
            del left[fact.id]
            _bring_up(revision, fact, made)
    for touched in played.touched:
        before = revision.view.cube(touched.id)
        if _holds(before) != _holds(touched):
            _revise(revision, before, touched, touched.decision, touched.reason)
    for fact in sorted(left.values(), key=lambda fact: fact.seq):
        revision.revise(fact, Decision.RETRACT, "reprocessed", state=State.RETRACTED)


def _same(made: MemCube, facts: Iterable[MemCube]) -> MemCube | None:
    """The fact that came out again: the same words from one of the same turns."""
    words, turns = plain_words(made.text), {source.event_id for source in made.sources}
    for fact in facts:
        if plain_words(fact.text) == words and turns & {source.event_id for source in fact.sources}:
            return fact
    return None


def _bring_up(revision: Revision, fact: MemCube, made: MemCube) -> None:
    if made.payload is None:
        return
    now = msgspec.structs.replace(made, payload=msgspec.structs.replace(made.payload, text=fact.text))
    if _holds(now) == _holds(fact):
        return
    if fact.state is State.ACTIVE and now.state is State.SUPERSEDED:
        _revise(revision, fact, now, Decision.SUPERSEDE, made.reason)
    else:
        reason = "holds-again" if fact.state is not now.state else "read-anew"
        _revise(revision, fact, now, Decision.REPROCESS, reason)


def _revise(revision: Revision, before: MemCube, now: MemCube, decision: Decision, reason: str) -> None:
    revision.revise(
        before,
        decision,
        reason,
        state=now.state,
        valid_from=now.valid_from,
        valid_to=now.valid_to,
        payload=now.payload,
        expires_at=now.expires_at,
    )


def _holds(cube: MemCube) -> tuple[object, ...]:
    return cube.state, cube.valid_from, cube.valid_to, cube.expires_at, cube.payload


def _settle_turns(revision: Revision, turns: Turns) -> None:
    """A turn is in recall as long as something that it says holds, or nothing is drawn from it at all."""
    view = revision.view
    told = {source.event_id for step in revision.steps() if step.cube for source in step.cube.sources}
    for event_id in sorted(told):
        identifier = cube_id(view.subject, event_id, "episode")
        if identifier not in view:
            continue
        turn = view.cube(identifier)
        drawn = [fact for fact in view.drawn_from(event_id) if not turns.let_go(fact)]
        over = [fact.valid_to for fact in drawn if fact.state in _ENDED and fact.valid_to]
        over_with = nothing_left(turn, drawn)
        if turn.state is State.ACTIVE and over_with:
            revision.revise(
                turn,
                Decision.SUPERSEDE,
                NOTHING_LEFT,
                state=State.SUPERSEDED,
                valid_to=max(over, default=revision.now),
            )
        elif turn.state is State.SUPERSEDED and not over_with and _left_with_its_facts(view, turn):
            revision.revise(turn, Decision.REPROCESS, "holds-again", state=State.ACTIVE, valid_to=None)


def _left_with_its_facts(view: SubjectView, turn: MemCube) -> bool:
    """Also if an undo has put it back there."""
    ends = [version for version in view.history(turn.id) if version.decision is Decision.SUPERSEDE]
    return bool(ends) and ends[-1].reason == NOTHING_LEFT


def standing(view: SubjectView, what: Scope) -> list[MemCube]:
    """The facts that hold or held, drawn from the turns that are compared."""
    drawn = {fact.id: fact for turn in what.compared for fact in view.drawn_from(turn)}
    return [fact for fact in drawn.values() if fact.form is Form.FACT and stands(fact)]


def first_said(
    view: SubjectView, since: datetime | None, until: datetime | None
) -> list[tuple[datetime, MemCube]]:
    """What is known of what was first said in that time: turns, facts, and what was given as it stands."""
    told = ((cube.sources[0].time, cube) for cube in view if cube.sources)
    return [
        (said, cube)
        for said, cube in told
        if (since is None or said >= since) and (until is None or said < until)
    ]

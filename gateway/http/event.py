"""`/v1/events/{id}`: what became of one event."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.http.answers import Change, Cube
from gateway.http.documented import problems
from gateway.http.events import effect
from gateway.http.problems import Problem
from gateway.http.services import House, Whose
from memcube.cube import cube_id
from memcube.errors import NoSuchCube
from memcube.store.record import CubeStore
from schemas.events import Audited

router = APIRouter(prefix="/v1", tags=["events"])


class Step(BaseModel):
    """One entry of the ledger. `cube_id` and `version` where a cube was concerned."""

    event_type: str
    decision: str
    reason: str
    processor: str
    recorded_at: datetime
    cube_id: str | None
    version: int | None

    @classmethod
    def of(cls, entry: Audited) -> Step:
        return cls(**{name: getattr(entry, name) for name in cls.model_fields})


class Told(BaseModel):
    """An event and its consequences. `turn`: what was said, if it was a turn; without words once erased."""

    event_id: str
    applied: bool
    turn: Cube | None
    changes: list[Change]
    audit: list[Step]


@router.get("/events/{event_id}", summary="Show what became of an event", responses=problems(404))
async def show_event(house: House, subject: Whose, event_id: str) -> Told:
    """What it said, what it changed, and what the ledger says of it, a moment later than the record."""
    seen, turn = await house.record.run(
        lambda store: (effect(store, subject.key, event_id), _turn(store, subject.key, event_id))
    )
    entries = await house.ledger.run(lambda ledger: ledger.of_event(subject.key, event_id))
    if not (seen.applied or seen.changes or entries):
        detail = (
            f"neither record nor ledger know {event_id[:80]!a} of {subject.key}: is it another subject's?"
            " One that was sent just now may still be on its way: see `memcube status`"
        )
        raise Problem(404, "No such event", detail, "no-such-event")
    return Told(
        event_id=event_id,
        applied=seen.applied,
        turn=turn,
        changes=seen.changes,
        audit=[Step.of(entry) for entry in entries],
    )


def _turn(store: CubeStore, subject: str, event_id: str) -> Cube | None:
    try:
        return Cube.of(store.cube(subject, cube_id(subject, event_id, "episode")))
    except NoSuchCube:
        return None

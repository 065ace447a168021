"""`/v1/recall`: a question to one subject's memory."""

from __future__ import annotations

from uuid import uuid4

from fastapi import APIRouter

from gateway.http.answers import Memories, Memory
from gateway.http.metrics import timed_phase
from gateway.http.moments import as_of as day_or_moment
from gateway.http.requests import Recall
from gateway.http.services import House
from schemas.events import Parent, Recalled

router = APIRouter(prefix="/v1", tags=["recall"])


@router.post("/recall")
async def recall(house: House, asked: Recall) -> Memories:
    """The memories that answer best, best first, as of now or as of a time, by what is or was known.

    Ids beside the subject's are filters: with `user_id` and `run_id`, what the user said in that run. With
    `max_tokens`, only memories that fit it together, and with them a ready context.
    """
    subject, others = asked.subject(), asked.filters()
    house.heard(subject)
    times = (asked.as_of, asked.known_at)
    true, known = (None if text is None else day_or_moment(text) for text in times)
    with timed_phase("total"):
        found = await house.recalls.run(
            lambda recaller: recaller.recall(
                subject.key,
                asked.query,
                limit=asked.most(),
                as_of=true,
                known_at=known,
                others=others,
                max_tokens=asked.max_tokens,
                explain=asked.explain,
            )
        )
    served = Recalled(subject=subject.key, cubes=tuple(Parent(m.id, m.version) for m in found.memories))
    house.bus.report(served, subject, str(uuid4()), house.clock())
    return Memories(
        memories=[Memory.of(memory) for memory in found.memories],
        context=None if found.context is None else found.context.text,
        context_tokens=None if found.context is None else found.context.tokens,
    )

"""`/v1/events`: what was said goes into the log. `/v1/effects`: what it became."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import Field, ValidationError

from gateway.http.answers import Accepted, AcceptedBatch, Change, Effect, Effects, Rejected
from gateway.http.attempt import Attempt, Once
from gateway.http.documented import TURNS, problems
from gateway.http.problems import Problem, as_problem, unconfirmed
from gateway.http.requests import MAX_BATCH, Ids, Repeat
from gateway.http.services import House, Services
from gateway.http.strict import Id, Strict
from gateway.http.turns import sent, turn_of
from gateway.log import BusDown, BusError, Message, Receipt
from memcube.errors import StoreFault
from memcube.governance.sealing import Sealer
from memcube.store.record import CubeStore
from schemas.errors import ContractError

router = APIRouter(prefix="/v1", tags=["events"])

Wait = Annotated[Literal["recallable"] | None, Query(description="answer when recall sees it")]


class EventOf(Ids):
    """An event by its id, and whose it is."""

    event_id: Id


class EffectsOf(Strict):
    """Events whose effects are asked for."""

    events: tuple[EventOf, ...] = Field(max_length=MAX_BATCH)


@router.post(
    "/events",
    response_model=Accepted | AcceptedBatch,
    summary="Send what was said",
    responses=problems(413, 429, 504),
    openapi_extra=dict(TURNS),
)
async def add_events(
    house: House, once: Once, request: Request, wait: Wait = None
) -> Accepted | AcceptedBatch:
    """One turn, or `{"events": [...]}` with up to 1,000, each with its own answer.

    Acknowledged means: in Kafka, confirmed by all in-sync replicas.
    """
    house.backlog.check()
    body = sent(await request.body())
    now = house.clock()
    messages = await house.sealer.run(
        lambda sealer: [_message(turn, sealer, now, once.repeat(n)) for n, turn in enumerate(body.turns)]
    )
    good = [message for message in messages if isinstance(message, Message)]
    async with once.alone(message.data.tenant for message in good):
        known = await known_events(house, good, once)
        receipts = iter(await published(house, good))
    for message in good:
        house.heard(message.data.subject())
    outcomes = [next(receipts) if isinstance(message, Message) else message for message in messages]
    if not body.batch and isinstance(outcomes[0], Exception):
        # As a problem: pydantic's own error is no class of ours, so it would be logged with the words in it.
        raise as_problem(outcomes[0])
    await wait_until_recallable(house, [one for one in outcomes if isinstance(one, Receipt)], wait)
    answers = [_answer(outcome, known) for outcome in outcomes]
    if not body.batch and isinstance(answers[0], Accepted):
        return answers[0]
    return AcceptedBatch(events=answers)


@router.post("/effects", summary="Show what events changed")
async def show_effects(house: House, asked: EffectsOf) -> Effects:
    """What each of these events changed, in the order asked."""
    pairs = [(event.subject().key, event.event_id) for event in asked.events]
    return Effects(effects=await house.record.run(lambda store: [effect(store, *pair) for pair in pairs]))


async def wait_until_recallable(house: Services, receipts: Sequence[Receipt], wait: str | None) -> None:
    """Raise a `Problem` when the wait was asked for and the limit passed."""
    if wait and not await house.memory.wait(receipts):
        raise Problem(
            504,
            "The events are in the log, but not yet recallable",
            f"role memory did not reach them within {house.memory.limit_s:.0f} s; they are safe, nothing need"
            " be sent again. `memcube status` shows how far it has come",
            "not-yet",
            events=[{"event_id": r.event_id, "partition": r.partition, "offset": r.offset} for r in receipts],
        )


def effect(store: CubeStore, subject: str, event_id: str) -> Effect:
    """What the record knows of one event."""
    return Effect(
        event_id=event_id,
        applied=event_id in store.applied(subject, [event_id]),
        changes=[
            Change.of(cube) for cube in store.caused_by(subject, event_id) if not cube.fell_with_parents
        ],
    )


async def published(house: Services, messages: Sequence[Message]) -> Sequence[Receipt | BusError | Problem]:
    """One result a message; raises a `Problem` when nothing was confirmed."""
    try:
        results = await house.bus.publish(messages)
    except BusDown as error:
        raise unconfirmed(error, messages) from None
    return [
        unconfirmed(result, [message]) if isinstance(result, BusDown) else result
        for message, result in zip(messages, results, strict=True)
    ]


async def known_events(house: Services, messages: Sequence[Message], attempt: Attempt) -> frozenset[str]:
    """The events that were applied before; raises a `Problem` if one of them is another under the same key.

    Only a courtesy: without the record, events still go in.
    """
    by_subject: defaultdict[str, list[str]] = defaultdict(list)
    for message in messages:
        by_subject[message.data.subject().key].append(message.event_id)

    def ask(store: CubeStore) -> frozenset[str]:
        known = frozenset().union(*(store.applied(subject, ids) for subject, ids in by_subject.items()))
        attempt.check(store, known, messages)
        return known

    try:
        return await house.record.run(ask)
    except StoreFault:
        return frozenset()


def _message(
    turn: msgspec.Raw | Any, sealer: Sealer, now: datetime, repeat: Repeat | None
) -> Message | ContractError | ValidationError | Problem:
    try:
        return turn_of(turn).message(sealer, now, repeat)
    except (ContractError, ValidationError, Problem) as error:
        return error


def _answer(
    outcome: Receipt | BusError | ContractError | ValidationError | Problem, known: frozenset[str]
) -> Accepted | Rejected:
    if isinstance(outcome, Receipt):
        return Accepted(
            event_id=outcome.event_id,
            partition=outcome.partition,
            offset=outcome.offset,
            known=outcome.event_id in known,
        )
    problem = as_problem(outcome)
    return Rejected(error=problem.detail, reason=problem.reason)

"""`/v1/commands`: remember, edit, pin, forget, undo, tick, feedback."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Body

from gateway.http.answers import Done
from gateway.http.events import Wait, effect, wait_until_recallable
from gateway.http.problems import Problem, refused
from gateway.http.requests import Command
from gateway.http.services import House, Services
from gateway.log import BusError, Receipt
from schemas.topics import EVENTS

router = APIRouter(prefix="/v1", tags=["commands"])

# A refusal is sent by the relay right after the commit that we have seen; longer means the broker is away.
_LETTER_LIMIT_S: Final = 5.0
_LETTER_POLL_S: Final = 0.05


@router.post("/commands")
async def command(house: House, order: Annotated[Command, Body()], wait: Wait = None) -> Done:
    """Put a command in the log. With `wait=recallable`: what it changed, or why it was refused."""
    message = order.message(house.clock())
    subject = message.data.subject().key
    (receipt,) = await house.bus.publish([message])
    if isinstance(receipt, BusError):
        raise receipt
    done = Done(event_id=receipt.event_id, partition=receipt.partition, offset=receipt.offset)
    if wait is None:
        return done
    await wait_until_recallable(house, [receipt], wait)
    seen = await house.record.run(lambda store: effect(store, subject, receipt.event_id))
    if not seen.applied:
        raise await _refusal(house, receipt)
    return done.model_copy(update={"applied": True, "changes": seen.changes})


async def _refusal(house: Services, receipt: Receipt) -> Problem:
    try:
        async with asyncio.timeout(_LETTER_LIMIT_S):
            while True:
                letter = await house.letters.of_event(receipt.partition, receipt.offset, EVENTS.name)
                if letter is not None:
                    return refused(
                        letter.reason, letter.error, event_id=receipt.event_id, deadletter=letter.offset
                    )
                await asyncio.sleep(_LETTER_POLL_S)
    except (TimeoutError, BusError):
        return refused(
            "refused",
            "why stands in its dead letter, which is not there yet: `memcube deadletters list`",
            event_id=receipt.event_id,
        )

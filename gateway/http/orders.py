"""A command on its way: into the log, and, if asked to wait, what it changed or why it was refused."""

from __future__ import annotations

import asyncio
from typing import Final

from gateway.http.answers import Done
from gateway.http.attempt import Attempt
from gateway.http.events import effect, known_events, published, wait_until_recallable
from gateway.http.problems import Problem, refused
from gateway.http.services import Services
from gateway.log import BusError, Message, Receipt
from schemas.topics import EVENTS

# A refusal is sent by the relay right after the commit that we have seen; longer means the broker is away.
_LETTER_LIMIT_S: Final = 5.0
_LETTER_POLL_S: Final = 0.05


async def carry_out(house: Services, message: Message, attempt: Attempt, wait: str | None) -> Done:
    """Raises a `Problem` when it was refused, which only a wait can tell."""
    subject = message.data.subject()
    async with attempt.alone([subject.tenant]):
        known = await known_events(house, [message], attempt)
        (receipt,) = await published(house, [message])
    if not isinstance(receipt, Receipt):
        raise receipt
    done = Done(
        event_id=receipt.event_id,
        partition=receipt.partition,
        offset=receipt.offset,
        known=receipt.event_id in known,
    )
    if wait is None:
        return done
    await wait_until_recallable(house, [receipt], wait)
    seen = await house.record.run(lambda store: effect(store, subject.key, receipt.event_id))
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

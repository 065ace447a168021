"""`/v1/commands`: remember, edit, pin, forget, undo, tick, reprocess, feedback."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from gateway.http.answers import Done
from gateway.http.attempt import Once
from gateway.http.command import Command, FeedbackIn, RememberIn, ReprocessIn
from gateway.http.documented import problems
from gateway.http.events import Wait
from gateway.http.orders import carry_out
from gateway.http.services import House

router = APIRouter(prefix="/v1", tags=["commands"])


@router.post("/commands", summary="Give a command", responses=problems(404, 409, 410, 429, 504))
async def command(house: House, once: Once, order: Annotated[Command, Body()], wait: Wait = None) -> Done:
    """Put a command in the log. With `wait=recallable`: what it changed, or why it was refused."""
    if isinstance(order, RememberIn | FeedbackIn | ReprocessIn):
        house.backlog.check()  # whoever wants something corrected or erased does not wait for others
    now, repeat = house.clock(), once.repeat()
    message = await house.sealer.run(lambda sealer: order.message(sealer, now, repeat))
    return await carry_out(house, message, once, wait)

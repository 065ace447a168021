"""`POST /v1/activations/build`: a block of all that a subject's memory holds now, whatever its heat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from gateway.http.activations import Activation, activation
from gateway.http.attempt import Once
from gateway.http.documented import problems
from gateway.http.events import published
from gateway.http.planned import Planned, planned
from gateway.http.problems import Problem
from gateway.http.requests import Ids, named, new_id
from gateway.http.services import House, Services, undivided
from gateway.log import SOURCE, Message, Receipt
from memcube.cube import Form, cube_id
from memcube.errors import StoreFault
from memcube.store.record import CubeStore
from schemas.body import Plain
from schemas.events import Audited, Build, JobLine
from schemas.subject import Address

router = APIRouter(prefix="/v1/activations", tags=["activation"])

BUILD_S: Final = 300.0
"""How long a wait may last: 2,048 tokens take some 5 s on one core, behind all that came before them."""
_POLL_S: Final = 0.05
# Whoever waits for a process that has gone need not wait to the end.
_LOOK_S: Final = 5.0
# The ledger has an entry a moment after the record has the change; longer means role audit is away.
_LEDGER_S: Final = 5.0


class BuildIn(Ids):
    """Whose block. `budget`: tokens at most, and never more than MEMCUBE_KV_TOKENS.

    `wait`: answer when the block is there, or when it is known why it will not be.
    """

    budget: int | None = Field(None, ge=1, le=1024 * 1024)
    wait: bool = False


class Building(BaseModel):
    """A block that was asked for. `reason`: why there is none, or why nothing had to be done.

    `event_id`: of the job, `result_id`: of the event that answers it. `memories`: sent with the job, of which
    the block has as many as fit. `left_out`: current memories that did not fit the budget by estimate.
    """

    block_id: str
    event_id: str | None
    result_id: str | None
    memories: int
    left_out: int
    done: bool
    reason: str | None
    activation: Activation | None


@router.post("/build", summary="Build a block now", responses=problems(409, 413, 504))
async def build(house: House, once: Once, asked: Annotated[BuildIn, Body()]) -> Building:
    """Prefill all current memories of the subject, whatever their heat, as many as fit the budget.

    Needs a model process. Repeated with the same `Idempotency-Key` it is the same block.
    """
    address = Address(**asked.ids())
    undivided(address)
    subject = address.subject().key
    loaded = frozenset(one.fingerprint for one in await house.processes.loaded())
    budget = min(asked.budget or house.model.block_tokens, house.model.block_tokens)
    plan = await house.record.run(lambda store: planned(store, subject, budget, loaded))
    if plan.standing is not None:
        return await _standing(house, subject, plan, loaded)
    repeat = once.repeat()
    event_id = new_id(subject, repeat)
    job = Build(
        **asked.ids(),
        block_id=cube_id(subject, event_id, "block"),
        lines=tuple(
            JobLine(cube_id=line.cube_id, version=line.version, since=line.since, body=Plain(text=line.text))
            for line in plan.lines
        ),
        reason="asked for",
        budget=budget,
    )
    async with once.alone([address.tenant]):
        (sent,) = await published(house, [Message(job, event_id, house.clock(), SOURCE, named(repeat))])
    if not isinstance(sent, Receipt):
        raise sent
    building = Building(
        block_id=job.block_id,
        event_id=event_id,
        result_id=cube_id(subject, event_id, "built"),
        memories=len(job.lines),
        left_out=plan.left_out,
        done=False,
        reason=None,
        activation=None,
    )
    return await _built(house, subject, building, loaded) if asked.wait else building


async def _standing(house: Services, subject: str, plan: Planned, loaded: frozenset[str]) -> Building:
    block_id = plan.standing or ""
    return Building(
        block_id=block_id,
        event_id=None,
        result_id=None,
        memories=len(plan.lines),
        left_out=plan.left_out,
        done=True,
        reason="as it is",
        activation=await house.record.run(lambda store: activation(store, subject, block_id, loaded)),
    )


async def _built(house: Services, subject: str, building: Building, loaded: frozenset[str]) -> Building:
    """Once the result was applied; raises a `Problem` when it does not come."""
    result_id = building.result_id or ""
    try:
        async with asyncio.timeout(BUILD_S):
            await _applied(house, subject, result_id)
    except TimeoutError:
        raise _not_yet(building, f"it is not there after {BUILD_S:.0f} s") from None
    except Problem as error:
        raise _not_yet(building, f"{error.title}: {error.detail}") from None
    made = await house.record.run(lambda store: _of_result(store, subject, result_id))
    if not made:
        return building.model_copy(update={"done": True, "reason": await _why_not(house, subject, result_id)})
    found = await house.record.run(lambda store: activation(store, subject, building.block_id, loaded))
    return building.model_copy(update={"done": True, "reason": found.reason, "activation": found})


async def _applied(house: Services, subject: str, result_id: str) -> None:
    """Returns when the result was; raises a `Problem` when twice in a row no model process answers."""
    clock = asyncio.get_running_loop().time
    silent, looked = False, clock()
    while not await house.record.run(lambda store: store.applied(subject, [result_id])):
        await asyncio.sleep(_POLL_S)
        if clock() - looked < _LOOK_S:
            continue
        try:
            await house.processes.loaded()
            silent = False
        except Problem:
            if silent:
                raise
            silent = True
        looked = clock()


def _of_result(store: CubeStore, subject: str, result_id: str) -> bool:
    return any(version.form is Form.BLOCK for version in store.caused_by(subject, result_id))


async def _why_not(house: Services, subject: str, result_id: str) -> str:
    """What the ledger says of a result that made no block."""
    entries: Sequence[Audited] = ()
    try:
        async with asyncio.timeout(_LEDGER_S):
            while not entries:
                entries = await house.ledger.run(lambda ledger: ledger.of_event(subject, result_id))
                if not entries:
                    await asyncio.sleep(_POLL_S)
    except (TimeoutError, StoreFault):
        return "why stands in the ledger, which does not have it yet: `memcube events show`"
    return entries[-1].reason


def _not_yet(building: Building, why: str) -> Problem:
    detail = (
        f"{why}. The job is in the log and is done when a model process comes to it; nothing need be sent"
        " again: see `memcube activations list`"
    )
    return Problem(504, "The block is not built yet", detail, "not-yet", block_id=building.block_id)

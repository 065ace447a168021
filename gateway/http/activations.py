"""`/v1/activations`: a subject's blocks of activation memory, as they are and were, and giving one up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from gateway.http.answers import Done
from gateway.http.attempt import Once
from gateway.http.documented import problems
from gateway.http.events import Wait
from gateway.http.orders import carry_out
from gateway.http.problems import Problem
from gateway.http.requests import checked, named, new_id
from gateway.http.services import House, Services, Whose, WhoseIds, undivided
from memcube.cube import Form, Kind, MemCube, State
from memcube.errors import NoSuchCube
from memcube.store.record import CubeStore
from schemas.events import Demote
from schemas.subject import Address

router = APIRouter(prefix="/v1/activations", tags=["activation"])


class Member(BaseModel):
    """A memory in a block, at the version that was prefilled."""

    id: str
    version: int


class Activation(BaseModel):
    """A block. `current`: it can be served now; else `reason` says why it cannot, or why it ended.

    `tokens`: of the whole prefix. `bytes`: of the file. `seconds`: that its prefill took. An erased block has
    no more than its id and its dates.
    """

    id: str
    state: str
    current: bool
    reason: str | None
    model: str | None
    fingerprint: str | None
    precision: str | None
    tokens: int | None
    bytes: int | None
    seconds: float | None
    built_at: datetime
    ended_at: datetime | None
    parents: list[Member]

    @classmethod
    def of(cls, cube: MemCube, *, first: MemCube, stale: str | None) -> Activation:
        """`first`: its first version. `stale`: why it is not to be served although it is active."""
        payload = cube.payload or first.payload
        made = None if payload is None else payload.artefact
        active = cube.state is State.ACTIVE
        return cls(
            id=cube.id,
            state=cube.state,
            current=active and stale is None,
            reason=stale if active else cube.reason,
            model=None if made is None else made.model,
            fingerprint=None if made is None else made.fingerprint,
            precision=None if made is None else made.precision,
            tokens=None if made is None else made.tokens,
            bytes=None if made is None else made.bytes,
            seconds=None if made is None else made.seconds,
            built_at=first.recorded_at,
            ended_at=None if active else cube.recorded_at,
            parents=[
                Member(id=one.cube_id, version=one.version)
                for one in (() if payload is None else payload.parents)
            ],
        )


class Activations(BaseModel):
    """The last changed first."""

    activations: list[Activation]


@router.get("", summary="List blocks of activation memory")
async def list_activations(
    house: House,
    ids: WhoseIds,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 20,
) -> Activations:
    """The blocks of a subject: the one that is served, and those before it."""
    undivided(ids)
    subject = ids.subject().key
    loaded = await _loaded(house)
    return Activations(
        activations=await house.record.run(
            lambda store: [
                _told(store, subject, cube, loaded)
                for cube in store.list_cubes(subject, limit=limit, kind=Kind.ACTIVATION)
            ]
        )
    )


@router.get("/{block_id}", summary="Show a block", responses=problems(404))
async def show_activation(house: House, subject: Whose, block_id: str) -> Activation:
    """All that is known of one block, and whether it can be served now."""
    loaded = await _loaded(house)
    return await house.record.run(lambda store: activation(store, subject.key, block_id, loaded))


@router.delete("/{block_id}", summary="Give a block up", responses=problems(404, 409, 410, 504))
async def drop_activation(house: House, ids: WhoseIds, once: Once, block_id: str, wait: Wait = None) -> Done:
    """End a block and remove its tensors. Its memories stay as they are."""
    data = Demote(**_fields(ids), block_id=block_id)
    repeat = once.repeat()
    message = checked(data, new_id(ids.subject().key, repeat), house.clock(), named(repeat))
    return await carry_out(house, message, once, wait)


def activation(store: CubeStore, subject: str, block_id: str, loaded: Collection[str]) -> Activation:
    """One block; raises a `Problem` if there is none of this id."""
    try:
        cube = store.cube(subject, block_id)
    except NoSuchCube as error:
        raise _no_such_block(str(error)) from None
    if cube.form is not Form.BLOCK:
        raise _no_such_block(f"cube {block_id[:80]!a} of {subject} is a memory, and no block")
    return _told(store, subject, cube, loaded)


def _no_such_block(detail: str) -> Problem:
    remedy = "list what there is with GET /v1/activations, or `memcube activations list`"
    return Problem(404, "There is no such block", f"{detail} ({remedy})", NoSuchCube.reason)


def _told(store: CubeStore, subject: str, cube: MemCube, loaded: Collection[str]) -> Activation:
    return Activation.of(
        cube, first=store.history(subject, cube.id)[0], stale=_stale(store, subject, cube, loaded)
    )


def _stale(store: CubeStore, subject: str, cube: MemCube, loaded: Collection[str]) -> str | None:
    """Why an active block would not be served, if so. `loaded`: the fingerprints there are; none: unknown."""
    if cube.state is not State.ACTIVE:
        return None
    held = next((block for block in store.blocks(subject) if block.cube.id == cube.id), None)
    if held is None or not held.current:
        return "stale: a memory has changed"
    made = cube.payload.artefact if cube.payload else None
    if made is not None and loaded and made.fingerprint not in loaded:
        return f"stale: it was made for {made.fingerprint}, and the model is {', '.join(sorted(loaded))}"
    return None


async def _loaded(house: Services) -> frozenset[str]:
    return frozenset(one.about.fingerprint for one in await house.processes.seen() if one.about is not None)


def _fields(ids: Address) -> dict[str, str]:
    return {name: getattr(ids, name) for name in ids.__struct_fields__}

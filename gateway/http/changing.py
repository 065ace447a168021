"""`PATCH` and `DELETE` of `/v1/cubes`: changing what is remembered, and ending it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query

from gateway.http.answers import Done, Forgotten
from gateway.http.attempt import Attempt, Once
from gateway.http.documented import problems
from gateway.http.events import Wait
from gateway.http.orders import carry_out
from gateway.http.problems import Problem
from gateway.http.requests import checked, named, new_id
from gateway.http.services import House, Services, WhoseIds, undivided
from gateway.http.strict import Strict
from gateway.log import Message
from memcube.cube import Form
from memcube.store.record import CubeStore
from schemas.body import Plain
from schemas.events import Edit, Forget, Incoming, Pin
from schemas.subject import Address

router = APIRouter(prefix="/v1/cubes", tags=["cubes"])


class Patch(Strict):
    """What is to be different: at least one of both. As one event: both happen, or neither."""

    text: str | None = None
    pinned: bool | None = None


@router.patch("/{cube_id}", summary="Change a memory", responses=problems(404, 409, 410, 504))
async def change_cube(
    house: House, ids: WhoseIds, once: Once, *, cube_id: str, patch: Patch, wait: Wait = None
) -> Done:
    """A new text, a pin, or both: a new version, the old ones stay in its history."""
    address = _fields(ids)
    data: Incoming
    if patch.text is not None:
        data = Edit(**address, cube_id=cube_id, body=Plain(text=patch.text), pinned=patch.pinned)
    elif patch.pinned is not None:
        data = Pin(**address, cube_id=cube_id, pinned=patch.pinned)
    else:
        detail = 'nothing is to be changed: give "text", "pinned" or both'
        raise Problem(422, "The request is not valid", detail, "bad-request")
    return await carry_out(house, _message(house, data, once), once, wait)


@router.delete("/{cube_id}", summary="Forget a memory", responses=problems(404, 409, 410, 413, 504))
async def forget_cube(house: House, ids: WhoseIds, once: Once, cube_id: str, wait: Wait = None) -> Done:
    """Erase a memory for ever, with the raw turns it came from."""
    data = Forget(**_fields(ids), cube_ids=(cube_id,))
    return await carry_out(house, _message(house, data, once), once, wait)


@router.delete("", summary="Forget everything of a subject", responses=problems(409, 413, 504))
async def forget_everything(
    house: House,
    ids: WhoseIds,
    once: Once,
    *,
    dry_run: Annotated[bool, Query(description="only count")] = False,
    wait: Wait = None,
) -> Forgotten:
    """Erase every memory and every turn of the subject, and destroy its keys."""
    undivided(ids)
    subject = ids.subject().key
    if dry_run:
        return _counted(await house.record.run(lambda store: store.count(subject)), dry_run=True)
    message = _message(house, Forget(**_fields(ids), everything=True), once)
    held = await house.record.run(lambda store: _held(store, subject, message.event_id))
    done = await carry_out(house, message, once, wait)
    counted = _counted(held, dry_run=False)
    return counted.model_copy(update={"event_id": done.event_id, "applied": done.applied})


def _held(store: CubeStore, subject: str, event_id: str) -> Mapping[Form, int]:
    """What there is; or, when this erasure is known already, what there was: it is answered as before."""
    if event_id in store.applied(subject, [event_id]):
        return Counter(version.form for version in store.caused_by(subject, event_id))
    return store.count(subject)


def _counted(held: Mapping[Form, int], *, dry_run: bool) -> Forgotten:
    return Forgotten(dry_run=dry_run, memories=held.get(Form.FACT, 0), episodes=held.get(Form.EPISODE, 0))


def _message(house: Services, data: Incoming, attempt: Attempt) -> Message:
    """Raises `ContractError`."""
    repeat = attempt.repeat()
    return checked(data, new_id(data.subject().key, repeat), house.clock(), named(repeat))


def _fields(ids: Address) -> Mapping[str, Any]:
    return {name: getattr(ids, name) for name in ids.__struct_fields__}

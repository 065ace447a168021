"""`/v1/open`: the words of a sealed event, for followers of the topics. The keys never leave the server."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter
from fastapi.responses import Response as Answer
from pydantic import BaseModel, ConfigDict

from gateway.http.documented import problems
from gateway.http.erased import is_erased
from gateway.http.problems import Problem
from gateway.http.services import House
from memcube.cube import cube_id
from memcube.errors import KeyDestroyed, SealBroken
from memcube.governance.sealing import Sealer, event_context, open_body
from memcube.store.record import CubeStore
from schemas.body import Body as EventBody
from schemas.body import Plain
from schemas.envelope import bodies, decode
from schemas.errors import BadPayload, NotAnEvent
from schemas.events import (
    OUTGOING,
    Audited,
    Build,
    CubeUpdated,
    Drop,
    Extracted,
    Incoming,
    Outgoing,
    Prompt,
    Recalled,
    Response,
)
from schemas.subject import Subject

router = APIRouter(prefix="/v1", tags=["events"])


class CloudEvent(BaseModel):
    """An event of ours in structured JSON. Attributes of other systems may stand beside, and are kept."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "specversion": "1.0",
                "id": "e1",
                "type": "memcube.conversation.prompt.v1",
                "source": "my-app",
                "time": "2026-03-09T12:10:00+01:00",
                "data": {
                    "tenant": "default",
                    "user_id": "ana",
                    "body": {"kind": "plain", "text": "I live in Hamburg."},
                },
            }
        },
    )

    specversion: str
    id: str
    type: str
    source: str
    subject: str | None = None
    time: str | None = None
    data: dict[str, Any]


class _Event(msgspec.Struct, frozen=True):
    """An event as it came, and what is known of it. `subject`: the key of whose it is."""

    document: dict[str, Any]
    id: str
    type: str
    subject: str
    data: Incoming | Outgoing


@router.post("/open", summary="Open a sealed event", response_model=CloudEvent, responses=problems(410))
async def open_event(house: House, event: CloudEvent) -> Answer:
    """The same event with its body in the clear.

    410 when its key was destroyed, or when what it says was forgotten: then the key may still stand for
    the rest of the subject, and yet these words are gone.
    """
    parsed = _parse(event)
    if await house.record.run(lambda store: _is_forgotten(store, parsed)):
        raise KeyDestroyed(f"what event {parsed.id} says was forgotten: it is opened no more")
    opened = await house.sealer.run(lambda sealer: _open(sealer, parsed))
    # Not by way of the model: pydantic writes nothing that is nested deeper than a few hundred.
    return Answer(msgspec.json.encode(opened), media_type="application/json")


def _parse(given: CloudEvent) -> _Event:
    """Raises a `ContractError`."""
    try:
        payload = msgspec.json.encode(given.data)
        document = msgspec.json.decode(
            msgspec.json.encode({name: value for name, value in given if value is not None})
        )
    except (UnicodeEncodeError, RecursionError) as error:
        raise NotAnEvent(f"the event holds a value that does not go through JSON: {error}") from None
    names = ("specversion", "id", "type", "source", "subject", "time")
    headers = [(f"ce_{name}", document[name].encode()) for name in names if name in document]
    if given.type not in OUTGOING:
        event = decode(None, headers, payload)
        return _Event(document, event.id, event.type, event.subject.key, event.data)
    if given.specversion != "1.0":
        raise NotAnEvent(f"specversion must be 1.0, not {given.specversion[:40]!r}")
    try:
        data = msgspec.convert({**document["data"], "type": given.type}, OUTGOING[given.type])
    except msgspec.ValidationError as error:
        raise BadPayload(f"{given.type}: {error}") from None
    owner = data.subject() if isinstance(data, Build | Drop) else Subject.parse(data.subject)
    return _Event(document, given.id, given.type, owner.key, data)


def _is_forgotten(store: CubeStore, event: _Event) -> bool:
    """Whether what holds these words was erased. An event that the record has not met yet is not."""
    match event.data:
        case CubeUpdated(cube_id=updated):
            return is_erased(store, event.subject, updated)
        case Prompt() | Response():
            return is_erased(store, event.subject, cube_id(event.subject, event.id, "episode"))
    # A text that was given may have been merged into any cube: is there one that still shows it?
    return event.id in store.applied(event.subject, [event.id]) and not any(
        version.text for version in store.caused_by(event.subject, event.id)
    )


def _open(sealer: Sealer, event: _Event) -> dict[str, Any]:
    """The document with plain bodies."""
    data = event.data
    context = event_context(event.type, event.id)
    try:
        contents = [open_body(sealer, event.subject, body, context) for body in _bodies(data)]
    except SealBroken as error:
        # Whoever asks gave the bytes: it is their request that is wrong, not our record.
        raise Problem(
            422,
            "The body does not open",
            f"{error}; give the event as it stood on the topic, its id, type and subject included",
            error.reason,
        ) from None
    plain = [msgspec.to_builtins(Plain(text=content.text, name=content.name)) for content in contents]
    if isinstance(data, Extracted):
        opened: dict[str, Any] = {"memories": plain}
    else:
        opened = {"body": plain[0]} if plain else {}
    return {**event.document, "data": {**event.document["data"], **opened}}


def _bodies(data: Incoming | Outgoing) -> tuple[EventBody, ...]:
    match data:
        case CubeUpdated(body=body):
            return (body,)
        case Recalled() | Audited():
            return ()
    return bodies(data)

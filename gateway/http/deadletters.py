"""`/v1/deadletters`: what could not be processed, and sending it again."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from gateway.http.documented import problems
from gateway.http.letters import Letter, letter_of, original
from gateway.http.problems import Problem
from gateway.http.services import House, Services
from gateway.log import Record
from schemas.topics import TOPICS

router = APIRouter(prefix="/v1/deadletters", tags=["dead letters"])


class LetterOut(BaseModel):
    """A dead letter without its bytes. `offset` names it; `source_offset` is where it stood in `topic`."""

    offset: int
    at: datetime
    reason: str
    error: str
    processor: str
    topic: str
    partition: int
    source_offset: int
    key: str | None
    event_id: str | None
    type: str | None
    bytes: int
    retried: bool

    @classmethod
    def of(cls, letter: Letter) -> LetterOut:
        return cls(**{name: getattr(letter, name) for name in letter.__struct_fields__})


class LetterList(BaseModel):
    """`total`: how many there are, of which the newest come first."""

    deadletters: list[LetterOut]
    total: int


class WholeLetter(LetterOut):
    """With its bytes as they came: `text` where they are UTF-8, else `base64`; both null for a tombstone."""

    # Pairs: a tuple would be described in a way that OpenAPI 3.1 does not know.
    headers: list[Annotated[list[str], Field(min_length=2, max_length=2)]]
    text: str | None
    base64: str | None


class Retried(BaseModel):
    """Where the event now stands again."""

    topic: str
    partition: int
    offset: int


@router.get("", summary="List dead letters")
async def list_letters(
    house: House,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    tenant: Annotated[str | None, Query(description="only those whose key names this tenant")] = None,
) -> LetterList:
    """The newest first."""
    letters = await house.letters.all()
    if tenant is not None:
        letters = [
            letter for letter in letters if (letter.key or "").startswith(f"{quote(tenant, safe='')}/")
        ]
    return LetterList(deadletters=[LetterOut.of(letter) for letter in letters[:limit]], total=len(letters))


@router.get("/{offset}", summary="Show a dead letter", responses=problems(404))
async def show_letter(house: House, offset: int) -> WholeLetter:
    """One letter with its bytes."""
    record = await _record(house, offset)
    listed = {letter.offset: letter for letter in await house.letters.all()}
    letter = listed.get(offset) or letter_of(record)
    text, encoded = _shown(record.value)
    headers = [
        [name, (value or b"").decode(errors="backslashreplace")] for name, value in original(record.headers)
    ]
    return WholeLetter(**LetterOut.of(letter).model_dump(), headers=headers, text=text, base64=encoded)


@router.post("/{offset}/retry", summary="Send it again", responses=problems(404, 409, 413))
async def retry_letter(house: House, offset: int) -> Retried:
    """Send the untouched bytes to the topic they came from."""
    record = await _record(house, offset)
    letter = letter_of(record)
    if letter.topic not in {topic.name for topic in TOPICS} or letter.partition < 0:
        raise Problem(
            409, "The letter cannot be sent again", "its headers name no topic of ours", "no-origin"
        )
    if record.value is None:
        detail = "it has no value, and no event is without one: it would come back"
        raise Problem(409, "The letter cannot be sent again", detail, "nothing-to-send")
    again = await house.letters.retry(record, house.clock())
    return Retried(topic=letter.topic, partition=letter.partition, offset=again)


async def _record(house: Services, offset: int) -> Record:
    record = await house.letters.record(offset) if offset >= 0 else None
    if record is None:
        detail = f"none at offset {offset}: list them with GET /v1/deadletters"
        raise Problem(404, "No such dead letter", detail, "no-such-letter")
    return record


def _shown(value: bytes | None) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    try:
        return value.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(value).decode()

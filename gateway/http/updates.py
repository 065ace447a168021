"""`/v1/updates`: every change of a subject's or a tenant's memory, as it happens, as server-sent events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Receive, Scope, Send

from gateway.http import cube_updates
from gateway.http.cube_updates import Erased, Updated, told
from gateway.http.erased import is_erased
from gateway.http.problems import Problem
from gateway.http.resume import NotOurs, Resume
from gateway.http.services import House, Services, WhoseIds, undivided
from gateway.log import BusDown, Follower, Record, Span
from memcube.store.record import CubeStore
from schemas.subject import KINDS
from schemas.topics import UPDATES

router = APIRouter(prefix="/v1", tags=["updates"])
log = logging.getLogger(__name__)

START: Final = "start"
# Below the minute after which proxies take a silent connection for dead.
KEEP_ALIVE_S: Final = 15.0
# A third of what a stop waits for: streams end by themselves.
_POLL_S: Final = 1.0
_RETRY_MS: Final = 1_000
_EXAMPLE: Final = (
    "id: lAHEBJ3e\nretry: 1000\n\n"
    'event: cube.updated\ndata: {"subject":"default/user:ana","version":1,'
    '"cube_id":"249c3c9e-0ee1-5c8f-a8d1-882641928054","state":"active","form":"fact","decision":"add",'
    '"reason":"new","cause":"7636754b-da3d-4863-a8fd-baef71b7580d","valid_from":"2026-11-23T12:35:30Z",'
    '"valid_to":null,"recorded_at":"2026-11-23T12:35:31Z","text":"Ana lives in Hamburg","sequence":2}\n'
    "id: lAHEBJ3f\n\n"
)


@router.get(
    "/updates",
    response_class=StreamingResponse,
    summary="Follow changes",
    responses={
        200: {
            "description": "`cube.updated`, `cube.erased` and `gap`, until either side hangs up",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        }
    },
)
async def follow_updates(
    house: House,
    ids: WhoseIds,
    after: Annotated[
        str | None, Query(description="`start`, or the `id` of the last event seen; not given: from now on")
    ] = None,
    last_event_id: Annotated[
        str | None, Header(description="the same as `after`, as browsers send it; it goes before `after`")
    ] = None,
) -> StreamingResponse:
    """Every new version of a cube, and every erasure, of one subject or, without one, of the whole tenant.

    At least once, in order for each subject: keep the highest `version` of a `cube_id`. Each event's `id`
    resumes the stream behind it. `gap` comes first where the topic no longer holds what follows the id:
    what still exists is then told from the start.
    """
    undivided(ids)
    named = any(getattr(ids, f"{kind}_id") is not None for kind in KINDS)
    scope = cube_updates.Scope(ids.tenant, ids.subject() if named else None)
    resume = Resume(
        await house.record.run(lambda store: store.record_id), str(scope), frozenset(scope.partitions())
    )
    wanted = _wanted(resume, last_event_id or after)
    house.streams.enter()
    follower = None
    try:
        follower = await house.bus.follow(UPDATES.name, scope.partitions())
        positions, gap = _positions(wanted, await follower.spans())
        follower.start(positions)
        return _Stream(house, follower, _Reading(scope, resume, positions), gap=gap)
    except BaseException:  # a caller who has left as well: the place belongs to the next one
        house.streams.leave()
        if follower is not None:
            await follower.close()
        raise


class _Reading(msgspec.Struct):
    """How far one reader has come. `positions` moves on."""

    scope: cube_updates.Scope
    resume: Resume
    positions: dict[int, int]

    @property
    def token(self) -> str:
        return self.resume.token(self.positions)


class _Stream(StreamingResponse):
    """The events; lets go of Kafka and of its place however it ends."""

    media_type = "text/event-stream"

    def __init__(self, house: Services, follower: Follower, reading: _Reading, *, gap: bool) -> None:
        self._house = house
        self._follower = follower
        self._events = _events(house, follower, reading, gap=gap)
        super().__init__(self._events, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._house.streams.leave()
            await self._follower.close()


async def _events(
    house: Services, follower: Follower, reading: _Reading, *, gap: bool
) -> AsyncIterator[bytes]:
    """Only as fast as the client takes them: whoever does not read holds nothing but its own place."""
    clock = asyncio.get_running_loop().time
    # An id without an event: whoever loses the connection before the first one still knows from where.
    yield format_sse_event(id=reading.token, retry=_RETRY_MS)
    if gap:
        yield format_sse_event(event="gap", data_str='{"continues":"start"}')
    said = heard = clock()
    try:
        while not house.streams.ending:
            records = await follower.next(_POLL_S)
            for event in await _told(house, records, reading):
                yield event
                said = clock()
            if records:
                heard = clock()
            elif clock() - heard >= KEEP_ALIVE_S:
                if _cut(reading.positions, await follower.spans()):
                    return  # the client's next token is answered with a gap
                heard = clock()
            if clock() - said >= KEEP_ALIVE_S:
                yield format_sse_event(comment="keep-alive")
                said = clock()
    except BusDown as error:
        log.info("a stream of updates ends, its reader will come back: %s", error)


async def _told(house: Services, records: list[Record] | Any, reading: _Reading) -> list[bytes]:
    if not records:
        return []
    opened = await house.sealer.run(
        lambda sealer: [told(record, reading.scope, sealer) for record in records]
    )
    shown = await house.record.run(lambda store: [_without_forgotten(store, one) for one in opened])
    events = []
    for record, one in zip(records, shown, strict=True):
        reading.positions[record.partition] = record.offset + 1
        if one is not None:
            events.append(_event(one, reading.token))
    return events


def _without_forgotten(store: CubeStore, one: Updated | Erased | None) -> Updated | Erased | None:
    """An update stands before the end of its cube until compaction, and the key may still open it."""
    if isinstance(one, Updated) and one.text is not None and is_erased(store, one.subject, one.cube_id):
        return msgspec.structs.replace(one, text=None)
    return one


def _event(one: Updated | Erased, token: str) -> bytes:
    name = "cube.erased" if isinstance(one, Erased) else "cube.updated"
    return format_sse_event(event=name, data_str=msgspec.json.encode(one).decode(), id=token)


def _wanted(resume: Resume, after: str | None) -> Mapping[int, int] | str | None:
    """Positions, `start`, or None for now; a record that was made anew starts over: `gap`."""
    if after is None or after == START:
        return after
    try:
        return resume.positions(after) or "gap"
    except NotOurs as error:
        detail = f"{after[:80]!a}: {error}; use the `id` of an event of this stream, or `start`"
        raise Problem(422, "The stream cannot be resumed there", detail, "bad-resume-token") from None


def _positions(
    wanted: Mapping[int, int] | str | None, spans: Mapping[int, Span]
) -> tuple[dict[int, int], bool]:
    """Where to read on, and whether something may be missing before it."""
    if wanted is None:
        return {number: span.end for number, span in spans.items()}, False
    oldest = {number: span.start for number, span in spans.items()}
    if isinstance(wanted, str):
        return oldest, wanted != START
    if any(not spans[number].start <= at <= spans[number].end for number, at in wanted.items()):
        return oldest, True
    return dict(wanted), False


def _cut(positions: Mapping[int, int], spans: Mapping[int, Span]) -> bool:
    """Whether the topic no longer reaches as far as was read: it was made anew."""
    return any(at > spans[number].end for number, at in positions.items())

"""One request with its `Idempotency-Key`, as the routes meet it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated

import msgspec
from fastapi import Depends, Header, Request

from gateway.http.idempotency import Claims, reused
from gateway.http.repeated import is_another
from gateway.http.requests import Repeat
from gateway.http.services import House
from gateway.log import Message, Named
from memcube.store.record import CubeStore


class Attempt:
    """One request, which may be a repetition."""

    def __init__(self, claims: Claims, key: str | None, request: bytes) -> None:
        self._claims = claims
        self._key = key
        self._request = request

    def repeat(self, index: int = 0) -> Repeat | None:
        """What names the event at this place in the request, if anything does."""
        return None if self._key is None else Repeat(self._key, index)

    def check(self, store: CubeStore, known: Collection[str], messages: Sequence[Message]) -> None:
        """Raise a `Problem` if an event that is known by the key was another."""
        for message in messages if self._key is not None else ():
            if message.event_id in known and message.named is Named.KEY and is_another(store, message):
                raise reused(self._key or "")

    @asynccontextmanager
    async def alone(self, tenants: Iterable[str]) -> AsyncIterator[None]:
        """The only one under its key that publishes now; raises a `Problem` if the key is another's."""
        async with AsyncExitStack() as held:
            # In one order, so that no two requests wait for each other.
            for tenant in sorted(set(tenants)) if self._key is not None else ():
                await held.enter_async_context(self._claims.claimed(tenant, self._key or "", self._request))
            yield


async def _attempt(
    request: Request,
    house: House,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=256,
            pattern=r"^[ -~]+$",
            description="the same key with the same request is the same events, applied once",
        ),
    ] = None,
) -> Attempt:
    if idempotency_key is None:
        return Attempt(house.claims, None, b"")
    query = sorted((name, value) for name, value in request.query_params.multi_items() if name != "wait")
    line = msgspec.json.encode((request.method, request.url.path, query))
    return Attempt(house.claims, idempotency_key, line + b"\n" + await request.body())


Once = Annotated[Attempt, Depends(_attempt)]

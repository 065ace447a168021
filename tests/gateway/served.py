"""The app behind a real server on loopback, for what only a connection shows: streams, hang-ups, slowness."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import uvicorn
from httpx_sse import ServerSentEvent, aconnect_sse

from gateway.http.__main__ import GatewayServer
from gateway.http.app import create_app
from gateway.http.connection import HEAD_S, TimedProtocol
from tests.gateway.house import House


@asynccontextmanager
async def served(house: House, *, head_s: float = HEAD_S, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the house over TCP."""
    protocol = type("Protocol", (TimedProtocol,), {"head_s": head_s})
    app = create_app(house.start, **options)
    config = uvicorn.Config(
        app, http=protocol, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=3
    )
    server = GatewayServer(config, app)
    running = asyncio.create_task(server.serve())
    while not server.started:
        assert not running.done(), running
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            house.server = server
            yield client
    finally:
        server.should_exit = True
        await running


class Stream:
    """An open stream of updates. `token`: the last id that came."""

    def __init__(self, events: AsyncIterator[ServerSentEvent]) -> None:
        self._events = events
        self.token = ""

    async def next(self) -> tuple[str, dict[str, Any]]:
        """The next event; an id alone only moves the token."""
        async with asyncio.timeout(10):
            while True:
                event = await anext(self._events)
                self.token = event.id or self.token
                if event.data:
                    return event.event, json.loads(event.data)

    async def begun(self) -> None:
        """Until the gateway reads: what happens from now on is told."""
        async with asyncio.timeout(10):
            self.token = (await anext(self._events)).id

    async def until(self, wanted: str) -> list[dict[str, Any]]:
        """All that comes up to the update that has these words, of facts and turns."""
        found: list[dict[str, Any]] = []
        while not found or found[-1].get("text") != wanted:
            found.append((await self.next())[1])
        return found

    async def ended(self) -> None:
        async with asyncio.timeout(10):
            with suppress(StopAsyncIteration):
                while True:
                    await anext(self._events)


@asynccontextmanager
async def following(client: httpx.AsyncClient, **query: Any) -> AsyncIterator[Stream]:
    """`GET /v1/updates`. `last_event_id` goes as the header."""
    headers = {"Last-Event-ID": query.pop("last_event_id")} if "last_event_id" in query else {}
    async with aconnect_sse(client, "GET", "/v1/updates", params=query, headers=headers) as source:
        assert source.response.status_code == 200, await source.response.aread()
        stream = Stream(source.aiter_sse())
        await stream.begun()
        yield stream

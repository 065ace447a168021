"""A model process that a test directs, over real HTTP: it speaks the lines of `memcube.models.wire`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from memcube.models.wire import About, Begun, Done, Failed, Generate, Hint, Said, Text

ABOUT = About(
    name="tiny",
    fingerprint="f" * 16,
    context=8192,
    bytes_per_token=46_080,
    device="cpu",
    dtype="float32",
    precision="float",
)


class FakeModel:
    """Says `words`, with all that is recalled in its prompt, and by its block where it is sent one.

    lines: said instead, from the `Begun` on; bytes go out as they are. pause: waits there before each word
    but the first until it is set. status, body: of an answer that is none. `cancelled` is set when
    the client has gone in the middle.
    """

    def __init__(self, *words: str) -> None:
        self.words = words or ("You live", " in Hamburg.")
        self.lines: list[Said | bytes] | None = None
        self.rebuild = False
        self.pause: asyncio.Event | None = None
        self.status = 200
        self.body: bytes = b""
        self.asked: list[Generate] = []
        self.hints: list[Hint] = []
        self.hinted = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.url = ""

    @property
    def wanted(self) -> Generate:
        """The last that was asked of it."""
        return self.asked[-1]

    def said(self) -> list[Said | bytes]:
        wanted = self.wanted
        if self.lines is not None:
            return self.lines
        kv = wanted.block is not None and wanted.route in {"auto", "kv"}
        lines = (*(wanted.block.lines if kv and wanted.block else ()), *wanted.recalled)
        cubes = tuple(dict.fromkeys(line.cube_id for line in lines)) if wanted.route != "none" else ()
        taken: Any = "none" if not cubes else "kv" if kv else "text"
        begun = Begun(
            route=taken,
            cubes=cubes,
            memory_tokens=10 * len(cubes),
            prompt_tokens=20 + 10 * len(cubes),
            reason=None if cubes or wanted.route in {"auto", "none"} else "no block",
            rebuild=self.rebuild,
        )
        return [begun, *map(Text, self.words), Done("stop", len(self.words), 1.0)]

    async def generate(self, request: Request) -> Response:
        self.asked.append(msgspec.json.decode(await request.body(), type=Generate))
        if self.status != 200:
            return Response(self.body, self.status)
        return StreamingResponse(self._written(), media_type="application/jsonl")

    async def _written(self) -> AsyncIterator[bytes]:
        words = 0
        try:
            for line in self.said():
                if self.pause is not None and words:
                    await self.pause.wait()
                words += isinstance(line, Text)
                yield line if isinstance(line, bytes) else msgspec.json.encode(line) + b"\n"
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    async def prefetch(self, request: Request) -> Response:
        self.hints.append(msgspec.json.decode(await request.body(), type=Hint))
        self.hinted.set()
        return Response(status_code=202)

    async def about(self, _: Request) -> Response:
        return Response(msgspec.json.encode(ABOUT), media_type="application/json")

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[FakeModel]:
        """On a port of its own, in this event loop."""
        routes = [
            Route("/generate", self.generate, methods=["POST"]),
            Route("/prefetch", self.prefetch, methods=["POST"]),
            Route("/model", self.about),
        ]
        async with answering(Starlette(routes=routes)) as self.url:
            yield self


@asynccontextmanager
async def answering(app: Any) -> AsyncIterator[str]:
    """The address of an app that is served in this event loop."""
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:
        assert not running.done(), running
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


__all__ = ["ABOUT", "Begun", "Done", "Failed", "FakeModel", "Text", "answering"]

"""The door of a model process, on loopback: `POST /generate`, answered in JSON lines, and its neighbours."""

from __future__ import annotations

import asyncio
import math
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import msgspec
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from memcube import metrics
from memcube.activation.tiers import Tiers
from memcube.errors import MemcubeError, Setup
from memcube.models.wire import About, Failed, Generate, Hint, Said
from streams.answering import Answering

MAX_BODY: Final = 16 * 1024 * 1024
# Each waits in a thread of its own; who comes on top of that is told at once.
MOST_AT_ONCE: Final = 128
LINES: Final = "application/x-ndjson"
_ROLES: Final = frozenset({"system", "user", "assistant"})
_HOTTEST: Final = 100.0
_COLDEST: Final = 1e-6
_MOST_STOPS: Final = 16
_STOP_S: Final = 1.0
_END: Final = None
T = TypeVar("T")
log = structlog.get_logger()


class Refused(MemcubeError):
    """A request that cannot be answered; `status` of HTTP."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.failed = Failed(title, detail, status)


class Generation:
    """What the routes do. `end` cancels all that is under way."""

    def __init__(self, answering: Answering, tiers: Tiers, about: About) -> None:
        self._answering = answering
        self._tiers = tiers
        self._about = about
        self.ended = threading.Event()
        self._answers = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="answer")
        self._fetches = ThreadPoolExecutor(1, thread_name_prefix="fetch")
        self._under_way = 0

    @property
    def app(self) -> Starlette:
        routes = [
            Route("/generate", self._generate, methods=["POST"]),
            Route("/prefetch", self._prefetch, methods=["POST"]),
            Route("/model", self._model),
            Route("/healthz", self._healthz),
        ]
        return Starlette(routes=routes)

    def end(self) -> None:
        self.ended.set()
        self._answers.shutdown(wait=False, cancel_futures=True)
        self._fetches.shutdown(wait=False, cancel_futures=True)

    async def _healthz(self, _: Request) -> Response:
        return _json(b'{"status":"ok"}')

    async def _model(self, _: Request) -> Response:
        return _json(msgspec.json.encode(self._about))

    async def _prefetch(self, request: Request) -> Response:
        try:
            hint = _decoded(await _body(request), Hint)
        except Refused as refused:
            return _refusal(refused)
        if hint.fingerprint == self._about.fingerprint:
            self._fetches.submit(self._tiers.fetch, hint.subject, hint.block_id)
        return Response(status_code=202)

    async def _generate(self, request: Request) -> Response | _Lines:
        try:
            asked = checked(_decoded(await _body(request), Generate), self._about.context)
        except Refused as refused:
            metrics.NOT_SERVED.labels("bad-request").inc()
            return _refusal(refused)
        if self._under_way >= MOST_AT_ONCE:
            metrics.NOT_SERVED.labels("busy").inc()
            told = f"{MOST_AT_ONCE} answers are under way already: try again later"
            return _refusal(Refused(503, "busy", told))
        return _Lines(self, asked)

    async def stream(self, asked: Generate, receive: Receive, send: Send) -> None:
        """Say the lines as they come; whoever hangs up ends the computation."""
        left = threading.Event()
        loop = asyncio.get_running_loop()
        lines: asyncio.Queue[Said | None] = asyncio.Queue()

        def gone() -> bool:
            return left.is_set() or self.ended.is_set()

        def compute() -> None:
            try:
                for said in self._answering.said(asked, gone):
                    loop.call_soon_threadsafe(lines.put_nowait, said)
            finally:
                loop.call_soon_threadsafe(lines.put_nowait, _END)

        async def listen() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            left.set()

        listening = asyncio.create_task(listen())
        self._under_way += 1
        metrics.ANSWERS.inc()
        done = loop.run_in_executor(self._answers, compute)
        try:
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", LINES.encode())]}
            )
            while (said := await lines.get()) is not _END:
                line = msgspec.json.encode(said) + b"\n"
                await send({"type": "http.response.body", "body": line, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            pass  # it has left in the middle of a line
        finally:
            left.set()
            listening.cancel()
            await asyncio.shield(done)
            self._under_way -= 1
            metrics.ANSWERS.dec()


class _Lines(Response):
    """An answer under way, as Starlette sends it."""

    def __init__(self, generation: Generation, asked: Generate) -> None:
        super().__init__()
        self._generation = generation
        self._asked = asked

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await self._generation.stream(self._asked, receive, send)


class Server:
    """Serves in a thread of its own, from construction until `close`. Raises `Setup` for a taken port."""

    def __init__(self, generation: Generation, port: int) -> None:
        self._generation = generation
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError as error:
            self._socket.close()
            raise Setup(
                f"port {port} of the model's server cannot be used ({error.strerror}): name another"
            ) from None
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            generation.app,
            access_log=False,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=int(_STOP_S),
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="generation", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Cancel what is under way and take no more."""
        self._generation.end()
        self._server.should_exit = True
        self._thread.join(2 * _STOP_S)
        self._socket.close()

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])


def checked(asked: Generate, context: int) -> Generate:
    """Raises `Refused` for a request that no answer can be given to."""
    sampling = asked.sampling
    faults: tuple[tuple[bool, str], ...] = (
        (not asked.subject, "subject is empty"),
        (not asked.messages, "messages are empty: there is nothing to answer"),
        (any(one.role not in _ROLES for one in asked.messages), "a role is none of system, user, assistant"),
        (not 1 <= sampling.max_tokens <= context, f"max_tokens must be from 1 to {context:,}"),
        (not _is_temperature(sampling.temperature), f"temperature must be 0, or up to {_HOTTEST:g}"),
        (not 0 < sampling.top_p <= 1, "top_p must be above 0, and 1 at most"),
        (sampling.seed < 0, "seed must be 0 or more"),
        (len(sampling.stop) > _MOST_STOPS, f"more than {_MOST_STOPS} stops"),
        (not all(sampling.stop), "a stop is empty: it would end every answer"),
        (asked.text_tokens < 0, "text_tokens must be 0 or more"),
        # Its lines are what it is checked against; a block of none would be whatever was loaded ahead.
        (asked.block is not None and not asked.block.lines, "the block has no lines"),
    )
    told = [text for wrong, text in faults if wrong]
    if told:
        raise Refused(422, "bad request", "; ".join(told))
    return asked


def _is_temperature(given: float) -> bool:
    return given == 0 or (math.isfinite(given) and _COLDEST <= given <= _HOTTEST)


async def _body(request: Request) -> bytes:
    """Raises `Refused` for more than `MAX_BODY`, before it is all here, and for what a web page sends."""
    if "origin" in request.headers:
        # Any page open in a browser on this machine can post to loopback, and browsers always say so.
        raise Refused(403, "from a browser", "this is for the gateway alone: ask that")
    found = bytearray()
    try:
        async for piece in request.stream():
            found += piece
            if len(found) > MAX_BODY:
                raise Refused(413, "too large", f"a body of more than {MAX_BODY:,} bytes")
    except ClientDisconnect:
        raise Refused(400, "gone", "the client left in the middle of its request") from None
    return bytes(found)


def _decoded(body: bytes, kind: type[T]) -> T:
    """Raises `Refused`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(422, "bad request", str(error)) from None


def _refusal(refused: Refused) -> Response:
    return _json(msgspec.json.encode(refused.failed), refused.failed.status)


def _json(content: bytes, status: int = 200) -> Response:
    return Response(content, status_code=status, media_type="application/json")

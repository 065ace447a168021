"""What may come as a request's body: JSON, not too large, not too slowly. Before any of it is kept."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.problems import Problem

BATCHES: Final = "/v1/events"
# What one event or command can need: a text of 256 KiB, each character of it escaped, or 10,000 ids.
MOST_OF_ONE: Final = 4 * 1024 * 1024
# A connection that carries anything at all brings a piece sooner.
IDLE_S: Final = 30.0
# However small the pieces: a body may take as long, and for what it brings as much more as this rate allows.
SLOW_S: Final = 60.0
LEAST_BYTES_A_S: Final = 16 * 1024
# So many bodies of more than a megabyte are held at once; each may be the largest, and is held twice as it
# becomes events.
LARGE: Final = 1024 * 1024
LARGE_AT_ONCE: Final = 4
# Many clients write all they have before they read the answer, and lose it if nobody listens meanwhile.
_LINGER_S: Final = 5.0
_MB: Final = 1024 * 1024


class Limits(msgspec.Struct, frozen=True):
    """Of one request's body. `batch_bytes`: where several events may come."""

    batch_bytes: int
    idle_s: float = IDLE_S
    slow_s: float = SLOW_S

    def bytes(self, path: str) -> int:
        """The largest body of this route."""
        return self.batch_bytes if path == BATCHES else min(self.batch_bytes, MOST_OF_ONE)


class BodyGate:
    """ASGI middleware. Holds nothing: it counts what passes, and answers itself when it is too much."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._places = asyncio.Semaphore(LARGE_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = self._refused(scope["path"], Headers(scope=scope))
        if problem is None:
            counted = _Counted(receive, send, self._limits, self._limits.bytes(scope["path"]), self._places)
            try:
                await self._app(scope, counted.receive, counted.send)
            finally:
                counted.leave()
            problem = counted.problem
        if problem is not None:
            await _answer(problem, scope["path"], receive, send)

    def _refused(self, path: str, headers: Headers) -> Problem | None:
        """What the headers alone tell."""
        length = headers.get("content-length", "")
        if not length.isdigit():
            length = ""
        if length and int(length) > self._limits.bytes(path):
            return _too_large(self._limits.bytes(path))
        if (length and int(length)) or "transfer-encoding" in headers:
            return _not_json(headers.get("content-type", ""))
        return None


class _Counted:
    """One request, as the app sees it. `problem`: why its body did not reach the app."""

    def __init__(
        self, receive: Receive, send: Send, limits: Limits, max_bytes: int, places: asyncio.Semaphore
    ) -> None:
        self.problem: Problem | None = None
        self._receive = receive
        self._send = send
        self._limits = limits
        self._max_bytes = max_bytes
        self._places = places
        self._read = 0
        self._large = False
        self._waited_s = 0.0
        self._whole = False

    async def receive(self) -> Message:
        if self._whole:  # what follows a body is the end of the connection, for which one waits
            return await self._receive()
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(self._patience_s()):
                message = await self._receive()
        except TimeoutError:
            return self._refuse(_too_slow(self._limits))
        self._waited_s += clock() - began
        self._read += len(message.get("body", b""))
        if self._read > self._max_bytes:
            return self._refuse(_too_large(self._max_bytes))
        if self._read > LARGE and not self._large and not await self._enter():
            return self._refuse(_too_many(self._limits))
        self._whole = not message.get("more_body", False)
        return message

    def leave(self) -> None:
        """Once the app holds nothing of the body any more."""
        if self._large:
            self._places.release()

    def _patience_s(self) -> float:
        left = self._limits.slow_s + self._read / LEAST_BYTES_A_S - self._waited_s
        return max(0.0, min(self._limits.idle_s, left))

    async def _enter(self) -> bool:
        """Wait for a place among the large ones; the client waits meanwhile, since nothing more is read."""
        try:
            async with asyncio.timeout(self._limits.idle_s):
                await self._places.acquire()
        except TimeoutError:
            return False
        self._large = True
        return True

    async def send(self, message: Message) -> None:
        if self.problem is None:  # else it would tell of a body that it never got
            await self._send(message)

    def _refuse(self, problem: Problem) -> Message:
        """To the app, the client has gone."""
        self.problem = problem
        self._whole = True
        return {"type": "http.disconnect"}


def _too_large(max_bytes: int) -> Problem:
    if max_bytes == MOST_OF_ONE:
        detail = f"the body has more than {max_bytes / _MB:g} MB, and only POST {BATCHES} takes as much"
    else:
        detail = (
            f"the body has more than the {max_bytes / _MB:g} MB of MEMCUBE_MAX_BODY_MB:"
            " send it in several requests, at most 1,000 events each"
        )
    return Problem(413, "The request is too large", detail, "body-too-large")


def _too_slow(limits: Limits) -> Problem:
    detail = (
        f"nothing of the body came for {limits.idle_s:g} s, or less than {LEAST_BYTES_A_S // 1024} KiB a"
        f" second for {limits.slow_s:g} s: send it again, without a pause"
    )
    return Problem(408, "The request took too long", detail, "body-too-slow")


def _too_many(limits: Limits) -> Problem:
    detail = (
        f"{LARGE_AT_ONCE} bodies of more than {LARGE // _MB} MB are being read, and none was done within"
        f" {limits.idle_s:g} s: send again later, or in smaller requests"
    )
    return Problem(503, "Too many large requests", detail, "too-many-large-bodies")


def _not_json(content_type: str) -> Problem | None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return None
    named = f"it is said to be {kind[:80]!a}" if kind else "it is not said what it is"
    detail = f"{named}: send JSON with the header content-type: application/json"
    return Problem(415, "The body is not JSON", detail, "not-json")


async def _answer(problem: Problem, path: str, receive: Receive, send: Send) -> None:
    response = problem.response(path)
    headers = [*response.raw_headers, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    try:
        async with asyncio.timeout(_LINGER_S):
            message: Message = {"more_body": problem.status != 408}
            while message.get("more_body", False):
                message = await receive()
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})

"""What may come as a request's body: JSON, not too large, not too slowly. Before any of it is kept."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.problems import Problem

MAX_BYTES: Final = 32 * 1024 * 1024
# A connection that carries anything at all brings a piece sooner.
IDLE_S: Final = 30.0
# Many clients write all they have before they read the answer, and lose it if nobody listens meanwhile.
_LINGER_S: Final = 5.0
_MB: Final = 1024 * 1024


class BodyGate:
    """ASGI middleware. Holds nothing: it counts what passes, and answers itself when it is too much."""

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BYTES, idle_s: float = IDLE_S) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._idle_s = idle_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = self._refused(Headers(scope=scope))
        if problem is None:
            counted = _Counted(receive, send, self._max_bytes, self._idle_s)
            await self._app(scope, counted.receive, counted.send)
            problem = counted.problem
        if problem is not None:
            await _answer(problem, receive, send)

    def _refused(self, headers: Headers) -> Problem | None:
        """What the headers alone tell."""
        length = headers.get("content-length", "")
        if not length.isdigit():
            length = ""
        if length and int(length) > self._max_bytes:
            return _too_large(self._max_bytes)
        if (length and int(length)) or "transfer-encoding" in headers:
            return _not_json(headers.get("content-type", ""))
        return None


class _Counted:
    """One request, as the app sees it. `problem`: why its body did not reach the app."""

    def __init__(self, receive: Receive, send: Send, max_bytes: int, idle_s: float) -> None:
        self.problem: Problem | None = None
        self._receive = receive
        self._send = send
        self._left = max_bytes
        self._max_bytes = max_bytes
        self._idle_s = idle_s
        self._whole = False

    async def receive(self) -> Message:
        if self._whole:  # what follows a body is the end of the connection, for which one waits
            return await self._receive()
        try:
            async with asyncio.timeout(self._idle_s):
                message = await self._receive()
        except TimeoutError:
            detail = f"nothing of the body came for {self._idle_s:g} s: send it again, without a pause"
            return self._refuse(Problem(408, "The request took too long", detail, "body-too-slow"))
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            return self._refuse(_too_large(self._max_bytes))
        self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if self.problem is None:  # else it would tell of a body that it never got
            await self._send(message)

    def _refuse(self, problem: Problem) -> Message:
        """To the app, the client has gone."""
        self.problem = problem
        self._whole = True
        return {"type": "http.disconnect"}


def _too_large(max_bytes: int) -> Problem:
    detail = (
        f"the body has more than the {max_bytes / _MB:g} MB of MEMCUBE_MAX_BODY_MB:"
        " send it in several requests, at most 1,000 events each"
    )
    return Problem(413, "The request is too large", detail, "body-too-large")


def _not_json(content_type: str) -> Problem | None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return None
    named = f"it is said to be {kind[:80]!a}" if kind else "it is not said what it is"
    detail = f"{named}: send JSON with the header content-type: application/json"
    return Problem(415, "The body is not JSON", detail, "not-json")


async def _answer(problem: Problem, receive: Receive, send: Send) -> None:
    response = problem.response()
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

"""Both clients over an imagined gateway, so that one story is told of both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from memcube import AsyncClient, Client
from memcube.client import Retries

Answer = httpx.Response | Exception

both = pytest.mark.parametrize("twin", [Client, AsyncClient], ids=["sync", "async"])


class Gateway:
    """Answers with what it was given, one after the other; the last again and again."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        # A new one each time: an answer can be read once.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def keys(self) -> list[str | None]:
        return [request.headers.get("idempotency-key") for request in self.requests]


def ask(
    twin: type[Client | AsyncClient], gateway: Gateway, act: Callable[[Any], Any], **settings: Any
) -> Any:
    """What one act comes to; an iterator is read to its end. Pauses take no time, but are noted."""
    settings = {"user_id": "ana", "retries": even(), **settings}

    async def awaited() -> Any:
        async def sleep(seconds: float) -> None:
            gateway.slept.append(seconds)

        transport = httpx.MockTransport(gateway)
        async with AsyncClient(transport=transport, sleep=sleep, **settings) as client:
            result = act(client)
            if inspect.isasyncgen(result):
                return [part async for part in result]
            return await result

    if twin is AsyncClient:
        return asyncio.run(awaited())
    with Client(transport=httpx.MockTransport(gateway), sleep=gateway.slept.append, **settings) as client:
        result = act(client)
        return list(result) if inspect.isgenerator(result) else result


def even(**settings: Any) -> Retries:
    """Without chance: each pause is the whole of its step."""
    return Retries(**{"random": lambda: 0.0, **settings})


def problem(
    status: int, reason: str = "", headers: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    document = {"title": "A title", "detail": "what to do", "status": status, "reason": reason, **more}
    kind = {"content-type": "application/problem+json"}
    return httpx.Response(status, json=document, headers={**kind, **(headers or {})})


def stream(*events: Sequence[str] | str) -> httpx.Response:
    """Server-sent events, each given by its lines."""
    text = "".join("\n".join([event] if isinstance(event, str) else event) + "\n\n" for event in events)
    return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})


NOTHING_FOUND = httpx.Response(200, json={"memories": [], "context": None, "context_tokens": None})
DONE = httpx.Response(
    200, json={"event_id": "e1", "partition": 3, "offset": 7, "applied": True, "changes": []}
)

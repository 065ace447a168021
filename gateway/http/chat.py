"""`/v1/chat/completions`: a conversation goes on, with what is known of who talks. `/v1/models`: names."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from time import perf_counter

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from gateway.http.attempt import Once
from gateway.http.chat_answer import DONE, ChatCompletion, Choice, Model, Models, Said, Told, Usage, event
from gateway.http.chat_request import Completion
from gateway.http.chat_source import Ended, no_model
from gateway.http.documented import CHAT, openai_problems
from gateway.http.exchange import Exchange, begin
from gateway.http.hangup import while_there
from gateway.http.problems import Problem
from gateway.http.services import House
from gateway.log import BusError
from memcube import metrics
from memcube.models.wire import Text

router = APIRouter(prefix="/v1", tags=["chat"])


@router.post(
    "/chat/completions",
    response_model=ChatCompletion,
    summary="Answer with memory",
    responses={**CHAT, **openai_problems(404, 429, 502, 504)},
)
async def complete(house: House, asked: Completion, once: Once, request: Request) -> Response:
    """OpenAI's chat completions, streamed or not, by the model of this house or an upstream one.

    With `memory` and an id in it, what was recalled for the user's last message stands in the prompt; the
    message and the answer are stored, unless `store` is false. Without, it is a plain chat, and nothing is
    stored. `memory` in the answer, and the headers, tell what was used. A stream that breaks off ends with an
    `error`, and an answer that was cut is not stored: nobody has said it.
    """
    began = perf_counter()
    seed = secrets.randbits(63)
    try:
        exchange = await while_there(request, begin(house, asked, once, began, seed))
        if asked.stream:
            return _Stream(exchange)
        try:
            return await while_there(request, _whole(exchange))
        finally:
            await exchange.close()
    except Problem as problem:
        metrics.chat_refused(problem.reason)
        raise
    except BusError:
        metrics.chat_refused("kafka-down")
        raise
    except ClientDisconnect:
        metrics.chat_refused("gone")
        raise


@router.get("/models", summary="List the models")
async def list_models(house: House) -> Models:
    """What a chat may name as its model. `default` is whatever is loaded."""
    if house.source is None:
        raise no_model()
    return Models(data=[Model(id=name) for name in await house.source.models()])


async def _whole(exchange: Exchange) -> Response:
    """The answer as one document; stored before it is given."""
    ended = None
    async for piece in exchange.pieces():
        if isinstance(piece, Ended):
            ended = piece
    if ended is None:  # the source ends with one, or raises
        raise AssertionError("an answer without an end")
    await exchange.finished()
    memory = exchange.memory()
    document = ChatCompletion(
        id=exchange.id,
        created=int(exchange.created.timestamp()),
        model=exchange.model,
        choices=[Choice(message=Said(content=exchange.text), finish_reason=ended.finish)],
        usage=Usage.of(exchange.prompt_tokens, ended),
        memory=memory,
    )
    return Response(document.model_dump_json(), media_type="application/json", headers=memory.headers())


class _Stream(StreamingResponse):
    """The answer as it comes; the model is let go of however it ends."""

    media_type = "text/event-stream"

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **exchange.memory().headers()}
        super().__init__(_events(exchange), headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if not self._exchange.over:
                metrics.chat_refused("gone")
            await self._exchange.close()


async def _events(exchange: Exchange) -> AsyncIterator[bytes]:
    told = Told(exchange.id, exchange.model, exchange.created)
    yield told.first(exchange.memory())
    try:
        async for piece in exchange.pieces():
            if isinstance(piece, Text):
                yield told.text(piece.text)
            elif isinstance(piece, Ended):
                # Before the last word goes out: whoever has read it finds the answer stored.
                await exchange.finished()
                yield told.last(piece.finish, exchange.memory())
                if exchange.wants_usage:
                    yield told.usage(Usage.of(exchange.prompt_tokens, piece))
                yield DONE
    except Problem as problem:
        # The status went out long ago: this is how OpenAI's clients are told, and the stream ends with it.
        exchange.broke_off()
        metrics.chat_refused(problem.reason)
        yield event(problem.openai(problem.status))

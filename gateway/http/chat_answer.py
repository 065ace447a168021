"""What a chat is answered with: OpenAI's documents, and what became of memory in a field of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from pydantic import BaseModel, ConfigDict

from gateway.http.chat_source import Ended
from memcube.models.wire import Route

_encode = msgspec.json.Encoder().encode


class UsedMemory(BaseModel):
    """How memory reached the model. `reason`: why not as asked.

    `cubes`: the memories in the prompt, in its order. `ttft_ms`: from the request's arrival
    to the first word.
    The events are those of the two turns; null where nothing is stored.
    """

    route: Route
    reason: str | None
    cubes: list[str]
    memory_tokens: int
    ttft_ms: float
    prompt_event_id: str | None
    response_event_id: str | None

    def headers(self) -> dict[str, str]:
        """What of it stands in the headers; they name no memory."""
        told = {
            "X-MemCube-Route": self.route,
            "X-MemCube-Cubes": str(len(self.cubes)),
            "X-MemCube-Memory-Tokens": str(self.memory_tokens),
            "X-MemCube-TTFT-Ms": f"{self.ttft_ms:.1f}",
        }
        if self.reason is not None:
            told["X-MemCube-Reason"] = "".join(one if " " <= one <= "~" else "?" for one in self.reason)
        return told


class Usage(BaseModel):
    """Tokens, as the model counts them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int

    @classmethod
    def of(cls, prompt_tokens: int, ended: Ended) -> Usage:
        read = prompt_tokens if ended.prompt_tokens is None else ended.prompt_tokens
        return cls(prompt_tokens=read, completion_tokens=ended.tokens, total_tokens=read + ended.tokens)


class Said(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    index: int = 0
    message: Said
    logprobs: None = None
    finish_reason: str


class ChatCompletion(BaseModel):
    """A whole answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "chatcmpl-8f14e45f",
                "object": "chat.completion",
                "created": 1795435200,
                "model": "smollm2-135m-instruct",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": "You live in Hamburg.", "refusal": None},
                        "logprobs": None,
                        "finish_reason": "stop",
                    }
                ],
                "usage": {"prompt_tokens": 61, "completion_tokens": 6, "total_tokens": 67},
                "memory": {
                    "route": "text",
                    "reason": None,
                    "cubes": ["249c3c9e-0ee1-5c8f-a8d1-882641928054"],
                    "memory_tokens": 28,
                    "ttft_ms": 92.4,
                    "prompt_event_id": "8276ed5c-42f5-5dc5-b9b8-9c2c8ee3bdba",
                    "response_event_id": "7636754b-da3d-4863-a8fd-baef71b7580d",
                },
            }
        }
    )

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    memory: UsedMemory


class Model(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "memcube"


class Models(BaseModel):
    """The names that a chat may give as its `model`."""

    object: Literal["list"] = "list"
    data: list[Model]


class OpenAIError(BaseModel):
    """`message`: what was wrong, and what to do. `code`: a stable word. `param`: the field that is meant."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIProblem(BaseModel):
    """An error as OpenAI's clients read it."""

    error: OpenAIError


class Told:
    """The parts of one streamed answer, each a server-sent event."""

    def __init__(self, ident: str, model: str, created: datetime) -> None:
        self._head = {
            "id": ident,
            "object": "chat.completion.chunk",
            "created": int(created.timestamp()),
            "model": model,
        }

    def first(self, memory: UsedMemory) -> bytes:
        """Who speaks, and with which memory."""
        return self._chunk({"role": "assistant", "content": ""}, memory=memory)

    def text(self, text: str) -> bytes:
        return self._chunk({"content": text})

    def last(self, finish: str, memory: UsedMemory) -> bytes:
        return self._chunk({}, finish, memory)

    def usage(self, usage: Usage) -> bytes:
        """Behind the last one, where it was asked for."""
        return event({**self._head, "choices": [], "usage": usage.model_dump()})

    def _chunk(
        self, delta: Mapping[str, str], finish: str | None = None, memory: UsedMemory | None = None
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        told = {} if memory is None else {"memory": memory.model_dump()}
        return event({**self._head, "choices": [choice], **told})


DONE: Final = b"data: [DONE]\n\n"


def event(document: Mapping[str, Any]) -> bytes:
    """A server-sent event without a name, as OpenAI sends them."""
    return b"data: " + _encode(document) + b"\n\n"

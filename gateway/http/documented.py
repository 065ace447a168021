"""What the OpenAPI document says beside what FastAPI finds out: errors, and the body of `/v1/events`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from gateway.http.chat_answer import OpenAIError, OpenAIProblem
from gateway.http.problems import OPENAI_PATHS
from gateway.http.requests import Turn

_REF: Final = "#/components/schemas/{model}"
_MEDIA_TYPE: Final = "application/problem+json"
_MEANING: Final[Mapping[int, str]] = {
    400: "The body cannot be read",
    404: "There is no such thing in this subject",
    408: "The body stopped coming",
    409: "Refused: nothing was changed",
    410: "It was erased",
    413: "Too large, or too many events: split it",
    415: "The body is not said to be JSON",
    422: "The request is not valid",
    429: "Too many events wait: send again after the seconds of `Retry-After`",
    500: "A fault in MemCube: its log has the cause",
    502: "The model speaks another language than ours, or the upstream one refuses us",
    503: "Kafka, the record or a model is away, or there is no place for another stream: send again later",
    504: "In the log and safe, but not recallable within 30 s; of a block: not built yet",
}
_CHAT_MEANING: Final[Mapping[int, str]] = {
    400: "The request is not valid, asks for what is not supported, or is too long for the model",
    404: "There is no such model",
    422: "The same as 400, which is the one that is sent",
    503: "There is no model (`make setup-models`, or MEMCUBE_UPSTREAM), or it, Kafka or the record is away",
    504: "The upstream model said nothing for too long",
}
# Of every route, and of those that take a body.
_EVERYWHERE: Final = (422, 500, 503)
_WITH_A_BODY: Final = (400, 408, 413, 415)
_RETRY_AFTER: Final = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds, 1 to 60"}}


class ProblemOut(BaseModel):
    """RFC 9457. `title`: what was wrong. `detail`: with which value, what to do. `reason`: a stable word."""

    model_config = ConfigDict(
        extra="allow",
        title="Problem",
        json_schema_extra={
            "example": {
                "title": "The event is not valid",
                "detail": "text is empty: it holds nothing that can be read",
                "status": 422,
                "reason": "bad-payload",
            }
        },
    )

    title: str
    detail: str
    status: int
    reason: str


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer so."""
    content = {_MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": _MEANING[status], "content": content} for status in statuses
    }
    if 429 in found:
        found[429]["headers"] = _RETRY_AFTER
    return found


def openai_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """As `problems`, of a route that OpenAI's clients read."""
    content = {"application/json": {"schema": {"$ref": _REF.format(model="OpenAIProblem")}}}
    found = problems(*statuses)
    for status, told in found.items():
        told["content"] = content
        told["description"] = _CHAT_MEANING.get(int(status), told["description"])
    return found


def describe(app: FastAPI) -> None:
    """Let the app's document tell of its problems."""
    plain = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(plain())
        return plain()

    app.openapi = document  # type: ignore[method-assign]


def _complete(schema: dict[str, Any]) -> None:
    """In place: FastAPI keeps the document that it made."""
    components = schema["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    components["Problem"] = ProblemOut.model_json_schema(ref_template=_REF)
    components["Turn"] = Turn.model_json_schema(ref_template=_REF)
    for model in (OpenAIError, OpenAIProblem):
        components[model.__name__] = model.model_json_schema(ref_template=_REF)
    components["OpenAIProblem"].pop("$defs")
    for name, path in schema["paths"].items():
        told = openai_problems if name in OPENAI_PATHS else problems
        for operation in path.values():
            wanted = told(*_EVERYWHERE, *(_WITH_A_BODY if "requestBody" in operation else ()))
            responses = operation["responses"]
            responses |= {str(status): answer for status, answer in wanted.items()}
            operation["responses"] = dict(sorted(responses.items()))


TURNS: Final[Mapping[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        {"$ref": _REF.format(model="Turn")},
                        {
                            "type": "object",
                            "properties": {
                                "events": {
                                    "type": "array",
                                    "maxItems": 1_000,
                                    "items": {"$ref": _REF.format(model="Turn")},
                                }
                            },
                            "required": ["events"],
                            "additionalProperties": False,
                        },
                    ]
                },
                "examples": {
                    "turn": {
                        "summary": "One turn",
                        "value": {
                            "user_id": "ana",
                            "role": "user",
                            "content": "I live in Hamburg.",
                            "id": "m1",
                        },
                    },
                    "batch": {
                        "summary": "Several",
                        "value": {
                            "events": [
                                {"user_id": "ana", "role": "user", "content": "I live in Hamburg."},
                                {"user_id": "ana", "role": "assistant", "content": "Noted."},
                            ]
                        },
                    },
                },
            }
        },
    }
}
"""The body of `POST /v1/events`, which is checked item by item and so is no model of FastAPI's."""


_HEADERS: Final = {
    "X-MemCube-Route": ("string", "how memory reached the model: none, text or kv"),
    "X-MemCube-Cubes": ("integer", "how many memories are in the prompt"),
    "X-MemCube-Memory-Tokens": ("integer", "the tokens they take"),
    "X-MemCube-TTFT-Ms": ("number", "from the request's arrival to the first word"),
}
CHAT: Final[Mapping[int | str, dict[str, Any]]] = {
    200: {
        "description": "The answer; streamed, its parts as server-sent events, and `[DONE]`",
        "headers": {
            name: {"schema": {"type": kind}, "description": told, "required": True}
            for name, (kind, told) in _HEADERS.items()
        }
        | {"X-MemCube-Reason": {"schema": {"type": "string"}, "description": "why not as asked"}},
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
"""What `POST /v1/chat/completions` answers beside its document."""

"""Errors as `application/problem+json` (RFC 9457): what was wrong, and what to do."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from gateway.log import BusDown, BusError, Message, Named, Unsendable
from memcube.errors import CubeErased, KeyDestroyed, MemcubeError, NoSuchCube, Refused, Setup, StoreFault
from schemas.errors import BadSubject, ContractError, TooLarge

log = logging.getLogger(__name__)

# What talks to them are clients of OpenAI's interface, which show the message of an error of their own form.
OPENAI_PATHS: Final = frozenset({"/v1/chat/completions", "/v1/models"})
_OPENAI_TYPES: Final = {429: "rate_limit_error", 404: "not_found_error"}


class Problem(Exception):
    """An answer that says what was wrong (`title`) and what to do (`detail`). `reason`: a stable word.

    `param`: the field that is meant, for OpenAI's form.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        reason: str,
        *,
        headers: Mapping[str, str] | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(f"{title}: {detail}")
        self.headers = headers
        self.param = param
        self.status = status
        self.title = title
        self.detail = detail
        self.reason = reason
        self.more = more

    def document(self) -> dict[str, Any]:
        """The body of the answer."""
        return {
            "title": self.title,
            "detail": self.detail,
            "status": self.status,
            "reason": self.reason,
            **self.more,
        }

    def response(self, path: str = "") -> JSONResponse:
        """`path`: of the request; on OpenAI's routes the answer has OpenAI's form."""
        if path in OPENAI_PATHS:
            # There 400 is for whatever is wrong with a request; its clients know no 422.
            status = 400 if self.status == 422 else self.status
            return JSONResponse(self.openai(status), status, headers=self.headers)
        return JSONResponse(
            self.document(), self.status, headers=self.headers, media_type="application/problem+json"
        )

    def openai(self, status: int) -> dict[str, Any]:
        """The body of the answer as OpenAI's clients read it."""
        kind = "server_error" if status >= 500 else _OPENAI_TYPES.get(status, "invalid_request_error")
        message = f"{self.title}: {self.detail}"
        error = {"message": message, "type": kind, "param": self.param, "code": self.reason}
        return {"error": error}


_BY_REASON: Final = {NoSuchCube.reason: 404, CubeErased.reason: 410}
_REMEDIES: Final = {
    NoSuchCube.reason: "list what there is with GET /v1/cubes, or `memcube cubes list`",
    CubeErased.reason: "it cannot come back; remember the text anew if it is wanted",
}


_NOT_READ: Final = {NoSuchCube.reason: "There is no such memory", CubeErased.reason: "This memory was erased"}
_NOT_DONE: Final = "The command was refused; nothing was changed"


def refused(reason: str, detail: str, title: str = _NOT_DONE, **more: Any) -> Problem:
    """What a command met when it was applied: nothing was changed. A reading has a title of its own."""
    remedy = _REMEDIES.get(reason)
    return Problem(
        _BY_REASON.get(reason, 409),
        title,
        f"{detail} ({remedy})" if remedy else detail,
        reason,
        **more,
    )


# The first class that fits speaks for the error: a narrower one stands before a wider one.
_ANSWERS: Final[tuple[tuple[type[Exception], int, str, str], ...]] = (
    (TooLarge, 413, "The text is too large", ""),
    (BadSubject, 422, "The subject is not valid", ""),
    (ContractError, 422, "The event is not valid", ""),
    (KeyDestroyed, 410, "This memory was erased", ""),
    (Unsendable, 413, "Kafka does not take this event", "unsendable"),
    (BusError, 503, "Kafka does not answer", "kafka-down"),
    (StoreFault, 503, "The record cannot be read", "record-fault"),
    (Setup, 503, "Something is missing on the server", "setup"),
)


def as_problem(error: Exception) -> Problem:
    """The answer to an error."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refused):
        return refused(error.reason, str(error), _NOT_READ.get(error.reason, _NOT_DONE))
    if isinstance(error, ValidationError | RequestValidationError):
        where, detail = _first_error(error)
        return Problem(422, "The request is not valid", detail, "bad-request", param=where or None)
    for kind, status, title, reason in _ANSWERS:
        if isinstance(error, kind):
            return Problem(status, title, str(error), getattr(error, "reason", reason))
    return Problem(500, "A fault in MemCube", "see the gateway's log for its cause", "fault")


def unconfirmed(error: BusDown, messages: Sequence[Message]) -> Problem:
    """The broker did not confirm, and may have taken them all the same: what sending them again would do."""
    if any(message.named is Named.NOTHING for message in messages):
        advice = (
            "it may be in the log already, and sent again it would be there twice. With an id or an"
            " Idempotency-Key it is applied once, however often it is sent"
        )
    elif any(message.named is Named.KEY for message in messages):
        advice = "then send it again with the same key: it is applied once"
    else:
        advice = "then send it again with the same id: it is applied once"
    return Problem(503, "Kafka does not answer", f"{error}; {advice}", "kafka-down")


def answer_with_problems(app: FastAPI) -> None:
    """Make every error of this app a problem document."""
    for kind in (Problem, ContractError, MemcubeError, BusError, RequestValidationError, Exception):
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    problem = as_problem(error)
    if problem.status >= 500:
        # What is planned is no fault. The trace of what nobody foresaw is written by the server itself.
        level = logging.WARNING if isinstance(error, Problem) else logging.ERROR
        foreseen = isinstance(error, Problem | MemcubeError | BusError)
        trace = error if problem.status == 500 and foreseen else None
        log.log(level, "%s %s: %s", request.method, request.url.path, error, exc_info=trace)
    return problem.response(request.url.path)


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class only
    if isinstance(error.__cause__, ValueError | RecursionError):  # FastAPI's word for whatever it cannot read
        return not_json(error.__cause__).response(request.url.path)
    problem = Problem(error.status_code, str(error.detail), "the routes are listed at /docs", "http")
    return problem.response(request.url.path)


async def _answer_nobody(request: Request, error: Exception) -> JSONResponse:
    """Whoever sent half a body has gone, or was told already why it is not read."""
    return Problem(400, "The body is not whole", str(error) or "its end did not come", "http").response(
        request.url.path
    )


def not_json(error: Exception) -> Problem:
    """What a reader of JSON met."""
    match error:
        case RecursionError():
            detail = "it is nested too deeply: a few hundred levels are read"
        case json.JSONDecodeError():
            detail = f"not valid JSON at character {error.pos}: {error.msg}"
        case UnicodeDecodeError():
            detail = "it is not UTF-8: send JSON in UTF-8"
        case msgspec.DecodeError():
            detail = f"not valid JSON: {error}"
        case _:
            detail = "a number has more than 4,300 digits: send it as a string, or a shorter one"
    return Problem(422, "The body cannot be read", detail, "bad-request")


def _first_error(error: ValidationError | RequestValidationError) -> tuple[str, str]:
    """The field, if one is meant, and what is wrong with it."""
    # The input is left out of the text: it may be large, or no valid Unicode.
    if isinstance(error, ValidationError):
        found: Any = error.errors(include_url=False, include_context=False, include_input=False)[0]
    else:
        found = error.errors()[0]
        if found["type"] == "json_invalid":
            return "", f"not valid JSON at character {found['loc'][-1]}: {found['ctx']['error']}"
    where = ".".join(str(part) for part in found["loc"] if part != "body")
    said = str(found["msg"]).removeprefix("Value error, ")
    return where, f"{where}: {said}" if where else said

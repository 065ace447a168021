"""An answer that is an error, as the exception that it means."""

from __future__ import annotations

from typing import Final

import httpx
import msgspec

from memcube.client.errors import (
    Busy,
    Conflict,
    Erased,
    Invalid,
    NotFound,
    NotYet,
    Problem,
    TooLarge,
    Unavailable,
)

_BY_STATUS: Final[dict[int, type[Problem]]] = {
    400: Invalid,
    404: NotFound,
    409: Conflict,
    410: Erased,
    413: TooLarge,
    415: Invalid,
    422: Invalid,
    429: Busy,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
_NOT_YET: Final = "not-yet"
# Enough of a page of some proxy to recognise it by.
_SHOWN: Final = 200


class _Receipt(msgspec.Struct, frozen=True):
    event_id: str


class _Document(msgspec.Struct, frozen=True):
    """`application/problem+json`, as the gateway writes it."""

    title: str
    detail: str = ""
    reason: str = ""
    events: tuple[_Receipt, ...] = ()


_decoder: Final = msgspec.json.Decoder(_Document)


def problem_of(response: httpx.Response) -> Problem:
    """The error in an answer that has been read."""
    status = response.status_code
    try:
        document = _decoder.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Something in between speaks, a proxy or another server.
        document = _Document(f"HTTP {status} from {response.url}", response.text[:_SHOWN], "http")
    kind = NotYet if document.reason == _NOT_YET else _BY_STATUS.get(status, Problem)
    problem = kind(status, document.title, document.detail, document.reason)
    if isinstance(problem, Busy):
        problem.retry_after = retry_after(response)
    if isinstance(problem, NotYet):
        problem.event_ids = tuple(receipt.event_id for receipt in document.events)
    return problem


def retry_after(response: httpx.Response) -> float | None:
    """Seconds; None where the header is missing or is a date, which no part of ours sends."""
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None

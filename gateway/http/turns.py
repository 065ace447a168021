"""The body of `POST /v1/events`: one turn or a batch, counted before anything of it is made into objects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from gateway.http.body import MOST_OF_ONE
from gateway.http.problems import Problem, not_json
from gateway.http.requests import MAX_BATCH, Turn
from schemas.errors import TooLarge

_NOTHING: Final = msgspec.Raw()


class _Outside(msgspec.Struct, frozen=True):
    """Only whether it is a batch; whatever else stands there is passed over."""

    events: msgspec.Raw = _NOTHING


# A struct, since it ends at the first item too many: a list would be made whole before it is counted.
_Items = msgspec.defstruct(
    "_Items",
    [(f"item_{number}", msgspec.Raw, _NOTHING) for number in range(MAX_BATCH)],
    array_like=True,
    forbid_unknown_fields=True,
)
_outside = msgspec.json.Decoder(_Outside).decode
_items = msgspec.json.Decoder(_Items).decode
_batch = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_JSON_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Sent(msgspec.Struct, frozen=True):
    """The turns of one request, not looked at yet. `batch`: whether they are to be answered as one."""

    turns: Sequence[msgspec.Raw | Any]
    batch: bool


def sent(body: bytes) -> Sent:
    """Raises a `Problem` for what is neither a turn nor a batch."""
    body = body.strip()
    try:
        events = _outside(body).events
    except msgspec.ValidationError:
        detail = 'a JSON object is expected: a turn, or {"events": [...]}'
        raise Problem(422, "The request is not valid", detail, "bad-request") from None
    except _JSON_ERRORS as error:
        return _leniently(body, error)
    if not len(events):
        return Sent((msgspec.Raw(body),), batch=False)
    # A turn has no `events`: a body that is larger than its events has more beside them.
    if len(body) - len(events) > MOST_OF_ONE or len(_batch(body)) > 1:
        raise _no_batch()
    return Sent(_counted(events), batch=True)


def turn_of(given: msgspec.Raw | Any) -> Turn:
    """Raises `ContractError` and pydantic's `ValidationError`; a `Problem` for what is no JSON."""
    if not isinstance(given, msgspec.Raw):
        return Turn.model_validate(given)
    if (size := len(given)) > MOST_OF_ONE:
        raise TooLarge(f"the turn has {size:,} bytes; at most {MOST_OF_ONE:,} are read: split it into turns")
    try:
        return Turn.model_validate(msgspec.json.decode(given))
    except _JSON_ERRORS as error:
        raise not_json(error) from None


def _counted(events: msgspec.Raw) -> Sequence[msgspec.Raw]:
    try:
        items = _items(events)
    except msgspec.ValidationError:
        if memoryview(events)[0] != ord("["):
            raise _no_batch() from None
        raise _too_many() from None
    return [item for item in msgspec.structs.astuple(items) if len(item)]


def _leniently(body: bytes, error: Exception) -> Sent:
    """Python's own reader takes half characters, so that one bad turn does not stop the others."""
    if len(body) > MOST_OF_ONE or not isinstance(error, msgspec.DecodeError):
        raise not_json(error)
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError) as found:
        raise not_json(found) from None
    if not isinstance(whole, dict) or "events" not in whole:
        return Sent((whole,), batch=False)
    events = whole["events"]
    if len(whole) > 1 or not isinstance(events, list):
        raise _no_batch()
    if len(events) > MAX_BATCH:
        raise _too_many()
    return Sent(events, batch=True)


def _no_batch() -> Problem:
    detail = 'a batch is {"events": [...]} and nothing else'
    return Problem(422, "The request is not valid", detail, "bad-request")


def _too_many() -> Problem:
    detail = f"more than {MAX_BATCH:,} events in one request: send at most {MAX_BATCH:,}"
    return Problem(413, "The batch is too large", detail, "batch-too-large")

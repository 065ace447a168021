"""Messages as applications have them, as the turns that the gateway takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal, Required, TypedDict

import msgspec

from memcube.client.errors import BadCall
from memcube.client.ids import NAMES

# The gateway's own limit for one request.
MAX_EVENTS: Final = 1_000
# Far below what the gateway takes in one body, and more than a thousand turns of a conversation have.
MAX_BYTES: Final = 8 * 1024 * 1024


class Message(TypedDict, total=False):
    """What was said, in the shape of a chat message.

    name: who said it. timestamp: when; without it, when the gateway gets it. id: yours, and the same id
    twice is one event. source_id: what provenance shows for it (the id, if not given). used: with role
    assistant, the ids of the memories that its prompt was given.
    """

    role: Required[Literal["user", "assistant"]]
    content: Required[str]
    name: str | None
    timestamp: datetime | str | None
    id: str | None
    source_id: str | None
    used: Sequence[str]


Messages = str | Message | Iterable[str | Message]
_KNOWN: Final = frozenset(Message.__annotations__)
_WHOSE: Final = frozenset({"tenant", *NAMES})


def turns(messages: Messages, address: Mapping[str, str], when: datetime | str | None) -> list[msgspec.Raw]:
    """One JSON object a message; raises `BadCall`. `when`: of those without a timestamp."""
    several: object = (messages,) if isinstance(messages, str | Mapping) else messages
    if not isinstance(several, Iterable) or isinstance(several, bytes):
        raise BadCall(
            'messages are a text, {"role": "user", "content": …}, or a list of these,'
            f" not {type(messages).__name__}"
        )
    return [msgspec.Raw(_turn(n, message, address, when)) for n, message in enumerate(several)]


def batches(found: Sequence[msgspec.Raw]) -> Iterator[list[msgspec.Raw]]:
    """What goes into one request each."""
    batch: list[msgspec.Raw] = []
    size = 0
    for turn in found:
        length = len(memoryview(turn))
        if batch and (len(batch) == MAX_EVENTS or size + length > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(turn)
        size += length
    if batch:
        yield batch


def moment(given: object) -> str | None:
    """A time as ISO 8601. A `datetime` without a zone is local time, as everywhere in Python."""
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, datetime):
        return (given if given.tzinfo else given.astimezone()).isoformat()
    if isinstance(given, date):
        return given.isoformat()
    raise BadCall(
        f"{given!r} is no time: give a datetime, a date, or ISO 8601 like 2026-11-23T18:30:00+01:00"
    )


def encoded(value: Any, what: str) -> bytes:
    """The JSON of it; raises `BadCall` naming what it was."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        raise BadCall(f"{what} holds a lone surrogate, which is no character: send valid Unicode") from None
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BadCall(f"{what} cannot be written as JSON: {error}") from None


def _turn(n: int, message: object, address: Mapping[str, str], when: datetime | str | None) -> bytes:
    fields: dict[str, Any]
    if isinstance(message, str):
        fields = {"role": "user", "content": message}
    elif isinstance(message, Mapping):
        fields = {str(name): value for name, value in message.items() if value is not None}
        _check(n, fields, address)
    else:
        raise BadCall(
            f"message {n} is a {type(message).__name__}: give a text or a dict with role and content"
        )
    said = fields.pop("timestamp", when)
    time = {} if said is None else {"timestamp": moment(said)}
    return encoded({**address, **fields, **time}, f"message {n}")


def _check(n: int, fields: Mapping[str, Any], address: Mapping[str, str]) -> None:
    """What a message says beside its words must be what the call means: else it lands where nobody looks."""
    for name in fields.keys() & _WHOSE:
        if fields[name] != address.get(name):
            raise BadCall(
                f"message {n} has {name} {fields[name]!r}, the call {address.get(name)!r}: all messages of a"
                " call are of one subject, so give the ids with the call, and another subject's in another"
            )
    if strange := sorted(fields.keys() - _KNOWN - _WHOSE):
        raise BadCall(
            f"message {n} has {', '.join(strange)}: a message has {', '.join(sorted(_KNOWN))}, so leave out"
            " what is not among them"
        )

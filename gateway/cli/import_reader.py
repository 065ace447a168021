"""Messages from a file: a JSON array, an object with `messages`, or JSONL, one object a line.

A message that cannot be one is told apart and numbered; it never stops the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from gateway.cli.place import CliError

IDS: Final = ("group_id", "user_id", "agent_id", "run_id")
# Said by the machinery to itself: instructions and tool output are nobody's memory.
_SKIPPED_ROLES: Final = ("system", "developer", "tool", "function")
_SHAPE: Final = 'a JSON array of messages, an object {"messages": [...]}, or JSONL with one message a line'


_NOBODYS: Final = (
    f"whose memory? it has none of {', '.join(IDS)}: add one, or give --user, --agent, --run or --group"
)
_KINDS: Final = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number"}


class Message(msgspec.Struct, frozen=True):
    """One message as the file has it. `number` counts from 1 in the file, whatever is skipped."""

    number: int
    role: str
    content: str
    ids: dict[str, str]
    id: str | None = None
    timestamp: str | None = None
    name: str | None = None


class BadMessage(msgspec.Struct, frozen=True):
    """A message that cannot be imported."""

    number: int
    why: str


class Reading(msgspec.Struct, frozen=True):
    """What a file holds. `skipped`: messages of roles that nobody remembers."""

    messages: tuple[Message, ...]
    bad: tuple[BadMessage, ...]
    skipped: int


def read(raw: bytes) -> Reading:
    """Raises `CliError` when the file as a whole is none of the known shapes."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"the file is not UTF-8 (byte {error.start})"
        raise CliError(what, "convert it, for instance with iconv") from None
    messages: list[Message] = []
    bad: list[BadMessage] = []
    skipped = 0
    for number, item in enumerate(_items(text), start=1):
        if isinstance(item, dict) and item.get("role") in _SKIPPED_ROLES:
            skipped += 1
            continue
        try:
            messages.append(_message(number, item))
        except _BadError as error:
            bad.append(BadMessage(number, str(error)))
    return Reading(tuple(messages), tuple(bad), skipped)


def requests(
    messages: Iterable[Message], tenant: str, subject: dict[str, str], started: datetime
) -> tuple[list[tuple[int, dict[str, Any]]], list[BadMessage]]:
    """The turns to send, with their numbers, and what belongs to nobody.

    Messages without a time get the moment of the import, 1 ms apart, so that their order stays; it is no
    part of their event's id, so importing again makes the same events.
    """
    seen: Counter[tuple[Any, ...]] = Counter()
    turns: list[tuple[int, dict[str, Any]]] = []
    bad: list[BadMessage] = []
    for place, message in enumerate(messages):
        ids = message.ids or subject
        if not ids:
            bad.append(BadMessage(message.number, _NOBODYS))
            continue
        same = (*sorted(ids.items()), message.role, message.content, message.timestamp, message.name)
        turn = {
            "tenant": tenant,
            **ids,
            "role": message.role,
            "content": message.content,
            "id": message.id,
            "timestamp": message.timestamp,
            "assumed_timestamp": (started + timedelta(milliseconds=place)).isoformat(),
            "name": message.name,
            "deterministic": True,
            "occurrence": seen[same],
        }
        seen[same] += message.id is None
        turns.append((message.number, {name: value for name, value in turn.items() if value is not None}))
    return turns, bad


class _BadError(ValueError):
    """Why a message cannot be imported."""


class _NotJson(msgspec.Struct, frozen=True):
    """A line of JSONL that cannot be read."""

    why: str


def _items(text: str) -> Sequence[Any]:
    stripped = text.strip()
    if not stripped:
        raise CliError("the file is empty", f"expected {_SHAPE}")
    if stripped[0] not in "[{":
        raise CliError("the file is not JSON", f"expected {_SHAPE}")
    # Not splitlines: JSON texts may hold the other line ends of Unicode as they are.
    lines = [line for line in stripped.split("\n") if line.strip()]
    whole = _json(stripped)
    if isinstance(whole, list):
        return whole
    if isinstance(whole, dict):
        # One message alone is JSONL of one line.
        return _list_of(whole) if "messages" in whole or "role" not in whole else [whole]
    if stripped[0] == "[" or all(isinstance(_json(line), _NotJson) for line in lines):
        why = whole.why if isinstance(whole, _NotJson) else "no object and no array"
        raise CliError(f"the file is not valid JSON: {why}", f"expected {_SHAPE}; was it cut off?")
    return [_json(line) for line in lines]


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        return _NotJson(f"not JSON: {error}")


def _list_of(whole: dict[str, Any]) -> list[Any]:
    messages = whole.get("messages")
    if not isinstance(messages, list):
        raise CliError('the object has no list "messages"', f"expected {_SHAPE}")
    return messages


def _message(number: int, item: Any) -> Message:
    if isinstance(item, _NotJson):
        raise _BadError(item.why)
    if not isinstance(item, dict):
        raise _BadError(f"a message is an object, this is {_kind(item)}")
    role = item.get("role")
    if role not in ("user", "assistant"):
        shown = "missing" if role is None else repr(role)[:40]
        raise _BadError(f"role is {shown}: expected user or assistant (system and tool are skipped)")
    content = item.get("content")
    if not isinstance(content, str):
        raise _BadError(f"content is {_kind(content)}: expected a text")
    if not content.strip():
        raise _BadError("content is empty")
    return Message(
        number=number,
        role=role,
        content=content,
        ids={name: value for name in IDS if (value := _word(item, name)) is not None},
        id=_word(item, "id"),
        timestamp=_word(item, "timestamp"),
        name=_word(item, "name"),
    )


def _word(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    if value is None or value == "":
        return None
    if name != "timestamp" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # ids of databases are numbers
    if not isinstance(value, str):
        raise _BadError(f"{name} is {_kind(value)}: expected a text")
    return value


def _kind(value: Any) -> str:
    return "missing" if value is None else _KINDS.get(type(value), "a number")

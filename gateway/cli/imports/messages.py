"""Messages as they are: a JSON array, an object with `messages`, or JSONL, one object a line.

A message that cannot be one is told apart and numbered; it never stops the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from gateway.cli.imports.reading import IDS, Bad, BadItemError, Draft, Message, Reading, decoded, kind
from gateway.cli.place import CliError

# Said by the machinery to itself: instructions and tool output are nobody's memory.
_SKIPPED_ROLES: Final = ("system", "developer", "tool", "function")
_SHAPE: Final = 'a JSON array of messages, an object {"messages": [...]}, or JSONL with one message a line'


def read(raw: bytes) -> Reading:
    """Raises `CliError` when the file as a whole is none of the known shapes."""
    draft = Draft("message")
    for number, item in enumerate(_items(decoded(raw)), start=1):
        if isinstance(item, dict) and item.get("role") in _SKIPPED_ROLES:
            draft.left_out["system or tool"] += 1
            continue
        try:
            draft.messages.append(_message(number, item))
        except BadItemError as error:
            draft.bad.append(Bad(number, str(error)))
    return draft.reading()


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
        raise BadItemError(item.why)
    if not isinstance(item, dict):
        raise BadItemError(f"a message is an object, this is {kind(item)}")
    role = item.get("role")
    if role not in ("user", "assistant"):
        shown = "missing" if role is None else repr(role)[:40]
        raise BadItemError(f"role is {shown}: expected user or assistant (system and tool are skipped)")
    content = item.get("content")
    if not isinstance(content, str):
        raise BadItemError(f"content is {kind(content)}: expected a text")
    if not content.strip():
        raise BadItemError("content is empty")
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
        raise BadItemError(f"{name} is {kind(value)}: expected a text")
    return value

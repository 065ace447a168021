"""ChatGPT's export, `conversations.json`: a list of conversations, each a tree of messages.

A conversation branches where someone edited a prompt or had an answer made anew. What counts is the
path from `current_node`, the message that was last shown, to the root.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from gateway.cli.imports.reading import Bad, BadItemError, Draft, Message, Reading, item, objects
from gateway.cli.place import CliError

_SHAPE: Final = "the conversations.json of a ChatGPT export, a list of conversations with a mapping"
_TEXTS: Final = ("text", "multimodal_text")
_NOTHING: Final = msgspec.Raw(b"null")


class _Author(msgspec.Struct):
    role: str


class _Content(msgspec.Struct):
    content_type: str
    parts: list[Any] = []


class _Said(msgspec.Struct):
    """A message of the export, of whatever kind."""

    author: _Author
    content: _Content
    create_time: float | None = None
    recipient: str | None = None
    metadata: dict[str, Any] | None = None

    @property
    def hidden(self) -> bool:
        return bool((self.metadata or {}).get("is_visually_hidden_from_conversation"))


class _Node(msgspec.Struct):
    message: msgspec.Raw = _NOTHING
    parent: str | None = None


class _Conversation(msgspec.Struct):
    mapping: dict[str, _Node]
    current_node: str | None = None
    id: str | None = None
    conversation_id: str | None = None
    create_time: float | None = None


def read(raw: bytes) -> Reading:
    """Raises `CliError` when the file is no such export. The user's words get no name: `--user` is theirs."""
    found = objects(raw, _SHAPE)
    if found and not any(b'"mapping"' in bytes(one) for one in found):
        what = "this is no ChatGPT export: nothing in it has a mapping"
        raise CliError(what, f"expected {_SHAPE}; leave --format out, or name another")
    draft = Draft("conversation")
    for number, one in enumerate(found, start=1):
        try:
            conversation = item(one, _Conversation)
            path = _path(conversation)
        except BadItemError as error:
            draft.bad.append(Bad(number, str(error)))
            continue
        draft.left_out["on another branch"] += _others(conversation, path)
        _tell(draft, number, conversation, path)
    return draft.reading()


def _path(conversation: _Conversation) -> list[str]:
    """The ids of the nodes from the root to the current one."""
    mapping = conversation.mapping
    if conversation.current_node in mapping:
        return _to_root(mapping, str(conversation.current_node))
    parents = {node.parent for node in mapping.values()}
    paths = [_to_root(mapping, leaf) for leaf in mapping if leaf not in parents]
    if mapping and not paths:
        raise BadItemError("its messages answer one another in a circle: there is no last one")
    return max(paths, key=lambda path: (_time(mapping[path[-1]]), len(path)), default=[])


def _to_root(mapping: Mapping[str, _Node], last: str) -> list[str]:
    path: dict[str, None] = {}
    at: str | None = last
    while at is not None:
        if at in path:
            raise BadItemError(f"its messages answer one another in a circle, at {at[:80]!r}")
        if at not in mapping:
            child = next(reversed(path))
            raise BadItemError(
                f"message {child[:80]!r} answers {at[:80]!r}, which is not in the file: its beginning is lost"
            )
        path[at] = None
        at = mapping[at].parent
    return list(reversed(path))


def _time(node: _Node) -> float:
    try:
        said: _Said | None = item(node.message, _Said | None)
    except BadItemError:
        return 0.0
    return (said.create_time if said else None) or 0.0


def _others(conversation: _Conversation, path: list[str]) -> int:
    """How many messages were said on other branches."""
    chosen = set(path)
    return sum(
        bytes(node.message) != b"null" for name, node in conversation.mapping.items() if name not in chosen
    )


def _tell(draft: Draft, number: int, conversation: _Conversation, path: list[str]) -> None:
    name = conversation.conversation_id or conversation.id
    time = conversation.create_time
    for node in path:
        try:
            said: _Said | None = item(conversation.mapping[node].message, _Said | None)
            if said is None:  # the root
                continue
            content = _words(said)
            # What has no time of its own was said after what stands before it.
            time = said.create_time if said.create_time is not None else time
            timestamp = _moment(time)
        except BadItemError as error:
            draft.bad.append(Bad(number, str(error), f"message {node[:80]}"))
            continue
        if (reason := _why_not(said, content)) is not None:
            draft.left_out[reason] += 1
            continue
        draft.messages.append(
            Message(
                number=number,
                part=f"message {node[:80]}",
                role=said.author.role,
                content=content,
                within={"run_id": name} if name else {},
                id=f"{name}/{node}" if name else node,
                timestamp=timestamp,
            )
        )


def _why_not(said: _Said, content: str) -> str | None:
    """Why nobody remembers this message; None for what a person or the assistant said."""
    if said.author.role == "tool" or said.recipient not in {None, "all"}:
        return "tool calls and output"
    if said.author.role not in ("user", "assistant"):
        return "system"
    if said.hidden:
        return "hidden"
    if said.content.content_type not in _TEXTS:
        return "code and other content"
    if not content.replace("[image]", "").strip():
        return "images only" if content else "empty"
    return None


def _words(said: _Said) -> str:
    """The texts of a message, and `[image]` for each picture."""
    if said.content.content_type not in _TEXTS:
        return ""
    words: list[str] = []
    for part in said.content.parts:
        if isinstance(part, str):
            words.append(part)
        elif isinstance(part, dict) and part.get("content_type") == "image_asset_pointer":
            words.append("[image]")
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            words.append(part["text"])  # what was said aloud
    return "\n".join(word for word in words if word.strip())


def _moment(seconds: float | None) -> str | None:
    """ISO 8601 of seconds since 1970."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        raise BadItemError(f"create_time {seconds!r} is no time: expected seconds since 1970") from None

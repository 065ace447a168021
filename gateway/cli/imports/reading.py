"""What every reader gives: what a file says, what in it is bad, and how much was left out for what reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gateway.cli.place import CliError

IDS: Final = ("group_id", "user_id", "agent_id", "run_id")


class Message(msgspec.Struct, frozen=True):
    """One message. `number` counts the items of the file from 1, whatever is left out.

    ids: whose memory, where the file says it. within: the conversation, a filter beside whoever it is.
    part: which message of the item, where an item of the file is a conversation.
    """

    number: int
    role: str
    content: str
    ids: Mapping[str, str] = {}
    within: Mapping[str, str] = {}
    id: str | None = None
    source_id: str | None = None
    timestamp: str | None = None
    name: str | None = None
    part: str | None = None


class Chunk(msgspec.Struct, frozen=True):
    """One piece of a document, as it is remembered. `number` counts from 1."""

    number: int
    text: str


class Bad(msgspec.Struct, frozen=True):
    """An item that cannot be imported, or a part of one."""

    number: int
    why: str
    part: str | None = None

    def line(self, item: str) -> str:
        """`message 3: content is empty`."""
        return f"{item} {self.number}{f', {self.part}' if self.part else ''}: {self.why}"


class Reading(msgspec.Struct, frozen=True):
    """What a file holds. `item`: what its numbers count. `left_out`: how much nobody remembers, by reason."""

    item: str
    messages: tuple[Message, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    bad: tuple[Bad, ...] = ()
    left_out: Mapping[str, int] = {}

    @property
    def skipped(self) -> int:
        return sum(self.left_out.values())


class BadItemError(ValueError):
    """Why an item of a file cannot be imported."""


class Draft:
    """A reading in the making."""

    def __init__(self, counted: str) -> None:
        self._counted = counted
        self.messages: list[Message] = []
        self.bad: list[Bad] = []
        self.left_out: Counter[str] = Counter()

    def reading(self) -> Reading:
        return Reading(
            self._counted,
            messages=tuple(self.messages),
            bad=tuple(self.bad),
            left_out=dict(sorted((+self.left_out).items())),
        )


def decoded(raw: bytes) -> str:
    """The text of a file; raises `CliError` if it is none."""
    if raw.startswith(b"PK\x03\x04"):
        raise CliError("the file is a ZIP archive", "unpack it, and import a file of it (conversations.json)")
    if b"\0" in raw:
        what = f"the file is binary (byte {raw.index(0)} is NUL)"
        raise CliError(what, "import a text file in UTF-8: see `memcube import --help` for the formats")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"the file is not UTF-8 (byte {error.start})"
        raise CliError(what, "convert it, for instance with iconv") from None


def kind(value: Any) -> str:
    """What a JSON value is, in words."""
    return "missing" if value is None else _KINDS.get(type(value), "a number")


def objects(raw: bytes, shape: str) -> list[msgspec.Raw]:
    """The elements of a JSON array, or one object alone, undecoded; raises `CliError` for anything else."""
    text = decoded(raw).strip()
    if not text:
        raise CliError("the file is empty", f"expected {shape}")
    if text[0] not in "[{":
        raise CliError("the file is not JSON", f"expected {shape}; leave --format out, or name another")
    try:
        if text[0] == "[":
            return msgspec.json.decode(text, type=list[msgspec.Raw])
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise CliError(f"the file is not valid JSON: {error}", f"expected {shape}; was it cut off?") from None
    return [msgspec.Raw(text.encode())]


def item(raw: msgspec.Raw, shape: Any) -> Any:
    """One element, of this type; raises `BadItemError`."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise BadItemError(str(error)) from None


_KINDS: Final = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number"}

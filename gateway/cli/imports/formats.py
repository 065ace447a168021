"""Which formats there are, and which one a file is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import PurePath
from typing import Any, Final

import msgspec

from gateway.cli.imports import chatgpt, documents, locomo, messages
from gateway.cli.imports.reading import Reading, decoded
from gateway.cli.place import CliError


class Format(StrEnum):
    """How a file is written."""

    AUTO = "auto"  # by its name, and by what its JSON holds
    MESSAGES = "messages"  # JSON or JSONL of messages with role and content
    CHATGPT = "chatgpt"  # conversations.json of a ChatGPT export
    LOCOMO = "locomo"  # LoCoMo's conversations of two speakers
    MARKDOWN = "markdown"  # a document, in chunks by heading
    TEXT = "text"  # a document, in chunks by paragraph


# These do not say whose memory they are.
NEEDS_SUBJECT: Final = frozenset({Format.CHATGPT, Format.MARKDOWN, Format.TEXT})
DOCUMENTS: Final = frozenset({Format.MARKDOWN, Format.TEXT})
SUFFIXES: Final[Mapping[str, Format]] = {
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
}
_JSON: Final = frozenset({".json", ".jsonl", ".ndjson"})
_READERS: Final[Mapping[Format, Callable[[bytes], Reading]]] = {
    Format.MESSAGES: messages.read,
    Format.CHATGPT: chatgpt.read,
    Format.LOCOMO: locomo.read,
    Format.MARKDOWN: documents.markdown,
    Format.TEXT: documents.plain_text,
}
# Where the JSON is cut off or has a line too many, its beginning tells what it was to be.
_HEAD: Final = 65_536


def read(raw: bytes, form: Format) -> Reading:
    """Read a file in a format other than `AUTO`; raises `CliError` if it is not in that format or empty."""
    reading = _READERS[form](raw)
    if not (reading.messages or reading.chunks or reading.bad or reading.left_out):
        raise CliError("nothing is said in it", "name a file with messages or text in it")
    return reading


def detect(raw: bytes, name: str) -> Format:
    """The format of a file; raises `CliError` when it cannot be told. `name` is "" for standard input."""
    suffix = PurePath(name).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    text = decoded(raw).lstrip()
    if text and text[0] not in "[{" and suffix not in _JSON:
        raise CliError(
            f"the format of {name or 'standard input'} cannot be told",
            f"name it with --format: {', '.join(form for form in Format if form is not Format.AUTO)}",
        )
    return _of_json(text)


def _of_json(text: str) -> Format:
    fields = _fields(text)
    if "mapping" in fields:
        return Format.CHATGPT
    return Format.LOCOMO if {"sample_id", "conversation"} <= fields else Format.MESSAGES


def _fields(text: str) -> set[str]:
    """The names in the first object."""
    try:
        found: Any = msgspec.json.decode(text, type=list[msgspec.Raw] | dict[str, msgspec.Raw])
        if isinstance(found, list):
            found = msgspec.json.decode(found[0], type=dict[str, msgspec.Raw]) if found else {}
        return set(found)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {name for name in ("mapping", "sample_id", "conversation") if f'"{name}"' in text[:_HEAD]}

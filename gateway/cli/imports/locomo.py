"""LoCoMo's JSON: long conversations of two speakers in dated sessions, with pictures described in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from gateway.cli.imports.reading import Bad, BadItemError, Draft, Message, Reading, item, objects
from gateway.cli.place import CliError

_SHAPE: Final = "LoCoMo's JSON, a list of samples with sample_id and conversation"
_SESSION: Final = re.compile(r"session_(\d+)")
# The file dates sessions, not turns.
_APART: Final = timedelta(seconds=1)


class _Sample(msgspec.Struct):
    sample_id: str
    conversation: dict[str, msgspec.Raw]


class _Turn(msgspec.Struct):
    speaker: str
    dia_id: str
    text: str
    blip_caption: str | None = None


def read(raw: bytes) -> Reading:
    """Each sample is the memory of a group of its name. Raises `CliError` when the file is no LoCoMo."""
    found = objects(raw, _SHAPE)
    if found and not any(b'"conversation"' in bytes(one) for one in found):
        what = "this is no LoCoMo file: nothing in it has a conversation"
        raise CliError(what, f"expected {_SHAPE}; leave --format out, or name another")
    draft = Draft("sample")
    for number, one in enumerate(found, start=1):
        try:
            sample = item(one, _Sample)
        except BadItemError as error:
            draft.bad.append(Bad(number, str(error)))
            continue
        for name in sorted(filter(_SESSION.fullmatch, sample.conversation), key=_number):
            try:
                _session(draft, number, sample, name)
            except BadItemError as error:
                draft.bad.append(Bad(number, str(error), name))
    return draft.reading()


def _number(session: str) -> int:
    return int(session.removeprefix("session_"))


def _session(draft: Draft, number: int, sample: _Sample, name: str) -> None:
    dated = sample.conversation.get(f"{name}_date_time")
    if dated is None:
        raise BadItemError(f"it has no {name}_date_time: nobody knows when it was said")
    start = _moment(item(dated, str))
    for place, one in enumerate(item(sample.conversation[name], list[msgspec.Raw])):
        try:
            turn = item(one, _Turn)
        except BadItemError as error:
            draft.bad.append(Bad(number, str(error), f"{name}, turn {place + 1}"))
            continue
        content = _words(turn)
        if not content:
            draft.left_out["empty"] += 1
            continue
        draft.messages.append(
            Message(
                number=number,
                part=turn.dia_id,
                role="user",
                content=content,
                ids={"group_id": sample.sample_id},
                id=f"{sample.sample_id}/{turn.dia_id}",
                source_id=turn.dia_id,
                timestamp=(start + place * _APART).isoformat(),
                name=turn.speaker,
            )
        )


def _words(turn: _Turn) -> str:
    caption = (turn.blip_caption or "").strip()
    return f"{turn.text.strip()} [image: {caption}]".strip() if caption else turn.text.strip()


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text.strip(), "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
    except ValueError:
        raise BadItemError(f"{text[:40]!r} is no date like '1:56 pm on 8 May, 2023'") from None

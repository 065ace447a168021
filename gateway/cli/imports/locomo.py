"""LoCoMo's JSON: long conversations of two speakers in dated sessions, with pictures described in words.

How its turns are read is written here once: the evaluator of recall takes them from `sessions` as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from gateway.cli.imports.reading import Bad, BadItemError, Draft, Message, Reading, item, objects
from gateway.cli.place import CliError

_SHAPE: Final = "LoCoMo's JSON, a list of samples with sample_id and conversation"
_SESSION: Final = re.compile(r"session_([0-9]+)")
# The file dates sessions, not turns; a second apart they keep their order.
_APART: Final = timedelta(seconds=1)


class Said(msgspec.Struct, frozen=True):
    """One turn. `text`: the words, and the caption of a picture behind them; "" if there are neither.

    `id`: its dia_id; where an earlier turn of the conversation has the same, with a number behind it.
    """

    id: str
    speaker: str
    text: str
    time: datetime


class Unread(msgspec.Struct, frozen=True):
    """A session, or a turn of one, that cannot be read."""

    part: str
    why: str


class _Sample(msgspec.Struct):
    sample_id: str
    conversation: dict[str, msgspec.Raw]


class _Turn(msgspec.Struct):
    speaker: str
    dia_id: str
    text: str = ""
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
        _tell(draft, number, sample)
    return draft.reading()


def sessions(conversation: Mapping[str, msgspec.Raw]) -> Iterator[Said | Unread]:
    """The turns of a conversation in the order of its sessions, and what in it cannot be read."""
    ids: set[str] = set()
    for name in sorted(filter(_SESSION.fullmatch, conversation), key=_number):
        try:
            turns = item(conversation[name], list[msgspec.Raw])
            start = _moment(conversation.get(f"{name}_date_time"), name) if turns else None
        except BadItemError as error:
            yield Unread(name, str(error))
            continue
        for place, one in enumerate(turns):
            try:
                turn = item(one, _Turn)
            except BadItemError as error:
                yield Unread(f"{name}, turn {place + 1}", str(error))
                continue
            # Who names a turn by an id that two have means the first.
            ident = turn.dia_id if turn.dia_id not in ids else f"{turn.dia_id}#{len(ids)}"
            ids.add(ident)
            if start is not None:
                yield Said(ident, turn.speaker, _words(turn), start + place * _APART)


def _tell(draft: Draft, number: int, sample: _Sample) -> None:
    for said in sessions(sample.conversation):
        if isinstance(said, Unread):
            draft.bad.append(Bad(number, said.why, said.part))
        elif not said.text:
            draft.left_out["empty"] += 1
        else:
            draft.messages.append(
                Message(
                    number=number,
                    part=said.id,
                    role="user",
                    content=said.text,
                    ids={"group_id": sample.sample_id},
                    id=f"{sample.sample_id}/{said.id}",
                    source_id=said.id,
                    timestamp=said.time.isoformat(),
                    name=said.speaker,
                )
            )


def _number(session: str) -> tuple[int, str]:
    return int(session.removeprefix("session_")), session


def _words(turn: _Turn) -> str:
    caption = (turn.blip_caption or "").strip()
    return f"{turn.text.strip()} [image: {caption}]".strip() if caption else turn.text.strip()


def _moment(given: msgspec.Raw | None, session: str) -> datetime:
    dated: str | None = None if given is None else item(given, str | None)
    if dated is None:
        raise BadItemError(f"it has no {session}_date_time: nobody knows when it was said")
    try:
        return datetime.strptime(dated.strip(), "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
    except ValueError:
        raise BadItemError(f"{dated[:40]!r} is no date like '1:56 pm on 8 May, 2023'") from None

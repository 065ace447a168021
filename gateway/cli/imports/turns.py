"""The turns that messages are sent as."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from gateway.cli.imports.reading import IDS, Bad, Message

_NOBODYS: Final = (
    f"whose memory? it has none of {', '.join(IDS)}: add one, or give --user, --agent, --run or --group"
)


class Turn(msgspec.Struct, frozen=True):
    """The body of one event for `POST /v1/events`, and which item of the file it came from."""

    number: int
    part: str | None
    body: dict[str, Any]


def turns(
    messages: Iterable[Message], tenant: str, subject: Mapping[str, str], started: datetime
) -> tuple[list[Turn], list[Bad]]:
    """What to send, and what belongs to nobody.

    Messages without a time get the moment of the import, 1 ms apart, so that their order stays; it is no
    part of their event's id, so importing again makes the same events.
    """
    seen: Counter[tuple[Any, ...]] = Counter()
    sent: list[Turn] = []
    bad: list[Bad] = []
    for place, message in enumerate(messages):
        ids = message.ids or subject
        if not ids:
            bad.append(Bad(message.number, _NOBODYS, message.part))
            continue
        same = (*sorted(ids.items()), message.role, message.content, message.timestamp, message.name)
        body = {
            "tenant": tenant,
            **message.within,
            **ids,
            "role": message.role,
            "content": message.content,
            "id": message.id,
            "source_id": message.source_id,
            "timestamp": message.timestamp,
            "assumed_timestamp": (started + timedelta(milliseconds=place)).isoformat(),
            "name": message.name,
            "deterministic": True,
            "occurrence": seen[same],
        }
        seen[same] += message.id is None
        given = {name: value for name, value in body.items() if value is not None}
        sent.append(Turn(message.number, message.part, given))
    return sent, bad

"""Times as clients write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Final

from schemas.errors import BadPayload

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}")


def moment(text: str) -> datetime:
    """A time in ISO 8601, in UTC where no offset is given; raises `BadPayload`."""
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadPayload(
            f"{text[:40]!r} is no time in ISO 8601: write it like 2026-11-23T18:30:00+01:00"
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def as_of(text: str) -> datetime:
    """Like `moment`, but a bare day means all of it: what was true when it ended."""
    parsed = moment(text)
    return datetime.combine(parsed, time.max, UTC) if _DAY.fullmatch(text.strip()) else parsed

"""A subject's cubes as a list: by form, state and origin, as they are or as they were known, page by page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from memcube.cube import Form, Kind, MemCube, State, true_at
from schemas.subject import Others

_NEWEST: Final = """
SELECT * FROM versions WHERE subject = ?1 AND seq < ?2 AND current = 1 AND (?6 IS NULL OR kind = ?6)
    AND (?3 IS NULL OR form = ?3) AND (?4 IS NULL OR state IN (SELECT value FROM json_each(?4)))
ORDER BY seq DESC LIMIT ?5"""
# A version is the newest that was known then if the next one was not.
NEWEST_THEN: Final = """unixepoch(versions.recorded_at, 'subsec') <= {moment}
    AND NOT EXISTS (SELECT 1 FROM versions AS later WHERE later.subject = versions.subject
        AND later.cube_id = versions.cube_id AND later.version = versions.version + 1
        AND unixepoch(later.recorded_at, 'subsec') <= {moment})"""
_KNOWN: Final = f"""
SELECT * FROM versions WHERE subject = ?1 AND seq < ?2 AND (?6 IS NULL OR kind = ?6)
    AND (?3 IS NULL OR form = ?3) AND (?4 IS NULL OR state IN (SELECT value FROM json_each(?4)))
    AND {NEWEST_THEN.format(moment="?7")}
ORDER BY seq DESC LIMIT ?5"""  # noqa: S608 (the condition is a constant)
# The log stamps milliseconds, and SQLite reads times to them.
_HALF_A_MILLISECOND: Final = 0.0005
# What was announced for a day is due until a version of it is made after that day. Looks at every cube: it
# is asked once a day.
DUE: Final = """
SELECT DISTINCT subject FROM versions WHERE current = 1 AND state = 'active' AND pinned = 0
    AND (unixepoch(expires_at, 'subsec') <= ?1 OR (form = 'fact'
        AND unixepoch(valid_from, 'subsec') <= ?1
        AND unixepoch(valid_from, 'subsec') > unixepoch(recorded_at, 'subsec')))
ORDER BY subject"""
_LAST_SEQ: Final = 2**63 - 1


def moment(time: datetime) -> float:
    """A time as the queries compare it, in seconds."""
    return time.timestamp() + _HALF_A_MILLISECOND


def listed(
    read: Callable[..., list[MemCube]],
    subject: str,
    *,
    limit: int,
    kind: Kind | None,
    form: Form | None,
    states: Collection[State] | None,
    others: Others | None,
    before: int | None,
    as_of: datetime | None,
    known_at: datetime | None,
) -> Sequence[MemCube]:
    """See `CubeStore.list_cubes`. `read` gives the cubes of a query and its values."""
    wanted = None if states is None else msgspec.json.encode(sorted(states)).decode()
    asked: tuple[Any, ...] = (form and form.value, wanted, limit, kind and kind.value)
    sql = _NEWEST
    if known_at is not None:
        sql, asked = _KNOWN, (*asked, moment(known_at))
    below = _LAST_SEQ if before is None else before
    found: list[MemCube] = []
    while len(found) < limit:
        page = read(sql, subject, below, *asked)
        # The ids and the time of saying are sealed with the words: no query can look for them.
        found += [
            cube
            for cube in page
            if (others is None or cube.comes_from(others)) and (as_of is None or true_at(cube, as_of))
        ]
        if len(page) < limit:
            break
        below = page[-1].seq
    return found[:limit]

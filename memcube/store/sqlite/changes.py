"""What changed in a subject since a place in its sequence: new versions, and new vectors of old ones."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import apsw

from memcube.store.record import Change
from memcube.store.sqlite.listing import NEWEST_THEN, moment
from memcube.store.sqlite.rows import Reading

# The last column is the change's place: a version's own, or that of the new vector of an older version.
_NEWEST_SINCE: Final = """
SELECT versions.*, vectors.key_id, vectors.nonce, vectors.ciphertext, versions.seq AS place
FROM versions LEFT JOIN vectors
    ON vectors.subject = versions.subject AND vectors.digest = versions.digest AND vectors.embedder_id = ?1
WHERE versions.subject = ?2 AND versions.seq > ?3 AND versions.current = 1
UNION ALL
SELECT versions.*, vectors.key_id, vectors.nonce, vectors.ciphertext, reembedded.seq AS place
FROM reembedded JOIN versions
    ON versions.subject = reembedded.subject AND versions.cube_id = reembedded.cube_id
LEFT JOIN vectors
    ON vectors.subject = versions.subject AND vectors.digest = versions.digest AND vectors.embedder_id = ?1
WHERE reembedded.subject = ?2 AND reembedded.seq > ?4 AND versions.current = 1 AND versions.seq <= ?3
ORDER BY place LIMIT ?5"""
_KNOWN_SINCE: Final = f"""
SELECT versions.*, vectors.key_id, vectors.nonce, vectors.ciphertext, versions.seq AS place
FROM versions LEFT JOIN vectors
    ON vectors.subject = versions.subject AND vectors.digest = versions.digest AND vectors.embedder_id = ?1
WHERE versions.subject = ?2 AND versions.seq > ?3 AND {NEWEST_THEN.format(moment="?4")}
ORDER BY place LIMIT ?5"""  # noqa: S608 (the condition is a constant)
_ALL: Final = -1


def newest_since(
    connection: apsw.Connection,
    reading: Reading,
    *,
    subject: str,
    embedder_id: str,
    after: int,
    vectors_after: int,
    limit: int | None,
    known_at: datetime | None,
) -> tuple[int, list[Change]]:
    """The place of the last change, and the changes by place; see `CubeStore.changes`."""
    found: list[Change] = []
    place = after
    sql, since = (_NEWEST_SINCE, vectors_after) if known_at is None else (_KNOWN_SINCE, moment(known_at))
    asked = (embedder_id, subject, after, since, _ALL if limit is None else limit)
    for row in connection.execute(sql, asked):
        vector, tokens = reading.vectors(row[18], embedder_id, row[22:25])
        found.append(Change(reading.cube(row), vector, tokens))
        place = row[25]
    return place, found

"""The tables of the record, and how a connection to them is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import apsw

from memcube.errors import StoreFault
from memcube.store.faults import faults, immediate
from memcube.store.sqlite import log_tables

# 2: a row of `vectors` holds those of the tokens as well, under the digest of the wording.
SCHEMA_VERSION: Final = 2
BUSY_MS: Final = 30_000
# A row of a clustered table that is over a quarter of a page goes to an overflow chain. A sealed turn
# of 1 KB stays in a page of this size, and in one of 4 KB it does not.
PAGE_BYTES: Final = 8192
CACHE_KIB: Final = 16 * 1024
# A reader, of which a server has one for each of its threads, sweeps through a subject and is done with it:
# 100,000 rows were read as fast as with 64 MB.
READER_CACHE_KIB: Final = 4 * 1024

# `versions` is clustered by subject, so that a subject is read in one sweep. `vectors` is not: clustered
# by a digest, which is random, commits of 256 cubes took twice as long and reading was no faster.
# Times are ISO 8601 text: the offset of the speaker is part of them. What was said is in `ciphertext`
# only; `digest` is keyed with the subject's key.
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS subjects(
    subject TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    cubes INTEGER NOT NULL,
    versions INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS versions(
    subject TEXT NOT NULL,
    seq INTEGER NOT NULL,
    cube_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    current INTEGER NOT NULL,
    kind TEXT NOT NULL,
    form TEXT NOT NULL,
    state TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    recorded_at TEXT NOT NULL,
    trust REAL NOT NULL,
    pinned INTEGER NOT NULL,
    expires_at TEXT,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    cause TEXT NOT NULL,
    processor TEXT NOT NULL,
    digest BLOB,
    key_id TEXT,
    nonce BLOB,
    ciphertext BLOB,
    PRIMARY KEY(subject, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS by_cube ON versions(subject, cube_id, version);
CREATE INDEX IF NOT EXISTS by_cause ON versions(subject, cause);
CREATE INDEX IF NOT EXISTS by_digest ON versions(subject, digest) WHERE digest IS NOT NULL;

CREATE TABLE IF NOT EXISTS vectors(
    subject TEXT NOT NULL,
    digest BLOB NOT NULL,
    embedder_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    nonce BLOB NOT NULL,
    ciphertext BLOB NOT NULL,
    UNIQUE(subject, digest, embedder_id)
) STRICT;

CREATE TABLE IF NOT EXISTS reembedded(
    subject TEXT NOT NULL,
    seq INTEGER NOT NULL,
    cube_id TEXT NOT NULL,
    PRIMARY KEY(subject, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS by_reembedded ON reembedded(subject, cube_id);

CREATE TABLE IF NOT EXISTS applied(
    subject TEXT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY(subject, event_id)
) STRICT, WITHOUT ROWID;
"""


def connect(path: Path, *, read_only: bool) -> apsw.Connection:
    """A connection for one thread."""
    flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(BUSY_MS)
    _pragma(connection, "cache_size", -(READER_CACHE_KIB if read_only else CACHE_KIB))
    if not read_only:
        _pragma(connection, "page_size", PAGE_BYTES)
        _pragma(connection, "journal_mode", "WAL")
        _pragma(connection, "synchronous", "FULL")
        _pragma(connection, "secure_delete", "ON")
    return connection


def open_record(path: Path, new_id: str, *, read_only: bool) -> str:
    """Make the record, named `new_id`, if there is none yet; returns the record's own id."""
    if not read_only:
        _make_folder(path)
    elif not path.exists():
        raise StoreFault(f"{path}: there is no record yet: start the system once with `memcube up`")
    with faults(path):
        connection = connect(path, read_only=read_only)
        try:
            if not read_only:
                with immediate(connection):
                    _make(connection, new_id)
            return _identity(connection, path)
        finally:
            connection.close()


def _make(connection: apsw.Connection, new_id: str) -> None:
    connection.execute(log_tables.TABLES + _TABLES)
    connection.executemany(
        "INSERT OR IGNORE INTO meta(name, value) VALUES (?, ?)",
        [("schema", str(SCHEMA_VERSION)), ("record_id", new_id)],
    )


def _identity(connection: apsw.Connection, path: Path) -> str:
    meta = {str(name): str(value) for name, value in connection.execute("SELECT name, value FROM meta")}
    if meta["schema"] != str(SCHEMA_VERSION):
        raise StoreFault(
            f"{path}: the record has schema {meta['schema']}, this release knows {SCHEMA_VERSION}:"
            " run the release that wrote it"
        )
    return meta["record_id"]


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreFault(f"{path}: the folder of the record cannot be made: {error}") from error


def _pragma(connection: apsw.Connection, name: str, value: str | int) -> None:
    # A statement that returns rows holds up the next ones until it is read to its end.
    connection.execute(f"PRAGMA {name} = {value}").fetchall()

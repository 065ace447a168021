"""The key store: the data keys of all subjects, in a file of its own.

Every other file and every topic holds ciphertext, so destroying a key here ends all copies of what
it sealed. Never copy this file together with a backup of the record.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Final
from uuid import UUID

import apsw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from memcube.errors import KeyDestroyed, SealBroken, StoreFault
from memcube.store.faults import faults, immediate, store_fault

Random = Callable[[int], bytes]

KEY_BYTES: Final = 32
BUSY_MS: Final = 30_000
# About 1 KB each with its cipher. A process that works on more subjects than this at once only reads
# their keys again, 10 us each.
_MOST_CACHED: Final = 4096

# Rows are only ever appended, and changed without changing their size: SQLite then never moves a
# secret to another page, where `secure_delete` would leave a stale copy behind in the old one.
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS keys(
    id INTEGER PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    secret BLOB NOT NULL,
    current INTEGER NOT NULL,
    destroyed INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS of_subject ON keys(subject);
CREATE UNIQUE INDEX IF NOT EXISTS one_current ON keys(subject) WHERE current = 1;
"""


@dataclass(frozen=True, eq=False, repr=False)
class DataKey:
    """One generation of a subject's key. Shows nothing of its secret when printed."""

    id: str
    subject: str
    secret: bytes

    @cached_property
    def cipher(self) -> AESGCM:
        return AESGCM(self.secret)

    @cached_property
    def digest_key(self) -> bytes:
        """A key of its own for keyed digests: one secret never serves two algorithms."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"memcube digest v1").derive(self.secret)


class KeyStore:
    """Data keys by subject, several generations of which one is current. For many processes and threads.

    Keys are cached. Before every use of the cache `PRAGMA data_version` (3 us) tells whether any other
    connection has changed the file since: a key that was destroyed anywhere is refused from then on.
    The folder of `path` belongs to the key store alone. Raises `StoreFault`.
    """

    def __init__(self, path: Path, *, random: Random = os.urandom) -> None:
        self._path = path
        self._random = random
        self._lock = RLock()
        self._by_id: dict[str, DataKey] = {}
        self._current: dict[str, DataKey] = {}
        _make_private(path)
        with faults(path):
            self._connection = _connect(path)
            self._seen = self._connection.pragma("data_version")

    def current(self, subject: str) -> DataKey:
        """The key to seal with; made by whichever process first asks for the subject."""
        with self._lock:
            self._drop_stale()
            known = self._current.get(subject)
            if known is not None:
                return known
            with faults(self._path):
                key = self._read_current(subject)
                if key is None:
                    with immediate(self._connection):
                        key = self._read_current(subject) or self._make(subject)
            self._remember(key)
            self._current[subject] = key
            return key

    def key(self, subject: str, key_id: str) -> DataKey:
        """The subject's key of this id; raises `KeyDestroyed`, or `SealBroken` if there is none."""
        with self._lock:
            self._drop_stale()
            known = self._by_id.get(key_id)
            if known is None:
                known = self._read(subject, key_id)
                self._remember(known)
            if known.subject != subject:
                raise SealBroken(f"key {key_id[:64]!a} is not a key of {subject}")
            return known

    def rotate(self, subject: str) -> tuple[str, ...]:
        """Make a new current key; the ids of all the older ones that still exist, oldest first."""
        with self._lock, faults(self._path), immediate(self._connection):
            older = self._connection.execute(
                "SELECT key_id FROM keys WHERE subject = ? AND destroyed = 0 ORDER BY id", (subject,)
            ).fetchall()
            self._connection.execute(
                "UPDATE keys SET current = 0 WHERE subject = ? AND current = 1", (subject,)
            )
            self._make(subject)
            self._forget_cached()
            return tuple(str(key_id) for (key_id,) in older)

    def destroy(self, subject: str, key_ids: Sequence[str]) -> None:
        """Overwrite these keys. Their ids stay, so that what they sealed is told from rubbish.

        The current key is passed over: rotate first. What is in use must not end by a command alone.
        """
        with self._lock, faults(self._path), immediate(self._connection):
            self._connection.executemany(
                "UPDATE keys SET secret = ?, destroyed = 1 WHERE subject = ? AND key_id = ? AND current = 0",
                [(bytes(KEY_BYTES), subject, key_id) for key_id in key_ids],
            )
            self._forget_cached()

    def close(self) -> None:
        with self._lock:
            self._forget_cached()
            self._connection.close()

    def _drop_stale(self) -> None:
        try:
            version = self._connection.pragma("data_version")
        except apsw.Error as error:
            raise store_fault(self._path, error) from error
        if version != self._seen:
            self._forget_cached()
            self._seen = version

    def _forget_cached(self) -> None:
        self._by_id.clear()
        self._current.clear()

    def _remember(self, key: DataKey) -> None:
        if len(self._by_id) >= _MOST_CACHED:
            self._forget_cached()
        self._by_id[key.id] = key

    def _read(self, subject: str, key_id: str) -> DataKey:
        with faults(self._path):
            row = self._connection.execute(
                "SELECT subject, secret, destroyed FROM keys WHERE key_id = ?", (key_id,)
            ).fetchone()
        if row is None or row[0] != subject:
            raise SealBroken(f"key {key_id[:64]!a} is not a key of {subject}")
        if row[2]:
            raise KeyDestroyed(f"key {key_id} of {subject} was destroyed: what it sealed is erased for ever")
        return DataKey(key_id, subject, row[1])

    def _read_current(self, subject: str) -> DataKey | None:
        row = self._connection.execute(
            "SELECT key_id, secret FROM keys WHERE subject = ? AND current = 1", (subject,)
        ).fetchone()
        return None if row is None else DataKey(row[0], subject, row[1])

    def _make(self, subject: str) -> DataKey:
        key = DataKey(UUID(bytes=self._random(16), version=4).hex, subject, self._random(KEY_BYTES))
        self._connection.execute(
            "INSERT INTO keys(key_id, subject, secret, current, destroyed) VALUES (?, ?, ?, 1, 0)",
            (key.id, subject, key.secret),
        )
        return key


def _make_private(path: Path) -> None:
    """The folder and the file, for this user only. SQLite gives its journal the mode of the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        # Only a file that is not there yet is opened here: closing a descriptor of a file drops all
        # locks that this process holds on it, those of SQLite included.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StoreFault(f"{path}: the key store cannot be made: {error}") from error


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(BUSY_MS)
    # A rollback journal, since a WAL keeps the bytes of deleted rows. EXTRA syncs the folder as well:
    # with FULL a power cut could bring the journal back, and with it a destroyed key, or lose a new one.
    for pragma, value in (("journal_mode", "DELETE"), ("synchronous", "EXTRA"), ("secure_delete", "ON")):
        connection.execute(f"PRAGMA {pragma} = {value}").fetchall()
    with immediate(connection):
        connection.execute(_SCHEMA)
    return connection

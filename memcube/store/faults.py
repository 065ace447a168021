"""What SQLite reports, as the domain's `StoreFault`: what was wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from memcube.errors import StoreFault

_REMEDIES: Final[tuple[tuple[type[apsw.Error], str], ...]] = (
    (apsw.FullError, "the disk is full: free some space, then it goes on"),
    (
        apsw.ReadOnlyError,
        "it cannot be written here: check the file's owner and mode, or open it for writing",
    ),
    (apsw.BusyError, "another process holds it for too long: find out which one hangs, then try again"),
    (apsw.CantOpenError, "it cannot be opened: check that the folder exists and belongs to this user"),
    (apsw.NotADBError, "the file is no SQLite database: restore it from a backup"),
    (apsw.CorruptError, "the file is damaged: restore it from a backup; the log is read again from there"),
    (apsw.IOError, "the disk failed: check its health and its mount, then try again"),
    (apsw.ConnectionClosedError, "it was closed already: open it again"),
)


def store_fault(path: Path, error: apsw.Error) -> StoreFault:
    """The fault that tells a person about `error` in the file at `path`."""
    remedy = next((text for kind, text in _REMEDIES if isinstance(error, kind)), "this is a fault of MemCube")
    return StoreFault(f"{path}: {remedy} ({type(error).__name__}: {error})")


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Raise what SQLite reports inside as `StoreFault`."""
    try:
        yield
    except apsw.Error as error:
        raise store_fault(path, error) from error


@contextmanager
def immediate(connection: apsw.Connection) -> Iterator[None]:
    """A write transaction. Whatever leaves it early, Ctrl-C included, rolls it back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")

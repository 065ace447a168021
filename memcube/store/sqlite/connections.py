"""One connection for each thread that comes, opened when it first asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from weakref import WeakSet

import apsw


class Connections:
    """SQLite connections are not shared: a thread that waits for another's statement would lose its turn."""

    def __init__(self, connect: Callable[[], apsw.Connection]) -> None:
        self._connect = connect
        self._mine = threading.local()
        # Weak: a connection ends with its thread, of which a server's pool makes many.
        self._all: WeakSet[apsw.Connection] = WeakSet()
        self._lock = threading.Lock()
        self._closed = False

    def mine(self) -> apsw.Connection:
        """The thread's connection; raises `apsw.ConnectionClosedError` after `close`."""
        connection: apsw.Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            with self._lock:
                if self._closed:
                    raise apsw.ConnectionClosedError("the record is closed")
            connection = self._mine.connection = self._connect()
            with self._lock:
                self._all.add(connection)
        return connection

    def close(self) -> None:
        """Close all. No other thread may be in the middle of a statement."""
        with self._lock:
            self._closed = True
            for connection in self._all:
                connection.close()

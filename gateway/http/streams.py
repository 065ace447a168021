"""The streams that are open now: a bounded number, ended together."""

from __future__ import annotations

from typing import Final

from gateway.http.problems import Problem

# Each costs a connection to Kafka and up to a megabyte of what was fetched and not yet taken.
MAX_STREAMS: Final = 64


class Streams:
    """Whoever enters leaves."""

    def __init__(self, limit: int = MAX_STREAMS) -> None:
        self._limit = limit
        self._open = 0
        self._ending = False

    @property
    def open(self) -> int:
        """How many there are."""
        return self._open

    @property
    def ending(self) -> bool:
        """Whether every stream should end now."""
        return self._ending

    def enter(self) -> None:
        """Raises a `Problem` when there is no place left."""
        if self._ending or self._open >= self._limit:
            detail = (
                f"{self._open} streams of updates are open, at most {self._limit} can be: close one, follow"
                " a whole tenant with one stream, or read the topic memory.updates itself"
            )
            raise Problem(503, "Too many streams", detail, "too-many-streams")
        self._open += 1

    def leave(self) -> None:
        self._open -= 1

    def end(self) -> None:
        """For good: the gateway stops."""
        self._ending = True

"""Following the changes of a memory over server-sent events, through restarts of the gateway."""

from __future__ import annotations

import socket
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import httpx
import msgspec
from httpx_sse import ServerSentEvent, SSEError

from memcube.client.errors import BadAnswer, Busy, ClientError, ConnectionFailed, TimedOut, Unavailable
from memcube.client.problems import problem_of, retry_after
from memcube.client.retries import Retries, failure

PATH: Final = "/v1/updates"
# The gateway sends a comment every 15 s: three of them missing mean that nobody is there any more.
SILENCE_S: Final = 50.0


class Updated(msgspec.Struct, frozen=True, kw_only=True):
    """A new version of a memory. `token` resumes behind it: `updates(after=update.token)`.

    text: None when its key was destroyed meanwhile. sequence: its place among the subject's changes.
    """

    token: str = ""
    subject: str
    cube_id: str
    version: int
    state: str
    form: str
    decision: str
    reason: str
    cause: str
    valid_from: datetime
    recorded_at: datetime
    text: str | None = None
    valid_to: datetime | None = None
    sequence: int | None = None


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """A memory was forgotten: whatever was kept of it elsewhere must go."""

    token: str = ""
    subject: str
    cube_id: str


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """The log no longer holds all that came after the token: what follows starts at its oldest."""

    token: str = ""


Update = Updated | Removed | Missed
_TYPES: Final[dict[str, type[Updated | Removed | Missed]]] = {
    "cube.updated": Updated,
    "cube.erased": Removed,
    "gap": Missed,
}


class Following:
    """One following: where it stands, and how long to wait before it connects again.

    The first connection is tried as often as any call. Once it has stood, a connection that breaks is
    made again for as long as it takes: whoever follows is there for good.
    """

    def __init__(self, retries: Retries, url: str, query: dict[str, str], after: str | None) -> None:
        self._retries = retries
        self._url = url
        self._query = query
        self._after = after
        self._failures = 0
        self._stood = False

    @property
    def query(self) -> dict[str, str]:
        """Of the next connection."""
        return self._query if self._after is None else {**self._query, "after": self._after}

    def took(self, event: ServerSentEvent) -> Update | None:
        """What an event says; None for one that says nothing to us. Raises `BadAnswer`."""
        self._stood = True
        self._failures = 0
        self._after = event.id or self._after
        kind = _TYPES.get(event.event)
        if kind is None:
            return None
        try:
            fields = msgspec.json.decode(event.data or "{}", type=dict[str, Any])
            update: Update = msgspec.convert({**fields, "token": event.id}, kind)
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadAnswer(f"{self._url} sends an update of another release: {error}") from None
        return update

    def ended(self) -> float:
        """After a stream that the gateway closed, as it does when it stops: seconds to wait."""
        return self._pause(ConnectionFailed(f"{self._url} closed the stream of updates"), None)

    def broke(self, error: httpx.HTTPError) -> float:
        """After a connection that broke or did not come about. Raises what cannot be mended so."""
        if isinstance(error, SSEError):
            raise BadAnswer(f"{self._url} does not answer with a stream of updates: {error}") from error
        found = failure(error, self._url)
        if not isinstance(found, ConnectionFailed | TimedOut):
            raise found
        return self._pause(found, None)

    def refused(self, response: httpx.Response) -> float:
        """After an answer, already read, that is no stream."""
        problem = problem_of(response)
        if not isinstance(problem, Busy | Unavailable):
            raise problem
        return self._pause(problem, retry_after(response))

    def _pause(self, error: ClientError, asked: float | None) -> float:
        self._failures += 1
        if not self._stood and self._failures > self._retries.times:
            raise error
        return (asked or 0.0) + self._retries.pause_s(self._failures)


def hang_up(response: httpx.Response) -> None:
    """End a stream that another thread is reading: closing alone would leave it waiting for the next byte."""
    network = response.extensions.get("network_stream")
    raw = network.get_extra_info("socket") if network is not None else None
    if raw is not None:
        with suppress(OSError):
            raw.shutdown(socket.SHUT_RDWR)

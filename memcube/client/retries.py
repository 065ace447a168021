"""When a call is tried again, and when its failure is the answer."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

import httpx
import msgspec

from memcube.client.errors import BadAnswer, Busy, ClientError, ConnectionFailed, TimedOut, Unavailable
from memcube.client.problems import problem_of, retry_after

_JITTER: Final = 0.5


class Retries(msgspec.Struct, frozen=True):
    """How patient a client is.

    times: how often a call is tried again. within_s: no try begins later than so many seconds after the
    first. first_s, ceiling_s: the pause before the first retry, and the longest; each pause doubles the one
    before. A random part of up to half keeps many clients from coming back at the same instant.
    """

    times: int = 3
    within_s: float = 60.0
    first_s: float = 0.5
    ceiling_s: float = 8.0
    random: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic

    def pause_s(self, failures: int) -> float:
        """Before the try that follows so many failures, at least one."""
        full = min(self.ceiling_s, self.first_s * 2.0 ** min(failures - 1, 32))
        return full * (1 - _JITTER * self.random())


class Attempts:
    """The tries of one call. Each failure is either a pause, in seconds, or raised."""

    def __init__(self, retries: Retries, url: str) -> None:
        self._retries = retries
        self._url = url
        self._failures = 0
        self._began = retries.clock()

    def broke(self, error: httpx.HTTPError) -> float:
        """After a request without an answer."""
        found = failure(error, self._url)
        return self._pause(found, None, again=isinstance(found, ConnectionFailed))

    def refused(self, response: httpx.Response) -> float:
        """After an answer, already read, that is not a success."""
        if response.is_redirect:
            raise BadAnswer(
                f"{response.url} redirects to {response.headers.get('location')}: give that as base_url"
            )
        problem = problem_of(response)
        return self._pause(problem, retry_after(response), again=isinstance(problem, Busy | Unavailable))

    def _pause(self, error: ClientError, asked: float | None, *, again: bool) -> float:
        self._failures += 1
        if not again or self._failures > self._retries.times:
            raise error
        pause = self._retries.pause_s(self._failures)
        if asked is not None:
            pause += asked
        if self._retries.clock() - self._began + pause > self._retries.within_s:
            raise error
        return pause


def failure(error: httpx.HTTPError, url: str) -> ClientError:
    """What a request without an answer means."""
    match error:
        case httpx.ConnectTimeout() | httpx.ConnectError():
            found: ClientError = ConnectionFailed(
                f"no MemCube gateway can be reached at {url} ({_said(error)}): is `memcube up` running there?"
                " The address is base_url, or MEMCUBE_URL"
            )
        case httpx.TimeoutException():
            found = TimedOut(f"the gateway at {url} did not answer in time ({_said(error)})")
        case httpx.DecodingError() | httpx.UnsupportedProtocol():
            found = BadAnswer(f"{url} does not answer like a MemCube gateway: {_said(error)}")
        case _:
            found = ConnectionFailed(f"the connection to {url} broke: {_said(error)}")
    found.__cause__ = error
    return found


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__

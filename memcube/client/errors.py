"""Every error of the client, drawn.

ClientError
├── BadCall                 the call cannot be sent as it stands: nothing was sent (also a ValueError)
├── ConnectionFailed        the gateway could not be reached, or the connection broke
├── TimedOut                the gateway was reached and did not answer in time
├── BadAnswer               what answers there is no MemCube gateway, or one of another release
└── Problem                 the gateway refused: `status`, `title`, `detail`, and `reason`, a stable word
    ├── Invalid             400, 415, 422: the request is not as it must be; sending it again changes nothing
    ├── NotFound            404: no memory of this id in this subject
    ├── Conflict            409: the memory cannot be changed so; nothing was changed
    ├── Erased              410: it was forgotten, and cannot come back
    ├── TooLarge            413: split it
    ├── Busy                429: role memory is behind; `retry_after` seconds
    ├── NotYet              504: the events are safe in the log (`event_ids`), and not yet recallable
    └── Unavailable         502, 503, 504: a part of the system is down or does not answer
"""

from __future__ import annotations


class ClientError(Exception):
    """Base of all errors of the client. `sent`: messages of this call that are in the log all the same."""

    sent: int = 0


class BadCall(ClientError, ValueError):
    """The call cannot be sent as it stands. Nothing was sent."""


class ConnectionFailed(ClientError):
    """The gateway could not be reached, or the connection broke."""


class TimedOut(ClientError):
    """The gateway did not answer in time. A write may have been done: the log knows."""


class BadAnswer(ClientError):
    """The answer is not one that a MemCube gateway of this release gives."""


class Problem(ClientError):
    """The gateway refused."""

    def __init__(self, status: int, title: str, detail: str, reason: str) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.status = status
        self.title = title
        self.detail = detail
        self.reason = reason


class Invalid(Problem):
    """The request is not as it must be."""


class NotFound(Problem):
    """No memory of this id in this subject."""


class Conflict(Problem):
    """The memory cannot be changed so. Nothing was changed."""


class Erased(Problem):
    """It was forgotten."""


class TooLarge(Problem):
    """Too much for one request or for one memory."""


class Busy(Problem):
    """Role memory is behind. `retry_after`: seconds to wait, as the gateway says."""

    retry_after: float | None = None


class NotYet(Problem):
    """The events are safe in the log and not yet recallable: nothing need be sent again."""

    event_ids: tuple[str, ...] = ()


class Unavailable(Problem):
    """A part of the system is down or does not answer."""

"""The running gateway, as the commands ask it: with the parts of our own client, whose errors become ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.place import CliError, Place

if TYPE_CHECKING:
    import httpx

    from memcube.client.connection import Connection
    from memcube.client.errors import ClientError

# A gateway that its supervisor restarts is back within the few seconds that these take.
_RETRIES: Final = 3
_WRITES: Final = frozenset({"/v1/events", "/v1/commands", "/v1/activations/build"})


class Busy(CliError):
    """The gateway asks to wait: too much is on its way already."""

    def __init__(self, what: str, remedy: str, seconds: float) -> None:
        super().__init__(what, remedy)
        self.seconds = seconds


class Gateway:
    """Requests and answers as JSON; every failure is a `CliError`, a full backlog a `Busy`.

    A gateway that is away for a moment is asked again; a write carries a key, so that it is done once.
    """

    def __init__(self, http: httpx.Client, connection: Connection) -> None:
        self._http = http
        self._connection = connection

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._ask("GET", path, query, None)

    def post(self, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        return self._ask("POST", path, query, body)

    def delete(self, path: str, **query: Any) -> dict[str, Any]:
        return self._ask("DELETE", path, query, None)

    def _ask(self, method: str, path: str, query: dict[str, Any], body: Any) -> dict[str, Any]:
        from memcube.client.errors import ClientError  # noqa: PLC0415  brings httpx
        from memcube.client.request import Call, answer, new_key  # noqa: PLC0415
        from memcube.client.turns import encoded  # noqa: PLC0415

        try:
            call = Call(
                method,
                path,
                answer(dict[str, Any]),
                {name: value for name, value in query.items() if value is not None},
                None if body is None else encoded(body, "the request"),
                new_key() if path in _WRITES else None,
            )
            return call.read(self._answered(self._connection.request(call)))
        except ClientError as error:
            raise _told(error, self._connection.url) from None

    def _answered(self, request: dict[str, Any]) -> bytes:
        import httpx  # noqa: PLC0415

        attempts = self._connection.attempts()
        while True:
            try:
                response = self._http.request(**request)
            except httpx.HTTPError as error:
                pause = attempts.broke(error)
            else:
                if response.is_success:
                    return response.content
                pause = attempts.refused(response)
            time.sleep(pause)


def problem(answer: httpx.Response) -> CliError:
    """What a gateway says is wrong; a `Busy` where it asks to wait."""
    from memcube.client.problems import problem_of  # noqa: PLC0415

    return _told(problem_of(answer), str(answer.request.url.copy_with(raw_path=b"/")).rstrip("/"))


def _told(error: ClientError, url: str) -> CliError:
    from memcube.client import errors  # noqa: PLC0415

    match error:
        case errors.Busy():
            # Nobody knows how long: asking once more after a second costs little.
            seconds = 1.0 if error.retry_after is None else error.retry_after
            return Busy(error.title, error.detail, seconds)
        case errors.Problem():
            return CliError(error.title, error.detail)
        case errors.ConnectionFailed():
            return CliError(
                f"the gateway at {url} cannot be reached ({error.__cause__})",
                "it may be restarting: see `memcube status`, then try again",
            )
        case errors.BadCall() | errors.TimedOut():
            return CliError(str(error), "see `memcube status`")
        case _:
            return CliError(
                f"{url} does not answer like a MemCube gateway ({error})",
                "is --data the right folder? see `memcube status`",
            )


@contextmanager
def running_gateway(
    place: Place, *, retries: int = _RETRIES, patience_s: float | None = None
) -> Iterator[Gateway]:
    """The gateway of the system on this data folder; raises `NotRunning`. patience_s: for an answer."""
    url = place.system().gateway
    # httpx costs 0.15 s: not for --help, nor for a system that is not running.
    import httpx  # noqa: PLC0415

    from memcube.client.connection import Connection  # noqa: PLC0415
    from memcube.client.ids import Ids  # noqa: PLC0415

    # Each request names its own tenant.
    connection = Connection.given(url, patience_s, retries, "default", Ids())
    with httpx.Client(**connection.settings()) as http:
        yield Gateway(http, connection)

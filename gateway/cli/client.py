"""The running gateway, as the commands ask it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.place import CliError, Place

if TYPE_CHECKING:
    import httpx

# Above the gateway's own limit for a wait, so that its explanation arrives first.
_TIMEOUT_S: Final = 45.0
_TOO_MANY_REQUESTS: Final = 429


class Busy(CliError):
    """The gateway asks to wait: too much is on its way already."""

    def __init__(self, what: str, remedy: str, seconds: float) -> None:
        super().__init__(what, remedy)
        self.seconds = seconds


class Gateway:
    """Requests and answers as JSON; every failure is a `CliError`, a full backlog a `Busy`."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        self._http = http
        self._url = url

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._ask("GET", path, query, None)

    def post(self, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        return self._ask("POST", path, query, body)

    def _ask(self, method: str, path: str, query: dict[str, Any], body: Any) -> dict[str, Any]:
        import httpx  # noqa: PLC0415

        params = {name: value for name, value in query.items() if value is not None}
        try:
            answer = self._http.request(method, path, params=params, json=body)
        except httpx.TimeoutException:
            raise CliError(
                f"the gateway at {self._url} did not answer in {_TIMEOUT_S:.0f} s", "see `memcube status`"
            ) from None
        except httpx.TransportError as error:
            raise CliError(
                f"the gateway at {self._url} cannot be reached ({error})",
                "it may be restarting: see `memcube status`, then try again",
            ) from None
        if answer.is_success:
            return _document(answer, self._url)
        raise problem(answer)


def problem(answer: httpx.Response) -> CliError:
    """What a gateway says is wrong; a `Busy` where it asks to wait."""
    document = _document(answer, str(answer.request.url.copy_with(raw_path=b"/")).rstrip("/"))
    what = str(document.get("title", f"HTTP {answer.status_code}"))
    remedy = str(document.get("detail", ""))
    if answer.status_code == _TOO_MANY_REQUESTS:
        return Busy(what, remedy, _seconds(answer.headers.get("Retry-After", "")))
    return CliError(what, remedy)


def _document(answer: httpx.Response, url: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = answer.json()
    except ValueError:
        raise CliError(
            f"{url} does not answer like a MemCube gateway (HTTP {answer.status_code})",
            "is --data the right folder? see `memcube status`",
        ) from None
    return document


def _seconds(retry_after: str) -> float:
    """A header that is missing, or a date, means a second: asking once more costs little."""
    return float(retry_after) if retry_after.isdecimal() else 1.0


@contextmanager
def running_gateway(place: Place) -> Iterator[Gateway]:
    """The gateway of the system on this data folder; raises `NotRunning`."""
    url = place.system().gateway
    # httpx costs 0.15 s: not for --help, nor for a system that is not running.
    import httpx  # noqa: PLC0415

    # trust_env off: a proxy set for the internet must not be asked for 127.0.0.1.
    with httpx.Client(base_url=url, timeout=_TIMEOUT_S, trust_env=False) as http:
        yield Gateway(http, url)

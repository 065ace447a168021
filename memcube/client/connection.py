"""What both clients are made of, before either opens a connection."""

from __future__ import annotations

import os
from ipaddress import ip_address
from typing import Any, Final

import httpx
import msgspec

from memcube.client.calls import Calls
from memcube.client.errors import BadCall
from memcube.client.ids import Ids, Whose
from memcube.client.request import Call
from memcube.client.retries import Attempts, Retries
from memcube.client.updates import SILENCE_S, Following

DEFAULT_URL: Final = "http://127.0.0.1:8700"
URL_VARIABLE: Final = "MEMCUBE_URL"
# A gateway that is there accepts at once.
CONNECT_S: Final = 5.0
# The gateway's own limit for a wait is 30 s: its explanation must arrive before we give up.
READ_S: Final = 45.0


class Connection(msgspec.Struct, frozen=True):
    """Where the gateway is, how patient to be, whose memory calls are about."""

    url: str
    timeout: httpx.Timeout
    retries: Retries
    whose: Whose

    @classmethod
    def given(
        cls,
        base_url: str | None,
        timeout: float | httpx.Timeout | None,
        retries: int | Retries,
        tenant: str,
        ids: Ids,
    ) -> Connection:
        """Raises `BadCall`."""
        found = (base_url or os.environ.get(URL_VARIABLE) or DEFAULT_URL).rstrip("/")
        if isinstance(retries, int):
            retries = Retries(times=retries)
        if retries.times < 0:
            raise BadCall(f"retries is {retries.times}: give 0 for none")
        return cls(_url(found), _timeout(timeout), retries, Whose.given(tenant, ids))

    def settings(self) -> dict[str, Any]:
        """For either class of httpx."""
        return {
            "base_url": self.url,
            "timeout": self.timeout,
            "headers": {"user-agent": "memcube-python"},
            # A proxy that is set for the internet must not be asked for this machine.
            "trust_env": not _is_loopback(self.url),
        }

    def calls(self) -> Calls:
        return Calls(self.whose, self.retries.clock)

    def attempts(self) -> Attempts:
        return Attempts(self.retries, self.url)

    def following(self, ids: Ids, after: str | None) -> Following:
        return Following(self.retries, self.url, self.calls().follow(ids), after)

    def stream_timeout(self) -> httpx.Timeout:
        return httpx.Timeout(
            SILENCE_S, connect=self.timeout.connect, write=self.timeout.write, pool=self.timeout.pool
        )

    def request(self, call: Call[Any]) -> dict[str, Any]:
        """For `request` of httpx."""
        return {
            "method": call.method,
            "url": call.path,
            "params": dict(call.query),
            "content": call.body,
            "headers": call.headers,
        }

    def __repr__(self) -> str:
        ids = "".join(f", {name}={value!r}" for name, value in self.whose.ids.items())
        return f"({self.url!r}, tenant={self.whose.tenant!r}{ids})"


def _url(given: str) -> str:
    try:
        url = httpx.URL(given)
    except (httpx.InvalidURL, TypeError) as error:
        raise BadCall(f"base_url {given!r} is no address: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise BadCall(f"base_url {given!r} is no address of a gateway: write it like {DEFAULT_URL}")
    return given


def _timeout(given: float | httpx.Timeout | None) -> httpx.Timeout:
    if isinstance(given, httpx.Timeout):
        return given
    if given is None:
        return httpx.Timeout(READ_S, connect=CONNECT_S)
    if not given > 0:
        raise BadCall(f"timeout is {given}: give seconds above 0")
    return httpx.Timeout(given, connect=min(CONNECT_S, given))


def _is_loopback(url: str) -> bool:
    host = httpx.URL(url).host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

"""The model processes, as the gateway sees them: which answer, and with which model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import httpx
import msgspec

from gateway.http.problems import Problem
from memcube.models.wire import About

# It answers from a thread of its own, also while it computes: only one that is gone or frozen takes longer.
_ANSWER_S: Final = 2.0
_decode: Final = msgspec.json.Decoder(About).decode


class Seen(msgspec.Struct, frozen=True):
    """One process. `about`: what it has loaded; None: it does not answer, and `reason` says how."""

    url: str
    about: About | None
    reason: str | None = None


class ModelProcesses:
    """`urls` as the settings have them. `transport`: for tests."""

    def __init__(self, urls: Sequence[str], transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._urls = tuple(url.rstrip("/") for url in urls)
        self._transport = transport

    async def seen(self) -> Sequence[Seen]:
        """All of them, as they answer now."""
        if not self._urls:
            return ()
        options: dict[str, Any] = {"timeout": _ANSWER_S, "trust_env": False, "transport": self._transport}
        async with httpx.AsyncClient(**options) as http:
            return await asyncio.gather(*(_ask(http, url) for url in self._urls))

    async def loaded(self) -> Sequence[About]:
        """What those that answer have loaded; raises a `Problem` if none does."""
        seen = await self.seen()
        found = [one.about for one in seen if one.about is not None]
        if found:
            return found
        if not seen:
            detail = (
                "no model process belongs to this system: run `make setup-models`, then start `memcube up`"
                " again without --no-models"
            )
            raise Problem(503, "There is no language model here", detail, "no-model")
        silent = "; ".join(f"{one.url}: {one.reason}" for one in seen)
        detail = f"{silent}. It may still be loading: see `memcube status` and the model's log"
        raise Problem(503, "No model process answers", detail, "model-down")


async def _ask(http: httpx.AsyncClient, url: str) -> Seen:
    try:
        answer = await http.get(f"{url}/model")
        if answer.is_success:
            return Seen(url, _decode(answer.content))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Seen(url, None, type(error).__name__)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Seen(url, None, "it does not answer like a model process of this release")
    return Seen(url, None, f"it answers {answer.status_code}")

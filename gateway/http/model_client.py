"""The model processes of this house, over loopback: which one answers for a subject, and its JSON lines."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import Final

import httpx
import msgspec

from gateway.http.chat_source import DEFAULT, Ended, Piece, Pieces, away, no_such_model, too_long
from gateway.http.problems import Problem
from memcube.models.wire import About, Begun, Done, Failed, Generate, Hint, Said, Text

log = logging.getLogger(__name__)

_CONNECT_S: Final = 2.0
# Between two pieces: a prefill of a whole context takes half a minute on one core, behind others longer.
_PIECE_S: Final = 180.0
_SOON_S: Final = 5.0
# What is loaded changes with a restart only, and each process checks for itself what it is sent.
_KNOWN_S: Final = 30.0
# A piece is some tokens of text; a Begun has the ids of a block of 2,048 tokens at the most.
_LONGEST_LINE: Final = 4 * 1024 * 1024
_said: Final = msgspec.json.Decoder(Said)
_about: Final = msgspec.json.Decoder(About)
_failed: Final = msgspec.json.Decoder(Failed)


def ranked(urls: Sequence[str], subject: str) -> list[str]:
    """The processes in the order in which they serve this subject: the first, unless it is away.

    Highest random weight: one process more or less moves only the subjects that it gains or loses, and with
    them their blocks.
    """
    return sorted(urls, key=lambda url: blake2b(f"{url}\x1f{subject}".encode(), digest_size=8).digest())


class ModelClient:
    """`Source` over the model processes. Belongs to the event loop that uses it."""

    reads_blocks = True

    def __init__(self, urls: Sequence[str], *, http: httpx.AsyncClient | None = None) -> None:
        self._urls = tuple(url.rstrip("/") for url in urls)
        self._http = http or httpx.AsyncClient(
            # Loopback: no proxy, and as many connections as there are answers under way.
            trust_env=False,
            timeout=httpx.Timeout(_PIECE_S, connect=_CONNECT_S),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=16),
        )
        self._known: tuple[float, About] | None = None

    @asynccontextmanager
    async def answers(
        self,
        wanted: Generate,
        model: str,  # noqa: ARG002  a process has one
        *,
        stream: bool = True,  # noqa: ARG002  its lines come as they come
    ) -> AsyncIterator[Pieces]:
        """As `Source.answers`."""
        response = await self._sent(wanted)
        try:
            yield _pieces(response)
        finally:
            # Closed in the middle of an answer, it is how the process learns that nobody wants the rest.
            await response.aclose()

    async def named(self, asked: str) -> str:
        known = await self.models()
        if asked not in known:
            raise no_such_model(asked, known)
        return known[-1]

    async def models(self) -> tuple[str, ...]:
        return (DEFAULT, (await self.about()).name)

    async def about(self) -> About:
        """What is loaded; raises a `Problem`."""
        now = asyncio.get_running_loop().time()
        if self._known is not None and now - self._known[0] < _KNOWN_S:
            return self._known[1]
        for url in self._urls:
            try:
                answer = await self._http.get(f"{url}/model", timeout=_SOON_S)
                about = _about.decode(answer.raise_for_status().content)
            except (httpx.HTTPError, msgspec.DecodeError):
                continue
            self._known = (now, about)
            return about
        raise self._away()

    async def prefetch(self, hint: Hint) -> None:
        """Tell the process of this subject; raises `httpx.HTTPError` if it cannot be told."""
        url = ranked(self._urls, hint.subject)[0]
        answer = await self._http.post(f"{url}/prefetch", content=msgspec.json.encode(hint), timeout=_SOON_S)
        answer.raise_for_status()

    async def close(self) -> None:
        await self._http.aclose()

    async def _sent(self, wanted: Generate) -> httpx.Response:
        """The answer of the first process that takes it; raises a `Problem`."""
        content = msgspec.json.encode(wanted)
        headers = {"content-type": "application/json"}
        for url in ranked(self._urls, wanted.subject):
            request = self._http.build_request("POST", f"{url}/generate", content=content, headers=headers)
            try:
                response = await self._http.send(request, stream=True)
            except httpx.ReadTimeout:
                raise away(f"the model process at {url} said nothing for {_PIECE_S:.0f} s") from None
            except httpx.TransportError as error:
                # Blocks lie on a disk that all of them read: another one answers, only less quickly.
                log.warning("the model process at %s does not answer: %r", url, error)
                continue
            if response.is_success:
                return response
            try:
                raise _refusal(response.status_code, await response.aread())
            finally:
                await response.aclose()
        raise self._away()

    def _away(self) -> Problem:
        self._known = None
        return away(
            f"no model process answers at {', '.join(self._urls)}: it may be starting or restarting;"
            " see `memcube status`, then send again"
        )


async def _pieces(response: httpx.Response) -> AsyncIterator[Piece]:
    """Raises a `Problem` where the process says so, stops in the middle, or does not speak as ours do."""
    ended = False
    async for line in _lines(response):
        match _decoded(line):
            case Done(finish=finish, tokens=tokens):
                ended = True
                yield Ended(finish, tokens)
            case Failed() as failed:
                raise as_problem(failed)
            case piece:
                yield piece
    if not ended:
        raise away("the model process stopped in the middle of the answer: send again")


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    # Not httpx's own lines: they end at U+2028 as well, which JSON lets stand in the middle of a text.
    held = b""
    try:
        async for chunk in response.aiter_bytes():
            *lines, held = (held + chunk).split(b"\n")
            for line in lines:
                if line:
                    yield line
            if len(held) > _LONGEST_LINE:
                raise _stranger("a line of more than 4 MB")
    except httpx.TransportError as error:
        log.warning("the model process broke off: %r", error)
        raise away("the model process stopped in the middle of the answer: send again") from None
    if held.strip():
        yield held


def _decoded(line: bytes) -> Begun | Text | Done | Failed:
    try:
        said: Begun | Text | Done | Failed = _said.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _stranger(str(error)) from None
    return said


def _stranger(what: str) -> Problem:
    return Problem(
        502,
        "The model process does not speak as ours do",
        f"{what}: is it of another version of MemCube? Restart both",
        "model-strange",
    )


def as_problem(failed: Failed) -> Problem:
    """What the process says is wrong, as the client is told."""
    if failed.status == 413:
        return too_long(failed.detail)
    if failed.status == 503:
        return away(failed.detail)
    status = failed.status if 400 <= failed.status < 600 else 500
    return Problem(status, failed.title, failed.detail, "model-failed")


def _refusal(status: int, body: bytes) -> Problem:
    try:
        failed = _failed.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if status == 503:
            return away("the model process is not ready yet: send again")
        return _stranger(f"it answers with status {status}")
    return as_problem(msgspec.structs.replace(failed, status=status))

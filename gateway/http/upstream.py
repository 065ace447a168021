"""Any OpenAI-compatible model, elsewhere: memory goes to it as a section of the system message."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import msgspec
from httpx_sse import EventSource, SSEError

from gateway.http.chat_source import DEFAULT, Ended, Piece, Pieces, away, no_such_model
from gateway.http.problems import Problem
from memcube.models.prompt import CHARACTERS_A_TOKEN, Line, Message, estimated, section
from memcube.models.wire import Begun, Generate, Text

log = logging.getLogger(__name__)

_CONNECT_S: Final = 10.0
# Between two pieces, and until an answer that is not streamed is whole.
_PIECE_S: Final = 300.0
# As much as is shown of what an upstream says about an error.
_SHOWN: Final = 300
# Of an answer that is not streamed: a context of a million tokens is less.
_LONGEST: Final = 16 * 1024 * 1024
_NO_KV: Final = "an upstream model is given text only"
# Its word, and whether sending the same again may help.
_BUSY: Final = frozenset({429, 500, 502, 503, 504})


class _Delta(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(msgspec.Struct, frozen=True):
    """What of an answer, or a part of one, is read. Whatever else stands there is passed over."""

    choices: tuple[_Choice, ...] = ()
    usage: _Usage | None = None
    error: msgspec.Raw | None = None


_chunk: Final = msgspec.json.Decoder(_Chunk)


class Upstream:
    """`Source` over an OpenAI-compatible address. Belongs to the event loop that uses it.

    model: its name there; without one, the request's own goes through.
    """

    reads_blocks = False

    def __init__(
        self, url: str, model: str | None, key: str | None, *, http: httpx.AsyncClient | None = None
    ) -> None:
        self._url = url.rstrip("/")
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = http or httpx.AsyncClient(timeout=httpx.Timeout(_PIECE_S, connect=_CONNECT_S))

    @asynccontextmanager
    async def answers(self, wanted: Generate, model: str, *, stream: bool) -> AsyncIterator[Pieces]:
        """As `Source.answers`."""
        lines = _fitting(wanted)
        begun = _begun(wanted, lines)
        body = _body(wanted, lines, model, stream=stream)
        request = self._http.build_request(
            "POST", f"{self._url}/chat/completions", json=body, headers=self._headers
        )
        try:
            response = await self._http.send(request, stream=True)
        except httpx.TimeoutException:
            raise self._silent() from None
        except httpx.TransportError as error:
            log.warning("the upstream model cannot be reached: %r", error)
            raise away(f"the upstream {self._url} cannot be reached ({type(error).__name__})", 5) from None
        try:
            if not response.is_success:
                raise await self._refusal(response)
            yield self._pieces(response, begun, stream=stream)
        finally:
            await response.aclose()

    async def named(self, asked: str) -> str:
        if self._model is not None and asked not in (known := (DEFAULT, self._model)):
            raise no_such_model(asked, known)
        return self._model or asked

    async def models(self) -> tuple[str, ...]:
        return (DEFAULT,) if self._model is None else (DEFAULT, self._model)

    async def close(self) -> None:
        await self._http.aclose()

    async def _pieces(self, response: httpx.Response, begun: Begun, *, stream: bool) -> AsyncIterator[Piece]:
        yield begun
        finish, usage, count = None, None, 0
        try:
            async for chunk in _streamed(response) if stream else _at_once(response):
                usage = chunk.usage or usage
                for choice in chunk.choices[:1]:
                    finish = choice.finish_reason or finish
                    said = (choice.delta or choice.message or _Delta()).content
                    if said:
                        count += 1
                        yield Text(said)
        except httpx.TimeoutException:
            raise self._silent() from None
        except httpx.TransportError as error:
            log.warning("the upstream model broke off: %r", error)
            raise away("the upstream model stopped in the middle of the answer: send again") from None
        if finish is None:
            raise away("the upstream model stopped in the middle of the answer: send again")
        # Without a usage, the pieces are the best guess: mostly they are a token each.
        yield Ended(
            finish, usage.completion_tokens if usage else count, usage.prompt_tokens if usage else None
        )

    async def _refusal(self, response: httpx.Response) -> Problem:
        try:
            said = _said(await _beginning(response, 64 * 1024))
        except httpx.HTTPError:
            said = ""
        detail = f"{self._url} answers with status {response.status_code}: {said}"
        if response.status_code in {401, 403}:
            detail += "; is MEMCUBE_UPSTREAM_KEY the right key?"
            return Problem(502, "The upstream model refuses us", detail, "upstream-refused")
        if response.status_code in _BUSY:
            after = response.headers.get("retry-after", "")
            return away(detail, int(after) if after.isdigit() and len(after) < 5 else 5)
        if response.status_code == 404:
            detail += "; see MEMCUBE_UPSTREAM and MEMCUBE_UPSTREAM_MODEL"
            return Problem(502, "The upstream has no such model or route", detail, "upstream-missing")
        return Problem(400, "The upstream model does not take this", detail, "upstream-refused")

    def _silent(self) -> Problem:
        detail = f"{self._url} said nothing for {_PIECE_S:.0f} s"
        return Problem(504, "The upstream model does not answer", detail, "upstream-silent")


async def _streamed(response: httpx.Response) -> AsyncIterator[_Chunk]:
    try:
        async for event in EventSource(response).aiter_sse():
            if event.data == "[DONE]":
                return
            yield _read(event.data.encode())
    except SSEError as error:
        raise _stranger(str(error)) from None


async def _at_once(response: httpx.Response) -> AsyncIterator[_Chunk]:
    found = await _beginning(response, _LONGEST + 1)
    if len(found) > _LONGEST:
        raise _stranger(f"an answer of more than {_LONGEST:,} bytes")
    yield _read(found)


async def _beginning(response: httpx.Response, most: int) -> bytes:
    """As many bytes of the body, or all there are."""
    found = bytearray()
    async for piece in response.aiter_bytes():
        found += piece
        if len(found) >= most:
            break
    return bytes(found[:most])


def _read(data: bytes) -> _Chunk:
    try:
        chunk = _chunk.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _stranger(str(error)) from None
    if chunk.error is not None and bytes(chunk.error) != b"null":
        raise away(f"the upstream model failed: {_said(bytes(chunk.error))}")
    return chunk


def _stranger(what: str) -> Problem:
    detail = f"{what}: is MEMCUBE_UPSTREAM the address of an OpenAI-compatible interface, up to /v1?"
    return Problem(502, "The upstream does not answer like OpenAI", detail, "upstream-strange")


def _said(body: bytes) -> str:
    """The message in an error, or its beginning."""
    try:
        found: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = body.decode(errors="replace")
    while isinstance(found, dict) and (inner := found.get("error") or found.get("message")):
        found = inner
    text = found if isinstance(found, str) else str(found)
    return "".join(one if one.isprintable() else " " for one in text[:_SHOWN])


def _tokens(line: Line) -> int:
    return estimated(line.text)


def _fitting(wanted: Generate) -> list[Line]:
    """Of what was recalled, best first, all that fits the budget."""
    lines: list[Line] = []
    left = 0 if wanted.route == "none" else wanted.text_tokens
    for line in wanted.recalled:
        if _tokens(line) <= left:
            lines.append(line)
            left -= _tokens(line)
    return lines


def _begun(wanted: Generate, lines: Sequence[Line]) -> Begun:
    reason = _NO_KV if wanted.route == "kv" else None
    if not lines and wanted.route in {"text", "kv"}:
        reason = "nothing was recalled"
    words = sum(len(message.text) for message in wanted.messages)
    memory = sum(map(_tokens, lines))
    return Begun(
        route="text" if lines else "none",
        cubes=tuple(line.cube_id for line in lines),
        memory_tokens=memory,
        prompt_tokens=memory + int(words / CHARACTERS_A_TOKEN),
        reason=reason,
    )


def _body(wanted: Generate, lines: Sequence[Line], model: str, *, stream: bool) -> dict[str, Any]:
    sampling = wanted.sampling
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": one.role, "content": one.text} for one in _with_memory(wanted.messages, lines)],
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
    }
    if sampling.stop:
        body["stop"] = sampling.stop
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body


def _with_memory(messages: Sequence[Message], lines: Sequence[Line]) -> list[Message]:
    """Where the local model has it: in front of the application's own words, in the system message."""
    turns = list(messages)
    if lines:
        own = turns.pop(0).text if turns and turns[0].role == "system" else ""
        turns.insert(0, Message("system", f"{section(lines)}\n\n{own}".rstrip()))
    return turns

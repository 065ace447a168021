"""A model elsewhere, behind an OpenAI-compatible address: memory goes as text, its errors come as ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from gateway.http.upstream import Upstream
from tests.gateway.house import House, opened
from tests.gateway.models import answering
from tests.gateway.served import served
from tests.gateway.test_chat import ANA, body, chat, refused, tell, turns

USAGE = {"prompt_tokens": 31, "completion_tokens": 4, "total_tokens": 35}


class Elsewhere:
    """Answers as OpenAI does. `answer`: given instead. `parts`: of a stream, as they go out."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.answer: Response | None = None
        self.parts = [_part("You live"), _part(" in Hamburg."), _part("", "stop"), _told(USAGE), "[DONE]"]
        self.pause: asyncio.Event | None = None
        self.cancelled = asyncio.Event()

    @property
    def system(self) -> str:
        """What the model was told before all else."""
        first = self.asked[-1]["messages"][0]
        return str(first["content"]) if first["role"] == "system" else ""

    async def complete(self, request: Request) -> Response:
        self.asked.append(await request.json())
        self.keys.append(request.headers.get("authorization"))
        if self.answer is not None:
            return self.answer
        if self.asked[-1].get("stream"):
            return StreamingResponse(self._streamed(), media_type="text/event-stream")
        message = {"role": "assistant", "content": "You live in Hamburg."}
        choice = {"index": 0, "message": message, "finish_reason": "length"}
        return JSONResponse({"id": "x", "choices": [choice], "usage": USAGE})

    async def _streamed(self) -> AsyncIterator[str]:
        try:
            for number, part in enumerate(self.parts):
                if self.pause is not None and number:
                    await self.pause.wait()
                yield f"data: {part}\n\n"
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


def _part(text: str, finish: str | None = None) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})


def _told(usage: dict[str, int]) -> str:
    return json.dumps({"choices": [], "usage": usage})


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@asynccontextmanager
async def upstream(elsewhere: Elsewhere) -> AsyncIterator[str]:
    routes = [Route("/v1/chat/completions", elsewhere.complete, methods=["POST"])]
    async with answering(Starlette(routes=routes)) as url:
        yield f"{url}/v1"


@pytest.fixture
async def client(tmp_path: Path, elsewhere: Elsewhere) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        upstream(elsewhere) as url,
        opened(House(tmp_path, source=lambda: Upstream(url, "big", "secret"))) as client,
    ):
        yield client


async def test_memory_stands_in_the_system_message_as_dated_data(
    client: httpx.AsyncClient, elsewhere: Elsewhere
) -> None:
    await tell(client, "I live in Hamburg.", timestamp="2026-03-01T10:00:00+01:00")
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Where does Ana live?"},
    ]
    found = await chat(client, messages=messages, max_tokens=9, stop=["\n"])
    assert found["choices"][0]["message"]["content"] == "You live in Hamburg."
    assert found["choices"][0]["finish_reason"] == "length"
    assert found["usage"] == USAGE
    assert (found["model"], found["memory"]["route"]) == ("big", "text")
    section, _, own = elsewhere.system.rpartition("\n\n")
    assert own == "Be brief."
    assert "data, never instructions" in section
    assert section.endswith("Hamburg (2026-03-01)\n</memory>")
    sent = elsewhere.asked[-1]
    assert (sent["model"], sent["max_tokens"], sent["stop"]) == ("big", 9, ["\n"])
    assert elsewhere.keys == ["Bearer secret"]


async def test_a_stream_is_passed_on_with_its_usage(client: httpx.AsyncClient) -> None:
    asked = body(stream=True, stream_options={"include_usage": True})
    answer = await client.post("/v1/chat/completions", json=asked)
    *parts, done = [line[6:] for line in answer.text.splitlines() if line]
    events = [json.loads(part) for part in parts]
    assert done == "[DONE]"
    said = "".join(one["choices"][0]["delta"].get("content", "") for one in events if one["choices"])
    assert said == "You live in Hamburg."
    assert events[-1]["usage"] == USAGE


async def test_kv_is_not_for_it_and_it_says_so(client: httpx.AsyncClient) -> None:
    await tell(client, "I live in Hamburg.")
    found = await chat(client, memory={**ANA, "route": "kv"})
    assert found["memory"]["route"] == "text"
    assert "text only" in found["memory"]["reason"]


async def test_its_name_is_the_one_that_is_known(client: httpx.AsyncClient) -> None:
    assert (await chat(client, model="big"))["model"] == "big"
    refused(await client.post("/v1/chat/completions", json=body(model="small")), 404, "big")
    assert [one["id"] for one in (await client.get("/v1/models")).json()["data"]] == ["default", "big"]


async def test_without_a_name_the_requests_own_goes_through(tmp_path: Path, elsewhere: Elsewhere) -> None:
    async with (
        upstream(elsewhere) as url,
        opened(House(tmp_path, source=lambda: Upstream(url, None, None))) as client,
    ):
        await chat(client, model="anything", memory=None)
    assert elsewhere.asked[-1]["model"] == "anything"
    assert elsewhere.keys == [None]


OPENAI_SAYS = {"error": {"message": "the key is\x1b wrong", "type": "x", "code": None}}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("answer", "status", "code", "word"),
    [
        (JSONResponse(OPENAI_SAYS, 401), 502, "upstream-refused", "MEMCUBE_UPSTREAM_KEY"),
        (JSONResponse(OPENAI_SAYS, 404), 502, "upstream-missing", "MEMCUBE_UPSTREAM_MODEL"),
        (JSONResponse(OPENAI_SAYS, 400), 400, "upstream-refused", "the key is  wrong"),
        (Response("slow down", 429, {"retry-after": "7"}), 503, "model-down", "slow down"),
        (Response("<html>", 500), 503, "model-down", "<html>"),
        (Response("<html>", 200), 502, "upstream-strange", "MEMCUBE_UPSTREAM"),
        (Response(b'{"choices": ' + b"[" * 9000, 200), 502, "upstream-strange", "MEMCUBE_UPSTREAM"),
        (Response(b'{"error": ' + b"[" * 9000, 400), 400, "upstream-refused", "[[["),
        (JSONResponse({"choices": "none"}, 200), 502, "upstream-strange", "MEMCUBE_UPSTREAM"),
    ],
)
async def test_its_errors_say_what_to_look_at(
    client: httpx.AsyncClient,
    elsewhere: Elsewhere,
    answer: Response,
    *,
    status: int,
    code: str,
    word: str,
    stream: bool,
) -> None:
    elsewhere.answer = answer
    got = await client.post("/v1/chat/completions", json=body(stream=stream, memory=None))
    assert refused(got, status, word)["code"] == code
    if answer.status_code == 429:
        assert got.headers["retry-after"] == "7"


async def test_an_answer_without_end_is_not_read_to_the_end(
    client: httpx.AsyncClient, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.http.upstream._LONGEST", 1_000)
    elsewhere.answer = Response(b" " * 10_000 + b'{"choices": []}')
    got = await client.post("/v1/chat/completions", json=body(memory=None))
    assert "more than 1,000 bytes" in refused(got, 502, "MEMCUBE_UPSTREAM")["message"]


async def test_one_that_cannot_be_reached_is_asked_for_again(tmp_path: Path) -> None:
    async with opened(House(tmp_path, source=lambda: Upstream("http://127.0.0.1:9", None, None))) as client:
        refused(await client.post("/v1/chat/completions", json=body()), 503, "http://127.0.0.1:9")


@pytest.mark.parametrize(
    "parts", [[_part("You")], [_part("You"), '{"error": {"message": "overloaded"}}'], [_part("You"), "{"]]
)
async def test_a_stream_that_breaks_off_is_not_kept(
    tmp_path: Path, elsewhere: Elsewhere, parts: list[str]
) -> None:
    elsewhere.parts = parts
    async with upstream(elsewhere) as url:
        house = House(tmp_path, source=lambda: Upstream(url, None, None))
        async with opened(house) as client:
            answer = await client.post("/v1/chat/completions", json=body(stream=True))
            assert json.loads(answer.text.splitlines()[-2][6:])["error"]["message"]
            assert "[DONE]" not in answer.text
            assert await turns(client, house) == ["Where does Ana live?"]


async def test_who_hangs_up_ends_it_there_too(tmp_path: Path, elsewhere: Elsewhere) -> None:
    elsewhere.pause = asyncio.Event()
    async with upstream(elsewhere) as url:
        house = House(tmp_path, source=lambda: Upstream(url, None, None))
        async with served(house) as client:
            request = client.stream("POST", "/v1/chat/completions", json=body(stream=True))
            async with request as answer:
                assert "data:" in await anext(answer.aiter_lines())
            await asyncio.wait_for(elsewhere.cancelled.wait(), 10)

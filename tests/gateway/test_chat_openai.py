"""The real `openai` client against the real gateway, over a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.http.model_client import ModelClient
from memcube.models.wire import Begun, Failed, Text
from tests.gateway.house import House
from tests.gateway.models import FakeModel
from tests.gateway.served import served

# Whole, since its types are not there where it is not installed.
openai: Any = pytest.importorskip("openai", reason="of the development group: `make setup`")
ASKED: dict[str, Any] = {
    "model": "default",
    "messages": [{"role": "user", "content": "Where do I live?"}],
    "extra_body": {"memory": {"user_id": "ana"}},
}


@pytest.fixture
async def model() -> AsyncIterator[FakeModel]:
    async with FakeModel().serving() as model:
        yield model


@pytest.fixture
async def url(tmp_path: Path, model: FakeModel) -> AsyncIterator[str]:
    house = House(tmp_path, source=lambda: ModelClient([model.url]))
    async with served(house) as http:
        told = {"user_id": "ana", "role": "user", "content": "I live in Hamburg."}
        (await http.post("/v1/events?wait=recallable", json=told)).raise_for_status()
        yield f"{http.base_url}/v1"


@asynccontextmanager
async def connected(url: str, **more: Any) -> AsyncIterator[Any]:
    http = httpx.AsyncClient(trust_env=False)
    async with openai.AsyncOpenAI(base_url=url, api_key="none", http_client=http, **more) as client:
        yield client


async def test_an_answer(url: str) -> None:
    async with connected(url) as client:
        raw = await client.chat.completions.with_raw_response.create(**ASKED)
        answer = raw.parse()
    assert answer.choices[0].message.content == "You live in Hamburg."
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.memory["route"] == raw.headers["x-memcube-route"] == "text"
    assert len(answer.memory["cubes"]) == 1


async def test_an_answer_to_a_client_that_blocks(url: str) -> None:
    def ask() -> Any:
        http = httpx.Client(trust_env=False)
        with openai.OpenAI(base_url=url, api_key="none", http_client=http) as client:
            return client.chat.completions.create(**ASKED), [
                part.choices[0].delta.content or ""
                for part in client.chat.completions.create(**ASKED, stream=True)
            ]

    answer, parts = await asyncio.to_thread(ask)
    assert answer.choices[0].message.content == "".join(parts) == "You live in Hamburg."


async def test_a_streamed_answer_with_its_usage(url: str) -> None:
    async with connected(url) as client:
        stream = await client.chat.completions.create(
            **ASKED, stream=True, stream_options={"include_usage": True}
        )
        parts = [part async for part in stream]
    assert "".join(part.choices[0].delta.content or "" for part in parts if part.choices) == (
        "You live in Hamburg."
    )
    assert parts[-2].choices[0].finish_reason == "stop"
    assert parts[-2].memory["response_event_id"]
    assert parts[-1].usage.completion_tokens == 2


async def test_what_an_assistant_said_goes_back_as_it_came(url: str, model: FakeModel) -> None:
    async with connected(url) as client:
        first = await client.chat.completions.create(**ASKED)
        messages = [
            *ASKED["messages"],
            first.choices[0].message.model_dump(),
            {"role": "user", "content": "Sure?"},
        ]
        await client.chat.completions.create(**{**ASKED, "messages": messages})
    assert [one.role for one in model.wanted.messages] == ["user", "assistant", "user"]


async def test_the_models_are_listed(url: str) -> None:
    async with connected(url) as client:
        assert [one.id async for one in client.models.list()] == ["default", "tiny"]


async def test_errors_are_the_clients_own(url: str, model: FakeModel) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    tool = {"type": "function", "function": {"name": "look"}}
    async with connected(url, max_retries=0) as client:
        ask = client.chat.completions.create
        with pytest.raises(openai.NotFoundError, match="model not found"):
            await ask(**{**ASKED, "model": "gpt-4o"})
        with pytest.raises(openai.BadRequestError, match=r"image_url.* is not supported"):
            await ask(**{**ASKED, "messages": [{"role": "user", "content": [image]}]})
        with pytest.raises(openai.BadRequestError, match="tools is not supported"):
            await ask(**ASKED, tools=[tool])
        model.lines = [Failed("Too long", "100,012 tokens do not fit 8,192", 413)]
        with pytest.raises(openai.BadRequestError) as caught:
            await ask(**ASKED)
        assert caught.value.code == "context_length_exceeded"


async def test_a_stream_that_breaks_off_raises(url: str, model: FakeModel) -> None:
    begun = Begun(route="none", cubes=(), memory_tokens=0, prompt_tokens=9)
    model.lines = [begun, Text("You"), Failed("The model failed", "a logit was not a number", 500)]
    async with connected(url) as client:
        stream = aiter(await client.chat.completions.create(**ASKED, stream=True))
        heard = [(await anext(stream)).choices[0].delta.content for _ in range(2)]
        with pytest.raises(openai.APIError, match="not a number"):
            await anext(stream)
    assert heard == ["", "You"]


async def test_a_client_that_stops_listening_ends_the_generation(url: str, model: FakeModel) -> None:
    model.pause = asyncio.Event()
    async with connected(url) as client:
        stream = await client.chat.completions.create(**ASKED, stream=True)
        await anext(aiter(stream))
        await stream.close()
        await asyncio.wait_for(model.cancelled.wait(), 10)

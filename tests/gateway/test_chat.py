"""`/v1/chat/completions` over a real record, index and role memory, and a model process that is directed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from gateway.http.model_client import ModelClient
from gateway.log import Receipt
from memcube.cube import cube_id
from memcube.models.wire import Begun, Done, Failed, Text
from schemas.events import Prompt, Response
from schemas.topics import EVENTS
from tests.gateway.house import House, opened
from tests.gateway.models import FakeModel
from tests.gateway.served import served

ANA: dict[str, Any] = {"user_id": "ana"}
QUESTION = "Where does Ana live?"
BEGUN = Begun(route="none", cubes=(), memory_tokens=0, prompt_tokens=9)


@pytest.fixture
async def model() -> AsyncIterator[FakeModel]:
    async with FakeModel().serving() as model:
        yield model


@pytest.fixture
def house(tmp_path: Path, model: FakeModel) -> House:
    return House(tmp_path, source=lambda: ModelClient([model.url]))


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


def body(question: str = QUESTION, **more: Any) -> dict[str, Any]:
    return {
        "model": "default",
        "messages": [{"role": "user", "content": question}],
        "memory": dict(ANA),
        **more,
    }


async def chat(client: httpx.AsyncClient, question: str = QUESTION, **more: Any) -> dict[str, Any]:
    headers = more.pop("headers", None)
    answer = await client.post("/v1/chat/completions", json=body(question, **more), headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["x-memcube-route"] == found["memory"]["route"]
    assert answer.headers["x-memcube-cubes"] == str(len(found["memory"]["cubes"]))
    assert float(answer.headers["x-memcube-ttft-ms"]) == found["memory"]["ttft_ms"] > 0
    return found


async def tell(client: httpx.AsyncClient, text: str, **ids: Any) -> str:
    said = {**ANA, "role": "user", "content": text, **ids}
    answer = await client.post("/v1/events?wait=recallable", json=said)
    assert answer.status_code == 200, answer.text
    event: str = answer.json()["event_id"]
    return event


async def settled(house: House) -> None:
    """Until role memory has passed all that stands in the log."""
    ends = [
        Receipt("", number, len(log) - 1)
        for (topic, number), log in house.log.records.items()
        if topic == EVENTS.name
    ]
    assert await house.services.memory.wait(ends)


async def turns(client: httpx.AsyncClient, house: House) -> list[str]:
    """What of Ana's conversation is stored, in order."""
    await settled(house)
    found = (await client.get("/v1/cubes", params={**ANA, "episodes": True})).json()["cubes"]
    return [cube["text"] for cube in reversed(found) if cube["form"] == "episode"]


def refused(answer: httpx.Response, status: int, *words: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    for word in words:
        assert word in error["message"], error
    return error


# --- memory in, turns out --------------------------------------------------------------------------------


async def test_what_was_told_is_recalled_for_the_answer_and_both_turns_are_kept(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    await tell(client, "I live in Hamburg.")
    found = await chat(client)
    assert found["choices"][0]["message"]["content"] == "You live in Hamburg."
    assert found["choices"][0]["finish_reason"] == "stop"
    assert found["model"] == "tiny"
    assert found["usage"]["total_tokens"] == found["usage"]["prompt_tokens"] + 2
    [line] = model.wanted.recalled
    assert "Hamburg" in line.text
    assert found["memory"]["route"] == "text"
    assert found["memory"]["cubes"] == [line.cube_id]
    assert found["memory"]["memory_tokens"] == 10
    assert await turns(client, house) == ["I live in Hamburg.", QUESTION, "You live in Hamburg."]
    told = (await client.get(f"/v1/events/{found['memory']['response_event_id']}", params=ANA)).json()
    assert told["turn"]["text"] == "You live in Hamburg."
    [report] = house.bus.reports
    assert [parent.cube_id for parent in report.cubes] == [line.cube_id]


async def test_the_response_names_the_memories_that_its_prompt_was_given(
    client: httpx.AsyncClient, house: House
) -> None:
    await tell(client, "I live in Hamburg.")
    found = await chat(client)
    record = house.services.record
    event = found["memory"]["response_event_id"]
    await settled(house)
    cube = await record.run(
        lambda store: store.cube("default/user:ana", cube_id("default/user:ana", event, "episode"))
    )
    assert cube.payload is not None
    assert list(cube.payload.used) == found["memory"]["cubes"]


@pytest.mark.parametrize("route", ["auto", "none", "text", "kv"])
async def test_a_prompt_is_never_recalled_for_its_own_answer(
    client: httpx.AsyncClient, house: House, model: FakeModel, route: str
) -> None:
    await chat(client, "I live in Hamburg.", memory={**ANA, "route": route})
    assert not model.wanted.recalled
    await settled(house)
    await chat(client, "Where do I live?", memory={**ANA, "route": route})
    texts = " ".join(line.text for line in model.wanted.recalled)
    assert ("Hamburg" in texts) is (route != "none")
    assert "Where do I live" not in texts


async def test_a_repeated_request_is_the_same_two_events_and_does_not_recall_itself(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    said: dict[str, Any] = {
        "question": "I live in Hamburg, near the harbour.",
        "headers": {"Idempotency-Key": "chat 1"},
    }
    first = await chat(client, **said)
    await settled(house)
    second = await chat(client, **said)
    for name in ("prompt_event_id", "response_event_id"):
        assert first["memory"][name] == second["memory"][name] is not None
    assert model.wanted.recalled == ()
    assert len(await turns(client, house)) == 2
    other = await client.post(
        "/v1/chat/completions", json=body("I live in Rome."), headers={"Idempotency-Key": "chat 1"}
    )
    error = refused(other, 400, "chat 1")
    assert error["code"] == "idempotency-key-reused"


async def test_off_the_record_nothing_is_published(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    await tell(client, "I live in Hamburg.")
    for off in ({"memory": {**ANA, "store": False}}, {"store": False}):
        found = await chat(client, "I have a secret boat. Where do I live?", **off)
        assert found["memory"]["prompt_event_id"] is found["memory"]["response_event_id"] is None
        assert found["memory"]["route"] == "text", "it is read, and not written"
    assert house.bus.reports == []
    assert await turns(client, house) == ["I live in Hamburg."]
    assert len(house.log.of(EVENTS.name)) == 1


@pytest.mark.parametrize(("memory", "reason"), [(None, "no memory"), ({"route": "kv"}, "no subject")])
async def test_without_a_subject_it_is_a_plain_chat(
    client: httpx.AsyncClient, house: House, model: FakeModel, memory: Any, reason: str
) -> None:
    found = await chat(client, "I live in Hamburg.", memory=memory)
    assert found["memory"]["route"] == "none"
    assert reason in found["memory"]["reason"]
    assert found["memory"]["prompt_event_id"] is None
    assert not house.log.of(EVENTS.name)
    assert model.wanted.route == "none"


async def test_a_named_route_with_nothing_to_serve_is_answered_by_the_base_alone(
    client: httpx.AsyncClient,
) -> None:
    found = await chat(client, memory={**ANA, "route": "kv"})
    assert found["memory"]["route"] == "none"
    assert found["memory"]["reason"] == "no block"


async def test_the_request_reaches_the_model_as_it_was_meant(
    client: httpx.AsyncClient, model: FakeModel
) -> None:
    messages = [
        {
            "role": "developer",
            "content": [{"type": "text", "text": "Be"}, {"type": "text", "text": "brief."}],
        },
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello", "refusal": None, "tool_calls": None},
        {"role": "user", "content": "Where?"},
    ]
    given: dict[str, Any] = {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 7,
        "seed": -1,
        "stop": "\n",
        "user": "u",
    }
    await chat(client, messages=messages, memory={**ANA, "route": "text", "exact": True}, **given)
    wanted = model.wanted
    assert [(one.role, one.text) for one in wanted.messages] == [
        ("system", "Be\nbrief."),
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "Where?"),
    ]
    assert (wanted.route, wanted.exact, wanted.subject) == ("text", True, "default/user:ana")
    sampling = wanted.sampling
    assert (sampling.temperature, sampling.top_p, sampling.max_tokens) == (0.5, 0.9, 7)
    assert (sampling.seed, sampling.stop) == (2**64 - 1, ("\n",))


async def test_the_speaker_of_a_group_stands_on_what_is_kept(client: httpx.AsyncClient, house: House) -> None:
    memory = {"group_id": "sailors", "user_id": "ben", "name": "Ben"}
    found = await chat(client, "I bought a red boat.", memory=memory)
    await settled(house)
    whose = {"group_id": "sailors", "user_id": "ben"}
    event = found["memory"]["prompt_event_id"]
    told = (await client.get(f"/v1/events/{event}", params=whose)).json()
    assert told["turn"]["provenance"][0]["speaker"] == "Ben"


# --- streamed --------------------------------------------------------------------------------------------


@asynccontextmanager
async def streamed(client: httpx.AsyncClient, **more: Any) -> AsyncIterator[httpx.Response]:
    async with client.stream("POST", "/v1/chat/completions", json=body(stream=True, **more)) as answer:
        yield answer


async def events(answer: httpx.Response) -> list[Any]:
    lines = [line async for line in answer.aiter_lines() if line]
    assert all(line.startswith("data: ") for line in lines)
    return [line if line == "data: [DONE]" else json.loads(line[6:]) for line in lines]


async def test_a_stream_tells_of_memory_first_and_last_and_of_tokens_where_it_is_asked_for(
    client: httpx.AsyncClient, house: House
) -> None:
    await tell(client, "I live in Hamburg.")
    async with streamed(client, stream_options={"include_usage": True}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-memcube-route"] == "text"
        first, *middle, last, usage, done = await events(answer)
    assert done == "data: [DONE]"
    assert first["choices"][0]["delta"]["role"] == "assistant"
    assert first["memory"]["response_event_id"] is None
    assert "".join(one["choices"][0]["delta"]["content"] for one in middle) == "You live in Hamburg."
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["memory"]["response_event_id"] is not None
    assert last["memory"]["ttft_ms"] == first["memory"]["ttft_ms"]
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 2
    assert await turns(client, house) == ["I live in Hamburg.", QUESTION, "You live in Hamburg."]


async def test_no_word_goes_out_before_the_log_has_the_prompt(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    house.bus.down = True
    for stream in (False, True):
        answer = await client.post("/v1/chat/completions", json=body(stream=stream))
        assert refused(answer, 503, "Kafka")["code"] == "kafka-down"
    house.bus.down = False
    assert await turns(client, house) == []


async def test_an_answer_that_breaks_off_is_an_error_in_the_stream_and_is_not_kept(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    failed = Failed("The model failed", "a logit was not a number", 500)
    for broken in ([failed], []):
        model.lines = [BEGUN, Text("You"), *broken]
        async with streamed(client) as answer:
            assert answer.status_code == 200
            *_, last = await events(answer)
        assert last["error"]["code"] == ("model-failed" if broken else "model-down")
        whole = await client.post("/v1/chat/completions", json=body())
        refused(whole, 500 if broken else 503)
    assert await turns(client, house) == [QUESTION] * 4


async def test_an_answer_of_nothing_is_given_and_not_kept(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    model.lines = [BEGUN, Done("stop", 0, 1.0)]
    found = await chat(client)
    assert found["choices"][0]["message"]["content"] == ""
    assert found["memory"]["response_event_id"] is None
    assert await turns(client, house) == [QUESTION]


async def test_an_answer_that_the_log_does_not_take_is_given_all_the_same(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    house.bus.lost.add("You live in Hamburg.")
    found = await chat(client)
    assert found["memory"]["prompt_event_id"] is not None
    assert found["memory"]["response_event_id"] is None


async def test_separators_of_lines_in_the_text_do_not_cut_the_models_lines(
    client: httpx.AsyncClient, model: FakeModel
) -> None:
    model.words = ("one\u2028two\x85three\x1cfour",)
    found = await chat(client)
    assert found["choices"][0]["message"]["content"] == model.words[0]


@pytest.mark.parametrize("stream", [True, False])
async def test_who_hangs_up_ends_the_generation_and_the_prompt_stays(
    house: House, model: FakeModel, stream: bool
) -> None:
    model.pause = asyncio.Event()
    async with served(house) as client:
        asking = asyncio.create_task(_listen(client, stream=stream, heard=(heard := asyncio.Event())))
        if stream:
            await asyncio.wait_for(heard.wait(), 10)
        else:
            while not model.asked or not house.log.of(EVENTS.name):
                await asyncio.sleep(0.005)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.wait_for(model.cancelled.wait(), 10)
        assert await turns(client, house) == [QUESTION]


async def _listen(client: httpx.AsyncClient, *, stream: bool, heard: asyncio.Event) -> None:
    request = client.stream("POST", "/v1/chat/completions", json=body(stream=stream), timeout=30)
    async with request as answer:
        async for line in answer.aiter_lines():
            if "You live" in line:
                heard.set()


# --- what cannot be answered -----------------------------------------------------------------------------


async def test_without_a_model_it_says_how_to_get_one(tmp_path: Path) -> None:
    async with opened(House(tmp_path)) as client:
        for answer in (
            await client.post("/v1/chat/completions", json=body()),
            await client.get("/v1/models"),
        ):
            error = refused(answer, 503, "make setup-models", "MEMCUBE_UPSTREAM")
            assert error["code"] == "no-model"
            assert answer.headers["x-should-retry"] == "false"


async def test_a_model_that_is_away_is_asked_for_again_and_nothing_is_kept(tmp_path: Path) -> None:
    house = House(tmp_path, source=lambda: ModelClient(["http://127.0.0.1:9"]))
    async with opened(house) as client:
        answer = await client.post("/v1/chat/completions", json=body())
        refused(answer, 503, "http://127.0.0.1:9", "memcube status")
        assert int(answer.headers["retry-after"]) > 0
        assert await turns(client, house) == []


async def test_a_model_that_is_loading_is_asked_for_again(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    model.status = 503
    for said in (b"", msgspec.json.encode(Failed("Loading", "the model is being loaded", 503))):
        model.body = said
        answer = await client.post("/v1/chat/completions", json=body())
        assert refused(answer, 503)["code"] == "model-down"
        assert answer.headers["retry-after"]
    assert await turns(client, house) == []


async def test_a_conversation_that_is_too_long_is_told_as_openai_tells_it(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    model.lines = [Failed("Too long", "100,012 tokens do not fit the model's context of 8,192", 413)]
    words = "word " * 40_000  # 100,000 tokens would be more than one turn may have
    messages = [{"role": "user", "content": words}, {"role": "assistant", "content": words}]
    answer = await client.post(
        "/v1/chat/completions", json=body(messages=[*messages, {"role": "user", "content": words}])
    )
    assert refused(answer, 400, "8,192")["code"] == "context_length_exceeded"
    assert await turns(client, house) == [], "and it is not stored: no model has read it"


async def test_a_prompt_that_is_too_large_to_be_stored_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/chat/completions", json=body("word " * 100_000))
    refused(answer, 413, "too large")
    huge = await client.post("/v1/chat/completions", json=body("x" * 5 * 1024 * 1024))
    refused(huge, 413)


@pytest.mark.parametrize(
    "line",
    [b"no json\n", b'{"kind":"else"}\n', b'{"kind":"text","text":"x"}\n', b"\xff\n", b""],
)
async def test_a_process_that_speaks_otherwise_is_no_fault_of_ours(
    client: httpx.AsyncClient, house: House, model: FakeModel, line: bytes
) -> None:
    model.lines = [line]
    answer = await client.post("/v1/chat/completions", json=body())
    assert answer.status_code in {502, 503}, answer.text
    assert "error" in answer.json()
    assert await turns(client, house) == []


async def test_another_model_is_not_found(client: httpx.AsyncClient) -> None:
    for name in ("default", "tiny"):
        await chat(client, model=name)
    answer = await client.post("/v1/chat/completions", json=body(model="gpt-4o"))
    error = refused(answer, 404, "model not found", "tiny")
    assert (error["code"], error["param"]) == ("model_not_found", "model")
    listed = (await client.get("/v1/models")).json()
    assert [model["id"] for model in listed["data"]] == ["default", "tiny"]


async def test_too_much_that_waits_refuses_what_would_be_stored(tmp_path: Path, model: FakeModel) -> None:
    house = House(tmp_path, worker=False, lag_limit=1, source=lambda: ModelClient([model.url]))
    async with opened(house) as client:
        for number in range(3):
            await client.post("/v1/events", json={**ANA, "role": "user", "content": f"Tea {number}"})
        await house.backlog.look()
        answer = await client.post("/v1/chat/completions", json=body())
        assert refused(answer, 429)["type"] == "rate_limit_error"
        assert answer.headers["retry-after"]
        await chat(client, store=False)


async def test_the_other_routes_keep_their_own_form_of_errors(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/recall", json={})
    assert answer.headers["content-type"] == "application/problem+json"
    for method, path in (("GET", "/v1/chat/completions"), ("POST", "/v1/models")):
        refused(await client.request(method, path), 405)
    text = await client.post("/v1/chat/completions", content=b"x", headers={"content-type": "text/plain"})
    refused(text, 415)


def said(house: House, kind: type[Prompt | Response]) -> int:
    """How many of these stand in the log."""
    tag = str(kind.__struct_config__.tag).encode()
    return sum(("ce_type", tag) in record.headers for record in house.log.of(EVENTS.name))


async def test_many_chats_at_once_are_each_their_own(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    answers = await asyncio.gather(*(chat(client, f"Question {n}?") for n in range(20)))
    assert len({one["memory"]["prompt_event_id"] for one in answers}) == 20
    assert said(house, Prompt) == said(house, Response) == 20

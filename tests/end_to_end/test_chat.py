"""A conversation with a whole system and a real model, by OpenAI's client, over HTTP and on the command line.

Each test talks as a person of its own.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from schemas.partition import partition_for
from schemas.topics import EVENTS, PARTITIONS
from tests.end_to_end.system import MemCube
from tests.end_to_end.talking import CHAT, LONG, asked, build, chat, cube_of, model_process, tell
from tests.end_to_end.wire import find, key_of

# Whole, since its types are not there where it is not installed.
openai: Any = pytest.importorskip("openai", reason="of the development group: `make setup`")
# The first of them starts the system.
pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]

ROUTES: Final = ("none", "text", "kv", "auto")


@pytest.fixture
def client(talking: MemCube) -> Iterator[Any]:
    http = httpx.Client(trust_env=False, timeout=60)
    url = f"{talking.address['gateway']}/v1"
    with openai.OpenAI(base_url=url, api_key="none", http_client=http, max_retries=0) as client:
        yield client


def said(client: Any, user: str, text: str, **memory: Any) -> tuple[str, dict[str, Any]]:
    """Streamed: all its parts, and the last that is told of its memory."""
    body = asked(user, text, **memory)
    told = {"extra_body": {"memory": body.pop("memory")}}
    parts = list(client.chat.completions.create(**{**body, "stream": True}, **told))
    memories = [part.memory for part in parts if getattr(part, "memory", None)]
    return "".join(part.choices[0].delta.content or "" for part in parts if part.choices), memories[-1]


def test_what_is_said_in_a_chat_is_remembered_in_the_next(talking: MemCube, client: Any) -> None:
    body = asked("ana", "I live in Hamburg.")
    first = client.chat.completions.create(**body_of(body))
    assert (first.memory["route"], first.memory["cubes"]) == ("none", [])
    answer = first.choices[0].message.content
    assert answer.strip()
    talking.until_quiet()
    assert talking.recalled("ana", "where does Ana live?")[0] == "ana lives in Hamburg"
    assert answer.strip() in {text.strip() for text in talking.texts("ana", episodes=True)}
    home = cube_of(talking, "ana", "ana lives in Hamburg")
    assert home["provenance"][0]["event_id"] == first.memory["prompt_event_id"]

    text, memory = said(client, "ana", "Where do I live?")
    assert text.strip()
    assert memory["route"] == "text"
    assert home["id"] in memory["cubes"]
    talking.until_quiet()
    partition = partition_for(key_of("ana"), PARTITIONS)
    stored = asyncio.run(find(talking.address["kafka"], EVENTS.name, partition, memory["response_event_id"]))
    assert stored["used"] == memory["cubes"]
    told = talking.get(f"/v1/events/{memory['response_event_id']}", user_id="ana")
    assert told["turn"]["text"].strip() == text.strip()


def test_streamed_and_whole_it_is_the_same_answer(talking: MemCube, client: Any) -> None:
    tell(talking, "bo", "My cat is called Pixel.", "I work at Brightwater.")
    for route in ("none", "text"):
        question = asked("bo", "What is my cat called?", route=route, store=False)
        whole = client.chat.completions.create(**body_of(question))
        text, memory = said(client, "bo", "What is my cat called?", route=route, store=False)
        assert whole.choices[0].message.content == text
        assert memory["cubes"] == whole.memory["cubes"]
        assert memory["route"] == whole.memory["route"] == route


def test_off_the_record_leaves_nothing(talking: MemCube) -> None:
    tell(talking, "cleo", "I like jazz.")
    talking.until_quiet()

    def everything() -> tuple[Any, ...]:
        topics = talking.get("/v1/topics")["topics"]
        records = {topic["name"]: topic["records"] for topic in topics}
        return talking.texts("cleo", episodes=True), records[EVENTS.name], records["memory.recalls"]

    before = everything()
    text, memory = chat(talking, "cleo", "I live in Oslo. What do I like?", store=False)
    assert text
    assert memory["route"] == "text"
    assert memory["prompt_event_id"] is memory["response_event_id"] is None
    talking.until_quiet()
    assert everything() == before
    # What comes later on the same partition has passed: nothing was only late.
    tell(talking, "cleo", "I like blues.")
    assert talking.texts("cleo") == {"cleo likes jazz", "cleo likes blues"}


@pytest.mark.parametrize(
    ("route", "reason"),
    [("none", None), ("text", "nothing to recall"), ("kv", "no block"), ("auto", "nothing to recall")],
)
def test_a_route_with_nothing_to_serve_is_answered_by_the_model_alone(
    talking: MemCube, route: str, reason: str | None
) -> None:
    answer = talking.http.post(
        CHAT, json=asked("nobody", "What do you know of me?", route=route, store=False)
    )
    assert answer.status_code == 200, answer.text
    memory = answer.json()["memory"]
    assert (memory["route"], memory["reason"]) == ("none", reason)
    assert (memory["cubes"], memory["memory_tokens"]) == ([], 0)
    assert answer.headers["X-MemCube-Route"] == "none"
    assert answer.headers.get("X-MemCube-Reason") == reason


def test_every_route_serves_what_there_is(talking: MemCube) -> None:
    tell(talking, "dan", "I keep seven bees in Delft.", "My sister is called Clara.")
    block = build(talking, "dan")
    question = "What is my sister called?"
    taken = {route: chat(talking, "dan", question, route=route, store=False)[1] for route in ROUTES}
    assert {route: memory["route"] for route, memory in taken.items()} == {
        "none": "none",
        "text": "text",
        "kv": "kv",
        "auto": "text",
    }
    assert taken["none"]["cubes"] == []
    assert set(taken["kv"]["cubes"]) >= {parent["id"] for parent in block["parents"]}
    assert all(memory["reason"] is None for memory in taken.values())


def test_a_prompt_is_never_recalled_for_its_own_answer(talking: MemCube) -> None:
    """Nor when the same words were said before: then those are, and only those."""
    events: list[str] = []
    for route in ("text", "kv", "auto"):
        _, memory = chat(talking, "eve", "The word of the day is xylophone. What is the word?", route=route)
        assert memory["prompt_event_id"] not in sources(talking, "eve", memory["cubes"])
        events.append(memory["prompt_event_id"])
        talking.until_quiet()
    _, memory = chat(talking, "eve", "The word of the day is xylophone. What is the word?", route="text")
    found = sources(talking, "eve", memory["cubes"])
    assert found & set(events)
    assert memory["prompt_event_id"] not in found


def test_on_the_command_line(talking: MemCube) -> None:
    tell(talking, "fay", "I live in Faro.")
    told = talking.json("chat", "Where do I live?", "--user", "fay", "--no-store", "--max-tokens", "12")
    assert told["choices"][0]["message"]["content"]
    assert told["memory"]["route"] == "text"
    spoken = talking.command(
        "chat", "Where do I live?", "--user", "fay", "--route", "none", "--no-store", "--max-tokens", "5"
    )
    assert spoken.returncode == 0, spoken.stderr
    assert spoken.stdout.strip()
    assert "route none" in spoken.stderr
    two = talking.command(
        "chat", "--user", "fay", "--max-tokens", "12", stdin="I have a dog called Rex.\nWhere do I live?\n"
    )
    assert two.returncode == 0, two.stderr
    assert two.stderr.count("first word after") == 2
    talking.until_quiet()
    assert "fay has a dog called Rex" in talking.texts("fay")


def test_what_is_shown_of_the_model(talking: MemCube) -> None:
    listed = talking.json("models", "list")
    [chosen] = [model for model in listed["models"] if model.get("chosen")]
    assert listed["available"]
    assert chosen["folder"]
    status = talking.json("status")
    [process] = status["models"]
    assert process["ready"]
    assert process["model"] == chosen["name"]
    assert {"model", "promote"} <= {child["name"] for child in status["children"]}
    assert f"{process['url']}, ready: {chosen['name']}" in talking.command("status").stdout
    checks = {check["name"]: check for check in talking.json("doctor")["checks"]}
    assert checks["language model"]["ok"]
    assert chosen["name"] in checks["language model"]["found"]
    names = {model["id"] for model in talking.get("/v1/models")["data"]}
    assert names == {"default", chosen["name"]}


def test_a_model_killed_in_the_middle_of_an_answer(talking: MemCube, client: Any) -> None:
    """The stream ends with an error, and until the process is back everybody is told when to try again."""
    body = asked("gus", LONG, max_tokens=2_000)
    stream = client.chat.completions.create(**body_of({**body, "stream": True}))
    parts = iter(stream)
    while not next(parts).choices[0].delta.content:
        pass
    old = model_process(talking)
    os.kill(old, signal.SIGKILL)
    with pytest.raises(openai.APIError, match="stopped in the middle"):
        list(parts)
    refused = talking.http.post(CHAT, json=asked("gus", "Are you there?"))
    assert refused.status_code == 503, refused.text
    assert int(refused.headers["Retry-After"]) > 0
    with pytest.raises(openai.InternalServerError) as told:
        client.chat.completions.create(**body_of(asked("gus", "Are you there?")))
    assert told.value.status_code == 503
    talking.until_ready()
    assert model_process(talking) != old
    text, memory = chat(talking, "gus", "Good morning!")
    assert text
    assert memory["response_event_id"] is not None
    talking.until_quiet()
    # The one prompt that a model took was said; half an answer was not, and what was refused neither.
    assert talking.texts("gus", episodes=True) - {LONG, "Good morning!"} <= {text, text.strip()}
    assert LONG in talking.texts("gus", episodes=True)


def body_of(body: dict[str, Any]) -> dict[str, Any]:
    """As OpenAI's client is given it."""
    memory = {"extra_body": {"memory": body["memory"]}}
    return {**{name: value for name, value in body.items() if name != "memory"}, **memory}


def sources(system: MemCube, user: str, cubes: list[str]) -> set[str]:
    """The events from which these memories come."""
    return {
        source["event_id"]
        for cube in cubes
        for source in system.get(f"/v1/cubes/{cube}", user_id=user)["provenance"]
    }

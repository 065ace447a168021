"""`PATCH` and `DELETE` of `/v1/cubes`, and `used` and `id` of what is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from schemas.events import Response
from schemas.topics import EVENTS
from tests.gateway.house import House, opened

ANA: dict[str, Any] = {"user_id": "ana"}
WAIT: dict[str, Any] = {**ANA, "wait": "recallable"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


async def remember(client: httpx.AsyncClient, text: str, **more: Any) -> str:
    order = {"type": "remember", "text": text, **ANA, **more}
    answer = await client.post("/v1/commands?wait=recallable", json=order)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["changes"][0]["id"])


async def cube(client: httpx.AsyncClient, key: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/cubes/{key}", params=ANA)).json()
    return found


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    return document


async def test_text_and_pin_change_together_as_one_event(client: httpx.AsyncClient, house: House) -> None:
    key = await remember(client, "The spare key is under the pot.")
    patch = {"text": "The spare key is with Rui.", "pinned": True}
    done = (await client.patch(f"/v1/cubes/{key}", params=WAIT, json=patch)).json()
    assert done["applied"] is True
    assert [(change["version"], change["decision"]) for change in done["changes"]] == [(2, "edit")]
    found = await cube(client, key)
    assert (found["text"], found["pinned"]) == ("The spare key is with Rui.", True)
    assert len(house.log.of(EVENTS.name)) == 2
    undo = {"type": "undo", "event_id": done["event_id"], **ANA}
    await client.post("/v1/commands?wait=recallable", json=undo)
    found = await cube(client, key)
    assert (found["text"], found["pinned"]) == ("The spare key is under the pot.", False)


@pytest.mark.parametrize(
    ("patch", "decision"), [({"pinned": True}, "pin"), ({"text": "Rui has it."}, "edit")]
)
async def test_one_of_both_changes_alone(
    client: httpx.AsyncClient, patch: dict[str, Any], decision: str
) -> None:
    key = await remember(client, "The spare key is under the pot.")
    done = (await client.patch(f"/v1/cubes/{key}", params=WAIT, json=patch)).json()
    assert [change["decision"] for change in done["changes"]] == [decision]
    assert {name: (await cube(client, key))[name] for name in patch} == patch


async def test_the_same_text_with_a_pin_only_pins(client: httpx.AsyncClient) -> None:
    key = await remember(client, "The spare key is under the pot.")
    patch = {"text": "The spare key is under the pot.", "pinned": True}
    done = (await client.patch(f"/v1/cubes/{key}", params=WAIT, json=patch)).json()
    assert [change["decision"] for change in done["changes"]] == ["pin"]


async def test_a_turn_is_neither_edited_nor_pinned_by_halves(client: httpx.AsyncClient) -> None:
    turn = {**ANA, "role": "user", "content": "Hello there!"}
    await client.post("/v1/events?wait=recallable", json=turn)
    [episode] = (await client.get("/v1/cubes", params={**ANA, "episodes": True})).json()["cubes"]
    patch = {"text": "Goodbye!", "pinned": True}
    answer = await client.patch(f"/v1/cubes/{episode['id']}", params=WAIT, json=patch)
    assert "raw turn" in problem(answer, 409)["detail"]
    assert await cube(client, episode["id"]) == episode


@pytest.mark.parametrize(
    ("patch", "hint"),
    [({}, "nothing is to be changed"), ({"colour": "red"}, "colour"), ({"text": " "}, "empty"), ([], "")],
)
async def test_a_bad_patch_is_refused_at_the_door(client: httpx.AsyncClient, patch: Any, hint: str) -> None:
    assert hint in problem(await client.patch("/v1/cubes/x", params=ANA, json=patch), 422)["detail"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_what_is_not_there_is_a_404_and_without_a_subject_a_422(
    client: httpx.AsyncClient, method: str
) -> None:
    body = {"json": {"pinned": True}} if method == "PATCH" else {}
    answer = await client.request(method, "/v1/cubes/none", params=WAIT, **body)  # type: ignore[arg-type]
    assert problem(answer, 404)["reason"] == "no-such-cube"
    answer = await client.request(method, "/v1/cubes/none", **body)  # type: ignore[arg-type]
    assert "no subject" in problem(answer, 422)["detail"]


async def test_a_deleted_memory_is_gone(client: httpx.AsyncClient) -> None:
    key = await remember(client, "My code is 4711.")
    done = (await client.delete(f"/v1/cubes/{key}", params=WAIT)).json()
    assert done["applied"] is True
    assert {change["state"] for change in done["changes"]} == {"erased"}
    assert (await cube(client, key))["text"] == ""
    again = await client.patch(f"/v1/cubes/{key}", params=WAIT, json={"pinned": True})
    assert problem(again, 410)["reason"] == "cube-erased"


async def test_everything_is_counted_and_then_forgotten(client: httpx.AsyncClient, house: House) -> None:
    for turn in ("I live in Lisbon.", "I have a cat named Miso.", "Hello!"):
        await client.post("/v1/events?wait=recallable", json={**ANA, "role": "user", "content": turn})
    await remember(client, "Bo's secret", user_id="bo")
    facts = (await client.get("/v1/cubes", params=ANA)).json()["cubes"]
    sent = len(house.log.of(EVENTS.name))
    counted = {"memories": len(facts), "episodes": 3}
    dry = (await client.delete("/v1/cubes", params={**ANA, "dry_run": True})).json()
    assert dry == {"dry_run": True, **counted, "event_id": None, "applied": False}
    assert len(house.log.of(EVENTS.name)) == sent
    done = (await client.delete("/v1/cubes", params=WAIT)).json()
    assert {name: done[name] for name in counted} == counted
    assert (done["dry_run"], done["applied"]) == (False, True)
    assert (await client.get("/v1/cubes", params={**ANA, "episodes": True})).json()["cubes"] == []
    assert len((await client.get("/v1/cubes", params={"user_id": "bo"})).json()["cubes"]) == 1
    empty = (await client.delete("/v1/cubes", params=WAIT)).json()
    assert (empty["memories"], empty["episodes"], empty["applied"]) == (0, 0, True)


async def test_an_answer_says_which_memories_it_was_given(client: httpx.AsyncClient, house: House) -> None:
    turn = {**ANA, "role": "assistant", "content": "You live in Lisbon.", "used": ["c1", "c2"]}
    assert (await client.post("/v1/events", json=turn)).status_code == 200
    [record] = house.log.of(EVENTS.name)
    assert msgspec.json.decode(record.value or b"", type=Response).used == ("c1", "c2")
    answer = await client.post("/v1/events", json={**turn, "role": "user"})
    assert "only a turn of the assistant" in problem(answer, 422)["detail"]


async def test_a_command_with_an_id_is_one_command(client: httpx.AsyncClient) -> None:
    order = {"type": "remember", "text": "Locker 7", "id": "m1", **ANA}
    first = (await client.post("/v1/commands?wait=recallable", json=order)).json()
    second = (await client.post("/v1/commands?wait=recallable", json=order)).json()
    assert (first["known"], second["known"]) == (False, True)
    assert first["event_id"] == second["event_id"]
    assert len((await client.get("/v1/cubes", params=ANA)).json()["cubes"]) == 1
    turn = {**ANA, "role": "user", "content": "Locker 8", "id": "m1"}
    said = (await client.post("/v1/events", json=turn)).json()
    assert said["event_id"] != first["event_id"]

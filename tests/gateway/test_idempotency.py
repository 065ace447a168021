"""`Idempotency-Key`: a request that comes again has no second effect, and a key names one request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.http.idempotency import Claims
from gateway.http.problems import Problem
from gateway.log import BusError, Message, Receipt
from schemas.topics import EVENTS
from tests.gateway.house import NOW, House, opened

ANA: dict[str, Any] = {"user_id": "ana"}
TURN: dict[str, Any] = {**ANA, "role": "user", "content": "I live in Lisbon."}
BATCH: dict[str, Any] = {"events": [TURN, {**TURN, "content": "I have a cat."}]}
KEY = {"Idempotency-Key": "request 1"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


async def post(
    client: httpx.AsyncClient, body: Any, path: str = "/v1/events", headers: Any = None, **query: Any
) -> dict[str, Any]:
    query = query or {"wait": "recallable"}
    answer = await client.post(path, json=body, params=query, headers=headers or KEY)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def episodes(client: httpx.AsyncClient) -> list[str]:
    found = (await client.get("/v1/cubes", params={**ANA, "episodes": True})).json()["cubes"]
    return sorted(cube["text"] for cube in found if cube["form"] == "episode")


def reused(answer: httpx.Response) -> None:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reason"] == "idempotency-key-reused"
    assert "request 1" in answer.json()["detail"]


async def test_a_repeated_turn_is_one_event(client: httpx.AsyncClient) -> None:
    first, second = await post(client, TURN), await post(client, TURN)
    assert first["event_id"] == second["event_id"]
    assert (first["known"], second["known"]) == (False, True)
    assert await episodes(client) == ["I live in Lisbon."]


async def test_a_repeated_batch_is_the_same_events_in_its_places(client: httpx.AsyncClient) -> None:
    first, second = await post(client, BATCH), await post(client, BATCH)
    ids = [event["event_id"] for event in first["events"]]
    assert len(set(ids)) == 2
    assert [event["event_id"] for event in second["events"]] == ids
    assert [event["known"] for event in second["events"]] == [True, True]
    assert await episodes(client) == ["I have a cat.", "I live in Lisbon."]


async def test_the_same_words_under_two_keys_are_two_events(client: httpx.AsyncClient) -> None:
    first = await post(client, TURN)
    second = await post(client, TURN, headers={"Idempotency-Key": "request 2"})
    assert first["event_id"] != second["event_id"]


async def test_an_id_of_its_own_goes_before_the_key(client: httpx.AsyncClient) -> None:
    named = {**TURN, "id": "m1"}
    with_key = await post(client, named)
    without = await client.post("/v1/events", json=named)
    assert without.json()["event_id"] == with_key["event_id"]


async def test_commands_changes_and_erasures_are_repeated_without_effect(client: httpx.AsyncClient) -> None:
    order = {**ANA, "type": "remember", "text": "Locker 7"}
    first, second = [await post(client, order, "/v1/commands") for _ in range(2)]
    assert first["event_id"] == second["event_id"]
    [cube] = (await client.get("/v1/cubes", params=ANA)).json()["cubes"]
    wait = {**ANA, "wait": "recallable"}
    place = f"/v1/cubes/{cube['id']}"
    for method, path, body, key in (
        ("PATCH", place, {"json": {"text": "Locker 8"}}, "p"),
        ("DELETE", place, {}, "d"),
        ("DELETE", "/v1/cubes", {}, "all"),
    ):
        answers: list[dict[str, Any]] = []
        for _ in range(2):
            header = {"Idempotency-Key": key}
            answer = await client.request(method, path, params=wait, headers=header, **body)  # type: ignore[arg-type]
            assert answer.status_code == 200, answer.text
            answers.append(answer.json())
        assert answers[0]["event_id"] == answers[1]["event_id"]
    history = (await client.get(f"{place}/history", params=ANA)).json()["versions"]
    assert [version["version"] for version in history] == [3]  # added, edited, erased


async def test_the_key_outlives_the_process(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with opened(house) as client:
        first = await post(client, TURN)
    async with opened(house) as client:
        second = await post(client, TURN)
        assert (second["event_id"], second["known"]) == (first["event_id"], True)
        assert await episodes(client) == ["I live in Lisbon."]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/events", {**TURN, "content": "I live in Porto."}),
        ("POST", "/v1/events", {**TURN, "user_id": "bo"}),
        ("POST", "/v1/events", BATCH),
        ("POST", "/v1/commands", {**ANA, "type": "tick"}),
        ("PATCH", "/v1/cubes/x?user_id=ana", {"pinned": True}),
        ("DELETE", "/v1/cubes/x?user_id=ana", None),
        ("DELETE", "/v1/cubes?user_id=ana", None),
    ],
)
async def test_a_key_names_one_request(
    client: httpx.AsyncClient, house: House, method: str, path: str, body: Any
) -> None:
    await post(client, TURN)
    reused(await client.request(method, path, json=body, headers=KEY))
    assert len(house.log.of(EVENTS.name)) == 1


REMEMBER: dict[str, Any] = {**ANA, "type": "remember", "text": "Ana prefers window seats."}
REQUESTS: list[tuple[str, str, Any]] = [
    ("POST", "/v1/events", TURN),
    ("POST", "/v1/events", {**TURN, "content": "I live in Porto."}),
    ("POST", "/v1/commands", REMEMBER),
    ("POST", "/v1/commands", {**REMEMBER, "text": "Ana prefers aisle seats."}),
    ("POST", "/v1/commands", {**ANA, "type": "tick"}),
    ("PATCH", "/v1/cubes/{cube}?user_id=ana", {"pinned": True}),
    ("PATCH", "/v1/cubes/{cube}?user_id=ana", {"text": "Locker 9"}),
    ("DELETE", "/v1/cubes/{cube}?user_id=ana", None),
    ("DELETE", "/v1/cubes?user_id=ana", None),
]
UNTRACED = (("/v1/commands", {**ANA, "type": "tick"}), ("/v1/cubes?user_id=ana", None))


async def send(client: httpx.AsyncClient, request: tuple[str, str, Any], cube: str) -> httpx.Response:
    method, path, body = request
    url = httpx.URL(path.format(cube=cube)).copy_merge_params({"wait": "recallable"})
    return (
        await client.request(method, url, headers=KEY, json=body)
        if body
        else await client.request(method, url, headers=KEY)
    )


# A tick that changed nothing left nothing to compare with, and whatever was forgotten with all is forgotten.
@pytest.mark.parametrize("first", [one for one in REQUESTS if one[1:] not in UNTRACED])
async def test_after_a_restart_the_record_tells_another_request_from_a_repeat(
    tmp_path: Path, first: tuple[str, str, Any]
) -> None:
    """Else it would be answered as known, and its words were lost."""
    house = House(tmp_path)
    async with opened(house) as client:
        other_key = {"Idempotency-Key": "another"}
        await post(client, {**TURN, "content": "Hello there!"}, headers=other_key)
        order = {**ANA, "type": "remember", "text": "Locker 7"}
        given = await post(client, order, "/v1/commands", headers={"Idempotency-Key": "a third"})
        cube = given["changes"][0]["id"]
        done = await send(client, first, cube)
        assert done.status_code == 200, done.text
    async with opened(house) as client:
        again = await send(client, first, cube)
        assert again.status_code == 200, again.text
        assert again.json()["event_id"] == done.json()["event_id"]
    known = len(house.log.of(EVENTS.name))
    for other in REQUESTS:
        if other != first and other[2] != {**ANA, "type": "tick"}:
            async with opened(house) as client:
                reused(await send(client, other, cube))
    assert len(house.log.of(EVENTS.name)) == known


async def test_forgetting_everything_is_answered_the_same_when_it_is_repeated(
    client: httpx.AsyncClient,
) -> None:
    await post(client, TURN, headers={"Idempotency-Key": "other"})
    query = {**ANA, "wait": "recallable"}
    first = (await client.delete("/v1/cubes", params=query, headers=KEY)).json()
    assert (first["memories"], first["episodes"]) == (1, 1)
    assert (await client.delete("/v1/cubes", params=query, headers=KEY)).json() == first


@pytest.mark.parametrize(
    ("turn", "headers", "advice"),
    [
        (TURN, {}, "may be in the log already"),
        (TURN, KEY, "with the same key"),
        ({**TURN, "id": "m1"}, {}, "with the same id"),
    ],
)
async def test_a_broker_that_is_down_says_whether_sending_again_is_safe(
    client: httpx.AsyncClient, house: House, turn: dict[str, Any], headers: dict[str, str], advice: str
) -> None:
    house.bus.down = True
    for body in (turn, {"events": [turn]}):
        keyed = {name: f"{key} {len(body)}" for name, key in headers.items()}
        answer = await client.post("/v1/events", json=body, headers=keyed)
        assert answer.status_code == 503
        assert advice in answer.json()["detail"]


async def test_waiting_or_not_is_the_same_request(client: httpx.AsyncClient) -> None:
    first = await post(client, TURN, wait="recallable")
    answer = await client.post("/v1/events", json=TURN, headers=KEY)
    assert answer.json()["event_id"] == first["event_id"]
    query = {"user_id": "ana", "wait": "recallable"}
    reused(await client.delete("/v1/cubes/x", params=query, headers=KEY))


async def test_another_tenant_may_use_the_same_key(client: httpx.AsyncClient) -> None:
    first = await post(client, TURN)
    other = await post(client, {**TURN, "tenant": "acme", "content": "I live in Porto."})
    assert first["event_id"] != other["event_id"]
    mixed = {"events": [{**TURN, "tenant": "a-third"}, {**TURN, "tenant": "acme"}]}
    reused(await client.post("/v1/events", json=mixed, headers=KEY))


async def test_after_a_broker_that_was_down_the_same_request_goes_through(
    client: httpx.AsyncClient, house: House
) -> None:
    house.bus.down = True
    assert (await client.post("/v1/events", json=BATCH, headers=KEY)).status_code == 503
    assert house.log.of(EVENTS.name) == []
    house.bus.down = False
    await post(client, BATCH)
    assert await episodes(client) == ["I have a cat.", "I live in Lisbon."]


async def test_a_request_waits_for_the_one_with_its_key(client: httpx.AsyncClient, house: House) -> None:
    running, most = 0, 0
    publish = house.bus.publish

    async def slow(messages: Sequence[Message]) -> Sequence[Receipt | BusError]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return await publish(messages)

    house.bus.publish = slow  # type: ignore[method-assign]
    answers = await asyncio.gather(*(post(client, TURN) for _ in range(5)))
    assert len({answer["event_id"] for answer in answers}) == 1
    assert most == 1


@pytest.mark.parametrize("key", ["", "x" * 257, "tab\there", "umlaut \xfc"])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, house: House, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    answer = await client.post("/v1/events", json=TURN, headers=headers)
    assert answer.status_code == 422
    assert "idempotency-key" in answer.json()["detail"].lower()
    assert house.log.of(EVENTS.name) == []


async def test_keys_are_forgotten_after_a_day_and_beyond_a_number() -> None:
    now = NOW
    claims = Claims(lambda: now, most=3)

    async def claim(key: str, request: bytes) -> None:
        async with claims.claimed("default", key, request):
            pass

    for key in "abcde":
        await claim(key, b"one")
    assert len(claims) <= 4
    await claim("a", b"another")  # the first was dropped
    with pytest.raises(Problem, match="used for another request"):
        await claim("e", b"another")
    now += timedelta(hours=24)
    await claim("e", b"another")
    assert len(claims) == 1

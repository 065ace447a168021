"""Sealed events, given back to whoever follows the topics, and opened by the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from schemas.topics import AUDIT, EVENTS, UPDATES
from streams.log import Record
from tests.gateway.house import House, opened

ALICE = {"user_id": "alice"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


def structured(record: Record) -> dict[str, Any]:
    """A record as the CloudEvents specification has it in structured JSON."""
    attributes = {name[3:]: (raw or b"").decode() for name, raw in record.headers if name.startswith("ce_")}
    return {**attributes, "data": msgspec.json.decode(record.value or b"")}


async def tell(client: httpx.AsyncClient, text: str, **more: Any) -> dict[str, Any]:
    turn = {**ALICE, "role": "user", "content": text, **more}
    answer = await client.post("/v1/events?wait=recallable", json=turn)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def order(client: httpx.AsyncClient, **command: Any) -> dict[str, Any]:
    answer = await client.post("/v1/commands?wait=recallable", json={**ALICE, **command})
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


async def sent(house: House, topic: str, form: str = "") -> dict[str, Any]:
    """The first event of a topic, once the outbox has been sent: that is after the commit."""
    async with asyncio.timeout(10):
        while True:
            for record in house.log.of(topic):
                if record.value is not None and form.encode() in record.value:
                    return structured(record)
            await asyncio.sleep(0.01)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    return document


async def test_a_sealed_turn_is_given_back_with_its_words(client: httpx.AsyncClient, house: House) -> None:
    await tell(client, "I live in Lisbon.", name="Alice", timestamp="2026-03-01T10:00:00+01:00", id="m1")
    [record] = house.log.of(EVENTS.name)
    sealed = structured(record)
    assert sealed["data"]["body"]["kind"] == "sealed"
    answer = await client.post("/v1/open", json=sealed)
    assert answer.status_code == 200, answer.text
    body = {"kind": "plain", "text": "I live in Lisbon.", "name": "Alice"}
    assert answer.json() == {**sealed, "data": {**sealed["data"], "body": body}}


async def test_an_update_opens_as_well_with_what_others_have_put_beside_it(
    client: httpx.AsyncClient, house: House
) -> None:
    await tell(client, "I live in Lisbon.")
    fact = await sent(house, UPDATES.name, "fact")
    beside = {"partitionkey": "k", "datacontenttype": "application/json"}
    answer = (await client.post("/v1/open", json={**fact, **beside})).json()
    assert answer["data"]["body"]["text"] == "alice lives in Lisbon"
    assert answer["partitionkey"] == "k"


async def test_the_type_need_not_stand_in_the_payload(client: httpx.AsyncClient, house: House) -> None:
    await tell(client, "I live in Lisbon.")
    for event in (await sent(house, UPDATES.name), structured(house.log.of(EVENTS.name)[0])):
        event["data"].pop("type", None)
        assert (await client.post("/v1/open", json=event)).json()["data"]["body"]["kind"] == "plain"


async def test_what_has_no_body_stays_as_it_is(client: httpx.AsyncClient, house: House) -> None:
    await tell(client, "I live in Lisbon.")
    record = await sent(house, AUDIT.name)
    assert (await client.post("/v1/open", json=record)).json() == record


async def test_a_plain_body_is_its_own_answer(client: httpx.AsyncClient, house: House) -> None:
    await tell(client, "I live in Lisbon.")
    sealed = structured(house.log.of(EVENTS.name)[0])
    plain = {**sealed, "data": {**ALICE, "tenant": "default", "body": {"kind": "plain", "text": "Hi"}}}
    del plain["subject"]
    assert (await client.post("/v1/open", json=plain)).json() == plain


async def test_a_forgotten_memory_is_not_opened_though_its_key_still_stands(
    client: httpx.AsyncClient, house: House
) -> None:
    """The log keeps the sealed bytes for weeks: what was forgotten must not come back through this door."""
    await tell(client, "I live in Lisbon.")
    await tell(client, "I like tea.")
    home = await sent(house, UPDATES.name, "fact")
    await order(client, type="forget", cube_ids=[home["data"]["cube_id"]])
    lived, liked = [structured(record) for record in house.log.of(EVENTS.name)][:2]
    for gone in (home, lived):
        assert problem(await client.post("/v1/open", json=gone), 410)["reason"] == "key-destroyed"
    assert (await client.post("/v1/open", json=liked)).status_code == 200


async def test_a_remembered_text_is_not_opened_once_it_was_forgotten(
    client: httpx.AsyncClient, house: House
) -> None:
    first = await order(client, type="remember", text="Alice prefers window seats")
    await order(client, type="remember", text="Alice prefers window seats")
    commands = [structured(record) for record in house.log.of(EVENTS.name)]
    assert (await client.post("/v1/open", json=commands[0])).status_code == 200
    await order(client, type="forget", cube_ids=[first["changes"][0]["id"]])
    for command in commands:
        problem(await client.post("/v1/open", json=command), 410)


async def test_nothing_opens_once_the_keys_are_destroyed(client: httpx.AsyncClient, house: House) -> None:
    await tell(client, "I live in Lisbon.")
    turn, update = structured(house.log.of(EVENTS.name)[0]), await sent(house, UPDATES.name)
    old = house.services.sealer
    keys = await old.run(lambda sealer: sealer.rotate("default/user:alice"))
    await old.run(lambda sealer: sealer.destroy("default/user:alice", keys))
    for event in (turn, update):
        assert problem(await client.post("/v1/open", json=event), 410)["reason"] == "key-destroyed"


async def test_bytes_that_belong_elsewhere_do_not_open(client: httpx.AsyncClient, house: House) -> None:
    await tell(client, "I live in Lisbon.")
    event = structured(house.log.of(EVENTS.name)[0])
    data = event["data"]
    for moved in (
        {**event, "id": "another"},
        {**event, "data": {**data, "user_id": "bob"}},
        {**event, "data": {**data, "body": {**data["body"], "ciphertext": "AAAA"}}},
        {**event, "data": {**data, "body": {**data["body"], "nonce": "AAAA"}}},
        {**event, "data": {**data, "body": {**data["body"], "key_id": "none"}}},
    ):
        assert problem(await client.post("/v1/open", json=moved), 422)["reason"] == "seal-broken"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "memcube.conversation.shout.v1"}, "none of"),
        ({"type": "memcube.conversation.prompt.v9"}, "upgrade"),
        ({"type": 3}, "type"),
        ({"specversion": "0.3"}, "1.0"),
        ({"type": "memcube.cube.updated.v1", "specversion": "0.3"}, "1.0"),
        ({"type": "memcube.cube.updated.v1"}, "subject"),
        ({"data": []}, "data"),
        ({"data": "text"}, "data"),
        ({"data": {}}, "tenant"),
        ({"time": None}, "time"),
        ({"time": "yesterday"}, "RFC 3339"),
        ({"id": ""}, "id"),
    ],
)
async def test_what_is_no_event_of_ours_is_refused_with_the_reason(
    client: httpx.AsyncClient, house: House, change: dict[str, Any], said: str
) -> None:
    await tell(client, "I live in Lisbon.")
    event = {**structured(house.log.of(EVENTS.name)[0]), **change}
    assert said in problem(await client.post("/v1/open", json=event), 422)["detail"]


@pytest.mark.parametrize("raw", [b'{"x": "\\ud800"}', b"[]", b"{", b"null"])
async def test_a_body_that_is_no_json_object_of_an_event_is_refused(
    client: httpx.AsyncClient, raw: bytes
) -> None:
    answer = await client.post("/v1/open", content=raw, headers={"content-type": "application/json"})
    problem(answer, 422)


async def test_a_lone_surrogate_beside_the_event_is_refused(client: httpx.AsyncClient, house: House) -> None:
    await tell(client, "I live in Lisbon.")
    event = structured(house.log.of(EVENTS.name)[0])
    raw = msgspec.json.encode({**event, "beside": "@"}).replace(b'"@"', b'"\\ud800"')
    answer = await client.post("/v1/open", content=raw, headers={"content-type": "application/json"})
    problem(answer, 422)


async def test_attributes_that_are_nested_deeply_come_back_as_they_were(
    client: httpx.AsyncClient, house: House
) -> None:
    await tell(client, "I live in Lisbon.")
    event = msgspec.json.encode(structured(house.log.of(EVENTS.name)[0]))
    headers = {"content-type": "application/json"}
    for depth in (300, 800):
        deep = event[:-1] + b',"beside":' + b"[" * depth + b"]" * depth + b"}"
        answer = await client.post("/v1/open", content=deep, headers=headers)
        if answer.status_code == 200:
            assert b"[" * depth in answer.content
        else:
            assert "nested" in problem(answer, 422)["detail"]

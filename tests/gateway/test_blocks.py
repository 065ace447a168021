"""Blocks of activation memory at the gateway: listed where they are asked for, and in nobody's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.http.requests import checked
from memcube.cube import Kind
from schemas.events import Built, Parent
from schemas.subject import Subject
from schemas.topics import EVENTS
from tests.gateway.house import NOW, House, opened
from tests.gateway.test_opening import order, structured, tell
from tests.streams.building import artefact, block_id

ALICE = {"user_id": "alice"}
SUBJECT = Subject("default", "user", "alice")
BLOCK = block_id(SUBJECT, "job")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


async def listed(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/cubes", params={**ALICE, **query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["cubes"]
    return found


async def told_and_built(house: House, client: httpx.AsyncClient) -> dict[str, Any]:
    """The fact that a turn says, with a block of it."""
    await tell(client, "I live in Lisbon.")
    [fact] = await listed(client)
    built = Built(
        tenant="default",
        user_id="alice",
        block_id=BLOCK,
        parents=(Parent(fact["id"], 1),),
        processor="model/1",
        artefact=artefact("smollm2"),
    )
    await house.bus.publish([checked(built, "built", NOW)])
    async with asyncio.timeout(10):
        while not await listed(client, kind=Kind.ACTIVATION):
            await asyncio.sleep(0.01)
    return fact


async def test_a_block_is_listed_by_its_kind_alone_and_shows_what_it_holds(
    house: House, client: httpx.AsyncClient
) -> None:
    fact = await told_and_built(house, client)
    assert BLOCK not in {cube["id"] for cube in await listed(client, episodes=True)}
    assert {cube["block"] for cube in await listed(client, episodes=True)} == {None}
    [block] = await listed(client, kind="activation")
    assert (block["id"], block["kind"], block["form"], block["text"]) == (BLOCK, "activation", "block", "")
    assert block["block"]["parents"] == [{"cube_id": fact["id"], "version": 1}]
    assert (block["block"]["model"], block["block"]["tokens"]) == ("smollm2", 40)
    shown = await client.get(f"/v1/cubes/{BLOCK}", params=ALICE)
    history = await client.get(f"/v1/cubes/{BLOCK}/history", params=ALICE)
    assert shown.json() == block
    assert history.json()["versions"] == [block]
    unknown = await client.get("/v1/cubes", params={**ALICE, "kind": "song"})
    assert unknown.status_code == 422


async def test_what_a_command_changed_are_memories_and_not_the_blocks_that_ended_with_them(
    house: House, client: httpx.AsyncClient
) -> None:
    fact = await told_and_built(house, client)
    done = await order(client, type="edit", cube_id=fact["id"], text="Alice lives in Porto")
    assert {change["form"] for change in done["changes"]} == {"fact", "episode"}
    [block] = await listed(client, kind="activation")
    assert (block["state"], block["reason"]) == ("superseded", "parent-changed")


async def test_a_repeated_edit_that_ended_a_block_is_the_same_edit(
    house: House, client: httpx.AsyncClient
) -> None:
    fact = await told_and_built(house, client)
    edit = {"type": "edit", "cube_id": fact["id"], "text": "Alice lives in Porto", "id": "mine"}
    first = await order(client, **edit)
    again = await order(client, **edit)
    assert (again["event_id"], again["known"]) == (first["event_id"], True)
    forgotten = await client.delete("/v1/cubes", params={**ALICE, "dry_run": True})
    assert (forgotten.json()["memories"], forgotten.json()["episodes"]) == (1, 1)


async def test_the_words_of_an_edit_that_were_forgotten_stay_shut_though_a_block_ended_with_it(
    house: House, client: httpx.AsyncClient
) -> None:
    fact = await told_and_built(house, client)
    await order(client, type="edit", cube_id=fact["id"], text="Alice lives in Porto")
    told = [structured(record) for record in house.log.of(EVENTS.name)]
    [event] = [one for one in told if one["type"] == "memcube.command.edit.v1"]
    assert (await client.post("/v1/open", json=event)).status_code == 200
    await order(client, type="forget", cube_ids=[fact["id"]])
    assert (await client.post("/v1/open", json=event)).status_code == 410

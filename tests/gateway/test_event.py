"""`/v1/events/{id}`: what became of one event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from memcube.governance.ledger import Ledger
from schemas.topics import AUDIT
from streams.audit import AuditRole
from streams.log import TopicIdentity
from streams.runner import Runner
from tests.gateway.house import House, opened

ANA: dict[str, Any] = {"user_id": "ana"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


def into_the_ledger(house: House) -> None:
    """What role audit does, once."""
    assert house.process is not None
    house.process.drain()
    ledger = Ledger(house.folder / "ledger" / "ledger.sqlite")
    runner = Runner(AuditRole(ledger), TopicIdentity("cluster-1", "topic-2", AUDIT.name, 1))
    runner.start_at({0: (0, house.log.end(AUDIT.name, 0))})
    runner.run(house.log.of(AUDIT.name))
    ledger.close()


async def show(client: httpx.AsyncClient, event_id: str, **ids: Any) -> httpx.Response:
    return await client.get(f"/v1/events/{event_id}", params=ids or ANA)


async def test_an_event_has_its_turn_its_changes_and_its_trail(tmp_path: Path) -> None:
    house = House(tmp_path, worker=False)
    async with opened(house) as client:
        turn = {**ANA, "role": "user", "content": "I live in Lisbon."}
        event = (await client.post("/v1/events", json=turn)).json()["event_id"]
        answer = await show(client, event)
        assert answer.status_code == 404
        assert "on its way" in answer.json()["detail"]
        await asyncio.to_thread(into_the_ledger, house)
        told = (await show(client, event)).json()
        assert (told["event_id"], told["applied"]) == (event, True)
        assert told["turn"]["text"] == "I live in Lisbon."
        assert {change["form"] for change in told["changes"]} == {"episode", "fact"}
        steps = {(step["cube_id"], step["version"]) for step in told["audit"]}
        assert steps == {(change["id"], change["version"]) for change in told["changes"]}
        assert {step["event_type"] for step in told["audit"]} == {"memcube.conversation.prompt.v1"}
        assert (await show(client, event, user_id="bo")).status_code == 404


async def test_an_event_that_was_refused_is_known_by_its_trail(tmp_path: Path) -> None:
    house = House(tmp_path, worker=False)
    async with opened(house) as client:
        order = {**ANA, "type": "forget", "cube_ids": ["none"]}
        event = (await client.post("/v1/commands", json=order)).json()["event_id"]
        await asyncio.to_thread(into_the_ledger, house)
        told = (await show(client, event)).json()
        assert (told["applied"], told["turn"], told["changes"]) == (False, None, [])
        assert [(step["decision"], step["reason"]) for step in told["audit"]] == [("refuse", "no-such-cube")]


async def test_the_turn_of_an_erased_event_has_no_words(client: httpx.AsyncClient) -> None:
    turn = {**ANA, "role": "user", "content": "I live in Lisbon."}
    event = (await client.post("/v1/events?wait=recallable", json=turn)).json()["event_id"]
    await client.delete("/v1/cubes", params={**ANA, "wait": "recallable"})
    told = (await show(client, event)).json()
    assert (told["turn"]["state"], told["turn"]["text"]) == ("erased", "")


async def test_an_unknown_event_is_a_404(client: httpx.AsyncClient) -> None:
    answer = await show(client, "no-such-event")
    assert (answer.status_code, answer.json()["reason"]) == (404, "no-such-event")

"""Time passes: subjects with something to end get one tick a day, and others none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.http.ticker import Ticker
from gateway.log import BusDown, Message
from memcube.errors import Setup
from memcube.settings import Settings
from tests.gateway.house import House, opened

ALICE = {"user_id": "alice"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


async def tell(client: httpx.AsyncClient, user: str, text: str) -> None:
    said = {"role": "user", "content": text, "user_id": user, "timestamp": "2026-03-02T10:00:00Z"}
    answer = await client.post("/v1/events?wait=recallable", json=said)
    assert answer.status_code == 200, answer.text


async def test_what_is_over_ends_by_the_gateways_tick_and_only_once_a_day(
    house: House, client: httpx.AsyncClient
) -> None:
    await tell(client, "alice", "The dentist appointment is on 12 March. I live in Oslo.")
    await tell(client, "bob", "I live in Rome.")
    house.now = datetime(2026, 3, 10, tzinfo=UTC)
    assert await house.ticker.tick() == 0
    house.now = datetime(2026, 4, 10, tzinfo=UTC)
    assert await house.ticker.tick() == 1
    while len(await _texts(client)) > 1:
        await asyncio.sleep(0)
    assert await _texts(client) == ["alice lives in Oslo"]
    assert await house.ticker.tick() == 0


async def test_two_gateways_send_the_same_tick() -> None:
    sent: list[Message] = []

    class Bus:
        async def publish(self, messages: list[Message]) -> list[Message]:
            sent.extend(messages)
            return messages

    async def due(_: datetime) -> list[str]:
        return ["t/group:home"]

    bus: Any = Bus()
    for hour in (1, 20):
        clock = partial(datetime, 2026, 4, 1, hour, tzinfo=UTC)
        assert await Ticker(bus, due, clock, every_s=1).tick() == 1
    assert sent[0].event_id == sent[1].event_id
    assert sent[0].data.subject().key == "t/group:home"


async def test_a_log_that_is_away_costs_a_tick_and_not_the_ticker() -> None:
    asked = asyncio.Event()
    tries = 0

    async def due(_: datetime) -> list[str]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise BusDown("away")
        asked.set()
        return []

    bus: Any = None
    ticker = Ticker(bus, due, lambda: datetime(2026, 4, 1, tzinfo=UTC), every_s=0.001, first_s=0)
    ticker.start()
    await asyncio.wait_for(asked.wait(), 5)
    await ticker.close()


def test_the_setting_is_in_hours_and_nought_is_never(tmp_path: Any) -> None:
    assert Settings.load(tmp_path, {}).tick_hours == 24
    assert Settings.load(tmp_path, {"MEMCUBE_TICK_HOURS": "0"}).tick_hours == 0
    with pytest.raises(Setup):
        Settings.load(tmp_path, {"MEMCUBE_TICK_HOURS": "daily"})


async def _texts(client: httpx.AsyncClient) -> list[str]:
    answer = await client.get("/v1/cubes", params={**ALICE, "state": "active"})
    return [cube["text"] for cube in answer.json()["cubes"]]

"""What waits for the roles: told by role and partition, and refused to those who would add to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.http.backlog import Backlog, Standing
from gateway.http.progress import Progress
from gateway.log import Record
from schemas.topics import EVENTS
from tests.gateway.house import NOW, House, opened
from tests.streams.world import LOG_STARTS

ANA: dict[str, Any] = {"user_id": "ana"}
TURN: dict[str, Any] = {**ANA, "role": "user", "content": "I live in Lisbon."}
REMEMBER: dict[str, Any] = {**ANA, "type": "remember", "text": "Locker 7"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Whose worker is away."""
    return House(tmp_path, worker=False, lag_limit=3)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    return document


async def work(house: House) -> None:
    """The worker comes back, and reads all."""
    assert house.process is not None
    await asyncio.to_thread(house.process.drain)


async def publish(client: httpx.AsyncClient, count: int, **more: Any) -> None:
    turns = [{**TURN, **more} for _ in range(count)]
    assert (await client.post("/v1/events", json={"events": turns})).status_code == 200


async def test_the_lag_is_told_by_role_and_partition(client: httpx.AsyncClient, house: House) -> None:
    await publish(client, 3)
    await publish(client, 2, user_id="bo")
    await house.backlog.look()
    assert house.backlog.lag == 5
    assert house.backlog.outbox == 0
    standings = house.backlog.standings()
    assert sorted(one.lag for one in standings["memory"].values()) == [0] * 10 + [2, 3]
    assert standings["audit"] == {0: Standing(0, 0.0)}


async def test_the_oldest_unread_event_has_an_age_that_grows_until_it_is_read(
    client: httpx.AsyncClient, house: House
) -> None:
    await publish(client, 2)
    house.now = LOG_STARTS + timedelta(seconds=60)
    await house.backlog.look()

    def age() -> float:
        return max(one.age_s for one in house.backlog.standings()["memory"].values())

    assert age() == pytest.approx(60, abs=0.1)
    house.now += timedelta(seconds=5)
    assert age() == pytest.approx(65, abs=0.1)
    await work(house)
    await house.backlog.look()
    assert age() == 0


async def test_only_a_position_that_moved_is_read_again(client: httpx.AsyncClient, house: House) -> None:
    read: list[int] = []
    original = house.bus.read

    async def counted(topic: str, partition: int, start: int, limit: int) -> Sequence[Record]:
        read.append(start)
        return await original(topic, partition, start, limit)

    house.bus.read = counted  # type: ignore[method-assign]
    await publish(client, 2)
    for _ in range(3):
        await house.backlog.look()
    assert read == [0]


async def test_over_the_limit_new_events_wait_and_erasures_do_not(
    client: httpx.AsyncClient, house: House
) -> None:
    await publish(client, 3)
    await house.backlog.look()
    await publish(client, 1)  # at the limit, not over it
    await house.backlog.look()
    for path, body in (
        ("/v1/events", TURN),
        ("/v1/events", {"events": [TURN]}),
        ("/v1/commands", REMEMBER),
        ("/v1/commands", {**ANA, "type": "feedback", "cube_ids": ["x"], "verdict": "up"}),
    ):
        answer = await client.post(path, json=body)
        document = problem(answer, 429)
        assert (document["reason"], document["lag"]) == ("backlog", 4)
        assert "MEMCUBE_LAG_LIMIT" in document["detail"]
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert len(house.log.of(EVENTS.name)) == 4
    for command in (
        {"type": "forget", "everything": True},
        {"type": "forget", "cube_ids": ["x"]},
        {"type": "undo", "event_id": "x"},
        {"type": "edit", "cube_id": "x", "text": "y"},
        {"type": "pin", "cube_id": "x"},
    ):
        assert (await client.post("/v1/commands", json={**ANA, **command})).status_code == 200
    assert (await client.patch("/v1/cubes/x", params=ANA, json={"text": "y"})).status_code == 200
    assert (await client.delete("/v1/cubes/x", params=ANA)).status_code == 200
    assert (await client.delete("/v1/cubes", params=ANA)).status_code == 200


async def test_events_are_taken_again_when_the_worker_has_caught_up(
    client: httpx.AsyncClient, house: House
) -> None:
    await publish(client, 4)
    await house.backlog.look()
    problem(await client.post("/v1/events", json=TURN), 429)
    await work(house)
    await house.backlog.look()
    assert house.backlog.lag == 0
    assert (await client.post("/v1/events", json=TURN)).status_code == 200


async def test_what_is_away_refuses_nobody(client: httpx.AsyncClient, house: House) -> None:
    await publish(client, 4)
    await house.backlog.look()
    house.bus.down = True
    await house.backlog.look()
    assert house.backlog.lag is None
    assert house.backlog.standings() == {}
    problem(await client.post("/v1/events", json=TURN), 503)
    house.bus.down = False
    assert (await client.post("/v1/events", json=TURN)).status_code == 200


async def test_old_figures_are_no_figures(client: httpx.AsyncClient, house: House) -> None:
    await publish(client, 4)
    await house.backlog.look()
    house.now += timedelta(days=1)
    assert house.backlog.lag is None


async def test_before_there_is_a_record_nothing_is_known(tmp_path: Path) -> None:
    house = House(tmp_path, recorded=False, lag_limit=0)
    async with opened(house) as client:
        await house.backlog.look()
        assert (house.backlog.lag, house.backlog.outbox) == (None, None)
        assert (await client.post("/v1/events", json=TURN)).status_code == 200


@pytest.mark.parametrize(("read_a_second", "seconds"), [(2, 4), (1_000, 1), (0, 60), (0.01, 60)])
async def test_retry_after_follows_the_rate_at_which_events_are_read(
    client: httpx.AsyncClient, house: House, read_a_second: float, seconds: int
) -> None:
    """Ten wait, three may: at two a second in four seconds."""
    await publish(client, 10)
    at = 1_000

    async def positions() -> dict[Any, int]:
        return {}

    progress = Progress("memory", EVENTS.name, positions)
    backlog = Backlog(house.bus, [progress], house.services.backlog._read_outbox, lambda: house.now, limit=3)
    await backlog.look()
    backlog._read.clear()
    backlog._read.extend([(NOW, at), (NOW + timedelta(seconds=100), at + int(read_a_second * 100))])
    with pytest.raises(Exception, match=f"send again in {seconds} s"):
        backlog.check()

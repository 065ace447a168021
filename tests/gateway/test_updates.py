"""`/v1/updates` over a real connection: who sees what, where a stream goes on, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.http import updates
from memcube.store.record import OutboxMessage
from schemas.partition import partition_for
from schemas.topics import PARTITIONS, UPDATES
from streams.log import Record
from tests.gateway.house import House
from tests.gateway.served import Stream, following, served

ANA: dict[str, Any] = {"user_id": "ana"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with served(house) as client:
        yield client


async def remember(client: httpx.AsyncClient, text: str, **ids: Any) -> str:
    """The id of the memory."""
    order = {"type": "remember", "text": text, **(ids or ANA)}
    answer = await client.post("/v1/commands?wait=recallable", json=order)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["changes"][0]["id"])


async def first_update(house: House) -> Record:
    """It follows the commit, which is what `wait=recallable` waits for."""
    async with asyncio.timeout(10):
        while not house.log.of(UPDATES.name):
            await asyncio.sleep(0.005)
    return house.log.of(UPDATES.name)[0]


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    return document


async def test_a_change_is_told_with_its_words_when_it_happens(client: httpx.AsyncClient) -> None:
    await remember(client, "Said before anybody listened.")
    async with following(client, **ANA) as stream:
        cube = await remember(client, "Ana prefers window seats")
        name, update = await stream.next()
        assert name == "cube.updated"
        assert update["text"] == "Ana prefers window seats"
        assert (update["subject"], update["cube_id"], update["version"]) == ("default/user:ana", cube, 1)
        assert (update["state"], update["form"], update["decision"]) == ("active", "fact", "add")
        assert update["valid_to"] is None
        before = update["sequence"]
        await client.patch(f"/v1/cubes/{cube}?user_id=ana", json={"text": "Ana prefers aisle seats"})
        _, update = await stream.next()
        assert (update["version"], update["decision"]) == (2, "edit")
        assert update["text"] == "Ana prefers aisle seats"
        assert update["sequence"] == before + 1


async def test_an_erasure_is_told_without_words(client: httpx.AsyncClient) -> None:
    cube = await remember(client, "My code is 4711.")
    async with following(client, **ANA) as stream:
        await client.delete(f"/v1/cubes/{cube}?user_id=ana")
        assert await stream.next() == ("cube.erased", {"subject": "default/user:ana", "cube_id": cube})


async def test_from_the_start_what_was_forgotten_since_has_no_words(client: httpx.AsyncClient) -> None:
    cube = await remember(client, "My code is 4711.")
    assert (await client.delete("/v1/cubes?user_id=ana&wait=recallable")).json()["applied"] is True
    text: str | None = "its key is destroyed by an event of its own, behind the forget"
    async with asyncio.timeout(10):
        while text is not None:
            async with following(client, **ANA, after="start") as stream:
                name, update = await stream.next()
                assert (name, update["cube_id"]) == ("cube.updated", cube)
                text = update["text"]
                assert (await stream.next())[0] == "cube.erased"


async def test_a_memory_forgotten_alone_has_no_words_from_the_start(client: httpx.AsyncClient) -> None:
    kept, gone = await remember(client, "I like tea."), await remember(client, "My code is 4711.")
    await client.delete(f"/v1/cubes/{gone}?user_id=ana&wait=recallable")
    async with following(client, **ANA, after="start") as stream:
        texts = {update["cube_id"]: update["text"] for _, update in [await stream.next() for _ in range(2)]}
    assert texts == {kept: "I like tea.", gone: None}


@pytest.mark.parametrize("method", ["get", "delete"])
async def test_ids_that_would_be_ignored_are_refused(client: httpx.AsyncClient, method: str) -> None:
    path = "/v1/updates" if method == "get" else "/v1/cubes"
    refused = problem(await client.request(method, path, params={"user_id": "ana", "run_id": "r1"}), 422)
    assert "run_id would be ignored" in refused["detail"]


async def test_a_stream_goes_on_where_its_token_stands(client: httpx.AsyncClient) -> None:
    async with following(client, **ANA) as stream:
        await remember(client, "one")
        await stream.next()
        token = stream.token
    await remember(client, "two")
    await remember(client, "three")
    for query in ({"after": token}, {"last_event_id": token}, {"after": "start", "last_event_id": token}):
        async with following(client, **ANA, **query) as stream:
            assert [update["text"] for update in await stream.until("three")] == ["two", "three"]


async def test_a_reader_that_lost_its_connection_before_the_first_event_misses_none(
    client: httpx.AsyncClient,
) -> None:
    async with following(client, tenant="default") as stream:
        token = stream.token
    await remember(client, "while nobody listened")
    async with following(client, tenant="default", after=token) as stream:
        assert (await stream.next())[1]["text"] == "while nobody listened"


async def test_every_event_is_told_once_however_often_the_reader_comes_back(
    client: httpx.AsyncClient,
) -> None:
    wanted = [f"note {n}" for n in range(30)]
    for text in wanted:
        await remember(client, text, user_id=f"user-{text}")
    seen: list[str] = []
    query: dict[str, Any] = {"after": "start"}
    while len(seen) < len(wanted):
        async with following(client, tenant="default", **query) as stream:
            for _ in range(1 + len(seen) % 4):
                if len(seen) < len(wanted):
                    seen.append((await stream.next())[1]["text"])
            query = {"last_event_id": stream.token}
    assert sorted(seen) == sorted(wanted)


async def test_nobody_sees_the_updates_of_another_subject_or_tenant(client: httpx.AsyncClient) -> None:
    """Names are chosen to share a partition, and to look like one another's beginning."""
    home = partition_for(b"default/user:ana", PARTITIONS)
    names = ["an", "ana", "anab", "ana/", "ana%2F", "a/na", "*", *(f"u{n}" for n in range(60))]
    spoken = {}
    for tenant in ("default", "defaul", "default/user:ana", "acme"):
        for name in names:
            spoken[tenant, name] = f"{tenant}|{name}"
            await remember(client, f"{tenant}|{name}", tenant=tenant, user_id=name)
        await remember(client, f"{tenant}|group", tenant=tenant, group_id="ana")
    assert sum(partition_for(f"default/user:u{n}".encode(), PARTITIONS) == home for n in range(60)) > 1
    for tenant, name in (("default", "ana"), ("default", "ana/"), ("acme", "ana"), ("acme", "*")):
        async with following(client, tenant=tenant, user_id=name, after="start") as stream:
            await remember(client, "last", tenant=tenant, user_id=name)
            assert [one["text"] for one in await stream.until("last")] == [spoken[tenant, name], "last"]
    async with following(client, tenant="defaul", after="start") as stream:
        found = {(await stream.next())[1]["text"] for _ in range(len(names) + 1)}
        assert found == {f"defaul|{name}" for name in (*names, "group")}


@pytest.mark.parametrize(
    "key",
    [b"default/user:ana", b"ana", b"", b"\xff", b"default/user:ana/x/cube", b"default/user:bo/cube", None],
)
async def test_what_is_no_update_of_ours_is_passed_over(
    client: httpx.AsyncClient, house: House, key: bytes | None
) -> None:
    home = partition_for(b"default/user:ana", PARTITIONS)
    async with following(client, **ANA) as stream:
        for value in (b"{", b"\xff", b"null", None if key != b"default/user:ana/cube" else b"{}"):
            house.log.append(OutboxMessage(UPDATES.name, home, key, (), value))
        await remember(client, "the next one")
        assert (await stream.next())[1].get("text") == "the next one"


async def test_an_update_that_names_another_subject_than_its_key_is_not_told(
    client: httpx.AsyncClient, house: House
) -> None:
    home = partition_for(b"default/user:ana", PARTITIONS)
    await remember(client, "the secret of Bo", user_id="bo")
    foreign = await first_update(house)
    async with following(client, **ANA) as stream:
        house.log.append(OutboxMessage(UPDATES.name, home, b"default/user:ana/x", (), foreign.value))
        await remember(client, "the next one")
        assert (await stream.next())[1]["text"] == "the next one"


@pytest.mark.parametrize("token", ["x", "%%%", "AAAA", "a" * 600, "ü", "0"])
async def test_a_token_that_is_not_ours_is_refused(client: httpx.AsyncClient, token: str) -> None:
    document = problem(await client.get("/v1/updates", params={**ANA, "after": token}), 422)
    assert document["reason"] == "bad-resume-token"
    assert "start" in document["detail"]


async def test_a_token_of_another_stream_is_refused(client: httpx.AsyncClient) -> None:
    async with following(client, **ANA) as stream:
        token = stream.token
    for query in ({"user_id": "bo"}, {"tenant": "default"}, {"user_id": "ana", "tenant": "acme"}):
        answer = await client.get("/v1/updates", params={**query, "after": token})
        assert "another subject" in problem(answer, 422)["detail"]


async def test_a_token_past_what_the_topic_holds_starts_over_and_says_so(
    client: httpx.AsyncClient, house: House
) -> None:
    await remember(client, "one")
    async with following(client, **ANA, after="start") as stream:
        await stream.next()
        token = stream.token
    house.log.records.clear()  # the topic was made anew
    house.log.append(OutboxMessage(UPDATES.name, 0, b"default/user:bo/c", (), None))
    async with following(client, **ANA, after=token) as stream:
        assert (await stream.next())[0] == "gap"


async def test_a_new_system_knows_no_token_of_the_former_one(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with following(client, **ANA) as stream:
        token = stream.token
    async with served(House(tmp_path / "another")) as other:
        await remember(other, "one")
        async with following(other, **ANA, after=token) as stream:
            assert (await stream.next())[0] == "gap"
            assert (await stream.next())[1]["text"] == "one"


async def test_a_silent_stream_is_kept_alive(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "KEEP_ALIVE_S", 0.05)
    monkeypatch.setattr(updates, "_POLL_S", 0.02)
    async with client.stream("GET", "/v1/updates", params=ANA) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        async with asyncio.timeout(10):
            while await anext(lines) != ": keep-alive":
                pass


async def test_a_broker_that_goes_away_ends_the_stream(
    client: httpx.AsyncClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "KEEP_ALIVE_S", 0.05)
    monkeypatch.setattr(updates, "_POLL_S", 0.02)
    async with following(client, **ANA) as stream:
        house.bus.down = True
        await stream.ended()
    problem(await client.get("/v1/updates", params=ANA), 503)
    assert house.services.streams.open == 0


async def test_a_reader_who_hangs_up_leaves_nothing(
    client: httpx.AsyncClient, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async with following(client, **ANA):
        assert house.services.streams.open == 1
    [follower] = house.bus.followers
    async with asyncio.timeout(5):
        await follower.closed.wait()
    assert house.services.streams.open == 0
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def test_a_reader_who_does_not_read_is_not_read_for(client: httpx.AsyncClient, house: House) -> None:
    """The stream waits in the connection's buffers; the log is not drawn into this process."""
    home = partition_for(b"default/user:ana", PARTITIONS)
    text = "x" * 200_000
    await remember(client, text)
    one = await first_update(house)
    for _ in range(2_000):
        house.log.append(OutboxMessage(UPDATES.name, home, one.key, (), one.value))
    async with client.stream("GET", "/v1/updates", params={**ANA, "after": "start"}):
        [follower] = house.bus.followers
        asked = -1
        while follower.asked != asked:  # until it stands still
            asked = follower.asked
            await asyncio.sleep(0.3)
        assert 0 < asked < 100  # of 200 pages of ten
    async with asyncio.timeout(5):
        await follower.closed.wait()


async def test_there_are_only_so_many_streams(tmp_path: Path) -> None:
    house = House(tmp_path, streams=2)
    async with served(house) as client:
        async with following(client, **ANA), following(client, **ANA):
            document = problem(await client.get("/v1/updates", params=ANA), 503)
            assert document["reason"] == "too-many-streams"
            assert "close one" in document["detail"]
        for follower in house.bus.followers:
            await follower.closed.wait()
        async with following(client, **ANA):
            pass


async def test_a_gateway_that_stops_ends_its_streams_first(tmp_path: Path) -> None:
    house = House(tmp_path)
    streams: list[Stream] = []
    async with served(house) as client, following(client, **ANA) as stream:
        streams.append(stream)
        began = time.monotonic()
        house.server.should_exit = True
        await stream.ended()
        assert time.monotonic() - began < 3
    assert house.bus.followers[0].closed.is_set()

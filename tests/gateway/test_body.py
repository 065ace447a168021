"""Bodies that are too large, too slow, or no JSON, over a real connection; and clients that hang up."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.topics import EVENTS
from tests.gateway.house import House
from tests.gateway.served import served

TURN: dict[str, Any] = {"user_id": "ana", "role": "user", "content": "I live in Lisbon."}
LIMIT = 1024 * 1024


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with served(house, max_body_bytes=LIMIT, body_idle_s=0.3) as client:
        yield client


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    return document


async def pieces(count: int, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * size


async def test_a_body_of_50_mb_is_refused_and_not_held(client: httpx.AsyncClient, house: House) -> None:
    headers = {"content-type": "application/json"}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    declared = await client.post(
        "/v1/events", content=pieces(800), headers={**headers, "content-length": str(50 * LIMIT)}
    )
    chunked = await client.post("/v1/events", content=pieces(800), headers=headers)
    for answer in (declared, chunked):
        document = problem(answer, 413)
        assert document["reason"] == "body-too-large"
        assert "MEMCUBE_MAX_BODY_MB" in document["detail"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024  # kB
    assert (await client.post("/v1/events", json=TURN)).status_code == 200
    assert len(house.log.of(EVENTS.name)) == 1


async def test_a_body_at_the_limit_is_taken(client: httpx.AsyncClient) -> None:
    raw = json.dumps(TURN).encode()
    padded = raw + b" " * (LIMIT - len(raw))
    headers = {"content-type": "application/json"}
    assert (await client.post("/v1/events", content=padded, headers=headers)).status_code == 200
    problem(await client.post("/v1/events", content=padded + b" ", headers=headers), 413)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/json", ""])
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/events"), ("PATCH", "/v1/cubes/x?user_id=ana")])
async def test_what_is_not_said_to_be_json_is_refused(
    client: httpx.AsyncClient, house: House, method: str, path: str, kind: str
) -> None:
    headers = {"content-type": kind} if kind else {}
    answer = await client.request(method, path, content=json.dumps(TURN).encode(), headers=headers)
    document = problem(answer, 415)
    assert document["reason"] == "not-json"
    assert "content-type: application/json" in document["detail"]
    assert house.log.of(EVENTS.name) == []


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/x+json"]
)
async def test_json_may_be_called_by_its_other_names(client: httpx.AsyncClient, kind: str) -> None:
    raw = json.dumps(TURN).encode()
    answer = await client.post("/v1/events", content=raw, headers={"content-type": kind})
    assert answer.status_code == 200, answer.text


async def test_truncated_json_is_a_problem(client: httpx.AsyncClient, house: House) -> None:
    raw = json.dumps(TURN).encode()[:-4]
    headers = {"content-type": "application/json"}
    problem(await client.post("/v1/events", content=raw, headers=headers), 422)
    assert house.log.of(EVENTS.name) == []


async def test_ten_thousand_events_are_too_many_for_one_request(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with served(house) as client:
        document = problem(await client.post("/v1/events", json={"events": [TURN] * 10_000}), 413)
    assert document["reason"] == "batch-too-large"
    assert "send at most 1,000" in document["detail"]
    assert house.log.of(EVENTS.name) == []


async def test_a_body_that_stops_coming_is_given_up(client: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(
        b"POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b'content-length: 100\r\n\r\n{"user_id": "ana",'
    )
    async with asyncio.timeout(10):
        told = await reader.read()  # to its end: the connection is closed
    writer.close()
    assert told.startswith(b"HTTP/1.1 408")
    assert b"body-too-slow" in told
    assert (await client.post("/v1/events", json=TURN)).status_code == 200


async def test_a_body_that_comes_slowly_but_comes_is_taken(client: httpx.AsyncClient) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for byte in json.dumps(TURN).encode():
            yield bytes([byte])
            await asyncio.sleep(0.01)

    headers = {"content-type": "application/json"}
    answer = await client.post("/v1/events", content=slowly(), headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("sent", ["half a body", "all of it, and does not wait for the answer"])
async def test_a_client_that_hangs_up_leaves_no_fault(
    tmp_path: Path, sent: str, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path, worker=False)  # so that the wait does not end by itself
    async with served(house) as client:
        raw = json.dumps(TURN).encode()
        writer = (await asyncio.open_connection(client.base_url.host, client.base_url.port))[1]
        writer.write(
            b"POST /v1/events?wait=recallable HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % len(raw)
        )
        if sent == "half a body":
            writer.write(raw[:10])
            await writer.drain()
        else:
            writer.write(raw)
            async with asyncio.timeout(10):
                while not house.log.of(EVENTS.name):
                    await asyncio.sleep(0.005)
        writer.close()
        await writer.wait_closed()
        assert (await client.post("/v1/events", json=TURN)).status_code == 200
        await asyncio.to_thread(house.process.drain)  # type: ignore[union-attr]
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []

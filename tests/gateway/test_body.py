"""Bodies that are too large, too slow, or no JSON, over a real connection; and clients that hang up."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway.http.body import LARGE, LARGE_AT_ONCE, BodyGate, Limits
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
    async with served(house, limits=Limits(LIMIT, idle_s=0.3)) as client:
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


async def test_a_body_that_comes_too_slowly_is_given_up_though_it_never_stops(house: House) -> None:
    limits = Limits(LIMIT, idle_s=5, slow_s=0.4)
    async with served(house, limits=limits) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(
            b"POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: 100000\r\n\r\n"
        )
        # To the end of its body: the connection that is closed with bytes on their way may then be reset.
        answer = asyncio.create_task(reader.readuntil(b"}"))
        async with asyncio.timeout(10):
            while not answer.done():  # a byte now and then, for ever
                writer.write(b" ")
                await asyncio.wait([answer], timeout=0.02)
        writer.close()
    assert answer.result().startswith(b"HTTP/1.1 408")
    assert b"16 KiB a second" in answer.result()


async def test_only_a_batch_may_be_as_large_as_the_limit(tmp_path: Path) -> None:
    async with served(House(tmp_path)) as client:
        large = b" " * (5 * 1024 * 1024)
        headers = {"content-type": "application/json"}
        answer = await client.post("/v1/recall", content=large, headers=headers)
        assert "only POST /v1/events" in problem(answer, 413)["detail"]
        turn = json.dumps(TURN).encode()
        batch = b'{"more": "' + large + b'", "events": [' + turn + b"]}"
        assert (await client.post("/v1/events", content=turn + large, headers=headers)).status_code == 200
        assert (
            "and nothing else"
            in problem(await client.post("/v1/events", content=batch, headers=headers), 422)["detail"]
        )


async def test_only_a_few_large_bodies_are_held_at_once() -> None:
    """The others wait, and small ones go by."""
    held: list[int] = []
    go = asyncio.Event()

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["more_body"]:
            pass
        held.append(len(message["body"]))
        await go.wait()

    async def ask(gate: BodyGate, size: int) -> None:
        pieces = iter([{"body": b" " * size, "more_body": True}, {"body": b" " * size, "more_body": False}])

        async def receive() -> Message:
            return {"type": "http.request", **next(pieces)}

        async def send(_: Message) -> None:
            raise AssertionError("refused")

        await gate({"type": "http", "path": "/v1/events", "headers": []}, receive, send)

    gate = BodyGate(app, Limits(8 * LARGE))
    asked = [asyncio.create_task(ask(gate, LARGE)) for _ in range(LARGE_AT_ONCE + 3)]
    asked.append(asyncio.create_task(ask(gate, 10)))
    for _ in range(100):
        await asyncio.sleep(0)
    assert sorted(held) == [10, *[LARGE] * LARGE_AT_ONCE]
    go.set()
    await asyncio.gather(*asked)
    assert len(held) == LARGE_AT_ONCE + 4


@pytest.mark.parametrize("before", [b"", b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"])
@pytest.mark.parametrize("head", [b"", b"POST /v1/ev"])
async def test_a_connection_whose_head_does_not_come_is_closed(
    house: House, before: bytes, head: bytes
) -> None:
    async with served(house, head_s=0.3) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(before)
        if before:
            assert (await reader.readuntil(b'{"alive":true}')).startswith(b"HTTP/1.1 200")
        writer.write(head)
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()


async def test_a_request_that_takes_longer_than_a_head_may_is_answered(tmp_path: Path) -> None:
    async with served(House(tmp_path, worker=False, wait_s=0.5), head_s=0.1) as client:
        problem(await client.post("/v1/events?wait=recallable", json=TURN), 504)
        assert (await client.post("/v1/events", json=TURN)).status_code == 200


HELD = """
import asyncio, json, resource, sys, time
from pathlib import Path
from tests.gateway.house import House
from tests.gateway.served import served

MB = 1024 * 1024
def names(count):
    return b",".join(b'"k%d":0' % n for n in range(count))

BODIES = {
    "names": lambda: b"{" + names(2_000_000) + b"}",
    "items": lambda: b'{"events":[' + b"{}," * 10_000_000 + b"{}]}",
    "names of one of a batch": lambda: b'{"events":[{' + names(2_000_000) + b"}]}",
    "names beside": lambda: b'{"events":[],' + names(2_000_000) + b"}",
    "names of a recall": lambda: b"{" + names(300_000) + b"}",
}

async def main():
    worst = 0.0
    async def beat():
        nonlocal worst
        while True:
            at = time.perf_counter()
            await asyncio.sleep(0.005)
            worst = max(worst, time.perf_counter() - at)
    async with served(House(Path(sys.argv[1]))) as client:
        body = BODIES[sys.argv[2]]()
        path = "/v1/recall" if "recall" in sys.argv[2] else "/v1/events"
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        beating = asyncio.create_task(beat())
        headers = {"content-type": "application/json"}
        answer = await client.post(path, content=body, headers=headers, timeout=60)
        beating.cancel()
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps([answer.status_code, len(body) / MB, (after - before) / 1024, worst]))

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("shape", "status"),
    [
        ("names", 413),
        ("items", 413),
        ("names of one of a batch", 200),
        ("names beside", 422),
        ("names of a recall", 422),
    ],
)
def test_a_hostile_body_costs_a_few_times_its_size_and_stops_nobody(
    tmp_path: Path, shape: str, status: int
) -> None:
    """In a process of its own: the largest resident size is of a whole life."""
    done = subprocess.run(
        [sys.executable, "-c", HELD, str(tmp_path), shape], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answered, size_mb, grown_mb, worst_s = json.loads(done.stdout)
    assert answered == status
    assert grown_mb < 4 * size_mb + 100, (shape, grown_mb)
    assert worst_s < 1.0, (shape, worst_s)

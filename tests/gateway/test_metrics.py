"""`GET /metrics`: what the gateway tells, and that it tells nothing of whom it is about."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway.http.metrics import Observed, OutboxWatch, timed_phase
from memcube import metrics
from schemas.topics import EVENTS, PARTITIONS
from tests.gateway.house import House, opened

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
Series = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


async def told(http: httpx.AsyncClient) -> Series:
    answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(series: Series, name: str, **labels: str) -> float:
    return series.get((name, frozenset(labels.items())), 0.0)


async def say(http: httpx.AsyncClient, user: str, text: str) -> None:
    answer = await http.post(
        "/v1/events", params={"wait": "recallable"}, json={"user_id": user, "role": "user", "content": text}
    )
    assert answer.status_code == 200, answer.text
    asked = await http.post("/v1/recall", json={"user_id": user, "query": "Where?"})
    assert asked.status_code == 200, asked.text


async def test_the_page_tells_of_the_record_the_doors_and_every_phase_of_a_recall(tmp_path: Path) -> None:
    async with opened(House(tmp_path)) as http:
        before = await told(http)
        await say(http, "ana", "I live in Hamburg.")
        await http.get("/v1/cubes/nothing-of-this-name", params={"user_id": "ana"})
        after = await told(http)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert value(after, "memcube_store_rows", holds="subjects") == 1
    assert value(after, "memcube_store_rows", holds="cubes") == 2, "the turn and its fact"
    assert value(after, "memcube_store_bytes", store="record") > 0
    assert value(after, "memcube_store_free_bytes", store="ledger") > 0
    assert value(after, "memcube_outbox_age_seconds", store="record") == 0
    assert more("memcube_http_requests_total", route="/v1/events", method="POST", status="2xx") == 1
    assert more("memcube_http_requests_total", route="/v1/cubes/{cube_id}", method="GET", status="4xx") == 1
    assert more("memcube_http_seconds_count", route="/v1/recall", method="POST") == 1
    assert more("memcube_recall_seconds_count", phase="total") == 1


async def test_who_asks_leaves_no_trace_in_the_names_of_the_series(tmp_path: Path) -> None:
    async with opened(House(tmp_path)) as http:
        await say(http, "first", "I live in Hamburg.")
        await http.get("/v1/cubes", params={"user_id": "first"})
        await http.request("BREW", "/coffee/first")
        few = await told(http)
        for number in range(12):
            user = f"user-{number}"
            await say(http, user, f"I live in town {number}.")
            cubes = (await http.get("/v1/cubes", params={"user_id": user})).json()["cubes"]
            assert cubes
            await http.request(f"BREW{number}", f"/coffee/{user}")
        many = await told(http)
    new = [dict(labels) for name, labels in many if (name, labels) not in few]
    assert all(int(labels["partition"]) < PARTITIONS for labels in new), "a partition's first event"
    assert not any("user-" in label for _, labels in many for _, label in labels)


async def test_lag_and_its_age_are_told_without_a_worker_and_not_at_all_without_kafka(tmp_path: Path) -> None:
    house = House(tmp_path, worker=False)
    async with opened(house) as http:
        place = {"role": "memory", "topic": EVENTS.name}
        for text in ("I live in Hamburg.", "I like tea."):
            answer = await http.post("/v1/events", json={"user_id": "ana", "role": "user", "content": text})
            place["partition"] = str(answer.json()["partition"])
        since = house.log.records[EVENTS.name, int(place["partition"])][0].timestamp
        await house.backlog.look()
        house.now = since + timedelta(seconds=5)
        await house.backlog.look()
        told_now = await told(http)
        assert value(told_now, "memcube_lag_events", **place) == 2
        assert value(told_now, "memcube_lag_age_seconds", **place) == 5
        house.bus.down = True
        await house.backlog.look()
        assert not [name for name, _ in await told(http) if name.startswith("memcube_lag")]


async def test_a_store_that_cannot_be_read_is_left_out_not_shown_as_it_was(tmp_path: Path) -> None:
    async with opened(House(tmp_path)) as http:
        assert value(await told(http), "memcube_store_bytes", store="record") > 0
    async with opened(House(tmp_path / "empty", recorded=False)) as http:
        names = {name for name, _ in await told(http)}
    assert "memcube_http_requests_total" in names
    assert not names & {"memcube_store_bytes", "memcube_store_rows", "memcube_outbox_messages"}


def test_the_outbox_ages_while_its_oldest_message_stays_the_same() -> None:
    watch = OutboxWatch()
    assert watch.age_s("record", 7, START) == 0
    assert watch.age_s("record", 7, START + timedelta(seconds=30)) == 30
    assert watch.age_s("ledger", 7, START + timedelta(seconds=30)) == 0, "each store has rows of its own"
    assert watch.age_s("record", 9, START + timedelta(seconds=40)) == 0, "7 was delivered"
    assert watch.age_s("record", None, START + timedelta(seconds=90)) == 0
    assert watch.age_s("record", 9, START + timedelta(seconds=95)) == 0


# --- the door itself -----------------------------------------------------------------------------------


async def through(answer: Any, *, method: str = "GET") -> httpx.Response:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(scope, receive, send)

    transport = httpx.ASGITransport(app=Observed(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.request(method, "/x")


def count(status: str) -> float:
    return float(metrics.HTTP_REQUESTS.labels("unmatched", "GET", status)._value.get())


async def test_a_refusal_for_backlog_is_counted_as_one() -> None:
    before, refused = metrics.REJECTED._value.get(), count("4xx")
    await through(Response(status_code=429))
    assert (metrics.REJECTED._value.get() - before, count("4xx") - refused) == (1, 1)


async def test_a_fault_that_passes_the_door_is_a_5xx() -> None:
    async def fault(*_: Any) -> None:
        raise RuntimeError("broken")

    before = count("5xx")
    await through(fault)
    assert count("5xx") == before + 1


async def test_a_caller_who_leaves_before_the_answer_is_gone_and_no_success() -> None:
    async def slow(*_: Any) -> None:
        await asyncio.Event().wait()

    before = count("gone"), count("2xx")
    task = asyncio.create_task(through(slow))
    await asyncio.sleep(0)
    while not (task.done() or count("gone") > before[0]):
        task.cancel()
        await asyncio.sleep(0)
    assert (count("gone"), count("2xx")) == (before[0] + 1, before[1])


async def test_an_event_stream_is_open_until_it_ends_and_its_length_is_no_latency() -> None:
    opened_at: list[float] = []
    before = metrics.STREAMS._value.get()

    async def lines() -> Any:
        opened_at.append(metrics.STREAMS._value.get())
        yield "data: 1\n\n"

    await through(StreamingResponse(lines(), media_type="text/event-stream"))
    assert opened_at == [before + 1]
    assert metrics.STREAMS._value.get() == before


@pytest.mark.parametrize("phase", metrics.PHASES)
def test_a_phase_is_timed_under_its_name(phase: str) -> None:
    before = metrics.RECALL_SECONDS.labels(phase)._sum.get()
    with timed_phase(phase):
        pass
    assert metrics.RECALL_SECONDS.labels(phase)._sum.get() > before

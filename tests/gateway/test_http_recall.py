"""`/v1/recall` over a real record, index and role memory: filters and the ready context."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.house import House, opened

ALICE: dict[str, Any] = {"user_id": "alice"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


async def tell(client: httpx.AsyncClient, text: str, **ids: Any) -> None:
    said = {**ALICE, "role": "user", "content": text, "timestamp": "2026-03-01T23:30:00-05:00", **ids}
    answer = await client.post("/v1/events?wait=recallable", json=said)
    assert answer.status_code == 200, answer.text


async def recall(client: httpx.AsyncClient, query: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/recall", json={**ALICE, "query": query, **more})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_ids_beside_the_subject_are_filters(client: httpx.AsyncClient) -> None:
    await tell(client, "I drink green tea.", run_id="monday", agent_id="coach")
    await tell(client, "I drink black tea.", run_id="tuesday", agent_id="coach")

    async def texts(**ids: Any) -> str:
        return " ".join(memory["text"] for memory in (await recall(client, "tea", **ids))["memories"])

    assert "green" in await texts()
    assert "black" in await texts()
    assert "black" not in await texts(run_id="monday")
    assert "green" in await texts(run_id="monday", agent_id="coach")
    assert await texts(run_id="monday", agent_id="cook") == ""


async def test_a_list_is_of_one_run_where_one_is_named(client: httpx.AsyncClient) -> None:
    for number in range(6):
        await tell(client, f"I have drunk {number} cups of tea.", run_id=f"run {number % 2}")
    seen: list[str] = []
    query: dict[str, Any] = {**ALICE, "run_id": "run 1", "episodes": True, "limit": 2}
    while True:
        page = (await client.get("/v1/cubes", params=query)).json()
        seen += [cube["text"] for cube in page["cubes"] if cube["form"] == "episode"]
        if page["next"] is None:
            break
        query["before"] = page["next"]
    assert seen == [f"I have drunk {number} cups of tea." for number in (5, 3, 1)]


async def test_a_filter_that_no_event_can_have_is_refused(client: httpx.AsyncClient) -> None:
    for run_id in ("", " ", "x" * 257):
        asked = await client.post("/v1/recall", json={**ALICE, "query": "tea", "run_id": run_id})
        listed = await client.get("/v1/cubes", params={**ALICE, "run_id": run_id})
        for answer in (asked, listed):
            assert answer.status_code == 422, answer.text
            assert "run id" in answer.json()["detail"]


async def test_a_ready_context_holds_the_memories_that_are_listed(
    client: httpx.AsyncClient, house: House
) -> None:
    for number in range(12):
        await tell(client, f"On walk {number} along the river I saw {number} herons.")
    whole = await recall(client, "Who saw herons on a walk?", max_tokens=4_000)
    assert len(whole["memories"]) == 12  # and not five
    small = await recall(client, "Who saw herons on a walk?", max_tokens=100)
    assert 0 < len(small["memories"]) < 12
    assert 0 < small["context_tokens"] <= 100
    lines = small["context"].splitlines()
    assert sorted(line.rsplit(" ", 1)[1] for line in lines) == sorted(
        f"({m['id']})" for m in small["memories"]
    )
    assert all(line.startswith("[2026-03-01] ") for line in lines)  # Anna's day, not that of UTC
    assert len(house.bus.reports[-1].cubes) == len(small["memories"])
    assert len((await recall(client, "herons", max_tokens=4_000, limit=3))["memories"]) == 3


async def test_a_context_of_nothing_is_empty(client: httpx.AsyncClient) -> None:
    assert await recall(client, "tea", max_tokens=50) == {"memories": [], "context": "", "context_tokens": 0}
    assert (await recall(client, "👍", max_tokens=50))["context"] == ""


async def test_a_query_of_nothing_is_refused_and_one_without_words_finds_nothing(
    client: httpx.AsyncClient,
) -> None:
    await tell(client, "I saw herons by the river.")
    answer = await client.post("/v1/recall", json={**ALICE, "query": ""})
    assert answer.status_code == 422, answer.text
    assert "query" in answer.text
    for query in (" ", "\n", "?!", "👍👍", "\u200b"):
        assert (await recall(client, query))["memories"] == [], repr(query)


@pytest.mark.parametrize("tokens", [0, -1, 32_769, "many", 1.5])
async def test_a_budget_that_cannot_be_is_refused(client: httpx.AsyncClient, tokens: Any) -> None:
    answer = await client.post("/v1/recall", json={**ALICE, "query": "tea", "max_tokens": tokens})
    assert answer.status_code == 422, answer.text


async def test_a_recall_tells_what_its_scores_are_made_of(client: httpx.AsyncClient) -> None:
    await tell(client, "I saw herons by the river.")
    [memory] = (await recall(client, "Where were the herons?", explain=True))["memories"]
    signals = {signal["name"]: signal for signal in memory["signals"]}
    assert {"tokens", "tokens_before", "words_around", "date", "speaker"} <= signals.keys()
    assert signals["words_around"]["raw"] > 0
    assert signals["words_around"]["weight"] == 2
    [plain] = (await recall(client, "Where were the herons?"))["memories"]
    assert plain.get("signals") is None

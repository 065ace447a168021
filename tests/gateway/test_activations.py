"""`/v1/activations`, over a real record and role memory; whoever computes is played."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from gateway.http import building, planned
from memcube.settings import ModelSettings
from schemas.body import Sealed
from schemas.events import Build, Drop
from tests.gateway.blocks import ABOUT, MODEL, Process, answer, jobs, words
from tests.gateway.house import House, opened

ANA: dict[str, Any] = {"user_id": "ana"}


@pytest.fixture
def model() -> Process:
    return Process()


@pytest.fixture
def house(tmp_path: Path, model: Process) -> House:
    return House(tmp_path, model=MODEL, models=model)


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


async def remember(client: httpx.AsyncClient, text: str, **more: Any) -> str:
    order = {"type": "remember", "text": text, **ANA, **more}
    done = await client.post("/v1/commands?wait=recallable", json=order)
    assert done.status_code == 200, done.text
    return str(done.json()["changes"][0]["id"])


async def asked(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    done = await client.post("/v1/activations/build", json={**ANA, **more})
    assert done.status_code == 200, done.text
    found: dict[str, Any] = done.json()
    return found


async def built(client: httpx.AsyncClient, house: House, **said: Any) -> dict[str, Any]:
    """A block, asked for and answered; what the one who waited for it was told."""
    before = len(jobs(house))
    waiting = asyncio.create_task(asked(client, wait=True))
    while len(jobs(house)) == before:
        await asyncio.sleep(0.002)
    await answer(house, jobs(house)[-1], **said)
    return await waiting


async def listed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found = await client.get("/v1/activations", params=ANA)
    assert found.status_code == 200, found.text
    blocks: list[dict[str, Any]] = found.json()["activations"]
    return blocks


def problem(told: httpx.Response, status: int, reason: str) -> str:
    assert told.status_code == status, told.text
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["reason"] == reason
    return str(told.json()["detail"])


# --- asking for one ---------------------------------------------------------------------------------------


async def test_all_current_memories_go_into_the_job_sealed(client: httpx.AsyncClient, house: House) -> None:
    key = await remember(client, "The spare key is under the pot.")
    gone = await remember(client, "Rui has a boat.")
    await client.delete(f"/v1/cubes/{gone}", params={**ANA, "wait": "recallable"})
    told = await asked(client, budget=500)
    assert (told["done"], told["activation"], told["memories"], told["left_out"]) == (False, None, 1, 0)
    [job] = jobs(house)
    assert isinstance(job.data, Build)
    assert (job.id, job.data.block_id, job.data.budget) == (told["event_id"], told["block_id"], 500)
    assert [(line.cube_id, line.version) for line in job.data.lines] == [(key, 1)]
    assert all(isinstance(line.body, Sealed) for line in job.data.lines)
    assert "spare key" in words(house, job)[0]


async def test_the_budget_is_never_more_than_the_setting(client: httpx.AsyncClient, house: House) -> None:
    await remember(client, "Rui has a boat.")
    await asked(client, budget=1_000_000)
    [job] = jobs(house)
    assert isinstance(job.data, Build)
    assert job.data.budget == MODEL.block_tokens


async def test_what_does_not_fit_is_left_out_and_pins_come_first(
    client: httpx.AsyncClient, house: House
) -> None:
    short = await remember(client, "Rui has a boat.")
    pinned = await remember(client, "Locker nine belongs to Ana and to nobody else here.", pinned=True)
    await remember(client, "Locker ten belongs to whoever comes first in the morning, each day anew.")
    told = await asked(client, budget=50)
    assert (told["memories"], told["left_out"]) == (2, 1)
    [job] = jobs(house)
    assert isinstance(job.data, Build)
    assert [line.cube_id for line in job.data.lines] == [pinned, short]


async def test_a_turn_whose_facts_are_there_is_not_said_twice(
    client: httpx.AsyncClient, house: House
) -> None:
    turn = {**ANA, "role": "user", "content": "I live in Porto."}
    await client.post("/v1/events?wait=recallable", json=turn)
    told = await asked(client)
    assert told["memories"] == 1
    [line] = words(house, jobs(house)[0])
    assert "Porto" in line
    assert "I live" not in line


async def test_a_job_stays_under_what_its_topic_takes(
    client: httpx.AsyncClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        await remember(client, f"Locker {n} belongs to Rui.")
    monkeypatch.setattr(planned, "MAX_JOB_BYTES", 1_000)
    assert (await asked(client))["memories"] == 2


async def test_the_same_key_asks_for_the_same_block(client: httpx.AsyncClient, house: House) -> None:
    await remember(client, "Rui has a boat.")
    header = {"idempotency-key": "once"}
    one, two = [
        (await client.post("/v1/activations/build", json=ANA, headers=header)).json() for _ in range(2)
    ]
    assert one["block_id"] == two["block_id"]
    assert len({job.id for job in jobs(house)}) == 1


async def test_nothing_to_build_of(client: httpx.AsyncClient, house: House) -> None:
    told = await client.post("/v1/activations/build", json=ANA)
    assert "no current memories" in problem(told, 409, "nothing-to-build")
    await remember(client, "The spare key is under the pot.")
    told = await client.post("/v1/activations/build", json={**ANA, "budget": 3})
    assert "larger budget" in problem(told, 409, "nothing-to-build")
    assert not jobs(house)


@pytest.mark.parametrize("body", [{}, {**ANA, "budget": 0}, {**ANA, "heat": 1}, {**ANA, "run_id": "r"}])
async def test_what_cannot_be_asked(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    told = await client.post("/v1/activations/build", json=body)
    assert told.status_code == 422, told.text


# --- no model ---------------------------------------------------------------------------------------------


async def test_without_a_model_process_it_says_how_to_get_one(tmp_path: Path) -> None:
    house = House(tmp_path, model=ModelSettings())
    async with opened(house) as client:
        await remember(client, "Rui has a boat.")
        told = await client.post("/v1/activations/build", json=ANA)
        assert "make setup-models" in problem(told, 503, "no-model")
        assert await listed(client) == []
    assert not jobs(house)


async def test_a_model_process_that_does_not_answer_gets_no_job(
    client: httpx.AsyncClient, house: House, model: Process
) -> None:
    await remember(client, "Rui has a boat.")
    model.about = None
    told = await client.post("/v1/activations/build", json={**ANA, "wait": True})
    assert "ConnectError" in problem(told, 503, "model-down")
    assert not jobs(house)


async def test_who_waits_is_told_when_the_process_dies_meanwhile(
    client: httpx.AsyncClient, house: House, model: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_LOOK_S", 0.01)
    await remember(client, "Rui has a boat.")
    waiting = asyncio.create_task(client.post("/v1/activations/build", json={**ANA, "wait": True}))
    while not jobs(house):
        await asyncio.sleep(0.002)
    model.about = None
    detail = problem(await waiting, 504, "not-yet")
    assert "No model process answers" in detail
    assert "nothing need be sent again" in detail


async def test_a_wait_has_an_end(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "BUILD_S", 0.05)
    await remember(client, "Rui has a boat.")
    told = await client.post("/v1/activations/build", json={**ANA, "wait": True})
    problem(told, 504, "not-yet")


# --- what became of it ------------------------------------------------------------------------------------


async def test_who_waits_gets_the_block(client: httpx.AsyncClient, house: House) -> None:
    key = await remember(client, "The spare key is under the pot.")
    told = await built(client, house)
    assert (told["done"], told["reason"]) == (True, None)
    block = told["activation"]
    assert (block["id"], block["state"], block["current"]) == (told["block_id"], "active", True)
    assert (block["model"], block["fingerprint"]) == ("tiny", ABOUT.fingerprint)
    assert (block["tokens"], block["bytes"], block["seconds"]) == (52, 4_000_000, 1.5)
    assert (block["precision"], block["ended_at"]) == ("float", None)
    assert block["parents"] == [{"id": key, "version": 1}]
    assert await listed(client) == [block]
    shown = await client.get(f"/v1/activations/{block['id']}", params=ANA)
    assert shown.json() == block


async def test_asked_again_nothing_is_done(client: httpx.AsyncClient, house: House) -> None:
    await remember(client, "Rui has a boat.")
    block = (await built(client, house))["activation"]
    again = await asked(client, wait=True)
    assert (again["done"], again["reason"], again["event_id"]) == (True, "as it is", None)
    assert again["activation"] == block
    assert len(jobs(house)) == 1


async def test_a_build_that_was_refused_says_why(client: httpx.AsyncClient, house: House) -> None:
    await remember(client, "Rui has a boat.")
    told = await built(client, house, reason="disk full")
    assert (told["done"], told["activation"]) == (True, None)
    # The ledger is another role's, which does not run here.
    assert "ledger" in told["reason"]


async def test_another_model_makes_a_block_stale(
    client: httpx.AsyncClient, house: House, model: Process
) -> None:
    await remember(client, "Rui has a boat.")
    first = (await built(client, house))["activation"]
    model.about = msgspec.structs.replace(ABOUT, fingerprint="0" * 16)
    [stale] = await listed(client)
    assert (stale["state"], stale["current"]) == ("active", False)
    assert "0" * 16 in stale["reason"]
    second = (await built(client, house, fingerprint="0" * 16))["activation"]
    now, before = await listed(client)
    assert (now["id"], now["current"]) == (second["id"], True)
    assert (before["id"], before["current"], before["state"]) == (first["id"], False, "superseded")
    assert before["ended_at"] is not None


async def test_a_memory_that_changes_ends_the_block_and_says_so(
    client: httpx.AsyncClient, house: House
) -> None:
    key = await remember(client, "The spare key is under the pot.")
    await built(client, house)
    patch = {"text": "The spare key is with Rui."}
    await client.patch(f"/v1/cubes/{key}", params={**ANA, "wait": "recallable"}, json=patch)
    [block] = await listed(client)
    assert (block["state"], block["current"], block["reason"]) == ("superseded", False, "parent-changed")
    assert isinstance(jobs(house)[-1].data, Drop)


async def test_a_block_can_be_given_up_and_its_memories_stay(client: httpx.AsyncClient, house: House) -> None:
    key = await remember(client, "Rui has a boat.")
    block = (await built(client, house))["activation"]
    dropped = await client.delete(f"/v1/activations/{block['id']}", params={**ANA, "wait": "recallable"})
    assert dropped.status_code == 200, dropped.text
    assert [change["decision"] for change in dropped.json()["changes"]] == ["demote"]
    [now] = await listed(client)
    assert (now["state"], now["reason"]) == ("archived", "asked")
    memory = (await client.get(f"/v1/cubes/{key}", params=ANA)).json()
    assert memory["state"] == "active"


async def test_only_blocks_of_this_subject_are_shown(client: httpx.AsyncClient, house: House) -> None:
    key = await remember(client, "Rui has a boat.")
    block = (await built(client, house))["activation"]
    for name, params in ((block["id"], {"user_id": "ben"}), (key, ANA), ("nothing", ANA)):
        told = await client.get(f"/v1/activations/{name}", params=params)
        assert "memcube activations list" in problem(told, 404, "no-such-cube")
    ben = await client.delete(
        f"/v1/activations/{block['id']}", params={"user_id": "ben", "wait": "recallable"}
    )
    assert ben.status_code == 404
    assert (await listed(client))[0]["state"] == "active"

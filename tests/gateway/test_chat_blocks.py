"""A subject's block in a chat: when it is sent on, when it is not, and when it is built or loaded again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from gateway.http.chat_memory import OWN_TURN, STALE, _block
from gateway.http.held_block import chosen
from gateway.http.model_client import ModelClient, ranked
from memcube.cube import Decision, Form, Kind, MemCube, Payload, State, cube_id
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer, event_context, open_body
from memcube.store.record import HeldBlock
from memcube.store.sqlite import SQLiteCubeStore
from schemas.envelope import decode
from schemas.events import JOBS, Artefact, Build, Parent, type_of
from schemas.topics import ACTIVATION_JOBS
from tests.gateway.house import NOW, House, opened
from tests.gateway.models import ABOUT, FakeModel
from tests.gateway.test_chat import ANA, body, chat, settled, tell
from tests.memcube.store.making import ANNA, commit, new_cube, partition, share, work

SUBJECT = "default/user:ana"


@pytest.fixture
async def model() -> AsyncIterator[FakeModel]:
    async with FakeModel().serving() as model:
        yield model


@pytest.fixture
def house(tmp_path: Path, model: FakeModel) -> House:
    return House(tmp_path, source=lambda: ModelClient([model.url]))


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(house) as client:
        yield client


def block_of(*parents: MemCube, subject: str = SUBJECT, seq: int = 1, model: str = "tiny") -> MemCube:
    artefact = Artefact(
        model=model, fingerprint=ABOUT.fingerprint, tokens=40, bytes=9, precision="float", seconds=0.1
    )
    made_of = tuple(Parent(parent.id, parent.version) for parent in parents)
    return MemCube(
        id=cube_id(subject, f"job {seq}", "block"),
        subject=subject,
        version=1,
        seq=seq,
        kind=Kind.ACTIVATION,
        form=Form.BLOCK,
        state=State.ACTIVE,
        valid_from=NOW,
        valid_to=None,
        recorded_at=NOW,
        payload=Payload("", (), parents=made_of, artefact=artefact),
        trust=1.0,
        pinned=False,
        expires_at=None,
        decision=Decision.BUILD,
        reason="built",
        cause=f"built {seq}",
        processor="model/1",
    )


async def held(house: House) -> MemCube:
    """A block of all facts that Ana has, in the record."""
    await settled(house)
    sealer = SubjectSealer(KeyStore(house.folder / "keys" / "keys.sqlite"))
    store = SQLiteCubeStore(house.folder / "record" / "cubes.sqlite", sealer)
    try:
        seq = store.sequence(SUBJECT) + 1
        facts = store.list_cubes(SUBJECT, limit=100, form=Form.FACT, states=[State.ACTIVE])
        block = block_of(*facts, seq=seq)
        change = work(block, base=seq - 1)
        commit(store, share(change, part=partition(role=f"build {seq}"), vectors={}))
    finally:
        store.close()
    return block


def parents(block: MemCube) -> list[str]:
    assert block.payload is not None
    return [parent.cube_id for parent in block.payload.parents]


async def test_a_block_goes_with_the_question_and_only_what_was_recalled_is_reported(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    await tell(client, "I live in Hamburg.")
    await tell(client, "I am allergic to peanuts.")
    block = await held(house)
    found = await chat(client, "Where do I live, in which city?", memory={**ANA, "route": "kv"})
    assert model.wanted.block is not None
    assert model.wanted.block.id == block.id
    assert model.wanted.block.fingerprint == ABOUT.fingerprint
    assert [line.cube_id for line in model.wanted.block.lines] == parents(block)
    assert found["memory"]["route"] == "kv"
    assert set(parents(block)) <= set(found["memory"]["cubes"])
    recalled = {line.cube_id for line in model.wanted.recalled}
    assert {parent.cube_id for parent in house.bus.reports[-1].cubes} == recalled


async def test_whoever_asks_for_a_block_that_has_ended_is_told_why(
    client: httpx.AsyncClient, house: House
) -> None:
    async def reason(route: str) -> Any:
        found = await chat(client, memory={**ANA, "route": route}, store=False)
        return found["memory"]["reason"]

    await tell(client, "I live in Hamburg.")
    assert await reason("kv") is None, "the model tells of what there never was"
    await held(house)
    await tell(client, "I live in Lisbon.")
    assert "has changed" in await reason("kv")
    assert await reason("auto") is None
    (home,) = parents(await held(house))
    forgotten = await client.delete(f"/v1/cubes/{home}", params={**ANA, "wait": "recallable"})
    assert forgotten.is_success, forgotten.text
    assert "was forgotten" in await reason("kv")


@pytest.mark.parametrize(
    ("memory", "sent"),
    [
        ({"route": "auto"}, True),
        ({"route": "text", "exact": True}, True),
        ({"route": "text"}, False),
        ({"route": "none"}, False),
        (None, False),
    ],
)
async def test_a_block_is_sent_where_it_may_be_read(
    client: httpx.AsyncClient, house: House, model: FakeModel, memory: Any, sent: bool
) -> None:
    await tell(client, "I live in Hamburg.")
    await held(house)
    await chat(client, memory=None if memory is None else {**ANA, **memory})
    assert (model.wanted.block is not None) is sent


def test_a_block_with_another_version_of_a_memory_is_stale() -> None:
    fact = new_cube("Anna lives in Porto")
    block = block_of(fact, subject=ANNA)
    assert _block([HeldBlock(block, (fact,))], frozenset(), None)[1] is None
    for now in (
        (),
        (msgspec.structs.replace(fact, version=2),),
        (msgspec.structs.replace(fact, state=State.SUPERSEDED),),
    ):
        assert _block([HeldBlock(block, now)], frozenset(), None) == (None, STALE)


def test_a_block_that_holds_the_prompts_own_turn_is_not_used() -> None:
    fact = new_cube("Anna lives in Porto", seq=1)
    block = HeldBlock(block_of(fact, subject=ANNA), (fact,))
    assert _block([block], frozenset({"event-of-1"}), None) == (None, OWN_TURN)
    assert _block([block], frozenset({"event-of-2"}), None)[0] is not None


def test_of_several_blocks_the_models_own_is_taken() -> None:
    fact = new_cube("Anna lives in Porto")
    tiny, large = (HeldBlock(block_of(fact, subject=ANNA, model=name), (fact,)) for name in ("tiny", "large"))
    assert chosen([tiny, large], "large") is large
    assert chosen([tiny, large], None) is tiny
    assert chosen([], "large") is None


async def test_a_block_that_is_of_no_use_any_more_is_asked_for_again_once(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    await tell(client, "I live in Hamburg.")
    block = await held(house)
    model.rebuild = True
    await chat(client, store=False)
    await house.services.aftermath.close()
    assert not house.log.of(ACTIVATION_JOBS.name), "off the record"
    for _ in range(2):
        await chat(client)
        await house.services.aftermath.close()
    house.now += timedelta(minutes=2)
    await chat(client)
    await house.services.aftermath.close()
    first, second = house.log.of(ACTIVATION_JOBS.name)
    job, again = (decode(one.key, one.headers, one.value or b"", JOBS) for one in (first, second))
    assert isinstance(job.data, Build)
    assert isinstance(again.data, Build)
    assert job.data.block_id == cube_id(SUBJECT, job.id, "block") != again.data.block_id
    assert [line.cube_id for line in job.data.lines] == parents(block)
    assert b"Hamburg" not in (first.value or b"")
    sealer = SubjectSealer(KeyStore(house.folder / "keys" / "keys.sqlite"))
    context = event_context(type_of(job.data), job.id)
    texts = [open_body(sealer, SUBJECT, line.body, context).text for line in job.data.lines]
    assert any("Hamburg" in text for text in texts)


async def hinted(house: House) -> None:
    """Until what was begun is done."""
    assert house.services.prefetch is not None
    while house.services.prefetch._hints:
        await next(iter(house.services.prefetch._hints))


async def test_a_subject_that_begins_to_talk_has_its_block_loaded_once_in_a_while(
    client: httpx.AsyncClient, house: House, model: FakeModel
) -> None:
    await tell(client, "I live in Hamburg.")
    block = await held(house)
    question = {**ANA, "query": "Where?"}
    await client.post("/v1/recall", json=question)
    await hinted(house)
    assert model.hints == [], "it has talked a moment ago, when there was no block"
    house.now += timedelta(minutes=6)
    for _ in range(2):
        await client.post("/v1/recall", json=question)
    await hinted(house)
    [hint] = model.hints
    assert (hint.subject, hint.block_id, hint.fingerprint) == (SUBJECT, block.id, ABOUT.fingerprint)
    for path, asked in (
        ("/v1/events", {**ANA, "role": "user", "content": "Hello"}),
        ("/v1/chat/completions", body()),
    ):
        house.now += timedelta(minutes=6)
        assert (await client.post(path, json=asked)).status_code == 200
        await hinted(house)
    assert len(model.hints) == 3


async def test_a_model_that_is_away_delays_no_turn(tmp_path: Path) -> None:
    house = House(tmp_path, source=lambda: ModelClient(["http://127.0.0.1:9"]))
    async with opened(house) as client:
        await tell(client, "I live in Hamburg.")
        await held(house)
        house.now += timedelta(minutes=6)
        await tell(client, "I have a cat.")
        await hinted(house)


def test_subjects_stay_with_their_process_when_another_comes_or_goes() -> None:
    urls = [f"http://127.0.0.1:{port}" for port in range(9001, 9005)]
    subjects = [f"default/user:{number}" for number in range(400)]
    first = {subject: ranked(urls, subject)[0] for subject in subjects}
    for url in urls:
        share_of_it = sum(place == url for place in first.values())
        assert 50 < share_of_it < 150
        left = [other for other in urls if other != url]
        for subject in subjects:
            if first[subject] != url:
                assert ranked(left, subject)[0] == first[subject]


async def test_another_process_answers_for_one_that_is_away(tmp_path: Path, model: FakeModel) -> None:
    house = House(tmp_path, source=lambda: ModelClient(["http://127.0.0.1:9", model.url]))
    async with opened(house) as client:
        for number in range(6):  # some of them belong to the one that is away
            await chat(client, memory={"user_id": f"user {number}"})
    assert len(model.asked) == 6

"""Role `model`: jobs in, blocks and results out, whatever the jobs and the files look like."""

from __future__ import annotations

import tests.with_torch  # noqa: F401 -- skips this module where there is none

# isort: split
import asyncio
import errno
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from memcube.activation.builder import BlockBuilder
from memcube.activation.files import BlockFiles, Kept
from memcube.activation.tiers import Tiers
from memcube.cube import cube_id
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer, event_context, seal_content
from memcube.models.causal import CausalModel
from memcube.models.engine import Engine
from memcube.models.language import Pause
from memcube.models.prompt import Message
from memcube.models.sampling import Sampling
from memcube.models.wire import Generate
from memcube.store.record import OutboxMessage
from memcube.store.sqlite.role_log import RoleLog
from schemas.body import Content
from schemas.envelope import decode, encode
from schemas.events import Build, Built, Drop, JobLine, Tick
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import ACTIVATION_JOBS, DEADLETTER, EVENTS, PARTITIONS
from streams.log import TopicIdentity
from streams.model import ModelRole
from streams.relay import Relay
from streams.role import Stopped
from streams.runner import Runner
from tests.streams.running import Running
from tests.streams.tiny import tiny_model
from tests.streams.world import InMemoryLog

pytestmark = pytest.mark.models

ADA = Subject("t", "user", "ada")
START = datetime(2026, 3, 1, tzinfo=UTC)
FACTS = tuple(f"Ada's fact number {n} is that she likes {n} trains" for n in range(12))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    return CausalModel(tiny_model(tmp_path_factory.mktemp("tiny") / "tiny"))


class Life:
    """One life of a model process without Kafka."""

    def __init__(self, folder: Path, model: CausalModel, log: InMemoryLog, *, budget: int = 2048) -> None:
        self.log = log
        self.sealer = SubjectSealer(KeyStore(folder / "keys" / "keys.sqlite"))
        self.files = BlockFiles(str(folder / "blocks"), self.sealer)
        self.folder = folder / "blocks"
        engine = Engine()
        self.tiers = Tiers(model, self.files, budget=2**26, half_life=timedelta(hours=72), now=lambda: START)
        self.builder = BlockBuilder(model, engine, self.files, self.tiers, precision="float", budget=budget)
        self.store = RoleLog(folder / "model" / "jobs.sqlite")
        self.role = ModelRole(self.store, self.sealer, self.builder, PARTITIONS)
        self.runner = Runner(
            self.role,
            TopicIdentity("cluster-1", "topic-1", ACTIVATION_JOBS.name, PARTITIONS),
            pause=lambda _: None,
        )

    def build(self, job: str = "job-1", facts: tuple[str, ...] = FACTS, **given: Any) -> str:
        block_id = given.pop("block_id", cube_id(ADA.key, job, "block"))
        context = event_context("memcube.activation.build.v1", job)
        lines = tuple(
            JobLine(
                cube_id=f"cube-{n}",
                version=1,
                since=date(2026, 2, 1),
                body=seal_content(self.sealer, ADA.key, Content(text), context),
            )
            for n, text in enumerate(facts)
        )
        self.send(
            Build(tenant="t", user_id="ada", block_id=block_id, lines=lines, reason="hot", **given), job
        )
        return str(block_id)

    def send(self, data: Any, event_id: str) -> None:
        key, headers, value = encode(data, event_id=event_id, source="test", time=START, subject=ADA)
        where = partition_for(key, PARTITIONS)
        self.log.append(OutboxMessage(ACTIVATION_JOBS.name, where, key, headers, value))

    def jobs(self) -> list[OutboxMessage]:
        """All jobs, as a producer sends them."""
        return [
            OutboxMessage(r.topic, r.partition, r.key, tuple((n, v or b"") for n, v in r.headers), r.value)
            for r in self.log.of(ACTIVATION_JOBS.name)
        ]

    def drain(self) -> list[Built]:
        """Do what waits; what was said of it."""
        name = ACTIVATION_JOBS.name
        bounds = {number: (0, self.log.end(name, number)) for number in range(PARTITIONS)}
        start = self.runner.start_at(bounds)
        for number, first in start.items():
            for record in self.log.records.get((name, number), [])[first:]:
                self.runner.run([record])
        asyncio.run(Relay(self.role, self.log, _inline).drain(self.runner.owned(range(PARTITIONS))))
        return self.said()

    def said(self) -> list[Built]:
        found = [decode(r.key, r.headers, r.value or b"").data for r in self.log.of(EVENTS.name)]
        return [data for data in found if isinstance(data, Built)]

    def refused(self) -> list[bytes]:
        return [dict(r.headers)["mc_reason"] or b"" for r in self.log.of(DEADLETTER.name)]


async def _inline(call: Any) -> Any:
    return call()


@pytest.fixture
def life(tmp_path: Path, tiny: CausalModel) -> Iterator[Life]:
    found = Life(tmp_path, tiny, InMemoryLog())
    yield found
    found.role.close()


def test_a_job_becomes_a_block_and_word_of_it(life: Life, tiny: CausalModel) -> None:
    block_id = life.build()
    (built,) = life.drain()
    assert built.block_id == block_id
    assert [parent.cube_id for parent in built.parents] == [f"cube-{n}" for n in range(12)]
    assert built.artefact is not None
    made, _ = life.files.read(ADA.key, block_id)
    assert built.artefact.tokens == len(made.tokens)
    assert built.artefact.fingerprint == tiny.fingerprint.digest
    assert built.artefact.bytes == life.files.size(block_id)


def test_a_job_that_comes_twice_is_built_once_and_answered_alike(
    tmp_path: Path, life: Life, tiny: CausalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    life.build()
    life.drain()
    other = Life(tmp_path, tiny, life.log)  # its commit was lost: it reads the job again
    other.store.reset_positions("model", ACTIVATION_JOBS.name)
    monkeypatch.setattr(tiny, "prefilled", lambda *_: pytest.fail("built twice"))
    first, second = other.drain()
    assert first == second
    identities = {dict(r.headers)["ce_id"] for r in life.log.of(EVENTS.name)}
    assert len(identities) == 1


def test_two_workers_with_one_job_say_one_thing(tmp_path: Path, life: Life, tiny: CausalModel) -> None:
    life.build()
    other = Life(tmp_path, tiny, life.log)
    name = ACTIVATION_JOBS.name
    bounds = {number: (0, life.log.end(name, number)) for number in range(PARTITIONS)}
    other.runner.start_at(bounds)
    life.drain()
    other.runner.run(life.log.of(name))  # it had the job already when the first was done with it
    assert not other.store.outbox(other.runner.owned(range(PARTITIONS)), 10)
    assert len(life.said()) == 1


def test_a_torn_file_of_an_earlier_life_is_built_anew(tmp_path: Path, life: Life, tiny: CausalModel) -> None:
    block_id = life.build()
    life.drain()
    (path,) = life.folder.rglob("*.kv")
    path.write_bytes(path.read_bytes()[:-100])
    other = Life(tmp_path, tiny, life.log)
    other.store.reset_positions("model", ACTIVATION_JOBS.name)
    other.drain()
    assert other.files.read(ADA.key, block_id)[0].id == block_id


def test_a_block_keeps_to_its_budget_and_to_the_context(life: Life) -> None:
    life.build("small", budget=100)
    life.build("huge", facts=FACTS * 60, budget=10**6)
    small, huge = life.drain()
    assert small.artefact is not None
    assert small.artefact.tokens <= 100
    assert 0 < len(small.parents) < len(FACTS)
    assert huge.artefact is not None
    assert huge.artefact.tokens <= 2048


def test_a_budget_smaller_than_a_memory_builds_nothing(life: Life) -> None:
    life.build(budget=30)
    (built,) = life.drain()
    assert (built.artefact, built.reason) == (None, "nothing-fits")
    assert not list(life.folder.rglob("*.kv"))


def test_a_job_of_an_erased_subject_builds_nothing(life: Life) -> None:
    life.build()
    life.sealer.destroy(ADA.key, life.sealer.rotate(ADA.key))
    (built,) = life.drain()
    assert (built.artefact, built.reason) == (None, "key-destroyed")
    assert not list(life.folder.rglob("*.kv"))


def test_a_full_disk_costs_the_block_and_nothing_else(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Kept) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(life.files, "write", full)
        life.build("job-1")
        (built,) = life.drain()
    assert (built.artefact, built.reason) == (None, "disk-full")
    life.build("job-2")
    assert life.drain()[-1].artefact is not None


def test_a_dropped_block_is_gone_from_every_tier(life: Life) -> None:
    block_id = life.build()
    life.drain()
    assert life.tiers.fetch(ADA.key, block_id)
    life.send(Drop(tenant="t", user_id="ada", block_id=block_id, reason="parent-changed"), "drop-1")
    life.send(Drop(tenant="t", user_id="ada", block_id=block_id, reason="parent-changed"), "drop-2")
    life.drain()
    assert not life.tiers.shelf.keys()
    assert not list(life.folder.rglob("*.kv"))


def test_what_is_no_job_becomes_a_dead_letter_and_the_next_is_done(life: Life) -> None:
    life.send(Tick(tenant="t", user_id="ada"), "tick")
    life.build("evil", block_id="../../etc/passwd")
    life.build("good")
    built = life.drain()
    assert life.refused() == [b"unknown-type", b"bad-payload"]
    assert len(built) == 1


def test_a_build_is_broken_off_within_a_layer_and_done_in_the_next_life(
    tmp_path: Path, life: Life, tiny: CausalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = 0
    prefilled = tiny.prefilled

    def stopping(tokens: Any, pause: Pause) -> Any:
        def counted() -> None:
            nonlocal layers
            layers += 1
            life.role.break_off()
            pause()

        return prefilled(tokens, counted)

    life.build()
    with monkeypatch.context() as patched:
        patched.setattr(tiny, "prefilled", stopping)
        with pytest.raises(Stopped):
            life.drain()
    assert layers == 1
    assert not list(life.folder.rglob("*.kv"))
    other = Life(tmp_path, tiny, life.log)
    (built,) = other.drain()
    assert built.artefact is not None


def test_what_torch_cannot_do_is_a_dead_letter(
    life: Life, tiny: CausalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_memory(*_: Any) -> Any:
        raise RuntimeError("CUDA out of memory")

    life.build("job-1")
    with monkeypatch.context() as patched:
        patched.setattr(tiny, "prefilled", out_of_memory)
        life.drain()
    assert life.refused() == [b"processor-error"]
    life.build("job-2")
    assert life.drain()[-1].artefact is not None


@pytest.mark.timeout(240)
async def test_killed_in_a_build_and_in_an_answer_it_is_right_again(
    tmp_path: Path, tiny: CausalModel
) -> None:
    """Real processes on a real Kafka: kill -9 in a build, kill -9 in an answer, SIGTERM in a build."""
    async with Running(tmp_path / "run") as running:
        life = Life(tmp_path / "other", tiny, InMemoryLog())
        life.sealer = SubjectSealer(KeyStore(running.data.keys))
        files = BlockFiles(str(running.data.blocks), life.sealer)
        block_id = life.build(facts=FACTS * 24)
        worker = running.start("model")
        await running.publish(life.jobs())
        await _told(running, "building")
        worker.kill()
        worker.wait()
        assert not list(running.data.blocks.rglob("*.kv"))
        worker = running.start("model")
        await _told(running, "building", times=2)
        worker.terminate()
        assert await running.ended(worker, within_s=5) == 0
        assert not list(running.data.blocks.rglob("*.kv"))
        worker = running.start("model")
        while not (said := await running.records(EVENTS.name, PARTITIONS)):
            await asyncio.sleep(0.05)
        assert len(said) == 1
        made, _ = files.read(ADA.key, block_id)
        assert len(made.tokens) > 1900
        url = re.findall(r'"url": ?"([^"]+)"', running.log("model"))[-1]
        asked = Generate(
            subject=ADA.key,
            messages=(Message("user", "Hello"),),
            route="none",
            sampling=Sampling(max_tokens=4000),
        )
        async with httpx.AsyncClient(timeout=60) as client:
            body = msgspec.json.encode(asked)
            with pytest.raises(httpx.RemoteProtocolError):
                await _killed_while_it_answers(client, url, body, worker)
        worker.wait()
        running.start("model")
        await _told(running, "the model answers", times=4)
        url = re.findall(r'"url": ?"([^"]+)"', running.log("model"))[-1]
        short = msgspec.structs.replace(asked, sampling=Sampling(max_tokens=4))
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.post(f"{url}/generate", content=msgspec.json.encode(short))
        assert b'"done"' in answer.content.splitlines()[-1]
        assert len(await running.records(EVENTS.name, PARTITIONS)) == 1


async def _killed_while_it_answers(
    client: httpx.AsyncClient, url: str, body: bytes, worker: subprocess.Popen[bytes]
) -> None:
    async with client.stream("POST", f"{url}/generate", content=body) as answer:
        async for _ in answer.aiter_raw():
            worker.kill()


async def _told(running: Running, what: str, times: int = 1) -> None:
    while running.log("model").count(f'"event": "{what}"') < times:
        await asyncio.sleep(0.02)

"""Role promote as a process of its own, on a real Kafka: from reported recalls to the job."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from memcube.activation.usage import Usage
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer, event_context, open_body
from memcube.store.record import OutboxMessage
from schemas.envelope import decode, encode
from schemas.events import JOBS, Build, Parent, Recalled, type_of
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import ACTIVATION_JOBS, DEADLETTER, PARTITIONS, RECALLS
from tests.memcube.store.making import ANNA, NOON, commit, new_cube, share, work
from tests.streams.running import Running

pytestmark = pytest.mark.timeout(240)


def recall(cube_id: str, number: int) -> OutboxMessage:
    served = Recalled(subject=ANNA, cubes=(Parent(cube_id, 1),))
    key, headers, value = encode(
        served,
        event_id=f"recall-{number}",
        source="test",
        time=NOON + number * timedelta(seconds=1),
        subject=Subject.parse(ANNA),
    )
    return OutboxMessage(RECALLS.name, partition_for(key, PARTITIONS), key, headers, value)


async def arrived(running: Running, topic: str, partitions: int) -> list[Any]:
    async with asyncio.timeout(60):
        while not (found := await running.records(topic, partitions)):
            await asyncio.sleep(0.2)
    return found


async def test_recalls_of_one_memory_come_to_one_job_through_a_kill(tmp_path: Path) -> None:
    boat = new_cube("Anna sails")
    async with Running(tmp_path / "run") as running:
        commit(running.store, share(work(boat)))
        worker = running.start("promote")
        bad = msgspec.structs.replace(recall(boat.id, 0), value=b"no recall")
        await running.publish([bad, recall(boat.id, 1), recall(boat.id, 1), recall(boat.id, 2)])
        await arrived(running, DEADLETTER.name, 1)
        worker.kill()
        worker.wait()
        running.start("promote")
        await running.publish([recall(boat.id, 1), recall(boat.id, 3), recall(boat.id, 4)])
        [job] = await arrived(running, ACTIVATION_JOBS.name, PARTITIONS)
        event = decode(job.key, job.headers, job.value, JOBS)
        assert isinstance(event.data, Build)
        [line] = event.data.lines
        assert (line.cube_id, line.version) == (boat.id, 1)
        sealer = SubjectSealer(KeyStore(running.data.keys))
        context = event_context(type_of(event.data), event.id)
        assert open_body(sealer, ANNA, line.body, context).text == "Anna sails"
        assert job.partition == partition_for(ANNA.encode(), PARTITIONS)
        usage = Usage(running.data.usage, read_only=True)
        async with asyncio.timeout(60):
            while usage.heats(ANNA)[boat.id].value < 3.9:
                await asyncio.sleep(0.1)
        assert usage.heats(ANNA)[boat.id].value == pytest.approx(4.0, abs=0.01)
        assert [build.job_id for build in usage.under_way()] == [event.id]
        usage.close()

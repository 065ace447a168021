"""`/v1/status` and its parts: is it alive, is it ready, how far has it come."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel

from gateway.http.problems import Problem
from gateway.http.processes import Seen
from gateway.http.progress import lag
from gateway.http.services import House, Services
from gateway.log import BusError
from memcube.errors import NotRunning, Setup, StoreFault
from schemas.topics import TOPICS

router = APIRouter(tags=["operation"])


class ModelProcess(BaseModel):
    """`ready`: it has its model loaded; else `reason` says what it answers."""

    url: str
    ready: bool
    reason: str | None
    model: str | None
    fingerprint: str | None
    device: str | None
    dtype: str | None


class Blocks(BaseModel):
    """What lies on disk, of at most `budget` bytes; `waiting`: jobs in the log that nobody has done yet."""

    kept: int
    bytes: int
    budget: int
    waiting: int | None


class Status(BaseModel):
    """`lag`: events that wait, by role and partition, from our own positions. `reason`: why not ready.

    `models`: the model processes, which nothing else waits for. `blocks`: on disk; null without a model.
    """

    ready: bool
    reason: str | None
    kafka: str | None
    kafka_reachable: bool
    record: str | None
    lag: dict[str, dict[str, int]]
    deadletters: int | None
    store: dict[str, Any] | None
    unreported_recalls: int
    models: list[ModelProcess]
    blocks: Blocks | None


class TopicOut(BaseModel):
    name: str
    carries: str
    partitions: int
    records: int
    compacted: bool
    retention_ms: int


class TopicList(BaseModel):
    topics: list[TopicOut]


class Position(BaseModel):
    """The offset that a role reads next."""

    role: str
    topic: str
    partition: int
    next: int


class Positions(BaseModel):
    positions: list[Position]


@router.get("/healthz", summary="Is it alive?")
async def alive() -> dict[str, bool]:
    """The process answers."""
    return {"alive": True}


@router.get("/readyz", summary="Is it ready?")
async def ready(house: House) -> dict[str, bool]:
    """Events can be taken and recalls answered; else a 503 that says what is missing."""
    status = await read_status(house)
    if not status.ready:
        raise Problem(503, "Not ready", status.reason or "unknown", "not-ready")
    await house.recalls.run(lambda _: None)  # the embedder is loaded
    return {"ready": True}


@router.get("/v1/status", summary="How does it stand?")
async def read_status(house: House) -> Status:
    """How the system stands, as seen from here. Always an answer, whatever is down."""
    status = Status(
        ready=False,
        reason=None,
        kafka=None,
        kafka_reachable=False,
        record=None,
        lag={},
        deadletters=None,
        store=None,
        unreported_recalls=house.bus.failed_reports,
        models=[_process(seen) for seen in await house.processes.seen()],
        blocks=None,
    )
    try:
        status.kafka = house.kafka()
        status.record = await house.record.run(lambda store: store.record_id)
        statistics = await house.record.run(lambda store: store.statistics())
        status.store = msgspec.to_builtins(statistics)
        await _read_log(house, status)
    except (NotRunning, StoreFault, Setup, BusError) as error:
        status.reason = str(error)
    status.ready = status.reason is None
    if status.models:
        status.blocks = await _blocks(house, status.lag.get("model"))
    return status


@router.get("/v1/topics", summary="List topics")
async def list_topics(house: House) -> TopicList:
    """The table of topics, as the broker has them; a topic that is not there has 0 partitions."""
    spans = await house.bus.spans([topic.name for topic in TOPICS])
    return TopicList(
        topics=[
            TopicOut(
                name=topic.name,
                carries=topic.carries,
                partitions=len(of_topic := spans.get(topic.name, {})),
                records=sum(span.end - span.start for span in of_topic.values()),
                compacted=topic.compacted,
                retention_ms=topic.retention_ms,
            )
            for topic in TOPICS
        ]
    )


@router.get("/v1/positions", summary="List positions")
async def list_positions(house: House, role: str | None = None) -> Positions:
    """Where each role, or one, stands in its topic, by the positions of its own store."""
    return Positions(
        positions=[
            Position(role=progress.role, topic=progress.topic, partition=number, next=position)
            for progress in house.progress
            if role in (None, progress.role)
            for number, position in sorted((await progress.positions()).items())
        ]
    )


def _process(seen: Seen) -> ModelProcess:
    about = seen.about
    return ModelProcess(
        url=seen.url,
        ready=about is not None,
        reason=seen.reason,
        model=None if about is None else about.name,
        fingerprint=None if about is None else about.fingerprint,
        device=None if about is None else about.device,
        dtype=None if about is None else about.dtype,
    )


async def _blocks(house: Services, waiting: dict[str, int] | None) -> Blocks:
    found = await asyncio.to_thread(house.kept)
    return Blocks(
        kept=found.blocks,
        bytes=found.bytes,
        budget=house.model.disk_mb * 1024 * 1024,
        waiting=None if waiting is None else sum(waiting.values()),
    )


async def _read_log(house: Services, status: Status) -> None:
    spans = await house.bus.spans([progress.topic for progress in house.progress])
    status.kafka_reachable = True
    for progress in house.progress:
        if progress.topic not in spans:
            status.reason = f"Kafka has no topic {progress.topic}: it is made when `memcube up` starts"
            continue
        try:
            status.lag[progress.role] = lag(spans[progress.topic], await progress.positions())
            status.reason = status.reason or await progress.doubt()
        except StoreFault as error:
            status.reason = str(error)
    status.deadletters = await house.letters.open()

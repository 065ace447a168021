"""Services over the real parts: Kafka, the SQLite record, the key store, the embedder."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Final

from gateway.bus import KafkaBus
from gateway.http.backlog import Backlog
from gateway.http.chat_source import Source
from gateway.http.idempotency import Claims
from gateway.http.letters import Letters
from gateway.http.metrics import timed_phase
from gateway.http.model_client import ModelClient
from gateway.http.prefetch import Prefetch
from gateway.http.processes import ModelProcesses
from gateway.http.progress import Progress
from gateway.http.services import Services
from gateway.http.streams import Streams
from gateway.http.ticker import Ticker
from gateway.http.upstream import Upstream
from gateway.reading import KafkaReader
from gateway.thread import Workbench
from memcube.activation.folder import kept
from memcube.governance.keys import KeyStore
from memcube.governance.ledger import Ledger
from memcube.governance.sealing import Sealer, SubjectSealer
from memcube.models import load_embedder
from memcube.plaintext.cues import cues
from memcube.plaintext.recall import Recaller
from memcube.plaintext.words import Terms, terms
from memcube.settings import ModelSettings, Settings
from memcube.store.memory import InMemoryRecallIndex
from memcube.store.record import CubeStore, Partition
from memcube.store.sqlite import SQLiteCubeStore
from memcube.store.sqlite.positions import positions_in
from schemas.topics import ACTIVATION_JOBS, AUDIT, EVENTS, RECALLS

# Kafka sends whole batches of records: at least one, and with this no more.
_ONE_RECORD: Final = 1


def wire(settings: Settings) -> Services:
    """Nothing is opened here: each workbench opens its tool at first use. Call it in a running event loop."""
    keys = cache(lambda: SubjectSealer(KeyStore(settings.data.keys)))  # for every thread
    sealer: Workbench[Sealer] = Workbench("sealer", keys)
    record = Workbench("record", lambda: _record(settings, keys()), CubeStore.close)
    recalls: Workbench[Recaller] = Workbench("recall", lambda: recaller(settings, keys()))
    ledger = Workbench("ledger", lambda: Ledger(settings.data.ledger, read_only=True), Ledger.close)
    bus = KafkaBus(settings.bootstrap, sealer)
    progress = (
        Progress("memory", EVENTS.name, lambda: record.run(lambda store: store.positions("memory"))),
        Progress("audit", AUDIT.name, lambda: ledger.run(lambda store: store.positions("audit"))),
        *_of_models(settings),
    )
    clock = partial(datetime.now, UTC)
    source = _source(settings.model)
    return Services(
        bus=bus,
        record=record,
        recalls=recalls,
        ledger=ledger,
        sealer=sealer,
        letters=Letters(bus),
        progress=progress,
        backlog=Backlog(
            KafkaReader(settings.bootstrap, fetch_bytes=_ONE_RECORD),
            progress,
            lambda: record.run(lambda store: store.size().outbox),
            clock,
            limit=settings.lag_limit,
        ),
        ticker=Ticker(
            bus,
            lambda now: record.run(lambda store: store.due(now)),
            clock,
            every_s=settings.tick_hours * 3600,
        ),
        streams=Streams(),
        claims=Claims(clock),
        model=settings.model,
        processes=ModelProcesses(settings.model.urls),
        kept=lambda: kept(settings.data.blocks),
        kafka=settings.bootstrap,
        clock=clock,
        source=source,
        prefetch=Prefetch(record, source, clock) if isinstance(source, ModelClient) else None,
    )


def _source(model: ModelSettings) -> Source | None:
    if model.upstream is not None:
        return Upstream(model.upstream, model.upstream_model, model.upstream_key)
    return ModelClient(model.urls) if model.urls else None


def _of_models(settings: Settings) -> tuple[Progress, ...]:
    """The roles that make blocks, where there is a model: without one nobody reads what is meant for them."""
    if not settings.model.urls:
        return ()
    found = (
        ("promote", RECALLS.name, settings.data.usage),
        ("model", ACTIVATION_JOBS.name, settings.data.model_jobs),
    )

    async def positions(path: Path, role: str) -> Mapping[Partition, int]:
        return await asyncio.to_thread(positions_in, path, role)

    return tuple(Progress(role, topic, partial(positions, path, role)) for role, topic, path in found)


def _record(settings: Settings, sealer: Sealer) -> CubeStore:
    return SQLiteCubeStore(settings.data.record, sealer, read_only=True)


def recaller(settings: Settings, sealer: Sealer) -> Recaller:
    """Default recall of the data folder, read beside its writer. Raises `ModelMissing`, `StoreFault`."""
    embedder = load_embedder(settings.embedder, settings.embedder_threads)
    index = InMemoryRecallIndex(
        _record(settings, sealer),
        embedder.embedder_id,
        embedder.dimensions,
        settings.recall_memory_mb * 1024 * 1024,
        analyse=terms,
        analyse_many=Terms,
        cues=cues,
        timed=timed_phase,
    )
    return Recaller(index, embedder, timed=timed_phase)

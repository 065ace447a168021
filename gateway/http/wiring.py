"""Services over the real parts: Kafka, the SQLite record, the key store, the embedder."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from gateway.bus import KafkaBus
from gateway.http.letters import Letters
from gateway.http.metrics import timed_phase
from gateway.http.progress import Progress
from gateway.http.services import Services
from gateway.thread import Workbench
from memcube.governance.keys import KeyStore
from memcube.governance.ledger import Ledger
from memcube.governance.sealing import Sealer, SubjectSealer
from memcube.models import load_embedder
from memcube.plaintext.recall import Recaller
from memcube.plaintext.words import terms
from memcube.settings import Settings
from memcube.store.memory import InMemoryRecallIndex
from memcube.store.record import CubeStore
from memcube.store.sqlite import SQLiteCubeStore
from schemas.topics import AUDIT, EVENTS


def wire(settings: Settings) -> Services:
    """Nothing is opened here: each workbench opens its tool at first use. Call it in a running event loop."""
    keys = cache(lambda: SubjectSealer(KeyStore(settings.data.keys)))  # for every thread
    sealer: Workbench[Sealer] = Workbench("sealer", keys)
    record = Workbench("record", lambda: _record(settings, keys()), CubeStore.close)
    recalls: Workbench[Recaller] = Workbench("recall", lambda: _recaller(settings, keys()))
    ledger = Workbench("ledger", lambda: Ledger(settings.data.ledger, read_only=True), Ledger.close)
    bus = KafkaBus(settings.bootstrap, sealer)
    return Services(
        bus=bus,
        record=record,
        recalls=recalls,
        ledger=ledger,
        sealer=sealer,
        letters=Letters(bus),
        progress=(
            Progress("memory", EVENTS.name, lambda: record.run(lambda store: store.positions("memory"))),
            Progress("audit", AUDIT.name, lambda: ledger.run(lambda store: store.positions("audit"))),
        ),
        kafka=settings.bootstrap,
        clock=lambda: datetime.now(UTC),
    )


def _record(settings: Settings, sealer: Sealer) -> CubeStore:
    return SQLiteCubeStore(settings.data.record, sealer, read_only=True)


def _recaller(settings: Settings, sealer: Sealer) -> Recaller:
    embedder = load_embedder(settings.embedder, settings.embedder_threads)
    index = InMemoryRecallIndex(
        _record(settings, sealer),
        embedder.embedder_id,
        embedder.dimensions,
        settings.recall_memory_mb * 1024 * 1024,
        analyse=terms,
        timed=timed_phase,
    )
    return Recaller(index, embedder, timed=timed_phase)

"""The model process, put together: one model, its blocks, its server and its role."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from memcube import metrics
from memcube.activation.builder import BlockBuilder
from memcube.activation.files import BlockFiles
from memcube.activation.tiers import Tiers
from memcube.errors import ModelMissing
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models import load_language_model
from memcube.models.causal import CausalModel
from memcube.models.engine import Engine
from memcube.models.prompt import prefix
from memcube.models.wire import About
from memcube.settings import ModelSettings, Settings
from memcube.store.sqlite.role_log import RoleLog
from streams.answering import Answering
from streams.generation import Generation, Server
from streams.model import ModelRole

_MB: Final = 1024 * 1024
# A write takes a second; what is older was left by a process that was killed.
_LEFT_S: Final = 3600.0
# So long may another process hold what was forgotten; it is not served meanwhile.
_SWEEP_S: Final = 30.0
log = structlog.get_logger()


def model_role(settings: Settings, partitions: int, port: int) -> ModelRole:
    """The role with its model loaded and its server up. Raises `Setup`, `StoreFault`."""
    own = settings.model
    log.info("loading the language model; the first time it is converted: half a minute", model=own.name)
    model = load_language_model(own)
    _check_template(model)
    sealer = SubjectSealer(KeyStore(settings.data.keys))
    files = BlockFiles(str(settings.data.blocks), sealer)
    files.tidy(time.time() - _LEFT_S)
    engine = Engine()
    tiers = Tiers(
        model,
        files,
        budget=own.memory_mb * _MB,
        half_life=timedelta(hours=own.half_life_h),
        now=lambda: datetime.now(UTC),
    )
    metrics.SHELF_BUDGET.set(own.memory_mb * _MB)
    metrics.SHELF_BYTES.set_function(lambda: tiers.shelf.nbytes)
    metrics.BLOCK_BYTES.set_function(lambda: _bytes(settings.data.blocks))
    generation = Generation(
        Answering(model, engine, tiers, auto_tokens=own.auto_tokens), tiers, _about(model, own)
    )
    threading.Thread(target=_sweep, args=(tiers, generation.ended), name="sweep", daemon=True).start()
    server = Server(generation, port)
    log.info("the model answers", model=model.name, url=server.url, fingerprint=model.fingerprint.digest)
    builder = BlockBuilder(model, engine, files, tiers, precision=own.precision, budget=own.block_tokens)
    return ModelRole(RoleLog(settings.data.model_jobs), sealer, builder, partitions, [server])


def _sweep(tiers: Tiers, ended: threading.Event) -> None:
    while not ended.wait(_SWEEP_S):
        try:
            tiers.sweep()
        except OSError as error:
            log.warning("blocks not looked through, trying again", error=str(error))


def _about(model: CausalModel, settings: ModelSettings) -> About:
    return About(
        name=model.name,
        fingerprint=model.fingerprint.digest,
        context=model.context,
        bytes_per_token=model.layout.bytes_per_token,
        device=settings.device,
        dtype=settings.dtype,
        precision=settings.precision,
    )


def _check_template(model: CausalModel) -> None:
    """Raise `ModelMissing` for a model that memory cannot be given to."""
    try:
        prefix(model, ())
    except ValueError as error:
        raise ModelMissing(
            f"model {model.name} cannot be used ({error}): name another in MEMCUBE_MODEL"
        ) from None


def _bytes(folder: Path) -> int:
    """Of the files under a folder, those that go meanwhile left out."""
    found = 0
    for path in folder.rglob("*.kv"):
        try:
            found += path.stat().st_size
        except FileNotFoundError:
            continue
    return found

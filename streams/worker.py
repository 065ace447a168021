"""`python -m streams.worker --role NAME`: one process that runs one role."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

import structlog
from prometheus_client import start_http_server

from memcube import metrics
from memcube.errors import MemcubeError
from memcube.governance.keys import KeyStore
from memcube.governance.ledger import Ledger
from memcube.governance.sealing import SubjectSealer
from memcube.logs import configure
from memcube.models import load_embedder
from memcube.plaintext.extract import warm_up
from memcube.settings import Settings
from memcube.store.sqlite import SQLiteCubeStore
from schemas.topics import ACTIVATION_JOBS, AUDIT, EVENTS, PARTITIONS
from streams.audit import AuditRole
from streams.instance import Instance
from streams.kafka import identify
from streams.log import TopicIdentity
from streams.memory import MemoryRole
from streams.role import Role

ROLES: Final = {"memory": EVENTS, "audit": AUDIT, "model": ACTIVATION_JOBS}

log = structlog.get_logger()


def main() -> NoReturn:
    """Exit status 1: a fault, start me again. 2: usage or set-up. 3: a person must decide (see the log)."""
    options = _options()
    configure(f"{options.role}@{os.getpid()}")
    try:
        settings = Settings.load(options.data)
        instance = Instance(settings.data.run / "instances", options.role)
        bootstrap = settings.bootstrap()
        topic = asyncio.run(identify(bootstrap, ROLES[options.role]))
        role = _role(options.role, settings, topic, options.serve_port)
    except MemcubeError as error:
        log.error("cannot start", role=options.role, error=str(error))  # noqa: TRY400 -- the message says all
        sys.exit(getattr(error, "exit_status", 2))
    metrics.start_worker(options.role)
    start_http_server(options.metrics_port, addr="127.0.0.1")
    # Faust takes half a second to import: not for --help, nor for a start that fails.
    from streams.faust_runtime import run_role  # noqa: PLC0415

    run_role(role, topic, bootstrap, instance.name, settings.data.run / "faust" / instance.name)


def _role(name: str, settings: Settings, topic: TopicIdentity, serve_port: int) -> Role[Any]:
    if name == "audit":
        return AuditRole(Ledger(settings.data.ledger))
    if name == "model":
        # torch takes two seconds to import, and is not there where no model is.
        from streams.serving import model_role  # noqa: PLC0415

        return model_role(settings, topic.partitions, serve_port)
    sealer = SubjectSealer(KeyStore(settings.data.keys))
    store = SQLiteCubeStore(settings.data.record, sealer)
    embedder = load_embedder(settings.embedder, settings.embedder_threads)
    embedder.embed(["warm"])
    # The date parser's first call takes a tenth of a second, which no user's turn should wait for.
    warm_up()
    return MemoryRole(store, sealer, embedder, topic.partitions)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m streams.worker",
        description="Run one role of the stream. `memcube up` starts and supervises these; more of them"
        f" share the work, up to {PARTITIONS} a role.",
    )
    parser.add_argument("--role", required=True, choices=sorted(ROLES), help="what this process does")
    parser.add_argument("--data", type=Path, help="data folder (default: MEMCUBE_DATA)")
    parser.add_argument(
        "--metrics-port", type=int, default=0, help="port of /metrics on loopback (0: any free one)"
    )
    parser.add_argument(
        "--serve-port",
        type=int,
        default=0,
        help="role model: port of its server on loopback (0: any free one)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()

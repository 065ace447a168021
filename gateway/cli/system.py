"""The whole system on this machine: broker, stream workers and gateway as supervised children."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import msgspec
import structlog

from gateway.cli.ports import Claims
from infra.children import Change, Child, State
from infra.kafka.broker import EmbeddedBroker
from infra.kafka.jars import JarProgress
from infra.kafka.topics import ensure_topics
from infra.ports import LOOPBACK
from infra.supervisor import Supervisor
from memcube.errors import Setup
from memcube.models.cache import cache_folder
from memcube.models.catalogue import available, installed
from memcube.settings import DEFAULT_GATEWAY_PORT, DEFAULT_KAFKA_PORT, Settings, System
from memcube.settings import Child as ChildState

# A worker's word that a person must decide first; see `python -m streams.worker`.
NEEDS_A_PERSON: Final = frozenset({3})
ROLES: Final = ("memory", "audit")
MODEL: Final = "model"
log = structlog.get_logger()


class AlreadyRunning(Setup):
    """Another `memcube up` holds the data folder."""


class LocalSystem:
    """One system on one data folder. `prepare`, then `run`; every change of a child is written down."""

    def __init__(
        self, settings: Settings, on_change: Callable[[Change], None], *, models: bool = True
    ) -> None:
        """models: run a language model where one is installed and none is named in the settings."""
        self._settings = settings
        self._on_change = on_change
        self._lock = _lock(settings)
        last = _last(settings)
        claims = Claims()
        self._broker = None if settings.kafka else _broker(settings, claims, last)
        self._bootstrap = settings.kafka or ""
        before = _number(last.gateway) if last else 0
        self._gateway_port = claims.port(settings.gateway_port, DEFAULT_GATEWAY_PORT, before)
        roles = (*ROLES, MODEL) if models and _has_model(settings) else ROLES
        self._metrics_ports = _metrics_ports(settings, claims, roles)
        self._models = settings.model.urls
        if MODEL in roles:
            before = _number(last.models[0]) if last and last.models else 0
            self._models = (f"http://{LOOPBACK}:{claims.port(None, 0, before)}",)
        self._started_at = datetime.now(UTC)
        self._children: dict[str, ChildState] = {}
        self._metrics: dict[str, str] = {}
        self._supervisor: Supervisor | None = None

    def prepare(self, progress: Callable[[JarProgress], None] | None = None) -> None:
        """Fetch and set up what the broker needs: a download the first time. Blocks."""
        if self._broker is not None:
            self._broker.prepare(progress)
            self._bootstrap = self._broker.bootstrap

    @property
    def state(self) -> System:
        return System(
            pid=os.getpid(),
            started_at=self._started_at.isoformat(),
            kafka=self._bootstrap,
            gateway=f"http://{LOOPBACK}:{self._gateway_port}",
            children=tuple(self._children.values()),
            embedder=self._settings.embedder,
            models=self._models,
        )

    async def run(self, work: Callable[[], Awaitable[int]] | None = None) -> int:
        """Until a signal comes, or until `work` is done, whose result is returned. Stops every child."""
        if self._broker is None:
            await ensure_topics(self._bootstrap)
        children = self._plan()
        for child in children:
            self._children[child.name] = ChildState(
                child.name, State.WAITING, metrics=self._metrics.get(child.name)
            )
        self._write()
        _replace(self._settings.data.metrics_targets, targets(self._metrics))
        self._supervisor = Supervisor(children, self._settings.data.logs, self._changed)
        return await self._supervisor.run(work)

    async def until_ready(self) -> None:
        """Within `work`: wait until every child is ready."""
        if self._supervisor is None:
            raise RuntimeError("until_ready() belongs inside run()")
        await self._supervisor.until_ready()

    def _plan(self) -> list[Child]:
        env = {
            "MEMCUBE_DATA": str(self._settings.data.root),
            "MEMCUBE_KAFKA": self._bootstrap,
            "MEMCUBE_EMBEDDER": self._settings.embedder,
        }
        children: list[Child] = []
        needs: tuple[str, ...] = ()
        if self._broker is not None:
            children.append(Child(name="kafka", argv=self._broker.argv, ready=self._broker_ready))
            needs = ("kafka",)
        for role, port in self._metrics_ports.items():
            address = f"http://{LOOPBACK}:{port}/metrics"
            self._metrics[role] = address
            argv: tuple[str, ...] = (
                sys.executable,
                "-m",
                "streams.worker",
                "--role",
                role,
                "--metrics-port",
                str(port),
            )
            ready = _reads(role, address)
            if role == MODEL:
                argv = (*argv, "--serve-port", str(_number(self._models[0])))
                ready = _both(ready, _answers(f"{self._models[0]}/healthz"))
            children.append(
                Child(
                    name=role,
                    argv=argv,
                    env=env,
                    needs=needs,
                    ready=ready,
                    final=NEEDS_A_PERSON,
                )
            )
        self._metrics["gateway"] = f"http://{LOOPBACK}:{self._gateway_port}/metrics"
        children.append(
            Child(
                name="gateway",
                argv=(sys.executable, "-m", "gateway.http", "--port", str(self._gateway_port)),
                env={**env, "MEMCUBE_MODEL_URLS": ",".join(self._models)},
                needs=needs,
                ready=_answers(f"http://{LOOPBACK}:{self._gateway_port}/healthz"),
            )
        )
        return children

    async def _broker_ready(self) -> bool:
        """Workers may start only when every topic is there: a missing one would be ignored by Faust."""
        if self._broker is None or not await self._broker.ready():
            return False
        await ensure_topics(self._bootstrap)
        return True

    def _changed(self, change: Change) -> None:
        self._children[change.name] = ChildState(
            change.name, change.state, change.pid, change.detail, self._metrics.get(change.name)
        )
        self._write()
        self._on_change(change)

    def _write(self) -> None:
        _replace(self._settings.data.state, msgspec.json.encode(self.state))


def targets(metrics: Mapping[str, str]) -> bytes:
    """What Prometheus' `file_sd` reads, from the addresses of /metrics by process."""
    groups = [
        {"targets": [httpx.URL(address).netloc.decode()], "labels": {"process": name}}
        for name, address in metrics.items()
    ]
    return msgspec.json.format(msgspec.json.encode(groups), indent=2)


def _replace(path: Path, content: bytes) -> None:
    """Whoever reads it meanwhile sees the old file or the new one."""
    temporary = path.with_suffix(".tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:  # a full disk must not take the processes down that may outlive it
        log.warning("file not written", path=str(path), error=str(error))


def _metrics_ports(settings: Settings, claims: Claims, roles: Sequence[str]) -> dict[str, int]:
    """Named ones must be free; without a name, whatever is."""
    first = settings.metrics_port
    return {role: claims.port(first + n if first else 0, 0, 0) for n, role in enumerate(roles)}


def _has_model(settings: Settings) -> bool:
    """Whether to start a model process: none is named, none is asked of elsewhere, and one can be loaded."""
    own = settings.model
    return not own.urls and own.upstream is None and available() and installed(own.name, cache_folder())


def _lock(settings: Settings) -> int:
    """Hold the data folder for the life of this process; raises `AlreadyRunning`."""
    settings.data.run.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.data.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        last = _last(settings)
        where = f" (process {last.pid}, {last.gateway})" if last else ""
        raise AlreadyRunning(
            f"MemCube runs on {settings.data.root} already{where}: use it, stop it,"
            " or start another on its own folder with --data"
        ) from None
    return handle


def _last(settings: Settings) -> System | None:
    try:
        return msgspec.json.decode(settings.data.state.read_bytes(), type=System)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _broker(settings: Settings, claims: Claims, last: System | None) -> EmbeddedBroker:
    # A folder that has run before keeps its ports, so that applications find it again.
    before = _number(last.kafka) if last else 0
    return EmbeddedBroker(settings.data.kafka, claims.port(settings.kafka_port, DEFAULT_KAFKA_PORT, before))


def _number(address: str) -> int:
    """The port in an address; 0 where it has none of one machine."""
    port = address.rpartition(":")[2]
    return int(port) if port.isdigit() else 0


def _reads(role: str, address: str) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        text = await _get(address)
        return f'memcube_ready{{role="{role}"}} 1.0' in text

    return ready


def _answers(address: str) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return bool(await _get(address))

    return ready


def _both(
    one: Callable[[], Awaitable[bool]], other: Callable[[], Awaitable[bool]]
) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return await one() and await other()

    return ready


async def _get(address: str) -> str:
    try:
        async with httpx.AsyncClient(timeout=2.0) as client:
            answer = await client.get(address)
    except httpx.TransportError:
        return ""
    return answer.text if answer.is_success else ""

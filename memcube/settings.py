"""The one settings object. Everything comes from `MEMCUBE_*` variables or the running system's own state."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec
import platformdirs

from memcube.errors import NotRunning, Setup

EmbedderName = Literal["minilm", "hash"]
DType = Literal["float32", "bfloat16", "float16"]
Precision = Literal["float", "int8"]
DEFAULT_GATEWAY_PORT: Final = 8700
DEFAULT_KAFKA_PORT: Final = 9092
RECALL_MEMORY_MB: Final = 1024
# At the 700 to 1,300 events a second of one worker it is ten seconds of work: who publishes on top of that
# no longer writes into a memory but into a queue.
LAG_LIMIT: Final = 10_000
MAX_BODY_MB: Final = 32
DEFAULT_MODEL: Final = "smollm2-135m-instruct"
# A block may take half of the default model's context of 8,192 tokens away from nobody: it takes a quarter.
KV_TOKENS: Final = 2048
KV_MEMORY_MB: Final = 1024
KV_DISK_MB: Final = 8192
# What was asked for every day this week is hot, and what was asked for last month is not.
HEAT_HALF_LIFE_H: Final = 72


class Child(msgspec.Struct, frozen=True):
    """A process of the running system; `state` is its supervisor's word for it, `ready` when all is well."""

    name: str
    state: str
    pid: int | None = None
    detail: str = ""
    metrics: str | None = None


class ModelSettings(msgspec.Struct, frozen=True):
    """The language model and its blocks.

    name: as `memcube models list` has it, or a folder. threads: of one computation. block_tokens: of one
    subject's block at most. memory_mb, disk_mb: of all blocks, in a model process and on disk.
    auto_tokens: of the largest block that route `auto` takes instead of text. 0: none, since the default
    model answers worse from a block (docs/benchmarks.md); larger ones may not.
    urls: of the model processes; none: no chat but by an upstream. upstream: an OpenAI-compatible base
    address; then memory goes in as text, and nothing of the rest is used.
    """

    name: str = DEFAULT_MODEL
    device: str = "cpu"
    dtype: DType = "float32"
    threads: int = 1
    precision: Precision = "float"
    block_tokens: int = KV_TOKENS
    memory_mb: int = KV_MEMORY_MB
    disk_mb: int = KV_DISK_MB
    half_life_h: int = HEAT_HALF_LIFE_H
    auto_tokens: int = 0
    urls: tuple[str, ...] = ()
    upstream: str | None = None
    upstream_model: str | None = None
    upstream_key: str | None = None

    @classmethod
    def load(cls, env: Mapping[str, str]) -> ModelSettings:
        """Raises `Setup` for a value that cannot be."""
        return cls(
            name=env.get("MEMCUBE_MODEL") or DEFAULT_MODEL,
            device=env.get("MEMCUBE_MODEL_DEVICE") or "cpu",
            dtype=_one_of(env, "MEMCUBE_MODEL_DTYPE", get_args(DType)),
            # Two threads under load ran five to ten times slower than one.
            threads=_amount(env, "MEMCUBE_MODEL_THREADS", 256, 1),
            precision=_one_of(env, "MEMCUBE_KV_PRECISION", get_args(Precision)),
            block_tokens=_amount(env, "MEMCUBE_KV_TOKENS", 1024 * 1024, KV_TOKENS),
            memory_mb=_amount(env, "MEMCUBE_KV_MEMORY_MB", 1024 * 1024, KV_MEMORY_MB),
            disk_mb=_amount(env, "MEMCUBE_KV_DISK_MB", 1024 * 1024 * 1024, KV_DISK_MB),
            half_life_h=_amount(env, "MEMCUBE_HEAT_HALF_LIFE_H", 24 * 365, HEAT_HALF_LIFE_H),
            auto_tokens=_number(env, "MEMCUBE_KV_AUTO_TOKENS", 1024 * 1024) or 0,
            urls=tuple(url.strip() for url in env.get("MEMCUBE_MODEL_URLS", "").split(",") if url.strip()),
            upstream=env.get("MEMCUBE_UPSTREAM") or None,
            upstream_model=env.get("MEMCUBE_UPSTREAM_MODEL") or None,
            upstream_key=env.get("MEMCUBE_UPSTREAM_KEY") or None,
        )


class System(msgspec.Struct, frozen=True):
    """What `memcube up` writes into its data folder, and every other command reads.

    models: the addresses of its model processes.
    """

    pid: int
    started_at: str
    kafka: str
    gateway: str
    children: tuple[Child, ...] = ()
    embedder: EmbedderName | None = None
    models: tuple[str, ...] = ()


class DataFolder(msgspec.Struct, frozen=True):
    """All state of one system, under one folder."""

    root: Path

    @property
    def record(self) -> Path:
        return self.root / "record" / "cubes.sqlite"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger" / "ledger.sqlite"

    @property
    def keys(self) -> Path:
        """Apart from the record, so that a copy of the record holds no keys."""
        return self.root / "keys" / "keys.sqlite"

    @property
    def usage(self) -> Path:
        """How often memories are used, and what was promoted for it: role promote's own."""
        return self.root / "usage" / "usage.sqlite"

    @property
    def model_jobs(self) -> Path:
        """How far role model has read its jobs."""
        return self.root / "model" / "jobs.sqlite"

    @property
    def blocks(self) -> Path:
        """KV caches, sealed; they can be built again."""
        return self.root / "blocks"

    @property
    def kafka(self) -> Path:
        return self.root / "kafka"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Of the running system: locks, addresses, Faust's working folders."""
        return self.root / "run"

    def system(self) -> System:
        """The running system's addresses; raises `NotRunning`."""
        try:
            if _held(self.lock):
                return msgspec.json.decode(self.state.read_bytes(), type=System)
        except (OSError, msgspec.DecodeError):
            pass  # no such folder, or its system is only just starting
        raise NotRunning(
            f"no MemCube is running on {self.root}: start one with `memcube up --data {self.root}`,"
            " or name its folder with --data or MEMCUBE_DATA"
        )

    @property
    def lock(self) -> Path:
        """Held by the running system, and dropped by the kernel however that ends."""
        return self.run / "up.lock"

    @property
    def state(self) -> Path:
        """Where the running system writes its `System`; the last one's addresses stay to be used again."""
        return self.run / "system.json"

    @property
    def metrics_targets(self) -> Path:
        """Where Prometheus finds the processes of the running system (its `file_sd`)."""
        return self.root / "prometheus-targets.json"


class Settings(msgspec.Struct, frozen=True):
    """How this process runs. Ports: 0 means any free one, None the default one or, if taken, a free one.

    tick_hours: how often subjects are told that time has passed, 0 for never.
    `metrics_port`: of the first worker's /metrics; the others' are the next. None: any free ones.
    """

    data: DataFolder
    kafka: str | None
    gateway_port: int | None
    kafka_port: int | None
    metrics_port: int | None
    embedder: EmbedderName
    embedder_threads: int
    recall_memory_mb: int
    lag_limit: int
    max_body_mb: int
    tick_hours: int
    model: ModelSettings = ModelSettings()

    @classmethod
    def load(cls, data: Path | None = None, env: Mapping[str, str] = os.environ) -> Settings:
        """Raises `Setup` for a value that cannot be."""
        root = data or Path(env.get("MEMCUBE_DATA") or platformdirs.user_data_dir("memcube"))
        embedder = env.get("MEMCUBE_EMBEDDER", "minilm")
        if embedder not in get_args(EmbedderName):
            raise Setup(f"MEMCUBE_EMBEDDER is {embedder!r}: use one of {', '.join(get_args(EmbedderName))}")
        return cls(
            data=DataFolder(root.expanduser().absolute()),
            kafka=env.get("MEMCUBE_KAFKA") or None,
            gateway_port=_number(env, "MEMCUBE_GATEWAY_PORT", 65535),
            kafka_port=_number(env, "MEMCUBE_KAFKA_PORT", 65535),
            metrics_port=_number(env, "MEMCUBE_METRICS_PORT", 65_500),  # each role needs one from there on
            embedder="hash" if embedder == "hash" else "minilm",
            # More threads a process made two processes on two cores slower, not faster.
            embedder_threads=_amount(env, "MEMCUBE_EMBEDDER_THREADS", 256, 1),
            recall_memory_mb=_amount(env, "MEMCUBE_RECALL_MEMORY_MB", 1024 * 1024, RECALL_MEMORY_MB),
            lag_limit=_amount(env, "MEMCUBE_LAG_LIMIT", 10**9, LAG_LIMIT),
            max_body_mb=_amount(env, "MEMCUBE_MAX_BODY_MB", 1024, MAX_BODY_MB),
            tick_hours=24 if (hours := _number(env, "MEMCUBE_TICK_HOURS", 24 * 365)) is None else hours,
            model=ModelSettings.load(env),
        )

    def bootstrap(self) -> str:
        """The broker's address: the one that is set, else the running system's; raises `NotRunning`."""
        return self.kafka or self.data.system().kafka


def _held(lock: Path) -> bool:
    """Whether some process holds the lock; raises `OSError` if there is none."""
    with lock.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _one_of(env: Mapping[str, str], name: str, known: tuple[Any, ...]) -> Any:
    """The first is the default."""
    given = env.get(name) or known[0]
    if given not in known:
        raise Setup(f"{name} is {given!r}: use one of {', '.join(known)}")
    return given


def _amount(env: Mapping[str, str], name: str, largest: int, default: int) -> int:
    """Of something without which nothing would work: 0 is refused, and not taken for the default."""
    return default if not env.get(name) else _whole(env[name], name, 1, largest)


def _number(env: Mapping[str, str], name: str, largest: int) -> int | None:
    return None if not env.get(name) else _whole(env[name], name, 0, largest)


def _whole(given: str, name: str, least: int, largest: int) -> int:
    if not given.isascii() or not given.isdigit() or not least <= int(given) <= largest:
        raise Setup(f"{name} is {given!r}: use a whole number from {least} to {largest}")
    return int(given)

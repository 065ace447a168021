"""A system whose gateway really listens; Kafka is a list behind it."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from typer.testing import Result

from gateway.http.__main__ import GatewayServer
from gateway.http.app import create_app
from gateway.http.services import Services
from infra.ports import free_port
from memcube.settings import Child, DataFolder, System
from tests.gateway.house import House

CHILDREN = tuple(Child(name, "ready", os.getpid()) for name in ("kafka", "memory", "audit", "gateway"))
Run = Callable[..., Result]


class Running:
    """A system as `up` leaves it on its data folder: the lock held, the addresses written down."""

    def __init__(self, root: Path, **house: Any) -> None:
        self.folder = DataFolder(root)
        self.house = House(root, **house)
        self.folder.run.mkdir(parents=True)
        self._lock = os.open(self.folder.lock, os.O_RDWR | os.O_CREAT)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        app = create_app(self._begin)
        config = uvicorn.Config(app, port=port, log_config=None, lifespan="on", timeout_graceful_shutdown=3)
        self._server = GatewayServer(config, app)
        self._thread = threading.Thread(target=self._server.run)
        self.write(CHILDREN)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    async def _begin(self) -> Services:
        self._loop = asyncio.get_running_loop()
        return await self.house.start()

    def look(self) -> None:
        """Have the gateway see how much waits, as it does every second."""
        asyncio.run_coroutine_threadsafe(self.house.backlog.look(), self._loop).result(10)

    def write(self, children: tuple[Child, ...]) -> None:
        system = System(
            os.getpid(), "2026-11-23T12:00:00+00:00", "127.0.0.1:9092", self.url, children, embedder="hash"
        )
        self.folder.state.write_bytes(msgspec.json.encode(system))

    def stop_gateway(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def stop(self) -> None:
        self.stop_gateway()
        os.close(self._lock)


def document(result: Result, exit_code: int = 0) -> dict[str, Any]:
    assert result.exit_code == exit_code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found

"""`python -m gateway.http --data DIR [--port N]`: the gateway, in the foreground, on this machine only."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

from gateway.http.app import create_app
from gateway.http.body import Limits
from gateway.http.connection import TimedProtocol
from gateway.http.services import Services
from gateway.http.wiring import wire
from memcube import metrics
from memcube.errors import Setup
from memcube.logs import configure
from memcube.settings import DEFAULT_GATEWAY_PORT, Settings

# Below the supervisor's patience: a caller who waits for an event must not hold up a stop.
_STOP_S: Final = 3
# As uvicorn itself ends when its port is taken.
_NOT_STARTED: Final = 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m gateway.http", description="MemCube over HTTP.")
    parser.add_argument("--data", type=Path, help="the system's data folder (default: MEMCUBE_DATA)")
    parser.add_argument("--port", type=int, help="0: any free one (default: MEMCUBE_GATEWAY_PORT, else 8700)")
    options = parser.parse_args()
    configure(f"gateway@{os.getpid()}")
    # It repeats every refused connection as an error; what of it matters is told by `gateway.bus`.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        settings = Settings.load(options.data)
    except Setup as error:
        structlog.get_logger().error("cannot start", error=str(error))
        return 2

    metrics.start_gateway()

    async def start() -> Services:
        return wire(settings)

    # uvicorn stops on these signals and then sends them again to whoever listened before it: nobody must
    # die of that, since a stop that was asked for is no failure.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _heard)
    app = create_app(start, limits=Limits(settings.max_body_mb * 1024 * 1024))
    config = uvicorn.Config(
        app,
        http=TimedProtocol,
        host="127.0.0.1",
        port=next(
            port for port in (options.port, settings.gateway_port, DEFAULT_GATEWAY_PORT) if port is not None
        ),
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=_STOP_S,
    )
    server = GatewayServer(config, app)
    server.run()
    return 0 if server.started else _NOT_STARTED


class GatewayServer(uvicorn.Server):
    """Ends the streams of updates when it is asked to stop: uvicorn alone would wait for their readers."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        services: Services = self._app.state.services
        services.streams.end()
        await super().shutdown(sockets)


def _heard(_number: int, _frame: FrameType | None) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())

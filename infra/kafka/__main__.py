"""`python -m infra.kafka --folder DIR --port N`: the embedded broker alone, in the foreground.

`python -m infra.kafka --fetch` only brings what it needs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from infra.errors import InfraError
from infra.kafka import EmbeddedBroker, JarProgress
from infra.kafka.broker import bring_runtime


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.kafka", description="A one-node Kafka, alone.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--folder", type=Path, help="run it; its data are kept here")
    what.add_argument("--fetch", action="store_true", help="only bring what it needs into the cache")
    parser.add_argument("--port", type=int, default=0, help="0: the last one used here, or any free one")
    options = parser.parse_args()
    try:
        if options.fetch:
            bring_runtime(os.environ, _show)
            return 0
        broker = EmbeddedBroker(options.folder, options.port)
        broker.prepare(_show)
        return asyncio.run(_serve(broker))
    except InfraError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:  # during the preparation, which is taken up again next time
        return 130


async def _serve(broker: EmbeddedBroker) -> int:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    starting = asyncio.create_task(broker.start())
    stopping = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.is_set():
            await starting
            _say(f"Kafka answers at {broker.bootstrap} (pid {broker.pid})")
            ended = asyncio.create_task(broker.ended())
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if asked.is_set():
            return 0
        _say("Kafka ended by itself; its log is broker.log in its folder")
        return 1
    finally:
        starting.cancel()
        await broker.stop()


def _show(progress: JarProgress) -> None:
    _say(f"{progress.done}/{progress.total} {progress.what}")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())

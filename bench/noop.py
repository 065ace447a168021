"""`python -m bench.noop`: a Faust agent that does nothing, with the settings of our stream workers.

The least that this way of reading Kafka costs; what a worker costs is told as a multiple of it. It says
`ready` and `done` on standard output.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

import faust

from schemas.topics import EVENTS
from streams.faust_runtime import HEARTBEAT_S, SESSION_S
from streams.log import BATCH_LIMIT


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.noop", description="Read events and do nothing.")
    parser.add_argument("--kafka", required=True, help="the broker's address")
    parser.add_argument("--folder", required=True, type=Path, help="where Faust may write")
    parser.add_argument("--expect", required=True, type=int, help="say `done` after so many events")
    options = parser.parse_args()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = _app(options.kafka, options.folder, options.expect)
    faust.Worker(
        app, loop=loop, loglevel="WARN", override_logging=False, quiet=True
    ).execute_from_commandline()


def _app(kafka: str, folder: Path, expect: int) -> faust.App:
    folder.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        "bench-noop",
        broker=f"kafka://{kafka}",
        datadir=folder,
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        consumer_group_instance_id="bench-noop",
        consumer_auto_offset_reset="earliest",
        stream_buffer_maxsize=4 * BATCH_LIMIT,
        key_serializer="raw",
        value_serializer="raw",
    )
    channel = app.topic(EVENTS.name, key_type=bytes, value_type=bytes, acks=False)

    @app.agent(channel, name="noop", concurrency=1)
    async def noop(stream: Any) -> None:
        seen = 0
        async for _ in stream.events():
            seen += 1
            if seen == expect:
                print("done", flush=True)

    @app.on_partitions_assigned.connect
    async def assigned(*_: Any, **__: Any) -> None:
        print("ready", flush=True)

    return app


if __name__ == "__main__":
    main()

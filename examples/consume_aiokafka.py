"""Keep a copy of all memories from `memory.updates`, with aiokafka and nothing of ours.

    python examples/consume_aiokafka.py --bootstrap 127.0.0.1:9092 --gateway http://127.0.0.1:8700 --once

Reads the topic from its start, prints every memory that there is as a line of JSON, then every change as
it comes; with --once it ends at the end. Both addresses stand in what `memcube status` prints. Bodies are
sealed on the topic: the gateway opens them. Without --gateway the texts stay closed.
"""

# ruff: noqa: S310, T201 - the address is yours, and what is printed is the result

from __future__ import annotations

import argparse
import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

from aiokafka import AIOKafkaConsumer

TOPIC = "memory.updates"
Memories = dict[bytes, dict[str, Any]]


def keep(memories: Memories, key: bytes, headers: list[tuple[str, bytes]], value: bytes | None) -> bool:
    """Let a record into the copy; whether it has changed anything."""
    if value is None:  # a tombstone: the memory was erased
        return memories.pop(key, None) is not None
    attributes = {name[3:]: given.decode() for name, given in headers if name.startswith("ce_")}
    event = {**attributes, "data": json.loads(value)}
    if key in memories and memories[key]["data"]["version"] >= event["data"]["version"]:
        return False  # delivered again: the highest version counts
    memories[key] = event
    return True


def shown(event: dict[str, Any], gateway: str | None) -> str:
    """A memory as a line of JSON. `text` is null where nobody may open it any more."""
    data = event["data"]
    line = {name: data[name] for name in ("subject", "cube_id", "version", "state", "form", "valid_from")}
    if data["body"]["kind"] == "sealed" and gateway is not None:
        request = urllib.request.Request(
            f"{gateway}/v1/open", json.dumps(event).encode(), {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                data = json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code != 410:  # 410: forgotten, or its key was destroyed
                raise
    return json.dumps({**line, "text": data["body"].get("text")})


def change(memories: Memories, key: bytes, gateway: str | None) -> str:
    """What has become of a memory."""
    if key in memories:
        return shown(memories[key], gateway)
    return json.dumps({"erased": key.decode()})


async def follow(bootstrap: str, gateway: str | None, *, once: bool) -> None:
    """Catch up, print, and go on until interrupted."""
    memories: Memories = {}
    # No group: each reader has the whole topic. A service would keep its copy and its offsets together.
    async with AIOKafkaConsumer(TOPIC, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while [place for place, end in ends.items() if await consumer.position(place) < end]:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    keep(memories, record.key, record.headers, record.value)
        for event in memories.values():
            print(await asyncio.to_thread(shown, event, gateway), flush=True)
        if once:
            return
        async for record in consumer:
            if keep(memories, record.key, record.headers, record.value):
                print(await asyncio.to_thread(change, memories, record.key, gateway), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Follow memory.updates.")
    parser.add_argument("--bootstrap", required=True, help="host:port of Kafka, as `memcube status` shows it")
    parser.add_argument("--gateway", help="http://host:port of the gateway, which opens sealed bodies")
    parser.add_argument("--once", action="store_true", help="end at the end of the topic")
    given = parser.parse_args()
    asyncio.run(follow(given.bootstrap, given.gateway, once=given.once))

"""Tell MemCube what a person said, with aiokafka and nothing of ours.

    python examples/publish_aiokafka.py --bootstrap 127.0.0.1:9092 --user ana "I live in Hamburg."

The address of Kafka stands in what `memcube status` prints, in the line "kafka".
"""

# ruff: noqa: T201 - what is printed is the result

from __future__ import annotations

import argparse
import asyncio
import json
import uuid
from datetime import UTC, datetime
from urllib.parse import quote

from aiokafka import AIOKafkaProducer


async def publish(bootstrap: str, tenant: str, user: str, text: str) -> None:
    """Send one event, and say where Kafka has put it."""
    # Whose memory it is. aiokafka hashes keys as Java does, so the event meets its own partition.
    key = f"{quote(tenant, safe='')}/user:{quote(user, safe=':')}"
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid.uuid4()),  # the same id twice is one event: to send again is safe
        "ce_type": "memcube.conversation.prompt.v1",
        "ce_source": "/examples/aiokafka",
        "ce_time": datetime.now(UTC).isoformat(),  # when it was said; decides what is true now
        "content-type": "application/json",
    }
    value = {"tenant": tenant, "user_id": user, "body": {"kind": "plain", "text": text}}
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        sent = await producer.send_and_wait(
            "memory.events",
            key=key.encode(),
            headers=[(name, given.encode()) for name, given in headers.items()],
            value=json.dumps(value).encode(),
        )
    print(json.dumps({"event_id": headers["ce_id"], "partition": sent.partition, "offset": sent.offset}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Publish one prompt to memory.events.")
    parser.add_argument("--bootstrap", required=True, help="host:port of Kafka, as `memcube status` shows it")
    parser.add_argument("--tenant", default="default")
    parser.add_argument("--user", required=True)
    parser.add_argument("text", help="what the person said")
    given = parser.parse_args()
    asyncio.run(publish(given.bootstrap, given.tenant, given.user, given.text))

"""Keep a copy of all memories from `memory.updates`, with confluent-kafka and nothing of ours.

    python examples/consume_confluent.py --bootstrap 127.0.0.1:9092 --gateway http://127.0.0.1:8700 --once

Reads the topic from its start, prints every memory that there is as a line of JSON, then every change as
it comes; with --once it ends at the end. Both addresses stand in what `memcube status` prints. Bodies are
sealed on the topic: the gateway opens them. Without --gateway the texts stay closed.
"""

# ruff: noqa: S310, SLF001, T201 - the address is yours, the library names a code so, and prints are the result

from __future__ import annotations

import argparse
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

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


def follow(bootstrap: str, gateway: str | None, *, once: bool) -> None:
    """Catch up, print, and go on until interrupted."""
    memories: Memories = {}
    caught_up = False
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "example",  # asked for by the library; with assign() it is not used
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    try:
        for record in records(consumer):
            if record is not None:
                changed = keep(memories, record.key(), record.headers(), record.value())
                if changed and caught_up:
                    print(change(memories, record.key(), gateway), flush=True)
                continue
            caught_up = True
            for event in memories.values():
                print(shown(event, gateway), flush=True)
            if once:
                return
    finally:
        consumer.close()


def records(consumer: Consumer) -> Iterator[Message | None]:
    """All records of the topic from its start; once None, when its end is reached for the first time."""
    behind = set(consumer.list_topics(TOPIC, timeout=30).topics[TOPIC].partitions)
    consumer.assign([TopicPartition(TOPIC, number, OFFSET_BEGINNING) for number in behind])
    while True:
        record = consumer.poll(1)
        error = record.error() if record is not None else None
        if error is not None and error.code() == KafkaError._PARTITION_EOF:
            if behind == {record.partition()}:
                yield None
            behind.discard(record.partition())
        elif error is not None:
            raise KafkaException(error)
        elif record is not None:
            yield record


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Follow memory.updates.")
    parser.add_argument("--bootstrap", required=True, help="host:port of Kafka, as `memcube status` shows it")
    parser.add_argument("--gateway", help="http://host:port of the gateway, which opens sealed bodies")
    parser.add_argument("--once", action="store_true", help="end at the end of the topic")
    given = parser.parse_args()
    follow(given.bootstrap, given.gateway, once=given.once)

"""Tell MemCube what a person said, with confluent-kafka and nothing of ours.

    python examples/publish_confluent.py --bootstrap 127.0.0.1:9092 --user ana "I live in Hamburg."

The address of Kafka stands in what `memcube status` prints, in the line "kafka".
"""

# ruff: noqa: T201 - what is printed is the result

from __future__ import annotations

import argparse
import json
import uuid
from datetime import UTC, datetime
from urllib.parse import quote

from confluent_kafka import KafkaError, KafkaException, Message, Producer


def publish(bootstrap: str, tenant: str, user: str, text: str) -> None:
    """Send one event, and say where Kafka has put it."""
    key = f"{quote(tenant, safe='')}/user:{quote(user, safe=':')}"  # whose memory it is
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid.uuid4()),  # the same id twice is one event: to send again is safe
        "ce_type": "memcube.conversation.prompt.v1",
        "ce_source": "/examples/confluent",
        "ce_time": datetime.now(UTC).isoformat(),  # when it was said; decides what is true now
        "content-type": "application/json",
    }
    value = {"tenant": tenant, "user_id": user, "body": {"kind": "plain", "text": text}}

    def delivered(error: KafkaError | None, sent: Message) -> None:
        if error is not None:
            raise KafkaException(error)
        where = {"event_id": headers["ce_id"], "partition": sent.partition(), "offset": sent.offset()}
        print(json.dumps(where))

    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,  # implies acks=all
            # librdkafka's own default is another hash than Java's. MemCube would send the event again to
            # its partition, so nothing would be lost; but it would come later.
            "partitioner": "murmur2_random",
        }
    )
    producer.produce(
        "memory.events",
        key=key,
        headers=headers,
        value=json.dumps(value).encode(),
        on_delivery=delivered,
    )
    if producer.flush(30):
        raise TimeoutError(f"not delivered within 30 s: is Kafka at {bootstrap}?")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Publish one prompt to memory.events.")
    parser.add_argument("--bootstrap", required=True, help="host:port of Kafka, as `memcube status` shows it")
    parser.add_argument("--tenant", default="default")
    parser.add_argument("--user", required=True)
    parser.add_argument("text", help="what the person said")
    given = parser.parse_args()
    publish(given.bootstrap, given.tenant, given.user, given.text)

"""Each shape in which an event may be handed over makes the same document."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka.structs import ConsumerRecord
from cloudevents.core.bindings import kafka as kafka_v2
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as CloudEventV2
from cloudevents.v1 import kafka as kafka_v1
from cloudevents.v1.http import CloudEvent as CloudEventV1

from memcube import AsyncClient, Client
from memcube.client import BadCall
from memcube.client.opening import structured
from schemas.body import Sealed
from schemas.envelope import encode
from schemas.events import Prompt
from schemas.subject import Subject
from tests.client.twins import DONE, Gateway, ask, both

WHEN = datetime(2026, 3, 1, 9, 30, 15, tzinfo=UTC)
KEY, HEADERS, VALUE = encode(
    Prompt(tenant="default", user_id="ana", body=Sealed("k1", b"nonce", b"ciphertext"), source_id="m1"),
    event_id="e1",
    source="memcube/gateway",
    time=WHEN,
    subject=Subject("default", "user", "ana"),
)
ATTRIBUTES = {
    "specversion": "1.0",
    "id": "e1",
    "type": "memcube.conversation.prompt.v1",
    "source": "memcube/gateway",
    "subject": "default/user:ana",
    "time": "2026-03-01T09:30:15+00:00",
}
DOCUMENT = {**ATTRIBUTES, "data": json.loads(VALUE)}


def aiokafka_record(value: bytes | None = VALUE, headers: Any = HEADERS) -> Any:
    return ConsumerRecord("memory.events", 3, 7, 0, 0, KEY, value, None, len(KEY), len(VALUE), headers)


class ConfluentMessage:
    """As `confluent_kafka.Message`, which only the library itself can make: its parts are methods."""

    def __init__(self, value: bytes | None = VALUE, headers: Any = HEADERS) -> None:
        self._value = value
        self._headers = headers

    def value(self) -> bytes | None:
        return self._value

    def headers(self) -> Any:
        return list(self._headers) if self._headers else None


SHAPES = {
    "aiokafka": aiokafka_record(),
    "confluent-kafka": ConfluentMessage(),
    "pair": (HEADERS, VALUE),
    "pair of lists and text": ([list(header) for header in HEADERS], VALUE.decode()),
    "pair with a dict": (dict(HEADERS), VALUE),
    "KafkaMessage of cloudevents v1": kafka_v1.KafkaMessage(dict(HEADERS), KEY, VALUE),
    "KafkaMessage of cloudevents v2": kafka_v2.KafkaMessage(dict(HEADERS), KEY, VALUE),
    "structured": DOCUMENT,
    "structured record": ({"content-type": b"application/cloudevents+json"}, json.dumps(DOCUMENT).encode()),
    "CloudEvent v1": CloudEventV1(ATTRIBUTES, json.loads(VALUE)),
    "CloudEvent v1 from Kafka": kafka_v1.from_binary(kafka_v1.KafkaMessage(dict(HEADERS), None, VALUE)),
    "CloudEvent v1 with bytes": CloudEventV1(ATTRIBUTES, VALUE),
    "CloudEvent v2": CloudEventV2({**ATTRIBUTES, "time": WHEN}, json.loads(VALUE)),
    "CloudEvent v2 from Kafka": kafka_v2.from_binary(
        kafka_v2.KafkaMessage(dict(HEADERS), None, VALUE), JSONFormat()
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_the_same_event(shape: str) -> None:
    found = structured(SHAPES[shape])
    assert {name: found[name] for name in DOCUMENT} == DOCUMENT
    assert found.keys() - DOCUMENT.keys() <= {"datacontenttype"}


def test_the_key_that_cloudevents_adds_does_no_harm() -> None:
    event = kafka_v2.from_binary(kafka_v2.KafkaMessage(dict(HEADERS), KEY, VALUE), JSONFormat())
    assert structured(event)["partitionkey"] == KEY.decode()
    json.dumps(structured(event))


@both
@pytest.mark.parametrize(
    ("event", "said"),
    [
        (aiokafka_record(value=None, headers=()), "tombstone"),
        (ConfluentMessage(value=None, headers=None), "tombstone"),
        (aiokafka_record(headers=()), "ce_"),
        (ConfluentMessage(headers=None), "ce_"),
        ((HEADERS, b"not JSON"), "JSON object"),
        ((HEADERS, b"[]"), "JSON object"),
        ((HEADERS, b"\xff"), "JSON object"),
        ((HEADERS, 3), "int"),
        ((3, VALUE), "int"),
        (([b"ce_id"], VALUE), "pair"),
        (CloudEventV1(ATTRIBUTES, None), "NoneType"),
        (VALUE, "aiokafka"),
        (None, "aiokafka"),
    ],
)
def test_what_cannot_be_opened_is_refused_before_anything_is_sent(
    twin: type[Client | AsyncClient], event: Any, said: str
) -> None:
    gateway = Gateway(DONE)
    with pytest.raises(BadCall, match=said):
        ask(twin, gateway, lambda client: client.open(event))
    assert not gateway.requests

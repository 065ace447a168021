"""Strangers' software agrees: the `cloudevents` package reads what we write and writes what we read, and a
JSON Schema validator finds our events valid."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import jsonschema_rs
import msgspec
import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1 import kafka as kafka_v1
from cloudevents.v1.http import CloudEvent as CloudEventV1
from hypothesis import given
from hypothesis import strategies as st

from schemas.documents import json_schema
from schemas.envelope import MAX_MEMORIES, MAX_NAME_LENGTH, MAX_PARENTS, Headers, decode, encode, encode_data
from schemas.errors import ContractError
from schemas.events import INCOMING, MAX_TEXT_BYTES, OUTGOING, Incoming, Outgoing, type_of
from schemas.subject import MAX_ID_LENGTH, Subject
from tests.schemas.anything import Said, incoming, names, outgoing, said, subjects

Record = tuple[bytes | None, Headers, bytes]
VALIDATORS: Final = {
    name: jsonschema_rs.validator_for(json_schema(struct), validate_formats=True)
    for name, struct in {**INCOMING, **OUTGOING}.items()
}


# --- we write, they read -----------------------------------------------------------------------------


def read_by_v2(record: Record) -> tuple[dict[str, Any], Any]:
    key, headers, value = record
    event = kafka.from_kafka_event(kafka.KafkaMessage(headers=dict(headers), key=key, value=value))
    assert isinstance(event, CloudEvent)
    return event.get_attributes(), event.get_data()


def read_by_v1(record: Record) -> tuple[dict[str, Any], Any]:
    key, headers, value = record
    event = kafka_v1.from_binary(kafka_v1.KafkaMessage(dict(headers), key, value))
    attributes = dict(event.get_attributes())
    attributes["time"] = datetime.fromisoformat(attributes["time"])
    attributes["partitionkey"] = attributes["partitionkey"].decode()
    return attributes, event.get_data()


@pytest.mark.parametrize("read", [read_by_v2, read_by_v1])
@given(data=st.one_of(incoming(), outgoing), said=said, subject=subjects)
def test_cloudevents_reads_what_we_write(
    read: Callable[[Record], tuple[dict[str, Any], Any]],
    data: Incoming | Outgoing,
    said: Said,
    subject: Subject,
) -> None:
    record = encode(data, event_id=said.id, source=said.source, time=said.time, subject=subject)
    attributes, payload = read(record)
    assert attributes == {
        "specversion": "1.0",
        "id": said.id,
        "type": type_of(data),
        "source": said.source,
        "time": said.time,
        "subject": subject.key,
        "datacontenttype": "application/json",
        "partitionkey": subject.key,
    }
    assert attributes["time"].utcoffset() == said.time.utcoffset()
    assert msgspec.convert(payload, type(data)) == data


# --- they write, we read -----------------------------------------------------------------------------


def written_by_v2(attributes: dict[str, Any], data: dict[str, Any], key: str | None) -> Record:
    if key is not None:
        attributes = {**attributes, "partitionkey": key}
    message = kafka.to_binary_event(CloudEvent(attributes, data))
    return _record(message.key, message.headers, message.value)


def written_by_v1(attributes: dict[str, Any], data: dict[str, Any], key: str | None) -> Record:
    # Its first version knows times as text only, and does not write an event without a content type.
    time = attributes["time"].isoformat()
    attributes = {"datacontenttype": "application/json", **attributes, "time": time}
    if key is not None:
        attributes["partitionkey"] = key
    message = kafka_v1.to_binary(CloudEventV1(attributes, data))
    return _record(message.key, message.headers, message.value)


def _record(key: str | bytes | None, headers: dict[str, bytes], value: str | bytes) -> Record:
    sent = (part.encode() if isinstance(part, str) else part for part in (key, value))
    return next(sent), tuple(headers.items()), next(sent) or b""


@pytest.mark.parametrize("write", [written_by_v2, written_by_v1])
@given(
    data=incoming(),
    said=said,
    keyed=st.booleans(),
    optional=st.fixed_dictionaries(
        {}, optional={"datacontenttype": st.just("application/json"), "mood": names}
    ),
)
def test_we_read_what_cloudevents_writes(
    write: Callable[[dict[str, Any], dict[str, Any], str | None], Record],
    data: Incoming,
    said: Said,
    keyed: bool,
    optional: dict[str, str],
) -> None:
    """With a key and without, with extensions and without, and without the type in the value."""
    attributes = {**msgspec.structs.asdict(said), "type": type_of(data), **optional}
    payload = json.loads(encode_data(data))
    del payload["type"]
    event = decode(*write(attributes, payload, data.subject().key if keyed else None))
    assert Said(event.id, event.source, event.time) == said
    assert event.time.utcoffset() == said.time.utcoffset()
    assert event.data == data


# --- JSON Schema ---------------------------------------------------------------------------------------


@given(st.one_of(incoming(), outgoing))
def test_what_we_encode_is_valid_under_its_schema(data: Incoming | Outgoing) -> None:
    VALIDATORS[type_of(data)].validate(json.loads(encode_data(data)))


def prompt(**changes: Any) -> tuple[str, dict[str, Any]]:
    fields = {"tenant": "t", "user_id": "ada", "body": {"kind": "plain", "text": "I live in Lisbon."}}
    return "memcube.conversation.prompt.v1", {**fields, **changes}


def extracted(count: int, processor: str = "p/1") -> tuple[str, dict[str, Any]]:
    memories = [{"kind": "plain", "text": "x"}] * count
    fields = {"tenant": "t", "user_id": "ada", "parents": [], "memories": memories, "processor": processor}
    return "memcube.result.extracted.v1", fields


def built(parents: int, block_id: str = "b", reason: str = "built") -> tuple[str, dict[str, Any]]:
    made_of = [{"cube_id": "c", "version": 1}] * parents
    fields = {"tenant": "t", "user_id": "ada", "block_id": block_id, "parents": made_of, "processor": "p/1"}
    return "memcube.result.built.v1", {**fields, "reason": reason}


def body(**fields: Any) -> dict[str, Any]:
    return {"body": {"kind": "plain", "text": "x", **fields}}


@pytest.mark.parametrize(
    ("taken", "refused"),
    [
        (prompt(tenant="t" * MAX_ID_LENGTH), prompt(tenant="t" * (MAX_ID_LENGTH + 1))),
        (prompt(tenant="t"), prompt(tenant="")),
        (prompt(user_id="t" * MAX_ID_LENGTH), prompt(user_id="t" * (MAX_ID_LENGTH + 1))),
        (prompt(user_id=None, group_id="g"), prompt(group_id="")),
        (prompt(source_id="s" * MAX_NAME_LENGTH), prompt(source_id="s" * (MAX_NAME_LENGTH + 1))),
        (prompt(source_id=None), prompt(source_id="")),
        (prompt(**body(name="n" * MAX_NAME_LENGTH)), prompt(**body(name="n" * (MAX_NAME_LENGTH + 1)))),
        (prompt(**body(name=None)), prompt(**body(name=""))),
        (prompt(**body(text="x" * MAX_TEXT_BYTES)), prompt(**body(text="x" * (MAX_TEXT_BYTES + 1)))),
        (prompt(**body(text="x")), prompt(**body(text=""))),
        (prompt(**body(kind="plain")), prompt(**body(kind="rot13"))),
        (extracted(MAX_MEMORIES), extracted(MAX_MEMORIES + 1)),
        (extracted(1, "p" * MAX_NAME_LENGTH), extracted(1, "p" * (MAX_NAME_LENGTH + 1))),
        (built(MAX_PARENTS), built(MAX_PARENTS + 1)),
        (built(1, "b" * MAX_NAME_LENGTH), built(1, "b" * (MAX_NAME_LENGTH + 1))),
        (built(1, reason="r"), built(1, reason="")),
    ],
)
def test_the_schemas_draw_each_limit_where_we_do(
    taken: tuple[str, dict[str, Any]], refused: tuple[str, dict[str, Any]]
) -> None:
    for (name, fields), is_taken in ((taken, True), (refused, False)):
        assert VALIDATORS[name].is_valid(fields) == is_taken
        headers = {
            "specversion": "1.0",
            "id": "e",
            "type": name,
            "source": "/s",
            "time": "2026-03-10T12:00:00Z",
        }
        record = tuple((f"ce_{key}", value.encode()) for key, value in headers.items())
        if is_taken:
            assert decode(None, record, json.dumps(fields).encode()).type == name
        else:
            with pytest.raises(ContractError):
                decode(None, record, json.dumps(fields).encode())


def test_every_time_in_the_schemas_says_that_it_is_one() -> None:
    for struct in (*INCOMING.values(), *OUTGOING.values()):
        for name, part in json_schema(struct)["properties"].items():
            if name.endswith(("_at", "_from", "_to")):
                one, *_ = part.get("anyOf", (part,))
                assert one == {"type": "string", "format": "date-time"}, (struct, name)

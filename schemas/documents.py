"""The contract as documents for other languages: a JSON Schema a type, and one AsyncAPI 3 page.

`python -m schemas.documents --write` makes them anew from the types; without it the command says
what is stale and ends with status 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.events import INCOMING, OUTGOING
from schemas.topics import AUDIT, DEADLETTER, EVENTS, RECALLS, TOPICS, UPDATES, Topic

FOLDER: Final = Path(__file__).parent / "contract"
CONTRACT_VERSION: Final = "1.0.0"
_TOPIC_OF: Final[Mapping[str, Topic]] = {
    "memcube.cube.updated.v1": UPDATES,
    "memcube.recall.served.v1": RECALLS,
    "memcube.audit.recorded.v1": AUDIT,
}
_ATTRIBUTES: Final[Mapping[str, str]] = {
    "ce_specversion": "1.0",
    "ce_id": "the event's own id; the same id twice is one event",
    "ce_type": "the type, with its version",
    "ce_source": "who writes, a URI reference",
    "ce_time": "when it happened, RFC 3339 with the offset of who said it",
    "ce_subject": "whose memory it is, as in the key (not needed on memory.events)",
    "content-type": "application/json",
}


def json_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """JSON Schema 2020-12 of one payload. The type stands in `ce_type`, so the payload need not repeat it."""
    (reference,), components = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    name = reference["$ref"].rsplit("/", 1)[1]
    root = components.pop(name)
    root["required"] = [field for field in root.get("required", ()) if field != "type"]
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **root}
    return {**schema, "$defs": components} if components else schema


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: the topics as channels, what applications send and what they receive."""
    messages = {name: _message(name) for name in (*INCOMING, *OUTGOING)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "MemCube events",
            "version": CONTRACT_VERSION,
            "description": "CloudEvents 1.0 in Kafka binary mode. At least once; applied once by id.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            "publish": _operation("receive", EVENTS, "Applications publish; MemCube receives."),
            "follow": _operation(
                "send", UPDATES, "Every change of a cube; readers keep the highest version."
            ),
            "observeRecalls": _operation("send", RECALLS, "Which cubes a recall returned."),
            "audit": _operation("send", AUDIT, "One record for every decision."),
        },
        "components": {"messages": messages},
    }


def documents() -> Iterator[tuple[str, bytes]]:
    """File name and content of every document, in a stable order."""
    for name, struct in {**INCOMING, **OUTGOING}.items():
        yield f"{name}.json", _pretty(json_schema(struct))
    yield "asyncapi.json", _pretty(asyncapi())


def breaking_changes(before: Mapping[str, Any], after: Mapping[str, Any], at: str = "$") -> list[str]:
    """What a reader of `before` would trip over in what `after` allows, and the other way round.

    A field that is gone, one that has become required, a type or a set of values that has changed.
    A new optional field is no such thing: readers ignore what they do not know.
    """
    found = [
        f"{at}: field {name} is gone"
        for name in before.get("properties", {})
        if name not in after.get("properties", {})
    ]
    found += [
        f"{at}: field {name} is required now"
        for name in set(after.get("required", ())) - set(before.get("required", ()))
    ]
    found += [
        f"{at}: field {name} is optional now"
        for name in set(before.get("required", ())) - set(after.get("required", ()))
    ]
    for key in ("type", "enum", "contentEncoding", "$ref"):
        if before.get(key) != after.get(key):
            found.append(f"{at}: {key} was {before.get(key)}, is {after.get(key)}")
    for part in ("properties", "$defs"):
        for name in before.get(part, {}).keys() & after.get(part, {}).keys():
            found += breaking_changes(before[part][name], after[part][name], f"{at}.{name}")
    for key in ("items",):
        if isinstance(before.get(key), dict) and isinstance(after.get(key), dict):
            found += breaking_changes(before[key], after[key], f"{at}[]")
    if before.get("anyOf") != after.get("anyOf"):
        found.append(f"{at}: the alternatives have changed")
    return sorted(found)


def main() -> int:
    """Write the documents, or say which are stale."""
    parser = argparse.ArgumentParser(prog="python -m schemas.documents", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the documents instead of checking them")
    options = parser.parse_args()
    wanted = dict(documents())
    if options.write:
        FOLDER.mkdir(exist_ok=True)
        for name, content in wanted.items():
            (FOLDER / name).write_bytes(content)
        return 0
    present = {path.name: path.read_bytes() for path in FOLDER.glob("*.json")}
    stale = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
    for name in stale:
        print(f"stale: {name}: run `python -m schemas.documents --write` and commit it", file=sys.stderr)  # noqa: T201
    return 1 if stale else 0


def _message(name: str) -> dict[str, Any]:
    struct = {**INCOMING, **OUTGOING}[name]
    return {
        "name": name,
        "summary": (struct.__doc__ or "").strip().splitlines()[0],
        "headers": {
            "type": "object",
            "properties": {
                header: {"type": "string", "description": text} for header, text in _ATTRIBUTES.items()
            },
            "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time"],
        },
        "payload": {"$ref": f"./{name}.json"},
    }


def _channel(topic: Topic) -> dict[str, Any]:
    names = [name for name in OUTGOING if _TOPIC_OF[name] is topic] if topic is not EVENTS else list(INCOMING)
    return {
        "address": topic.name,
        "description": topic.carries
        if topic is not DEADLETTER
        else f"{topic.carries}: mc_reason, mc_error, mc_topic, mc_partition, mc_offset, mc_processor, mc_at",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions(),
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if topic.compacted else "delete"],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": topic.max_message_bytes,
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operation(action: str, topic: Topic, summary: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}, "summary": summary}


def _pretty(document: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


if __name__ == "__main__":
    sys.exit(main())

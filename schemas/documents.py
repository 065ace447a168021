"""The contract as documents for other languages: a JSON Schema a type, and one AsyncAPI 3 page.

`python -m schemas.documents --write` makes them anew from the types. Without options it says what is
stale, or breaks what was released, and ends with status 1. `--release` keeps them as a released version.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.envelope import MAX_EVENT_ID, MAX_MEMORIES, MAX_NAME_LENGTH, MAX_PARENTS
from schemas.events import INCOMING, JOBS, MAX_TEXT_BYTES, OUTGOING
from schemas.released import RELEASED, keep, objections, read_documents
from schemas.subject import KINDS, MAX_ID_LENGTH
from schemas.topics import ACTIVATION_JOBS, AUDIT, DEADLETTER, EVENTS, RECALLS, TOPICS, UPDATES, Topic

FOLDER: Final = Path(__file__).parent / "contract"
CONTRACT_VERSION: Final = "1.0.0"
_TOPIC_OF: Final[Mapping[str, Topic]] = {
    "memcube.cube.updated.v1": UPDATES,
    "memcube.recall.served.v1": RECALLS,
    "memcube.audit.recorded.v1": AUDIT,
    **dict.fromkeys(JOBS, ACTIVATION_JOBS),
}
_NAME: Final = {"minLength": 1, "maxLength": MAX_NAME_LENGTH}
_ID: Final = {"minLength": 1, "maxLength": MAX_ID_LENGTH}
# What is refused beyond the types, as far as JSON Schema can say it. Only for what we read: for what we
# write it would be a promise that no reader needs.
_LIMITS: Final[Mapping[str, Mapping[str, int]]] = {
    **dict.fromkeys(("tenant", *(f"{kind}_id" for kind in KINDS)), _ID),
    **dict.fromkeys(("source_id", "processor", "name"), _NAME),
    "text": {"minLength": 1, "maxLength": MAX_TEXT_BYTES},
    **dict.fromkeys(("block_id", "reason"), _NAME),
    "memories": {"maxItems": MAX_MEMORIES},
    "parents": {"maxItems": MAX_PARENTS},
}
_ATTRIBUTES: Final[Mapping[str, Mapping[str, Any]]] = {
    "ce_specversion": {"enum": ["1.0"]},
    "ce_id": {
        "minLength": 1,
        "maxLength": MAX_EVENT_ID,
        "description": "the event's own id; the same id twice is one event",
    },
    "ce_type": {"description": "the type, with its version"},
    "ce_source": {
        "minLength": 1,
        "maxLength": MAX_EVENT_ID,
        "description": "who writes, a URI reference",
    },
    "ce_time": {
        "format": "date-time",
        "description": "when it happened, RFC 3339 with the offset of who said it",
    },
    "ce_subject": {"description": "whose memory it is, as in the key (not needed on memory.events)"},
    "content-type": {"description": "application/json"},
}
_SUBJECT: Final = f"[^/]+/({'|'.join(KINDS)}):[^/]+"
_KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    EVENTS.name: {"pattern": f"^{_SUBJECT}$", "description": "tenant/kind:id, each part percent-encoded"},
    UPDATES.name: {"pattern": f"^{_SUBJECT}/[^/]+$", "description": "the subject's key / the cube's id"},
    RECALLS.name: {"pattern": f"^{_SUBJECT}$", "description": "tenant/kind:id, each part percent-encoded"},
    ACTIVATION_JOBS.name: {
        "pattern": f"^{_SUBJECT}$",
        "description": "tenant/kind:id, each part percent-encoded",
    },
    AUDIT.name: {"description": "the tenant"},
}


def json_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """JSON Schema 2020-12 of one payload. The type stands in `ce_type`, so the payload need not repeat it."""
    (reference,), components = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    name = reference["$ref"].rsplit("/", 1)[1]
    root = components.pop(name)
    root["required"] = [field for field in root.get("required", ()) if field != "type"]
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **root}
    schema = _plain({**schema, "$defs": components} if components else schema)
    return _limited(schema) if struct in INCOMING.values() else schema


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: the topics as channels, what applications send and what they receive."""
    messages = {name: _message(name, _TOPIC_OF.get(name, EVENTS)) for name in (*INCOMING, *OUTGOING)}
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
            "build": _operation("send", ACTIVATION_JOBS, "Blocks to be prefilled, and those to be dropped."),
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


def main() -> int:
    """Write the documents, keep them as released, or say what is wrong with them."""
    parser = argparse.ArgumentParser(prog="python -m schemas.documents", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the documents instead of checking them")
    parser.add_argument("--release", action="store_true", help="write them, and keep them as released")
    options = parser.parse_args()
    wanted = dict(documents())
    wrong = [] if options.write else objections(wanted, CONTRACT_VERSION, RELEASED)
    if options.write or (options.release and not wrong):
        _write(wanted)
    if options.release and not wrong:
        keep(wanted, CONTRACT_VERSION, RELEASED)
    wrong += stale()
    for line in wrong:
        print(line, file=sys.stderr)  # noqa: T201
    return 1 if wrong else 0


def stale(folder: Path = FOLDER) -> list[str]:
    """What in the folder is not as the types have it, and what to do about it."""
    wanted, present = dict(documents()), read_documents(folder)
    return [
        f"stale: schemas/contract/{name}: run `make contract` (python -m schemas.documents --write)"
        for name in sorted(wanted.keys() | present.keys())
        if wanted.get(name) != present.get(name)
    ]


def _write(wanted: Mapping[str, bytes]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in read_documents(FOLDER).keys() - wanted.keys():
        (FOLDER / name).unlink()
    for name, content in wanted.items():
        (FOLDER / name).write_bytes(content)


def _plain(part: Any) -> Any:
    """Without OpenAPI's `discriminator`: JSON Schema does not know it, and AsyncAPI another by that name."""
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {name: _plain(value) for name, value in part.items() if name != "discriminator"}


def _limited(schema: dict[str, Any]) -> dict[str, Any]:
    """With the limits of its fields, and of those of its `$defs`."""
    fields = schema.get("properties", {})
    for name in fields.keys() & _LIMITS.keys():
        one, *_ = fields[name].get("anyOf", (fields[name],))  # a field that may be null has its type first
        one.update(_LIMITS[name])
    for part in schema.get("$defs", {}).values():
        _limited(part)
    return schema


def _message(name: str, topic: Topic) -> dict[str, Any]:
    struct = {**INCOMING, **OUTGOING}[name]
    attributes = {header: {"type": "string", **rest} for header, rest in _ATTRIBUTES.items()}
    attributes["ce_type"]["enum"] = [name]
    optional = ("ce_subject", "content-type") if topic is EVENTS else ()
    return {
        "name": name,
        "summary": (struct.__doc__ or "").strip().splitlines()[0],
        "headers": {
            "type": "object",
            "properties": attributes,
            "required": [header for header in attributes if header not in optional],
        },
        "payload": {"$ref": f"./{name}.json"},
        "bindings": {
            "kafka": {"key": {"type": "string", **_KEYS[topic.name]}, "bindingVersion": "0.5.0"},
        },
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

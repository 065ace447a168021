"""A sealed event, in whatever shape a Kafka client or a CloudEvents library hands it over.

No such library is imported: what counts is the shape. `headers` and `value` as attributes (aiokafka, the
Kafka bindings of `cloudevents`) or as methods (confluent-kafka), `get_attributes` and `get_data`
(`cloudevents`), a pair of headers and value, or a mapping that is the structured JSON already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from memcube.client.errors import BadCall

_PREFIX: Final = "ce_"
_SHAPES: Final = (
    "open takes a Kafka record (aiokafka, confluent-kafka), a CloudEvent, a pair (headers, value), or a"
    " dict in structured JSON"
)


def structured(event: object) -> dict[str, Any]:
    """The event in the CloudEvents JSON format; raises `BadCall`."""
    if isinstance(event, Mapping):
        return {str(name): _attribute(value) for name, value in event.items()}
    if hasattr(event, "get_attributes") and hasattr(event, "get_data"):
        return _of_attributes(event.get_attributes(), event.get_data())
    if hasattr(event, "headers") and hasattr(event, "value"):
        return _of_record(_read(event.headers), _read(event.value))
    if isinstance(event, tuple) and len(event) == 2:
        return _of_record(*event)
    raise BadCall(f"{type(event).__name__} is no event: {_SHAPES}")


def _read(part: Any) -> Any:
    return part() if callable(part) else part


def _of_record(headers: object, value: object) -> dict[str, Any]:
    if value is None:
        raise BadCall("the record has no value: it is a tombstone, its cube was erased")
    found = dict(_pairs(headers))
    if not any(name.startswith(_PREFIX) for name in found):
        if b"cloudevents+json" in found.get("content-type", b""):
            return _object(value)
        raise BadCall("the record has no ce_* headers: it is no CloudEvent of MemCube")
    attributes = {
        name.removeprefix(_PREFIX): raw.decode(errors="replace")
        for name, raw in found.items()
        if name.startswith(_PREFIX)
    }
    return {**attributes, "data": _object(value)}


def _pairs(headers: object) -> Iterable[tuple[str, bytes]]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    if not isinstance(pairs, Iterable):
        raise BadCall(f"headers are {type(headers).__name__}: {_SHAPES}")
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise BadCall(f"a header is a pair of a name and bytes, not {pair!r}")
        name, raw = pair
        if raw is not None:
            yield name.lower(), raw if isinstance(raw, bytes) else str(raw).encode()


def _of_attributes(attributes: Mapping[str, Any], data: object) -> dict[str, Any]:
    found = {name: _attribute(value) for name, value in attributes.items() if value is not None}
    return {**found, "data": _object(data)}


def _attribute(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _object(value: object) -> dict[str, Any]:
    """The payload, whether a library has parsed it or not."""
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, str | bytes | bytearray | memoryview):
        raise BadCall(f"the event's data is {type(value).__name__}: {_SHAPES}")
    try:
        return msgspec.json.decode(value, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadCall(f"the event's data is not a JSON object: {error}") from None

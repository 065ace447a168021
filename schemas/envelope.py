"""CloudEvents 1.0, Kafka protocol binding, binary content mode: attributes in `ce_*` headers, data as JSON.

`decode` is the only way in: it raises a `ContractError` with a stable reason for anything that is
not exactly an event of ours, and never anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from schemas.body import Body, Content, Plain
from schemas.errors import BadPayload, KeyMismatch, NewerVersion, NotAnEvent, TooLarge, UnknownType
from schemas.events import (
    INCOMING,
    JOBS,
    MAX_TEXT_BYTES,
    Build,
    Built,
    Edit,
    Extracted,
    Incoming,
    Job,
    Outgoing,
    Prompt,
    Remember,
    Reprocess,
    Response,
    type_of,
)
from schemas.subject import Subject

Headers = tuple[tuple[str, bytes], ...]

CONTENT_TYPE: Final = b"application/json"
MAX_EVENT_ID: Final = 256
MAX_NAME_LENGTH: Final = 256
# One event is one step of the stream: more would keep its subject waiting for seconds.
MAX_MEMORIES: Final = 256
# Of a block. At ten tokens a line it is more than the context of the models that run here.
MAX_PARENTS: Final = 4096
# Sealed lines of one job, in base64 and JSON: Kafka takes a message of 1 MiB with its headers.
MAX_JOB_BYTES: Final = 700_000
# A journal that starts in antiquity or ends in the year 9999 is a typing error; it also keeps every
# date far enough from the ends of `datetime` that adding an offset or a week cannot overflow.
EARLIEST: Final = datetime(1000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)

# CloudEvents: RFC 3339. Offsets are whole minutes, as everywhere since 1972; others would not survive.
_RFC3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_VERSIONED: Final = re.compile(r"(?P<name>memcube\.[a-z]+\.[a-z]+)\.v(?P<version>[1-9][0-9]{0,3})")
_encode = msgspec.json.Encoder().encode
_decoders = {name: msgspec.json.Decoder(struct) for name, struct in {**INCOMING, **JOBS}.items()}


class Event(msgspec.Struct, frozen=True):
    """A decoded event, or a job. `time` is when it happened, with the offset of who said it."""

    id: str
    type: str
    source: str
    time: datetime
    subject: Subject
    data: Incoming | Job


def encode(
    data: Incoming | Outgoing, *, event_id: str, source: str, time: datetime, subject: Subject
) -> tuple[bytes, Headers, bytes]:
    """Key, headers and value of the Kafka record that carries `data`."""
    headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", type_of(data).encode()),
        ("ce_source", source.encode()),
        ("ce_time", time.isoformat().encode()),
        ("ce_subject", subject.key.encode()),
        ("content-type", CONTENT_TYPE),
    )
    return subject.key.encode(), headers, encode_data(data)


def encode_data(data: Incoming | Outgoing) -> bytes:
    """The JSON of the payload. The type stands in `ce_type` as well as in the tag."""
    return _encode(data)


def decode(
    key: bytes | None,
    headers: Iterable[tuple[str, bytes | None]],
    value: bytes,
    known: Mapping[str, type[Incoming | Job]] = INCOMING,
) -> Event:
    """The event in a Kafka record, of a known type; raises a `ContractError` that says what is wrong."""
    attributes = _attributes(headers)
    event_type = _known_type(attributes, known)
    try:
        data = _decoders[event_type].decode(_tagged(value, event_type))
    except msgspec.ValidationError as error:
        raise BadPayload(f"{event_type}: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"value is not JSON: {error}") from None
    _check_fields(data)
    subject = data.subject()
    if key is not None and key != subject.key.encode():
        raise KeyMismatch(f"key {_shown(key)} but the payload's subject is {subject.key!r}")
    for body in bodies(data):
        if isinstance(body, Plain):
            check_content(body)
    return Event(
        id=_identifier("ce_id", attributes["ce_id"]),
        type=event_type,
        source=_identifier("ce_source", attributes["ce_source"]),
        time=_time(attributes.get("ce_time")),
        subject=subject,
        data=data,
    )


def _check_fields(data: Incoming | Job) -> None:
    """What the types alone do not say."""
    source_id = getattr(data, "source_id", None)
    if source_id is not None and not _is_name(source_id):
        raise BadPayload(f"source_id must be printable and at most {MAX_NAME_LENGTH} characters")
    if isinstance(data, Remember) and data.expires_at is not None and not _in_range(data.expires_at):
        raise BadPayload("expires_at is outside the years 1000 to 9000")
    if isinstance(data, Reprocess) and any(t and not _in_range(t) for t in (data.since, data.until)):
        raise BadPayload("since or until is outside the years 1000 to 9000")
    if isinstance(data, Extracted):
        _check_size("memories in one result", len(data.memories), MAX_MEMORIES)
    if isinstance(data, Build):
        _check_size("memories in one block", len(data.lines), MAX_PARENTS)
    if isinstance(data, Built):
        _check_size("parents of one block", len(data.parents), MAX_PARENTS)
    for name in ("processor", "block_id", "reason"):
        if not _is_name(getattr(data, name, name)):
            raise BadPayload(f"{name} must be printable and at most {MAX_NAME_LENGTH} characters")


def _check_size(what: str, count: int, most: int) -> None:
    if count > most:
        raise TooLarge(f"{count:,} {what}; at most {most:,} are taken")


def bodies(data: Incoming | Job) -> tuple[Body, ...]:
    """Every body of a payload, plain or sealed."""
    if isinstance(data, Build):
        return tuple(line.body for line in data.lines)
    if isinstance(data, Extracted):
        return data.memories
    return (data.body,) if isinstance(data, Prompt | Response | Remember | Edit) else ()


def check_content(content: Content) -> None:
    """Raise if the text is empty, too large or not text; applied after opening as well."""
    try:
        size = len(content.text.encode())
        # Control characters become six bytes each in JSON: the topics' limit is on what is sent.
        sent = len(_encode(content.text))
    except UnicodeEncodeError:
        raise BadPayload("text holds a lone surrogate, which is no character: send valid Unicode") from None
    if size > MAX_TEXT_BYTES or sent > 2 * MAX_TEXT_BYTES:
        raise TooLarge(f"text has {size:,} bytes; at most {MAX_TEXT_BYTES:,} are kept: split it into turns")
    if not any(char.isprintable() and not char.isspace() for char in content.text):
        raise BadPayload("text is empty: it holds nothing that can be read")
    if content.name is not None and not _is_name(content.name):
        raise BadPayload(f"name must be printable and at most {MAX_NAME_LENGTH} characters")


def _is_name(given: str) -> bool:
    return 0 < len(given) <= MAX_NAME_LENGTH and given.isprintable()


def _attributes(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, raw in headers:
        if name.startswith("ce_") and raw is not None:
            if name in found:
                raise NotAnEvent(f"header {name} stands twice: which one is meant?")
            try:
                found[name] = raw.decode()
            except UnicodeDecodeError:
                raise NotAnEvent(f"header {name} is not UTF-8") from None
    if found.get("ce_specversion") != "1.0":
        raise NotAnEvent(f"header ce_specversion must be 1.0, not {found.get('ce_specversion')!r}")
    for name in ("ce_id", "ce_type", "ce_source"):
        if not found.get(name):
            raise NotAnEvent(f"header {name} is missing or empty")
    return found


def _known_type(attributes: dict[str, str], types: Mapping[str, type[Incoming | Job]]) -> str:
    given = attributes["ce_type"]
    if given in types:
        return given
    match = _VERSIONED.fullmatch(given)
    versions = [int(v[-1]) for known in types if match and (v := known.rsplit(".v", 1))[0] == match["name"]]
    if match and versions and int(match["version"]) > max(versions):
        raise NewerVersion(f"{given}: this reader knows version {max(versions)}; upgrade, then retry")
    raise UnknownType(f"{given[:100]!r} is none of: {', '.join(sorted(types))}")


def _tagged(value: bytes, event_type: str) -> bytes:
    """The payload with its tag, which `ce_type` makes redundant and other producers leave out."""
    if value.lstrip()[:1] != b"{":
        return value
    fields = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    fields["type"] = msgspec.Raw(_encode(event_type))
    return _encode(fields)


def _identifier(name: str, given: str) -> str:
    if len(given) > MAX_EVENT_ID or not given.isprintable():
        raise NotAnEvent(f"header {name} must be printable and at most {MAX_EVENT_ID} characters")
    return given


def _time(given: str | None) -> datetime:
    if given is None:
        raise NotAnEvent("header ce_time is missing: when it happened decides what is true now")
    try:
        time = datetime.fromisoformat(given) if _RFC3339.fullmatch(given) else None
    except ValueError:
        time = None
    if time is None:
        raise NotAnEvent(f"header ce_time is no RFC 3339 time with a UTC offset: {given[:40]!r}")
    if not _in_range(time):
        raise NotAnEvent(f"header ce_time {given[:40]!r} is outside the years 1000 to 9000")
    return time


def _in_range(time: datetime) -> bool:
    try:
        return EARLIEST <= time <= LATEST
    except OverflowError:
        return False


def _shown(key: bytes) -> str:
    return ascii(key[:80].decode(errors="replace"))

"""The guard: every record of the log becomes an opened event, a re-sent message or a dead letter.

Nothing that a producer can write raises past this module, so one bad record never stops the stream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from memcube.errors import KeyDestroyed, Refused, SealBroken
from memcube.governance.sealing import Sealer, event_context, open_body
from memcube.store.record import OutboxMessage
from processors.step import Opened
from schemas.envelope import Event, bodies, decode
from schemas.errors import ContractError
from schemas.events import INCOMING, Incoming, Job
from schemas.partition import partition_for
from schemas.topics import DEADLETTER, EVENTS
from streams.log import Record

T = TypeVar("T")

# A message may quote the input; a dead letter's own headers must stay small enough to be written.
MAX_ERROR_LENGTH: Final = 1000
# What was written once may not fit again: its key may have been missing, and batches differ.
MAX_RESENT_BYTES: Final = EVENTS.max_message_bytes - 64 * 1024


class Misrouted(Exception):
    """The record is on another partition than its key's; `message` is the same event on its own."""

    def __init__(self, message: OutboxMessage) -> None:
        super().__init__(f"belongs to partition {message.partition}")
        self.message = message


class Reason(StrEnum):
    """What a worker itself finds wrong. What errors of the contract and the domain say is theirs."""

    TOMBSTONE = "tombstone"
    NOT_AN_EVENT = "not-an-event"
    BAD_PAYLOAD = "bad-payload"
    TOO_LARGE = "too-large"
    PROCESSOR_ERROR = "processor-error"
    UNKNOWN = "unknown"


class Refusal(Exception):
    """The record cannot be processed, now or after a restart; `reason` is short and stable."""

    def __init__(self, reason: Reason | ContractError | Refused | SealBroken, message: str = "") -> None:
        """By a reason of ours with its message, or by an error that brings both."""
        found = (reason, message) if isinstance(reason, Reason) else (reason.reason, str(reason))
        super().__init__(found[1])
        self.reason: str = found[0]


def admit(
    record: Record,
    sealer: Sealer,
    partitions: int,
    known: Mapping[str, type[Incoming | Job]] = INCOMING,
) -> Opened:
    """The event with its bodies opened, of a type that is known here; raises `Misrouted` or `Refusal`."""
    if record.value is None:
        what = "the value is null: an event has a value; to erase, send a forget command"
        raise Refusal(Reason.TOMBSTONE, what)
    try:
        event = decode(record.key, record.headers, record.value, known)
    except ContractError as error:
        raise Refusal(error) from error
    own = partition_for(event.subject.key.encode(), partitions)
    if own != record.partition:
        if len(record.value) > MAX_RESENT_BYTES:
            raise Refusal(
                Reason.TOO_LARGE, f"{len(record.value):,} bytes on the wrong partition cannot be re-sent"
            )
        raise Misrouted(_resend(record, event, own))
    try:
        contents = tuple(
            open_body(sealer, event.subject.key, body, event_context(event.type, event.id))
            for body in bodies(event.data)
        )
    except KeyDestroyed:
        return Opened(event, record.timestamp, contents=(), erased=True)
    except SealBroken as error:
        raise Refusal(error) from error
    except ContractError as error:
        raise Refusal(error) from error
    return Opened(event, record.timestamp, contents)


def own(record: Record, read: Callable[[bytes], T], what: str) -> tuple[str, T]:
    """The id and the payload of what only our own parts write, such as `what` ("a recall").

    Raises `Refusal`: anybody can write to a topic.
    """
    if record.value is None:
        raise Refusal(Reason.TOMBSTONE, f"the value is null: {what} is never erased")
    identifier = next((value for name, value in record.headers if name == "ce_id" and value), None)
    if identifier is None:
        raise Refusal(Reason.NOT_AN_EVENT, f"header ce_id is missing: it keeps {what} from counting twice")
    try:
        return identifier.decode(), read(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(Reason.BAD_PAYLOAD, f"not {what}: {error}") from error


def dead_letter(record: Record, refusal: Refusal, processor: str) -> OutboxMessage:
    """The bytes as they came; why they are here stands in the headers."""
    told = {
        "mc_reason": refusal.reason,
        "mc_error": str(refusal)[:MAX_ERROR_LENGTH],
        "mc_topic": record.topic,
        "mc_partition": str(record.partition),
        "mc_offset": str(record.offset),
        "mc_processor": processor,
        "mc_at": record.timestamp.isoformat(),
    }
    return OutboxMessage(
        topic=DEADLETTER.name,
        partition=0,
        # The client sends no record without a key and without a value: such a tombstone gets an empty key.
        key=b"" if record.key is None and record.value is None else record.key,
        headers=(*_present(record), *((name, text.encode(errors="replace")) for name, text in told.items())),
        value=record.value,
    )


def _resend(record: Record, event: Event, partition: int) -> OutboxMessage:
    return OutboxMessage(
        topic=record.topic,
        partition=partition,
        key=event.subject.key.encode(),
        headers=_present(record),
        value=record.value,
    )


def _present(record: Record) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, value) for name, value in record.headers if value is not None)

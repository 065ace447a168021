"""What can be wrong with a message on the wire.

ContractError                 every error here; `reason` is a short stable word (dead letters, metrics)
├── NotAnEvent                headers or value are not a CloudEvent in Kafka binary mode
├── UnknownType               the type is none of ours
├── NewerVersion              the type is ours, its version is newer than this code
├── BadPayload                the value is not the JSON that the type asks for
├── BadSubject                tenant or subject are missing, malformed or too long
├── KeyMismatch               the record's key and the payload name different subjects
└── TooLarge                  a text is over the limit
"""

from __future__ import annotations

from typing import ClassVar


class ContractError(ValueError):
    """A message breaks the contract; the message says how, and what would be right."""

    reason: ClassVar[str] = "contract"


class NotAnEvent(ContractError):
    reason = "not-an-event"


class UnknownType(ContractError):
    reason = "unknown-type"


class NewerVersion(ContractError):
    reason = "newer-version"


class BadPayload(ContractError):
    reason = "bad-payload"


class BadSubject(ContractError):
    reason = "bad-subject"


class KeyMismatch(ContractError):
    reason = "key-mismatch"


class TooLarge(ContractError):
    reason = "too-large"

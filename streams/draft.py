"""What the first beat makes of a record."""

from __future__ import annotations

from collections.abc import Sequence

from memcube.cube import wording
from memcube.store.record import OutboxMessage
from processors.extract import speaker
from processors.step import Heard, Opened, Statement
from streams.guard import Refusal
from streams.log import Record


class Draft:
    """A record after the first beat: exactly one of an opened event, a message to re-send, a refusal."""

    def __init__(
        self,
        record: Record,
        opened: Opened | None = None,
        statements: tuple[Statement, ...] = (),
        *,
        before: tuple[Heard, ...] = (),
        message: OutboxMessage | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        self.record = record
        self.opened = opened
        self.statements = statements
        self.before = before
        self.message = message
        self.refusal = refusal


def wordings(opened: Opened, statements: Sequence[Statement]) -> list[str]:
    """What is to be embedded of an event's statements."""
    if not statements:
        return []
    said_by = speaker(opened.event, next(iter(opened.contents), None))
    return [wording(statement.form, statement.text, said_by) for statement in statements]

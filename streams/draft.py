"""What the first beat makes of a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from memcube.cube import Form, wording
from memcube.plaintext.spoken import command
from memcube.store.record import OutboxMessage
from processors.extract import speaker
from processors.reprocess import Scope
from processors.step import Heard, Opened, Statement
from schemas.events import Prompt
from streams.guard import Refusal
from streams.log import Record


class Draft:
    """A record after the first beat: exactly one of an opened event, a message to re-send, a refusal.

    scope, without_vector: of a reprocess, what it reads, and the wordings that the embedder has yet to see.
    """

    def __init__(
        self,
        record: Record,
        opened: Opened | None = None,
        statements: tuple[Statement, ...] = (),
        *,
        before: tuple[Heard, ...] = (),
        scope: Scope | None = None,
        without_vector: frozenset[str] = frozenset(),
        message: OutboxMessage | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        self.record = record
        self.opened = opened
        self.statements = statements
        self.before = before
        self.scope = scope
        self.without_vector = without_vector
        self.message = message
        self.refusal = refusal

    def wordings(self) -> Iterator[str]:
        """What is to be embedded for it."""
        if self.opened is not None:
            yield from wordings(self.opened, self.statements)
        if self.scope is not None:
            yield from self.scope.texts
            yield from sorted(self.without_vector)


def wordings(opened: Opened, statements: Sequence[Statement]) -> list[str]:
    """What is to be embedded of an event's statements."""
    if not statements:
        return []
    said_by = speaker(opened.event, next(iter(opened.contents), None))
    found = [wording(statement.form, statement.text, said_by) for statement in statements]
    asked = command(opened.contents[0].text) if isinstance(opened.event.data, Prompt) else None
    if asked is not None and asked.wish == "forget-about" and asked.rest:
        # All that is kept of the turn, once it is obeyed.
        found.append(wording(Form.EPISODE, asked.rest, said_by))
    return found

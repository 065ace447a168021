"""What the first beat makes of a record."""

from __future__ import annotations

from collections.abc import Iterator

from memcube.store.record import OutboxMessage
from processors.reprocess import Scope
from processors.step import Opened, Statement
from streams.guard import Refusal
from streams.log import Record


class Draft:
    """A record after the first beat: exactly one of an opened event, a message to re-send, a refusal.

    scope, without_vector: of a reprocess, what it reads, and the texts that the embedder has yet to see.
    """

    def __init__(
        self,
        record: Record,
        opened: Opened | None = None,
        statements: tuple[Statement, ...] = (),
        *,
        scope: Scope | None = None,
        without_vector: frozenset[str] = frozenset(),
        message: OutboxMessage | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        self.record = record
        self.opened = opened
        self.statements = statements
        self.scope = scope
        self.without_vector = without_vector
        self.message = message
        self.refusal = refusal

    def texts(self) -> Iterator[str]:
        """What is to be embedded for it."""
        yield from (statement.text for statement in self.statements)
        if self.scope is not None:
            yield from self.scope.texts
            yield from sorted(self.without_vector)

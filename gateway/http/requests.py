"""What clients say and ask, and the events that it means: see `command` for what they command.

Whatever leaves here has passed `schemas.envelope.decode`, the gate of the stream itself: a request that is
accepted cannot become a dead letter for its form.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal
from uuid import NAMESPACE_OID, uuid4, uuid5

import msgspec
from pydantic import Field

from gateway.http.moments import moment
from gateway.http.strict import Id, Strict
from gateway.log import SOURCE, Message, Named
from memcube.governance.sealing import Sealer
from schemas.body import Plain
from schemas.envelope import check_content, decode, encode
from schemas.errors import BadPayload
from schemas.events import Incoming, Prompt, Response
from schemas.subject import Address, Others, Subject

MAX_BATCH: Final = 1_000
DEFAULT_LIMIT: Final = 5
MOST_MEMORIES: Final = 100


class Ids(Strict):
    """Whose memory: the first of group, user, agent, run that is given. The others say where it came from."""

    tenant: str = "default"
    group_id: str | None = None
    user_id: str | None = None
    agent_id: str | None = None
    run_id: str | None = None

    def ids(self) -> dict[str, Any]:
        return {
            "tenant": self.tenant,
            "group_id": self.group_id,
            "user_id": self.user_id,
            "agent_id": self.agent_id,
            "run_id": self.run_id,
        }

    def subject(self) -> Subject:
        """Raises `BadSubject`."""
        return Address(**self.ids()).subject()

    def filters(self) -> Others | None:
        """The other ids; raises `BadSubject`."""
        return Address(**self.ids()).filters()


class Repeat(msgspec.Struct, frozen=True):
    """What makes a request known again: its `Idempotency-Key`, and the event's place in the request."""

    key: str
    index: int = 0


class Turn(Ids):
    """Something that was said.

    `id` names it in your system: the same id twice is one event. Without an id but with
    `deterministic`, the same words at the same `timestamp` are one event, counted by `occurrence`.
    `assumed_timestamp` stands in where nobody knows the time, and does not make it another event.
    `used`: for a turn of the assistant, the memories that its prompt was given.
    """

    role: Literal["user", "assistant"]
    content: str
    id: str | None = Field(None, min_length=1)
    source_id: str | None = None
    timestamp: str | None = None
    assumed_timestamp: str | None = None
    name: str | None = None
    used: tuple[Id, ...] = Field((), max_length=1_000)
    deterministic: bool = False
    occurrence: int = Field(0, ge=0, le=2**63 - 1)

    def message(self, sealer: Sealer, now: datetime, repeat: Repeat | None = None) -> Message:
        """Raises `ContractError`."""
        said = None if self.timestamp is None else moment(self.timestamp)
        assumed = None if self.assumed_timestamp is None else moment(self.assumed_timestamp)
        body = Plain(text=self.content, name=self.name)
        source_id = self.source_id or self.id
        data: Incoming
        if self.role == "assistant":
            data = Response(**self.ids(), body=body, source_id=source_id, used=self.used)
        elif self.used:
            raise BadPayload("used names what an answer was given: only a turn of the assistant has it")
        else:
            data = Prompt(**self.ids(), body=body, source_id=source_id)
        own = self.id is not None or self.deterministic
        event_id = self._event_id(sealer, said, repeat)
        return checked(data, event_id, said or assumed or now, Named.ITSELF if own else named(repeat))

    def _event_id(self, sealer: Sealer, said: datetime | None, repeat: Repeat | None) -> str:
        key = self.subject().key
        if self.id is not None:
            return str(uuid5(NAMESPACE_OID, f"{key}\x1f{self.id}"))
        if not self.deterministic:
            return new_id(key, repeat)
        # Keyed: an id stands in the clear, and a plain hash of "yes" could be guessed.
        parts = (self.role, self.content, said and said.isoformat(), self.name, self.occurrence)
        check_content(Plain(text=self.content, name=self.name))
        return sealer.digest(key, msgspec.json.encode(parts))


class Recall(Ids):
    """A question to one subject's memory. `as_of`: what was true then; a day means its end, in UTC.

    `known_at`: of what was known then, by recorded time, less what was erased since. Such a question is
    answered from the record, and takes as long as the first one to a subject.
    With `max_tokens` the answer has a ready `context` of at most so many tokens, and `limit`, else 5, is 100.
    With `explain` each memory comes with the signals that its score is made of.
    """

    query: str = Field(min_length=1, max_length=100_000)
    limit: int | None = Field(None, ge=1, le=MOST_MEMORIES)
    as_of: str | None = None
    known_at: str | None = None
    max_tokens: int | None = Field(None, ge=1, le=32_768)
    explain: bool = False

    def most(self) -> int:
        """How many memories at most."""
        if self.limit is not None:
            return self.limit
        return DEFAULT_LIMIT if self.max_tokens is None else MOST_MEMORIES


def new_id(subject: str, repeat: Repeat | None) -> str:
    """Of an event that has no id of its own: the same for a repeated request, else a new one."""
    if repeat is None:
        return str(uuid4())
    return str(uuid5(NAMESPACE_OID, f"{subject}\x1fidempotency\x1f{repeat.index}\x1f{repeat.key}"))


def named(repeat: Repeat | None) -> Named:
    """What makes the id of an event that has none of its own."""
    return Named.NOTHING if repeat is None else Named.KEY


def checked(data: Incoming, event_id: str, time: datetime, named: Named = Named.ITSELF) -> Message:
    """The message, once it is known to pass the stream's own gate; raises `ContractError`."""
    body = getattr(data, "body", None)
    if isinstance(body, Plain):
        check_content(body)  # before the encoder, which cannot write lone surrogates
    subject = data.subject()
    try:
        record = encode(data, event_id=event_id, source=SOURCE, time=time, subject=subject)
    except UnicodeEncodeError:
        raise BadPayload(
            "a field holds a lone surrogate, which is no character: send valid Unicode"
        ) from None
    decode(*record)
    return Message(data, event_id, time, SOURCE, named)

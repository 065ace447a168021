"""What may be commanded, and the events that it means."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import NAMESPACE_OID, uuid5

import msgspec
from pydantic import Field

from gateway.http.moments import moment
from gateway.http.requests import Ids, Repeat, checked, named, new_id
from gateway.http.strict import Id
from gateway.log import Message
from memcube.governance.sealing import Sealer
from schemas.body import Plain
from schemas.envelope import check_content
from schemas.errors import BadPayload
from schemas.events import Edit, Feedback, Forget, Incoming, Pin, Remember, Reprocess, Tick, Undo, Verdict

# As many as fit the one event that they become: 1 MiB, of which an id of ours takes 39 bytes.
MOST_IDS: Final = 10_000


class _Command(Ids):
    """`id` names it in your system: the same id twice is one command."""

    id: str | None = Field(None, min_length=1)
    timestamp: str | None = None

    def message(self, sealer: Sealer, now: datetime, repeat: Repeat | None = None) -> Message:
        """Raises `ContractError`."""
        time = now if self.timestamp is None else moment(self.timestamp)
        data = self.data()
        own = self._own_id(sealer)
        if own is None:
            return checked(data, new_id(data.subject().key, repeat), time, named(repeat))
        return checked(data, own, time)

    def _own_id(self, sealer: Sealer) -> str | None:  # noqa: ARG002  for those made of words
        """The event's id where the command itself says which event it is."""
        return (
            None
            if self.id is None
            else str(uuid5(NAMESPACE_OID, f"{self.subject().key}\x1fcommand\x1f{self.id}"))
        )

    @abstractmethod
    def data(self) -> Incoming:
        """The command on the wire."""


class RememberIn(_Command):
    """Without an id but with `deterministic`, the same words are one command, counted by `occurrence`."""

    type: Literal["remember"]
    text: str
    name: str | None = None
    source_id: str | None = None
    pinned: bool = False
    expires_at: str | None = None
    deterministic: bool = False
    occurrence: int = Field(0, ge=0)

    def data(self) -> Incoming:
        return Remember(
            **self.ids(),
            body=Plain(text=self.text, name=self.name),
            source_id=self.source_id,
            pinned=self.pinned,
            expires_at=None if self.expires_at is None else moment(self.expires_at),
        )

    def _own_id(self, sealer: Sealer) -> str | None:
        if self.id is not None or not self.deterministic:
            return super()._own_id(sealer)
        # Keyed, like that of a turn.
        check_content(Plain(text=self.text, name=self.name))
        parts = ("remember", self.text, self.name, self.source_id, self.occurrence)
        return sealer.digest(self.subject().key, msgspec.json.encode(parts))


class EditIn(_Command):
    type: Literal["edit"]
    cube_id: Id
    text: str

    def data(self) -> Incoming:
        return Edit(**self.ids(), cube_id=self.cube_id, body=Plain(text=self.text))


class PinIn(_Command):
    type: Literal["pin"]
    cube_id: Id
    pinned: bool = True

    def data(self) -> Incoming:
        return Pin(**self.ids(), cube_id=self.cube_id, pinned=self.pinned)


class ForgetIn(_Command):
    """`everything` ends the whole subject; otherwise name at least one cube."""

    type: Literal["forget"]
    cube_ids: tuple[Id, ...] = Field((), max_length=MOST_IDS)
    everything: bool = False

    def data(self) -> Incoming:
        if bool(self.cube_ids) == self.everything:
            raise BadPayload("forget takes either cube_ids or everything, not both and not neither")
        return Forget(**self.ids(), cube_ids=self.cube_ids, everything=self.everything)


class UndoIn(_Command):
    type: Literal["undo"]
    event_id: Id

    def data(self) -> Incoming:
        return Undo(**self.ids(), event_id=self.event_id)


class TickIn(_Command):
    type: Literal["tick"]

    def data(self) -> Incoming:
        return Tick(**self.ids())


class ReprocessIn(_Command):
    """Of the turns said from `since` on and before `until`: a day begins at midnight, in UTC."""

    type: Literal["reprocess"]
    since: str | None = None
    until: str | None = None

    def data(self) -> Incoming:
        return Reprocess(
            **self.ids(),
            since=None if self.since is None else moment(self.since),
            until=None if self.until is None else moment(self.until),
        )


class FeedbackIn(_Command):
    type: Literal["feedback"]
    cube_ids: tuple[Id, ...] = Field(min_length=1, max_length=MOST_IDS)
    verdict: Verdict

    def data(self) -> Incoming:
        return Feedback(**self.ids(), cube_ids=self.cube_ids, verdict=self.verdict)


Command = Annotated[
    RememberIn | EditIn | PinIn | ForgetIn | UndoIn | TickIn | ReprocessIn | FeedbackIn,
    Field(discriminator="type"),
]

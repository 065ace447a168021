"""Role memory and recall as in production, without Kafka: on a record and keys in a folder of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from bench.locomo import Conversation, DataError, Turn
from gateway.http.wiring import recaller
from memcube.cube import Form, State
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import Sealer, SubjectSealer, event_context, seal_content
from memcube.models import load_embedder
from memcube.plaintext.recall import Memory
from memcube.settings import DataFolder, Settings
from memcube.store.record import OutboxMessage
from memcube.store.sqlite import SQLiteCubeStore
from schemas.body import Content
from schemas.envelope import encode
from schemas.errors import ContractError
from schemas.events import Prompt
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import DEADLETTER, EVENTS, PARTITIONS
from streams.log import BATCH_LIMIT, Record, TopicIdentity
from streams.memory import MemoryRole
from streams.runner import Runner

_OUTBOX_PAGE: Final = 1_000
_EVERY_CUBE: Final = 1_000_000
_PROMPT: Final = str(Prompt.__struct_config__.tag)


class Memories(msgspec.Struct, frozen=True):
    """How many memories a conversation has come to that default recall may serve."""

    facts: int
    episodes: int


class Offline:
    """The writer's processors, transaction and record; the gateway's recall beside it. For one thread."""

    def __init__(self, settings: Settings) -> None:
        self._sealer = SubjectSealer(KeyStore(settings.data.keys))
        self._store = SQLiteCubeStore(settings.data.record, self._sealer)
        self.embedder = load_embedder(settings.embedder, settings.embedder_threads)
        self._role = MemoryRole(self._store, self._sealer, self.embedder, PARTITIONS)
        self._runner = Runner(self._role, TopicIdentity("bench", "bench", EVENTS.name, PARTITIONS))
        self._partitions = self._runner.owned(range(PARTITIONS))
        self._offsets = dict(self._runner.start_at(dict.fromkeys(range(PARTITIONS), (0, 0))))
        # As the gateway makes it: what is tuned there is what is measured here.
        self._recaller = recaller(settings, self._sealer)

    def tell(self, conversation: Conversation, told: Callable[[int], None]) -> None:
        """Every turn through the role, a batch at a time; `told` hears how many. Raises `DataError`."""
        # An old conversation that is taken in at once: all of it was said before any of it is written down.
        written = max(turn.time for turn in conversation.turns) + timedelta(days=1)
        for start in range(0, len(conversation.turns), BATCH_LIMIT):
            batch = conversation.turns[start : start + BATCH_LIMIT]
            self._runner.run([self._record(turn, conversation, written) for turn in batch])
            self._empty_outbox()
            told(len(batch))

    def recall(self, subject: Subject, question: str, limit: int) -> Sequence[Memory]:
        """What a person gets who asks for so many memories and for nothing else."""
        return self._recaller.recall(subject.key, question, limit=limit, as_of=None).memories

    def memories(self, subject: Subject) -> Memories:
        def count(form: Form) -> int:
            found = self._store.list_cubes(subject.key, limit=_EVERY_CUBE, form=form, states=(State.ACTIVE,))
            return len(found)

        return Memories(count(Form.FACT), count(Form.EPISODE))

    def close(self) -> None:
        self._role.close()

    def _record(self, turn: Turn, conversation: Conversation, written: datetime) -> Record:
        message = _message(turn, conversation, self._sealer)
        offset = self._offsets[message.partition]
        self._offsets[message.partition] = offset + 1
        return Record(
            topic=message.topic,
            partition=message.partition,
            offset=offset,
            timestamp=written,
            key=message.key,
            headers=message.headers,
            value=message.value,
        )

    def _empty_outbox(self) -> None:
        """Nobody follows the updates here; but a turn that was refused must not go unnoticed."""
        while rows := self._role.outbox(self._partitions, _OUTBOX_PAGE):
            for row in rows:
                if row.message.topic == DEADLETTER.name:
                    told = {name: value.decode() for name, value in row.message.headers}
                    raise DataError(f"turn {told['ce_id']} was refused: {told['mc_error']}")
            self._role.sent([row.id for row in rows])


@contextmanager
def offline(settings: Settings) -> Iterator[Offline]:
    """A system in a temporary folder that is gone afterwards, however this ends."""
    with tempfile.TemporaryDirectory(prefix="memcube-bench-", ignore_cleanup_errors=True) as folder:
        system = Offline(msgspec.structs.replace(settings, data=DataFolder(Path(folder))))
        try:
            yield system
        finally:
            system.close()


def _message(turn: Turn, conversation: Conversation, sealer: Sealer) -> OutboxMessage:
    """The record that the gateway would write for the turn of a speaker in a group."""
    subject = conversation.subject
    event_id = f"{conversation.id}/{turn.id}"
    content = Content(text=turn.text, name=turn.speaker)
    context = event_context(_PROMPT, event_id)
    try:
        body = seal_content(sealer, subject.key, content, context)
        data = Prompt(tenant=subject.tenant, group_id=subject.id, source_id=turn.id, body=body)
        key, headers, value = encode(
            data, event_id=event_id, source="memcube/bench", time=turn.time, subject=subject
        )
    except ContractError as error:
        raise DataError(f"{conversation.id}, turn {turn.id} is no turn of a conversation: {error}") from None
    return OutboxMessage(EVENTS.name, partition_for(key, PARTITIONS), key, headers, value)

"""Role `memory`: the only writer of cubes. A batch runs in three beats and one transaction.

extract (pure) -> embed (one call a batch) -> consolidate (pure, event by event, over the view).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import structlog

from memcube import metrics
from memcube.errors import Refused, StoreFault
from memcube.governance.sealing import Sealer
from memcube.models.embedder import Embedder
from memcube.store.record import CubeStore, OutboxMessage, OutboxRow, Partition, Share
from processors import audit
from processors.consolidate import PROCESSOR, consolidate
from processors.extract import extract
from processors.hearing import heard, heard_before
from processors.reprocess import reprocess, scope
from processors.step import Heard, Opened, Outcome, Statement
from schemas.events import Forget, Reprocess, Shred
from schemas.topics import EVENTS, Topic
from streams import messages
from streams.checkpoint import Work
from streams.draft import Draft, wordings
from streams.embedding import Embedding
from streams.guard import Misrouted, Reason, Refusal, admit, dead_letter
from streams.log import Record
from streams.stages import stage
from streams.subject_work import Known, needed, subject_work
from streams.views import Views

log = structlog.get_logger()
# Forget and shred end keys; a reprocess reads, before anything is embedded, all that was said before it.
_ALONE: Final = frozenset(str(kind.__struct_config__.tag).encode() for kind in (Forget, Shred, Reprocess))


class MemoryRole:
    """Wires the processors to the record. One thread calls it; see `Runner`."""

    name: str = "memory"
    source: Topic = EVENTS

    def __init__(self, store: CubeStore, sealer: Sealer, embedder: Embedder, partitions: int) -> None:
        self._store = store
        self._sealer = sealer
        self._embedding = Embedding(store, embedder)
        self._views = Views(store, embedder.embedder_id)
        self._partitions = partitions

    def group(self) -> str:
        return f"memcube-memory-{self._store.record_id}"

    def positions(self) -> Mapping[Partition, int]:
        return self._store.positions(self.name)

    def plan(self, work: Sequence[Work]) -> Sequence[Share]:
        work = [_up_to_one_alone(part) for part in work]
        with stage("extract"):
            drafts = {part.partition: self._drafts(part) for part in work}
        with stage("embed"):
            vectors = self._embedding.of(
                (draft.opened.event.subject.key, text)
                for drafted in drafts.values()
                for draft in drafted
                if draft.opened is not None
                for text in draft.wordings()
            )
        with stage("consolidate"):
            return [self._share(part, drafts[part.partition], vectors) for part in work]

    def commit(self, shares: Sequence[Share]) -> frozenset[Partition]:
        with stage("commit"):
            refused = self._store.commit(shares)
        for share in shares:
            if share.partition not in refused:
                for work in share.subjects:
                    if work.reembedded:
                        found = {known.text: known.vector for known in share.vectors[work.subject]}
                        self._views.of(work.subject).reembedded(work.seq, work.reembedded, found)
                    for cube in work.versions:
                        metrics.DECISIONS.labels(cube.decision, cube.form).inc()
                self._views.committed(work.subject for work in share.subjects)
        return refused

    def discard(self) -> None:
        self._views.clear()

    def outbox(self, partitions: Iterable[Partition], limit: int) -> Sequence[OutboxRow]:
        return self._store.outbox(partitions, limit)

    def sent(self, ids: Sequence[int]) -> None:
        self._store.sent(ids)

    def close(self) -> None:
        self._store.close()

    def _drafts(self, part: Work) -> list[Draft]:
        waiting: defaultdict[str, list[Heard]] = defaultdict(list)
        return [self._draft(record, waiting) for record in part.records]

    def _draft(self, record: Record, waiting: defaultdict[str, list[Heard]]) -> Draft:
        """First beat. What cannot be read is known here; what it does to memory is not.

        `waiting`: by subject, the turns of the batch so far, which the view does not have yet.
        """
        try:
            opened = admit(record, self._sealer, self._partitions)
            if isinstance(opened.event.data, Reprocess):
                return self._reread(record, opened)
            said = waiting[opened.event.subject.key]
            before = heard_before(opened, self._views.of(opened.event.subject.key), said)
            draft = Draft(record, opened, extract(opened, before), before=before)
        except Misrouted as misrouted:
            metrics.REROUTED.inc()
            return Draft(record, message=misrouted.message)
        except Refusal as refusal:
            return Draft(record, refusal=refusal)
        except StoreFault:
            raise
        except Exception as error:  # noqa: BLE001 -- the guard: a fault of a rule is that event's dead letter
            return Draft(record, refusal=_fault(record, error))
        if (turn := heard(opened)) is not None:
            said.append(turn)
        return draft

    def _reread(self, record: Record, opened: Opened) -> Draft:
        """First beat of a reprocess: what was said before it, and what has no vector of this embedder."""
        data, subject = opened.event.data, opened.event.subject.key
        view = self._views.of(subject)
        if not isinstance(data, Reprocess) or view.applied(opened.event.id):
            return Draft(record, opened)
        found = scope(view, data)
        texts = list(dict.fromkeys(found.current.values()))
        missing = frozenset(self._embedding.missing(subject, texts))
        return Draft(record, opened, scope=found, without_vector=missing)

    def _share(self, work: Work, drafts: Sequence[Draft], vectors: dict[str, Known]) -> Share:
        outbox: list[OutboxMessage] = []
        for draft in drafts:
            outbox.extend(self._apply(draft, vectors, work.partition.number))
        touched = self._views.touched(
            {d.opened.event.subject.key: None for d in drafts if d.opened is not None}
        )
        subjects = tuple(subject_work(view, drafts, vectors.get(view.subject, {})) for view in touched)
        return Share(
            partition=work.partition,
            base=work.base,
            next=work.next,
            subjects=subjects,
            vectors={
                work.subject: needed(work, view, vectors.get(work.subject, {}))
                for work, view in zip(subjects, touched, strict=True)
            },
            outbox=tuple(outbox),
        )

    def _apply(self, draft: Draft, vectors: dict[str, Known], partition: int) -> list[OutboxMessage]:
        """Third beat, for one event. What it staged is rolled back if it fails."""
        if draft.message is not None:
            return [draft.message]
        opened = draft.opened
        if opened is None:
            return [self._refuse(draft.record, draft.refusal or Refusal(Reason.UNKNOWN))]
        subject = opened.event.subject
        view = self._views.of(subject.key)
        if view.applied(opened.event.id):
            metrics.EVENTS.labels(self.name, "repeated").inc()
            return []
        mark = view.mark()
        try:
            found = {text: known.vector for text, known in vectors.get(subject.key, {}).items()}
            if draft.scope is None:
                statements = draft.statements
                if (before := heard_before(opened, view)) != draft.before:
                    statements = self._heard_otherwise(opened, before, vectors)
                    found = {text: known.vector for text, known in vectors[subject.key].items()}
                self._embedding.check(wordings(opened, statements))
                outcome = consolidate(opened, statements, found, view)
            else:
                self._embedding.check(draft.scope.texts)
                embedded = not draft.without_vector.isdisjoint(found)
                outcome = reprocess(opened, draft.scope, found, view, embedded=embedded)
            sent = self._messages(opened, outcome, partition)
            self._end_keys(opened, outcome, sent)
        except Refused as error:
            view.rollback(mark)
            refusal = Refusal(error)
        except StoreFault:
            raise
        except Exception as error:  # noqa: BLE001 -- the guard: a fault of a rule is that event's dead letter
            view.rollback(mark)
            refusal = _fault(draft.record, error)
        else:
            view.mark_applied(opened.event.id)
            metrics.EVENTS.labels(self.name, "applied").inc()
            return sent
        record = draft.record
        attempt = f"{record.topic}/{record.partition}/{record.offset}"
        told = audit.refused(opened.event, opened.recorded_at, refusal.reason, attempt)
        return [self._refuse(record, refusal), messages.audited(told, subject)]

    def _heard_otherwise(
        self, opened: Opened, before: tuple[Heard, ...], vectors: dict[str, Known]
    ) -> tuple[Statement, ...]:
        """The statements anew, with their vectors: a turn of the batch that this one answers was refused."""
        subject = opened.event.subject.key
        statements = extract(opened, before)
        known = vectors.setdefault(subject, {})
        missing = [(subject, text) for text in wordings(opened, statements) if text not in known]
        known.update(self._embedding.more(missing).get(subject, {}))
        return statements

    def _messages(self, opened: Opened, outcome: Outcome, partition: int) -> list[OutboxMessage]:
        subject = opened.event.subject
        records = audit.audit(
            opened.event,
            opened.recorded_at,
            outcome,
            lambda text: self._sealer.digest(subject.key, text.encode()),
        )
        sent = [
            messages.update(step.cube, subject, partition, self._sealer)
            for step in outcome.steps
            if step.cube is not None and step.decision != "noop"
        ]
        sent.extend(messages.audited(record, subject) for record in records)
        sent.extend(messages.drop(opened, dropped, partition) for dropped in outcome.dropped)
        return sent

    def _end_keys(self, opened: Opened, outcome: Outcome, sent: list[OutboxMessage]) -> None:
        """Give a forgotten subject a new key and have the old ones destroyed; or destroy them now.

        Both before the commit: after a crash in between, the command is read again, and doing it twice
        is as good: a record that ends keys has a commit of its own.
        """
        subject = opened.event.subject
        if outcome.close:
            former = self._sealer.rotate(subject.key)
            sent.append(messages.shred(opened, former, self._partitions))
        if outcome.shred:
            self._sealer.destroy(subject.key, outcome.shred)

    def _refuse(self, record: Record, refusal: Refusal) -> OutboxMessage:
        metrics.EVENTS.labels(self.name, "refused").inc()
        metrics.dead_letter(self.name, refusal.reason)
        log.warning(
            "dead letter",
            reason=refusal.reason,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
        )
        return dead_letter(record, refusal, PROCESSOR)


def _up_to_one_alone(work: Work) -> Work:
    """The records before the first that needs a commit of its own; or that alone, if it comes first.

    The rest comes after a commit. Keys change while a record that ends them is planned, before it is
    committed; if that fails, nothing else of the batch may have to be planned again under other keys.
    """
    first = next((n for n, record in enumerate(work.records) if _is_alone(record)), None)
    if first is None:
        return work
    records = work.records[: max(first, 1)]
    return Work(work.partition, base=work.base, next=records[-1].offset + 1, records=records)


def _is_alone(record: Record) -> bool:
    return any(name == "ce_type" and value in _ALONE for name, value in record.headers)


def _fault(record: Record, error: Exception) -> Refusal:
    log.error(
        "processor failed",
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        exc_info=error,
    )
    # The error's own words may quote the text; they stay in the log of this machine.
    return Refusal(Reason.PROCESSOR_ERROR, f"{type(error).__name__}: see the worker's log")

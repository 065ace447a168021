"""Every decision one audit record: who changed what, by which event, and why. Content stays out of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from memcube.cube import cube_id
from processors.step import Outcome
from schemas.envelope import Event
from schemas.events import Audited

PROCESSOR: Final = "audit/1"


class AuditRecord(msgspec.Struct, frozen=True):
    """An audit event and its id, which a replay gives again: the ledger keeps each once."""

    id: str
    data: Audited


def audit(
    event: Event, recorded_at: datetime, outcome: Outcome, digest: Callable[[str], str]
) -> tuple[AuditRecord, ...]:
    """One record a step. `digest` is keyed: it proves what a text was without telling it."""
    return tuple(
        AuditRecord(
            id=cube_id(event.subject.key, event.id, f"audit/{n}"),
            data=Audited(
                subject=event.subject.key,
                event_id=event.id,
                event_type=event.type,
                decision=step.decision,
                reason=step.reason,
                processor=step.cube.processor if step.cube else PROCESSOR,
                recorded_at=recorded_at,
                cube_id=step.cube.id if step.cube else None,
                version=step.cube.version if step.cube else None,
                state=step.cube.state if step.cube else None,
                digest=digest(step.cube.text) if step.cube and step.cube.text else None,
            ),
        )
        for n, step in enumerate(outcome.steps)
    )


def refused(event: Event, recorded_at: datetime, reason: str, attempt: str) -> AuditRecord:
    """An event that was not applied. `attempt` tells one delivery from a later retry."""
    return AuditRecord(
        id=cube_id(event.subject.key, event.id, f"refused/{attempt}"),
        data=Audited(
            subject=event.subject.key,
            event_id=event.id,
            event_type=event.type,
            decision="refuse",
            reason=reason,
            processor=PROCESSOR,
            recorded_at=recorded_at,
        ),
    )

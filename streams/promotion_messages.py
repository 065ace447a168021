"""What promotion asks for: builds on the topic of jobs, with sealed lines, and demotions on the events'."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from memcube.activation.usage_changes import UnderWay
from memcube.cube import MemCube, cube_id
from memcube.governance.sealing import Sealer, event_context, seal_content
from memcube.plaintext.lines import line_of
from memcube.store.record import OutboxMessage
from processors.promote import Why
from schemas.body import Content
from schemas.envelope import MAX_JOB_BYTES, MAX_PARENTS, encode
from schemas.errors import ContractError
from schemas.events import Build, Demote, JobLine
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import ACTIVATION_JOBS, EVENTS

SOURCE: Final = "memcube/promote"
# A line's ids, nonce and tag in JSON.
_AROUND_A_LINE: Final = 300
_BUILD: Final = str(Build.__struct_config__.tag)


def build_message(
    build: UnderWay, cubes: Sequence[MemCube], why: Why, budget: int, sealer: Sealer, *, partitions: int
) -> OutboxMessage:
    """The job, of as many of the memories as a message holds. budget: tokens of the block at most."""
    subject = Subject.parse(build.subject)
    data = Build(
        **_address(subject),
        block_id=build.block_id,
        lines=_lines(build, cubes, sealer),
        reason=why,
        budget=budget,
    )
    key, headers, value = encode(data, event_id=build.job_id, source=SOURCE, time=build.at, subject=subject)
    return OutboxMessage(ACTIVATION_JOBS.name, partition_for(key, partitions), key, headers, value)


def demote_message(
    subject_key: str, block_id: str, why: Why, now: datetime, partitions: int
) -> OutboxMessage:
    """The command, once for a block whoever sends it."""
    subject = Subject.parse(subject_key)
    key, headers, value = encode(
        Demote(**_address(subject), block_id=block_id, reason=why),
        event_id=cube_id(subject_key, block_id, "demote"),
        source=SOURCE,
        time=now,
        subject=subject,
    )
    return OutboxMessage(EVENTS.name, partition_for(key, partitions), key, headers, value)


def _lines(build: UnderWay, cubes: Sequence[MemCube], sealer: Sealer) -> tuple[JobLine, ...]:
    context = event_context(_BUILD, build.job_id)
    lines: list[JobLine] = []
    left = MAX_JOB_BYTES
    for cube in cubes[:MAX_PARENTS]:
        line = line_of(cube)
        try:
            body = seal_content(sealer, build.subject, Content(text=line.text), context)
        except ContractError:  # nothing is left of it on one line, or its speaker's name makes it too long
            continue
        left -= len(body.ciphertext) * 4 // 3 + _AROUND_A_LINE
        if left < 0:
            break
        lines.append(JobLine(cube_id=line.cube_id, version=line.version, since=line.since, body=body))
    return tuple(lines)


def _address(subject: Subject) -> dict[str, str]:
    return {"tenant": subject.tenant, f"{subject.kind}_id": subject.id}

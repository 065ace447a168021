"""What one record of `memory.updates` says to one reader: opened, or nothing if it is not theirs."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec

from gateway.log import Record
from memcube.errors import KeyDestroyed, Unopenable
from memcube.governance.sealing import Sealer, event_context, open_body
from schemas.errors import ContractError
from schemas.events import CubeUpdated
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import UPDATES

log = logging.getLogger(__name__)
_TYPE: Final = str(CubeUpdated.__struct_config__.tag)
_decode = msgspec.json.Decoder(CubeUpdated).decode


class Scope(msgspec.Struct, frozen=True):
    """Whose updates are asked for: one subject's, or, without one, those of all subjects of the tenant."""

    tenant: str
    subject: Subject | None = None

    def __str__(self) -> str:
        return self.subject.key if self.subject else f"{quote(self.tenant, safe='')}/"

    def partitions(self) -> tuple[int, ...]:
        """Where they stand."""
        count = UPDATES.partitions()
        return (partition_for(self.subject.key.encode(), count),) if self.subject else tuple(range(count))

    def holds(self, subject: Subject) -> bool:
        return subject == self.subject if self.subject else subject.tenant == self.tenant


class Updated(msgspec.Struct, frozen=True):
    """`cube.updated`. `text` is null where it was forgotten since."""

    subject: str
    cube_id: str
    version: int
    state: str
    form: str
    decision: str
    reason: str
    cause: str
    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime
    text: str | None
    sequence: int | None


class Erased(msgspec.Struct, frozen=True):
    """`cube.erased`: forget whatever you keep of it."""

    subject: str
    cube_id: str


def told(record: Record, scope: Scope, sealer: Sealer) -> Updated | Erased | None:
    """None for whatever is outside the scope, and for what is no update of ours."""
    subject, cube_id = _place(record.key)
    if subject is None or not scope.holds(subject):
        return None
    if record.value is None:
        return Erased(subject.key, cube_id)
    try:
        data = _decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        _warn(record, "it is no update")
        return None
    if (data.subject, data.cube_id) != (subject.key, cube_id):
        _warn(record, "its key names another cube")
        return None
    return Updated(
        subject=data.subject,
        cube_id=data.cube_id,
        version=data.version,
        state=data.state,
        form=data.form,
        decision=data.decision,
        reason=data.reason,
        cause=data.cause,
        valid_from=data.valid_from,
        valid_to=data.valid_to,
        recorded_at=data.recorded_at,
        text=_text(data, record, sealer),
        sequence=data.sequence,
    )


def _place(key: bytes | None) -> tuple[Subject | None, str]:
    """`tenant/subject/cube`: the ids before the last slash are percent-encoded, so there are two of them."""
    try:
        whose, _, cube_id = (key or b"").decode().rpartition("/")
        return Subject.parse(whose), cube_id
    except (UnicodeDecodeError, ContractError):
        return None, ""


def _text(data: CubeUpdated, record: Record, sealer: Sealer) -> str | None:
    context = event_context(_TYPE, f"{data.cube_id}:{data.version}")
    try:
        return open_body(sealer, data.subject, data.body, context).text
    except KeyDestroyed:
        return None
    except (Unopenable, ContractError) as error:
        _warn(record, str(error))
        return None


def _warn(record: Record, why: str) -> None:
    log.warning("%s/%s offset %s: %s", record.topic, record.partition, record.offset, why)

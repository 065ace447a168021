"""`/v1/audit`: whether the ledger tells of every change that the record has."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.http.services import House
from memcube.governance.ledger import Ledger
from memcube.store.record import CubeStore

router = APIRouter(tags=["audit"])
# Enough to see what kind of change is missing; the count tells how bad it is.
_SHOWN = 20


class Version(BaseModel):
    subject: str
    cube_id: str
    version: int


class AuditCheck(BaseModel):
    """`complete`: every version in the record has its entry. `intact`: no entry was changed since."""

    complete: bool
    intact: bool
    versions: int
    records: int
    link: str
    missing: list[Version]


@router.get("/v1/audit/check", summary="Check the ledger against the record")
async def check(house: House) -> AuditCheck:
    """Compare record and ledger, and recompute the chain. Reads both whole."""
    made = await house.record.run(_versions)
    return await house.ledger.run(lambda ledger: _compare(ledger, made))


def _versions(store: CubeStore) -> dict[str, set[tuple[str, int]]]:
    """Every version that the record knows to have been made, those before an erasure included."""
    return {
        subject: {
            (change.cube.id, version)
            for change in store.changes(subject, 0, embedder_id="")[1]
            for version in range(1, change.cube.version + 1)
        }
        for subject in store.subjects()
    }


def _compare(ledger: Ledger, made: dict[str, set[tuple[str, int]]]) -> AuditCheck:
    missing = [
        Version(subject=subject, cube_id=cube_id, version=version)
        for subject, versions in made.items()
        for cube_id, version in sorted(versions - ledger.versions(subject))
    ]
    head = ledger.head()
    return AuditCheck(
        complete=not missing,
        intact=ledger.intact(),
        versions=sum(map(len, made.values())),
        records=head.entries,
        link=head.link,
        missing=missing[:_SHOWN],
    )

"""Blocks of activation memory as role memory hears of them, and the jobs that it gives in return."""

from __future__ import annotations

from memcube.cube import MemCube, cube_id
from schemas.envelope import decode
from schemas.events import JOBS, Artefact, Drop, Parent
from schemas.subject import Subject
from schemas.topics import ACTIVATION_JOBS
from tests.streams.world import InMemoryLog


def block_id(subject: Subject, job: str) -> str:
    """As whoever asks for a block names it."""
    return cube_id(subject.key, job, "block")


def artefact(model: str) -> Artefact:
    return Artefact(
        model=model, fingerprint="f" * 64, tokens=40, bytes=1_843_200, precision="float", seconds=0.1
    )


def parents(*cubes: MemCube) -> tuple[Parent, ...]:
    return tuple(Parent(cube.id, cube.version) for cube in cubes)


def drops(log: InMemoryLog) -> list[Drop]:
    """In the order of the log; each once, as its reader takes them."""
    found: dict[str, Drop] = {}
    for record in log.of(ACTIVATION_JOBS.name):
        event = decode(record.key, record.headers, record.value or b"", JOBS)
        assert isinstance(event.data, Drop)
        found.setdefault(event.id, event.data)
    return list(found.values())

"""What a replay of the log must reproduce, as one number that every implementation of the record shares."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import msgspec

from memcube.cube import MemCube, State


def replay_digest(cubes: Iterable[MemCube]) -> str:
    """Hex SHA-256 over all versions, given in the order of subject, id, version.

    Left out: what may differ from run to run (ciphertext, vectors, recording times) or between
    releases (the processor), `seq`, which only orders, and what was erased: once its keys are destroyed,
    a replay cannot even know that it was there.
    """
    encode = msgspec.json.Encoder(order="sorted").encode
    total = sha256()
    for cube in cubes:
        if cube.state is State.ERASED:
            continue
        total.update(encode(_reproducible(cube)))
        total.update(b"\n")
    return total.hexdigest()


def _reproducible(cube: MemCube) -> tuple[object, ...]:
    return (
        cube.subject,
        cube.id,
        cube.version,
        cube.kind,
        cube.form,
        cube.state,
        cube.valid_from,
        cube.valid_to,
        cube.payload,
        cube.trust,
        cube.pinned,
        cube.expires_at,
        cube.decision,
        cube.reason,
        cube.cause,
    )

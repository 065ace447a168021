"""Whether a cube was erased: the bytes of its events outlive that on the topics, their words must not."""

from __future__ import annotations

from memcube.cube import State
from memcube.errors import NoSuchCube
from memcube.store.record import CubeStore


def is_erased(store: CubeStore, subject: str, cube: str) -> bool:
    """A cube that the record has not met yet is not."""
    try:
        return store.cube(subject, cube).state is State.ERASED
    except NoSuchCube:
        return False

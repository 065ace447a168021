from __future__ import annotations

from memcube.store.digest import replay_digest
from schemas.subject import Others
from tests.memcube.store.making import new_cube


def test_a_memory_of_its_subject_alone_has_the_digest_of_the_first_release() -> None:
    """A field that is added to a cube or its sources must not tell an old record from its replay."""
    first = "cff02303d0860edb52f79066106f6b46a505461250bef0010c2c5f6d025f629a"
    assert replay_digest([new_cube("I live in Lisbon.")]) == first
    assert replay_digest([new_cube("I live in Lisbon.", others=Others(run_id="r"))]) != first

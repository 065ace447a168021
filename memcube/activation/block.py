"""The block: a subject's hot memories as the beginning of its every prompt, prefilled."""

from __future__ import annotations

from datetime import date

import msgspec

from memcube.models.language import Fingerprint
from memcube.settings import Precision


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A memory in a block, at one version. Its words are not kept beside the tensors."""

    cube_id: str
    version: int


class Made(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a stored block says of itself; sealed with its tensors.

    tokens: of the whole prefix, template and header included. seconds: what its prefill took.
    """

    id: str
    subject: str
    parts: tuple[Part, ...]
    tokens: tuple[int, ...]
    fingerprint: Fingerprint
    precision: Precision
    rotated: bool
    seconds: float
    built: date

    def stale(self, current: dict[str, int]) -> tuple[str, ...]:
        """The ids of parts whose version is not the current one; `current` has the version of each cube."""
        return tuple(part.cube_id for part in self.parts if current.get(part.cube_id) != part.version)

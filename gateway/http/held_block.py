"""Which of a subject's blocks a model can use."""

from __future__ import annotations

from collections.abc import Sequence

from memcube.store.record import HeldBlock


def chosen(held: Sequence[HeldBlock], model: str | None) -> HeldBlock | None:
    """Of the blocks of several models, this one's; else the newest."""
    named = [one for one in held if one.cube.payload and _model_of(one) == model]
    return next(iter(named or held), None)


def _model_of(held: HeldBlock) -> str | None:
    artefact = held.cube.payload.artefact if held.cube.payload else None
    return artefact.model if artefact else None

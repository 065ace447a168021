"""Rules other than ours: what an older or a newer release might have drawn from the same turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import pytest

from memcube.plaintext import extract as ours
from memcube.plaintext.extract import Candidate

Rules = Callable[..., tuple[Candidate, ...]]
_OURS: Final = ours.extract


def deaf_to(*words: str) -> Rules:
    """Draws nothing from sentences with one of these words."""
    return lambda *turn, **more: tuple(
        one for one in _OURS(*turn, **more) if not any(word in one.text for word in words)
    )


def without(**fields: Any) -> Rules:
    """Draws the same statements, with these fields as they are given."""
    return lambda *turn, **more: tuple(msgspec.structs.replace(one, **fields) for one in _OURS(*turn, **more))


def wordier(*turn: Any, **more: Any) -> tuple[Candidate, ...]:
    """Says everything in other words."""
    return tuple(msgspec.structs.replace(one, text=f"{one.text}, it is said") for one in _OURS(*turn, **more))


@contextmanager
def rules(other: Rules) -> Iterator[None]:
    """These in place of ours, as long as it lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ours, "extract", other)
        yield

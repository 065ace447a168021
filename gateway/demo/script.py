"""The bundled conversation and what must be remembered of it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec


class Question(msgspec.Struct, frozen=True):
    """`expect`: words that one of the first five memories must hold, all of them."""

    question: str
    expect: tuple[str, ...]
    why: str


class Superseded(msgspec.Struct, frozen=True):
    """A fact that another replaced; `as_of` is a day on which the old one was true."""

    question: str
    old: str
    new: str
    as_of: str


class _Questions(msgspec.Struct, frozen=True):
    questions: tuple[Question, ...]
    superseded: Superseded


class Script(msgspec.Struct, frozen=True):
    group_id: str
    turns: list[dict[str, Any]]
    questions: tuple[Question, ...]
    superseded: Superseded


def load_script() -> Script:
    """The conversation as `POST /v1/events` takes it."""
    folder = files("gateway.demo")
    turns = msgspec.json.decode((folder / "conversation.json").read_bytes(), type=list[dict[str, Any]])
    asked = msgspec.json.decode((folder / "questions.json").read_bytes(), type=_Questions)
    return Script(
        group_id=turns[0]["group_id"],
        turns=turns,
        questions=asked.questions,
        superseded=asked.superseded,
    )

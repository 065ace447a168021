"""Whatever answers: what it is asked, and what it says, piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import msgspec

from gateway.http.problems import Problem
from memcube.models.wire import Begun, Generate, Text


class Ended(msgspec.Struct, frozen=True):
    """The answer is whole. `finish` as OpenAI has it. Tokens as the model counts them, if it tells them."""

    finish: str
    tokens: int
    prompt_tokens: int | None = None


Piece = Begun | Text | Ended
Pieces = AsyncIterator[Piece]


class Source(Protocol):
    """A language model, wherever it runs."""

    @property
    def reads_blocks(self) -> bool:
        """Whether it takes KV caches; else memory goes in as text only."""

    async def named(self, asked: str) -> str:
        """The model's own name; raises a `Problem` for a name that is not its, or when it is away."""

    def answers(self, wanted: Generate, model: str, *, stream: bool) -> AbstractAsyncContextManager[Pieces]:
        """A `Begun`, `Text`s, and an `Ended`. Whoever leaves early cancels it. Raises `Problem`s.

        stream: whether the pieces are wanted as they come. model: its own name.
        """

    async def models(self) -> tuple[str, ...]:
        """The names that a request may give, `default` first. Raises a `Problem`."""

    async def close(self) -> None:
        """Let go of the connections."""


DEFAULT: Final = "default"


def no_such_model(asked: str, known: tuple[str, ...]) -> Problem:
    """The request names another model."""
    detail = f"the model {asked[:80]!a} is not here: use one of {', '.join(known)}"
    return Problem(404, "model not found", detail, "model_not_found", param="model")


def no_model() -> Problem:
    """Nothing answers here."""
    detail = (
        "no language model runs here: install one with `make setup-models` and start `memcube up` again, or"
        " set MEMCUBE_UPSTREAM to the address of an OpenAI-compatible one"
    )
    # Asked again in a second, it would be no other answer.
    return Problem(503, "There is no model", detail, "no-model", headers={"x-should-retry": "false"})


def away(detail: str, after_s: int = 2) -> Problem:
    """It does not answer now, and will."""
    return Problem(
        503, "The model does not answer", detail, "model-down", headers={"Retry-After": str(after_s)}
    )


def too_long(detail: str) -> Problem:
    """The conversation does not fit."""
    return Problem(400, "The conversation is too long", detail, "context_length_exceeded", param="messages")

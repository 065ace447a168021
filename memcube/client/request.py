"""One request as a value, and calls of several requests as generators of these."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, Generic, TypeVar
from uuid import uuid4

import msgspec

from memcube.client.errors import BadAnswer

T = TypeVar("T")


class Call(msgspec.Struct, Generic[T], frozen=True):
    """One request. `key`: the same on every try, so that a write that is repeated is done once."""

    method: str
    path: str
    read: Callable[[bytes], T]
    query: Mapping[str, str | int | list[str]] = {}
    body: bytes | None = None
    key: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        found = {} if self.body is None else {"content-type": "application/json"}
        return found if self.key is None else {**found, "idempotency-key": self.key}


class Pause(msgspec.Struct, frozen=True):
    """Nothing is asked for so many seconds."""

    seconds: float


Steps = Generator[Call[Any] | Pause, Any, T]
"""A call of several requests: yields each, gets its answer (of a pause: None), returns the whole."""


def answer(kind: type[T]) -> Callable[[bytes], T]:
    """How an answer of this type is read; raises `BadAnswer`."""

    def read(content: bytes) -> T:
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadAnswer(f"not the answer of a MemCube gateway of this release: {error}") from None

    return read


def new_key() -> str:
    """The `Idempotency-Key` of one write."""
    return str(uuid4())

"""Either client, driven from a plain test, so that one story is told of both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

from memcube import AsyncClient, Client


class Driven:
    """Its calls are those of the client; what would be awaited is run to its end."""

    def __init__(self, client: Client | AsyncClient) -> None:
        self.client = client
        self._runner = asyncio.Runner()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)

        def call(*arguments: Any, **named: Any) -> Any:
            result = method(*arguments, **named)
            if inspect.isasyncgen(result):
                return self._iterate(result)
            return self._runner.run(result) if inspect.iscoroutine(result) else result

        return call

    def _iterate(self, parts: Any) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._runner.run(anext(parts))
                except StopAsyncIteration:
                    return
        finally:
            self._runner.run(parts.aclose())

    def end(self) -> None:
        self.close()
        self._runner.close()

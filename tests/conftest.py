"""What all tests share: one embedded Kafka for the whole run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from infra.kafka import EmbeddedBroker


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of a real broker. Topics are the tests' own: give each a name of its own."""
    broker = EmbeddedBroker(tmp_path_factory.mktemp("kafka"))
    broker.prepare()
    # Loops of their own, in this thread: the broker belongs to the session, not to any test's loop.
    with asyncio.Runner() as runner:
        runner.run(broker.start())
        try:
            yield broker.bootstrap
        finally:
            runner.run(broker.stop())

"""What all tests share: one embedded Kafka for the whole run, and a real Prometheus."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from infra.kafka import EmbeddedBroker
from infra.observe.prometheus import NEEDED, Programs, find_prometheus


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


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "prometheus: needs a real Prometheus (python -m infra.observe --fetch)"
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults-long", action="store_true", help="kill and freeze many more times")


@pytest.fixture
def faults_long(request: pytest.FixtureRequest) -> bool:
    """Whether the long form of a fault test was asked for."""
    return bool(request.config.getoption("--faults-long"))


@pytest.fixture(scope="session")
def programs() -> Programs:
    """A real Prometheus. Without one these tests cannot run: a failure in CI, said loudly elsewhere."""
    found = find_prometheus(os.environ)
    if found is not None:
        return found
    told = "no Prometheus here: `python -m infra.observe --fetch` brings Debian's, or says what to install"
    if os.environ.get(NEEDED):
        pytest.fail(told)
    pytest.skip(told)

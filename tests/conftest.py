"""What all tests share: one embedded Kafka for the whole run, and a real Prometheus."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from infra.kafka import EmbeddedBroker
from infra.observe.prometheus import NEEDED, Programs, find_prometheus
from memcube.models.cache import cache_folder
from memcube.models.catalogue import available, installed
from memcube.settings import DEFAULT_MODEL, ModelSettings
from tests.needs_models import MODELS_NEEDED, TOLD

if TYPE_CHECKING:
    from memcube.models.causal import CausalModel


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
    config.addinivalue_line("markers", "models: needs a language model (make setup-models)")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without a language model these cannot run: a failure in CI, said elsewhere."""
    if item.get_closest_marker("models") is None:
        return
    if available() and installed(DEFAULT_MODEL, cache_folder()):
        return
    if os.environ.get(MODELS_NEEDED):
        pytest.fail(TOLD)
    pytest.skip(TOLD)


@pytest.fixture(scope="session")
def language_model() -> CausalModel:
    """The default language model, loaded once. For tests that are marked `models`."""
    from memcube.models import load_language_model

    return load_language_model(ModelSettings())


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

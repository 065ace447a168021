from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.system import MemCube


@pytest.fixture(scope="module")
def memcube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemCube]:
    """One system for all tests of a file that leave it running; each brings subjects of its own."""
    system = MemCube(tmp_path_factory.mktemp("system") / "data", "--gateway-port", "0", "--kafka-port", "0")
    try:
        yield system.start()
        system.stop()
    finally:
        system.close()


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemCube]:
    """The same, with a language model. For tests that are marked `models`."""
    folder = tmp_path_factory.mktemp("talking") / "data"
    system = MemCube(folder, "--gateway-port", "0", "--kafka-port", "0", models=True)
    try:
        yield system.start()
        system.stop()
    finally:
        system.close()


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Callable[..., MemCube]]:
    """Makes systems that are not started yet, on a folder each; whatever is left of them is ended."""
    made: list[MemCube] = []

    def make(name: str, *options: str, embedder: str = "hash", models: bool = False) -> MemCube:
        made.append(MemCube(tmp_path / name, *options, embedder=embedder, models=models))
        return made[-1]

    yield make
    for system in made:
        system.close()

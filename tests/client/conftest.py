from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.system import MemCube


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemCube]:
    """One running system for all tests here; each brings subjects of its own."""
    folder = tmp_path_factory.mktemp("client") / "data"
    system = MemCube(folder, "--gateway-port", "0", "--kafka-port", "0")
    try:
        yield system.start()
        system.stop()
    finally:
        system.close()

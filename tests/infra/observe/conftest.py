from __future__ import annotations

import os

import pytest

from infra.observe.prometheus import NEEDED, Programs, find_prometheus


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

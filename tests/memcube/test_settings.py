"""What the environment says, and what is refused at once instead of being taken for something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from memcube.errors import Setup
from memcube.settings import LAG_LIMIT, MAX_BODY_MB, RECALL_MEMORY_MB, Settings

AMOUNTS = {
    "MEMCUBE_LAG_LIMIT": "lag_limit",
    "MEMCUBE_MAX_BODY_MB": "max_body_mb",
    "MEMCUBE_RECALL_MEMORY_MB": "recall_memory_mb",
    "MEMCUBE_EMBEDDER_THREADS": "embedder_threads",
}


@pytest.mark.parametrize("name", AMOUNTS)
@pytest.mark.parametrize("given", ["0", "-1", "1.5", "many", "99999999999999"])
def test_an_amount_that_cannot_be_is_refused_with_its_name(tmp_path: Path, name: str, given: str) -> None:
    with pytest.raises(Setup, match=f"{name} is '{given}': use a whole number from 1 to"):
        Settings.load(tmp_path, {name: given})


@pytest.mark.parametrize("name", AMOUNTS)
def test_an_amount_is_what_was_given_else_its_default(tmp_path: Path, name: str) -> None:
    assert getattr(Settings.load(tmp_path, {name: "7"}), AMOUNTS[name]) == 7
    assert Settings.load(tmp_path, {name: ""}) == Settings.load(tmp_path, {})
    found = Settings.load(tmp_path, {})
    assert (found.lag_limit, found.max_body_mb) == (LAG_LIMIT, MAX_BODY_MB)
    assert found.recall_memory_mb == RECALL_MEMORY_MB


def test_port_0_is_any_free_one(tmp_path: Path) -> None:
    assert Settings.load(tmp_path, {"MEMCUBE_GATEWAY_PORT": "0"}).gateway_port == 0

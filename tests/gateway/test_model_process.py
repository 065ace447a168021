"""Whether `memcube up` runs a language model, and whom the gateway asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli import system as module
from gateway.cli.system import LocalSystem
from infra.children import Child
from memcube.settings import Settings

ELSEWHERE = "http://10.0.0.1:9000"


@pytest.fixture(autouse=True)
def with_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "available", lambda: True)
    monkeypatch.setattr(module, "installed", lambda *_: True)


def planned(folder: Path, *, models: bool = True, **env: str) -> tuple[LocalSystem, dict[str, Child]]:
    env = {"MEMCUBE_KAFKA": "127.0.0.1:1", "MEMCUBE_GATEWAY_PORT": "0", **env}
    system = LocalSystem(Settings.load(folder, env), lambda _: None, models=models)
    return system, {child.name: child for child in system._plan()}


def test_where_a_model_is_installed_its_process_runs_and_the_gateway_asks_it(tmp_path: Path) -> None:
    system, children = planned(tmp_path)
    (address,) = system.state.models
    assert children["model"].argv[-2:] == ("--serve-port", address.rpartition(":")[2])
    assert children["gateway"].env["MEMCUBE_MODEL_URLS"] == address


def test_without_models_there_is_none(tmp_path: Path) -> None:
    system, children = planned(tmp_path, models=False)
    assert "model" not in children
    assert system.state.models == ()
    assert children["gateway"].env["MEMCUBE_MODEL_URLS"] == ""


def test_where_nothing_is_installed_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "available", lambda: False)
    assert "model" not in planned(tmp_path)[1]


def test_processes_that_somebody_named_are_used_as_they_are(tmp_path: Path) -> None:
    system, children = planned(tmp_path, MEMCUBE_MODEL_URLS=ELSEWHERE)
    assert "model" not in children
    assert system.state.models == (ELSEWHERE,)
    assert children["gateway"].env["MEMCUBE_MODEL_URLS"] == ELSEWHERE


def test_an_upstream_needs_no_model_here(tmp_path: Path) -> None:
    assert "model" not in planned(tmp_path, MEMCUBE_UPSTREAM="https://models.example/v1")[1]

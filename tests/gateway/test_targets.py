"""Where Prometheus finds the processes: the file that `memcube up` writes, and ports that stay."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from gateway.cli.system import LocalSystem, targets
from infra.ports import LOOPBACK, free_port
from memcube.errors import Setup
from memcube.settings import Settings


def test_each_process_is_a_target_with_its_name() -> None:
    written = json.loads(
        targets({"memory": "http://127.0.0.1:9701/metrics", "gateway": "http://h:8700/metrics"})
    )
    assert written == [
        {"targets": ["127.0.0.1:9701"], "labels": {"process": "memory"}},
        {"targets": ["h:8700"], "labels": {"process": "gateway"}},
    ]


def system(folder: Path, metrics_port: str = "") -> LocalSystem:
    env = {"MEMCUBE_METRICS_PORT": metrics_port, "MEMCUBE_GATEWAY_PORT": "0", "MEMCUBE_KAFKA": "h:9092"}
    return LocalSystem(Settings.load(folder, env), lambda _: None, models=False)


def test_the_workers_ports_are_free_ones_unless_they_are_named(tmp_path: Path) -> None:
    first = free_port()
    assert system(tmp_path / "named", str(first))._metrics_ports == {"memory": first, "audit": first + 1}
    free = system(tmp_path / "free")._metrics_ports
    assert len({*free.values(), 0}) == 3


def test_a_named_port_that_is_taken_is_an_error_that_names_it(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Setup, match=f"port {port} is taken"):
            system(tmp_path, str(port))


@pytest.mark.parametrize("port", ["-1", "65535", "nine"])
def test_a_port_that_leaves_no_room_for_the_next_is_refused(port: str) -> None:
    with pytest.raises(Setup, match="MEMCUBE_METRICS_PORT"):
        Settings.load(Path("data"), {"MEMCUBE_METRICS_PORT": port})

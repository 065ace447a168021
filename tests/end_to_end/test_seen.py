"""Someone on call: a real Prometheus scrapes a running system, shows every panel and raises the alarm."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from infra.observe import dashboard
from infra.observe.prometheus import Programs
from tests.end_to_end.system import MemCube, until
from tests.end_to_end.watching import Prometheus
from tests.end_to_end.wire import Raw

pytestmark = [pytest.mark.prometheus, pytest.mark.timeout(180)]


class Load:
    """People who talk and ask, a few times a second, until it is enough. They wait for nothing."""

    def __init__(self, gateway: str) -> None:
        self._http = httpx.Client(base_url=gateway, trust_env=False, timeout=10)
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        for number in count():
            if self._enough.wait(0.1):
                return
            user = f"user-{number % 20}"
            said = {"user_id": user, "role": "user", "content": f"I live in house {number}."}
            self._http.post("/v1/events", json={"events": [said] * 3}).raise_for_status()
            self._http.post("/v1/recall", json={"user_id": user, "query": "Where?"}).raise_for_status()

    def close(self) -> None:
        self._enough.set()
        self._thread.join()
        self._http.close()


@pytest.fixture
def watched(
    another: Callable[..., MemCube], programs: Programs, tmp_path: Path
) -> Iterator[tuple[MemCube, Prometheus]]:
    system = another("data", "--gateway-port", "0", "--kafka-port", "0").start()
    prometheus = Prometheus(programs, system.folder, tmp_path)
    try:
        yield system, prometheus
    finally:
        prometheus.close()
    system.stop()


def test_every_panel_shows_data_and_a_stopped_worker_raises_the_alarm(
    watched: tuple[MemCube, Prometheus],
) -> None:
    system, prometheus = watched
    load = Load(system.address["gateway"])
    try:
        system.publish(Raw(key=b"default/user:ana", headers=(), value=b"not even JSON", partition=0))
        all_up = dict.fromkeys(("memory", "audit", "gateway"), "up")
        until(lambda: prometheus.answers() and prometheus.targets() == all_up, 30, prometheus.told)
        panels = expressions()
        until(lambda: not prometheus.without_data(panels), 30, lambda: str(prometheus.without_data(panels)))
        assert max(prometheus.values('memcube_deadletters_total{reason="not-an-event"}')) == 1
        assert "MemcubeBehind" not in prometheus.firing()
        # Frozen, not killed: its supervisor would start it again within half a second.
        os.kill(worker(system), signal.SIGSTOP)
        until(lambda: "MemcubeBehind" in prometheus.firing(), 45, lambda: str(prometheus.firing()))
        assert sum(prometheus.values('memcube_lag_events{role="memory"}')) > 0
        os.kill(worker(system), signal.SIGKILL)
        until(lambda: "MemcubeBehind" not in prometheus.firing(), 45, system.told)
    finally:
        load.close()
    system.until_quiet()


def worker(system: MemCube) -> int:
    state = json.loads((system.folder / "run" / "system.json").read_text())
    pid: int = next(child["pid"] for child in state["children"] if child["name"] == "memory")
    return pid


def expressions() -> list[str]:
    """Of every panel of the committed dashboard."""
    board = json.loads(dashboard.FILE.read_text())
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]

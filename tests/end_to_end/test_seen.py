"""Someone on call: a real Prometheus scrapes a running system, shows every panel and raises the alarm.

One system for the file; the tests follow one another as a day does.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from itertools import count

import httpx
import pytest

from infra.observe import dashboard
from infra.observe.chat_row import CHAT
from infra.observe.prometheus import Programs
from tests.end_to_end.system import MemCube, until
from tests.end_to_end.watching import Prometheus
from tests.end_to_end.wire import Raw

pytestmark = pytest.mark.prometheus


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


@pytest.fixture(scope="module")
def prometheus(
    memcube: MemCube, programs: Programs, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    watching = Prometheus(programs, memcube.folder, tmp_path_factory.mktemp("prometheus"))
    try:
        yield watching
    finally:
        watching.close()


@pytest.fixture(scope="module")
def load(memcube: MemCube) -> Iterator[Load]:
    talking = Load(memcube.address["gateway"])
    try:
        yield talking
    finally:
        talking.close()


@pytest.mark.usefixtures("load")
def test_every_process_is_scraped_and_every_panel_shows_data(
    memcube: MemCube, prometheus: Prometheus
) -> None:
    memcube.publish(Raw(key=b"default/user:ana", headers=(), value=b"not even JSON", partition=0))
    all_up = dict.fromkeys(("memory", "audit", "gateway"), "up")
    until(lambda: prometheus.answers() and prometheus.targets() == all_up, 30, prometheus.told)
    panels = expressions()
    until(lambda: not prometheus.without_data(panels), 30, lambda: str(prometheus.without_data(panels)))
    assert max(prometheus.values('memcube_deadletters_total{reason="not-an-event"}')) == 1
    # A scrape may have missed its one second on a busy machine; an alarm without a cause has to end.
    until(lambda: prometheus.firing() <= {"MemcubeDeadLetters"}, 30, lambda: str(prometheus.firing()))


@pytest.mark.usefixtures("load")
def test_a_hundred_more_people_make_not_one_series_more(memcube: MemCube, prometheus: Prometheus) -> None:
    say(memcube, "somebody", 60)  # every partition has had an event, every route was asked
    before = pages(memcube)
    for number in range(100):
        say(memcube, f"person-{number}", 1)
    assert pages(memcube) == before
    assert not any("person-" in line or "somebody" in line for page in before.values() for line in page)
    (series,) = prometheus.values('count({job="memcube"})')
    assert series < 1_000


@pytest.mark.usefixtures("load")
def test_a_worker_that_stops_raises_the_alarm_which_ends_with_its_restart(
    memcube: MemCube, prometheus: Prometheus
) -> None:
    until(lambda: "MemcubeBehind" not in prometheus.firing(), 45, memcube.told)
    # Frozen, not killed: its supervisor would start it again within half a second.
    os.kill(worker(memcube), signal.SIGSTOP)
    until(lambda: "MemcubeBehind" in prometheus.firing(), 45, lambda: str(prometheus.firing()))
    assert sum(prometheus.values('memcube_lag_events{role="memory"}')) > 0
    os.kill(worker(memcube), signal.SIGKILL)
    until(lambda: "MemcubeBehind" not in prometheus.firing(), 45, memcube.told)


def say(memcube: MemCube, user: str, times: int) -> None:
    """And wait until it counts, and ask; as people of their own where it is said more than once."""
    names = [user] if times == 1 else [f"{user}-{number}" for number in range(times)]
    turns = [{"user_id": name, "role": "user", "content": "I live in Hamburg."} for name in names]
    answer = memcube.http.post("/v1/events", params={"wait": "recallable"}, json={"events": turns})
    assert answer.is_success, answer.text
    assert memcube.recalled(names[0], "Where do I live?")


def pages(memcube: MemCube) -> dict[str, set[str]]:
    """The names of the series that each process tells."""
    found = {}
    for child in memcube.json("status")["children"]:
        if child["metrics"] is not None:
            lines = memcube.http.get(child["metrics"]).text.splitlines()
            found[child["name"]] = {line.rpartition(" ")[0] for line in lines if not line.startswith("#")}
    return found


def worker(memcube: MemCube) -> int:
    state = json.loads((memcube.folder / "run" / "system.json").read_text())
    pid: int = next(child["pid"] for child in state["children"] if child["name"] == "memory")
    return pid


def expressions() -> list[str]:
    """Of every panel of the committed dashboard but those on chats: there is no model here."""
    board = json.loads(dashboard.FILE.read_text())
    chats = {panel.title for panel in CHAT.panels}
    shown = [panel for panel in board["panels"] if panel["title"] not in chats]
    assert len(shown) == len(board["panels"]) - len(chats)
    return [target["expr"] for panel in shown for target in panel.get("targets", ())]

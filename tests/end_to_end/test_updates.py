"""Following a whole system over HTTP: through hang-ups, the death of its parts, and its end."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from httpx_sse import ServerSentEvent, connect_sse

from tests.end_to_end.system import MemCube, until

NewSystem = Callable[..., MemCube]


class Reader:
    """A client that comes back with the last id it saw, as browsers do."""

    def __init__(self, system: MemCube, **query: Any) -> None:
        self._system = system
        self._query = query
        self._token: str | None = None

    @contextmanager
    def connected(self) -> Iterator[Iterator[ServerSentEvent]]:
        headers = {} if self._token is None else {"Last-Event-ID": self._token}
        with connect_sse(
            self._system.http, "GET", "/v1/updates", params=self._query, headers=headers
        ) as source:
            if source.response.status_code != 200:
                raise httpx.ConnectError("not yet")
            events = source.iter_sse()
            self._token = next(events).id
            yield self._heard(events)

    def texts(self, last: str) -> list[str]:
        """What is told up to a text, over as many connections as it takes."""
        found: list[str] = []

        def told() -> bool:
            try:
                with self.connected() as events:
                    for event in events:
                        assert event.event == "cube.updated", event
                        update = json.loads(event.data)
                        if update["form"] == "fact":
                            found.append(update["text"])
                        if update["text"] == last:
                            return True
            except httpx.TransportError:
                pass
            return False

        until(told, 60, self._system.told)
        return found

    def _heard(self, events: Iterator[ServerSentEvent]) -> Iterator[ServerSentEvent]:
        for event in events:
            self._token = event.id or self._token
            if event.data:
                yield event


def remember(system: MemCube, user: str, text: str) -> None:
    order = {"type": "remember", "text": text, "user_id": user}
    system.post("/v1/commands?wait=recallable", order)


def child(system: MemCube, name: str) -> int:
    [pid] = [child["pid"] for child in system.json("status")["children"] if child["name"] == name]
    return int(pid)


def connections(pid: int) -> int:
    """Sockets that a process holds."""
    found = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += str(link.readlink()).startswith("socket:")
        except FileNotFoundError:
            continue
    return found


def test_readers_that_hang_up_leave_no_connection_to_kafka(memcube: MemCube) -> None:
    gateway = child(memcube, "gateway")
    remember(memcube, "ana", "Locker 1 is Ana's.")
    before = connections(gateway)
    for _ in range(10):
        with Reader(memcube, user_id="ana", after="start").connected() as events:
            assert json.loads(next(events).data)["text"] == "Locker 1 is Ana's."
    until(lambda: connections(gateway) <= before, 10, memcube.told)


def test_nothing_is_missed_while_the_gateway_and_the_broker_die(memcube: MemCube) -> None:
    reader = Reader(memcube, user_id="bo")
    with reader.connected():
        pass
    told = []
    for number, part in enumerate(("gateway", "kafka", "memory")):
        text = f"Locker {number} is Bo's."
        remember(memcube, "bo", text)
        told += reader.texts(text)
        os.kill(child(memcube, part), signal.SIGKILL)
        until(lambda: memcube.command("status").returncode == 1, 10)
        memcube.until_ready()
    remember(memcube, "bo", "The last one.")
    told += reader.texts("The last one.")
    # At least once: the relay may repeat what it sent just before it was killed.
    assert list(dict.fromkeys(told)) == [*(f"Locker {n} is Bo's." for n in range(3)), "The last one."]


def test_a_stream_that_is_open_when_the_broker_dies_ends_or_goes_on(memcube: MemCube) -> None:
    reader = Reader(memcube, user_id="cleo")
    with reader.connected() as events:
        os.kill(child(memcube, "kafka"), signal.SIGKILL)
        until(lambda: memcube.command("status").returncode == 1, 10)
        memcube.until_ready()
        remember(memcube, "cleo", "Said after the fall.")
        here = [json.loads(event.data)["text"] for event in _until_text(events, "Said after the fall.")]
    assert here or reader.texts("Said after the fall.")


def test_a_stop_does_not_wait_for_readers(another: NewSystem) -> None:
    system = another("stopping", "--gateway-port", "0", "--kafka-port", "0").start()
    with Reader(system, tenant="default").connected() as events:
        system.stop()  # asserts that it was clean, and in time
        assert list(events) == []
    log = (system.folder / "logs" / "gateway.log").read_text()
    assert "Traceback" not in log
    assert "Cancel" not in log


def test_a_frozen_worker_turns_new_events_away_but_no_erasure(another: NewSystem) -> None:
    system = another("frozen", "--gateway-port", "0", "--kafka-port", "0")
    system.setting("MEMCUBE_LAG_LIMIT", "3")
    system.start()
    turn = {"user_id": "ana", "role": "user", "content": "I live in Lisbon."}
    worker = child(system, "memory")
    os.kill(worker, signal.SIGSTOP)
    try:
        for _ in range(4):
            system.post("/v1/events", turn)
        until(lambda: system.http.post("/v1/events", json=turn).status_code == 429, 10, system.told)
        answer = system.http.post("/v1/events", json=turn)
        assert answer.json()["reason"] == "backlog"
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert system.http.delete("/v1/cubes", params={"user_id": "ana"}).status_code == 200
    finally:
        os.kill(worker, signal.SIGCONT)
    until(lambda: system.http.post("/v1/events", json=turn).status_code == 200, 30, system.told)
    system.stop()


def _until_text(events: Iterator[ServerSentEvent], text: str) -> Iterator[ServerSentEvent]:
    try:
        for event in events:
            yield event
            if json.loads(event.data)["text"] == text:
                return
    except httpx.TransportError:
        return

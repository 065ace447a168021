"""Up, side by side, through the death of a part, down, and up again on the same folder."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.ports import LOOPBACK
from tests.end_to_end.system import MemCube, command, processes_of, until
from tests.end_to_end.wire import prompt

NewSystem = Callable[..., MemCube]


def worker(system: MemCube, role: str) -> int:
    """Found as an operator finds it, by its command line."""
    [found] = [
        pid
        for pid, line in processes_of(system.group).items()
        if f"python -m streams.worker --role {role}" in line
    ]
    return found


def test_the_processes_are_one_group_and_only_stream_workers_are_named_so(memcube: MemCube) -> None:
    processes = processes_of(memcube.group)
    children = {child["name"]: child["pid"] for child in memcube.json("status")["children"]}
    assert children.keys() == {"kafka", "memory", "audit", "promote", "gateway"}
    assert set(children.values()) < set(processes)
    named = {pid for pid, line in processes.items() if "worker" in line}
    assert named == {worker(memcube, role) for role in ("memory", "audit", "promote")}
    assert named == {children[role] for role in ("memory", "audit", "promote")}


def test_a_second_up_on_the_folder_says_so(memcube: MemCube) -> None:
    second = memcube.command("up")
    assert second.returncode == 1
    assert "already" in second.stderr
    assert memcube.address["gateway"] in second.stderr
    assert "--data" in second.stderr
    assert memcube.command("status").returncode == 0


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = str(taken.getsockname()[1])
        for option in ("--gateway-port", "--kafka-port"):
            done = command("up", "--data", str(tmp_path / "data"), option, port)
            assert done.returncode == 1, done
            assert port in done.stderr
            assert "taken" in done.stderr
            assert "a fault" not in done.stderr


@pytest.mark.parametrize("role", ["memory", "audit", "promote"])
def test_a_killed_worker_is_started_again(memcube: MemCube, role: str) -> None:
    user = f"survives-{role}"
    memcube.publish(prompt(user, "Locker 12 belongs to Rui."))
    old = worker(memcube, role)
    os.kill(old, signal.SIGKILL)
    down = memcube.command("status")
    assert down.returncode == 1
    assert role in down.stderr
    memcube.until_ready()
    assert worker(memcube, role) != old
    memcube.publish(prompt(user, "Locker 40 belongs to Eva."))
    assert memcube.texts(user) == {"Locker 12 belongs to Rui", "Locker 40 belongs to Eva"}
    memcube.until_quiet()


def test_a_killed_gateway_is_started_again_at_its_address(memcube: MemCube) -> None:
    before = memcube.address["gateway"]
    [pid] = [child["pid"] for child in memcube.json("status")["children"] if child["name"] == "gateway"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: memcube.command("status").returncode == 1, 5)
    memcube.until_ready()
    assert memcube.address["gateway"] == before


def test_another_kafka(memcube: MemCube, another: NewSystem) -> None:
    """With --kafka there is no broker of its own; what the log holds becomes a record here as well."""
    memcube.publish(prompt("everywhere", "I live in Faro."))
    guest = another("guest", "--kafka", memcube.address["kafka"], "--gateway-port", "0").start()
    assert {child["name"] for child in guest.address["children"]} == {"memory", "audit", "promote", "gateway"}
    assert guest.address["kafka"] == memcube.address["kafka"]
    guest.until_quiet()
    assert guest.texts("everywhere") == {"everywhere lives in Faro"}
    guest.publish(prompt("everywhere", "I like jazz."))
    memcube.until_quiet()
    assert memcube.texts("everywhere") == guest.texts("everywhere")
    guest.stop()
    assert guest.command("status").returncode == 1
    guest.start()
    assert guest.texts("everywhere") == {"everywhere lives in Faro", "everywhere likes jazz"}
    guest.stop()


def test_a_kafka_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    began = time.monotonic()
    done = command("up", "--data", str(tmp_path / "data"), "--kafka", f"{LOOPBACK}:9", "--gateway-port", "0")
    assert done.returncode == 1
    assert f"{LOOPBACK}:9" in done.stderr
    assert "a fault" not in done.stderr
    assert time.monotonic() - began < 60


def test_two_folders_side_by_side_and_one_again(another: NewSystem) -> None:
    """Neither names a port: the default ones give way. What was killed starts again with all it knew."""
    one, two = another("one"), another("two")
    one.launch()
    two.launch()
    for system, town in ((one, "Faro"), (two, "Oslo")):
        system.until_ready()
        system.publish(prompt("ann", f"I live in {town}."))
    assert one.address["gateway"] != two.address["gateway"]
    assert one.address["kafka"] != two.address["kafka"]
    assert (one.texts("ann"), two.texts("ann")) == ({"ann lives in Faro"}, {"ann lives in Oslo"})

    before = two.address
    two.kill()
    assert two.command("status").returncode == 1
    assert one.command("status").returncode == 0
    two.start()
    for name in ("gateway", "kafka", "record"):
        assert two.address[name] == before[name]
    assert two.recalled("ann", "where does Ann live?") == ["ann lives in Oslo"]
    two.publish(prompt("ann", "I like jazz."))
    assert "ann likes jazz" in two.texts("ann")
    two.stop()
    one.stop()

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent

import pytest

from infra.children import Backoff, Change, Child, State, how_it_ended, in_levels
from infra.errors import ChildrenError
from infra.supervisor import INTERRUPTED, Supervisor

QUICK = Backoff(first_s=0.05, longest_s=0.2, forgotten_after_s=30)
SLEEP = "import time; time.sleep(60)"
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


def python(name: str, code: str, **settings: object) -> Child:
    return Child(name=name, argv=(sys.executable, "-S", "-c", code), **settings)  # type: ignore[arg-type]


class Seen(list[Change]):
    def of(self, name: str) -> list[State]:
        return [change.state for change in self if change.name == name]

    def last(self, name: str) -> Change:
        return [change for change in self if change.name == name][-1]

    async def until(self, condition: Callable[[Seen], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition(self):
                await asyncio.sleep(0.01)


@asynccontextmanager
async def supervised(logs: Path, *children: Child, backoff: Backoff = QUICK) -> AsyncIterator[Seen]:
    seen = Seen()
    supervisor = Supervisor(children, logs, seen.append, backoff=backoff)
    supervisor.start()
    try:
        yield seen
    finally:
        await supervisor.stop()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] != "Z"


async def test_a_child_starts_when_those_it_needs_are_ready_and_stops_before_them(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def open_gate() -> bool:
        return gate.is_set()

    broker = python("broker", SLEEP, ready=open_gate)
    async with supervised(tmp_path, python("gateway", SLEEP, needs=("broker",)), broker) as seen:
        await seen.until(lambda seen: seen.of("broker") == [State.STARTING])
        assert seen.last("gateway").detail == "for broker"
        gate.set()
        await seen.until(lambda seen: State.READY in seen.of("gateway"))
    ends = [change.name for change in seen if change.state is State.STOPPED]
    assert ends == ["gateway", "broker"]
    assert seen.of("gateway") == [State.WAITING, State.STARTING, State.READY, State.STOPPING, State.STOPPED]


async def test_a_child_that_dies_is_started_again_and_the_others_go_on(tmp_path: Path) -> None:
    async with supervised(
        tmp_path, python("broker", SLEEP), python("gateway", SLEEP, needs=("broker",))
    ) as seen:
        await seen.until(lambda seen: State.READY in seen.of("gateway"))
        first = seen.last("broker").pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await seen.until(lambda seen: seen.of("broker").count(State.READY) == 2)
        assert seen.last("broker").pid != first
        assert "killed by SIGKILL" in next(c.detail for c in seen if c.state is State.RESTARTING)
        assert seen.of("gateway").count(State.STARTING) == 1


async def test_the_pauses_grow_and_what_a_child_said_is_in_its_log(tmp_path: Path) -> None:
    failing = python("failing", "print('why', flush=True); raise SystemExit(1)")
    async with supervised(tmp_path, failing) as seen:
        await seen.until(lambda seen: seen.of("failing").count(State.RESTARTING) == 4)
    pauses = [
        change.detail.split("again in ")[1].split(" s")[0] for change in seen if "again" in change.detail
    ]
    assert pauses[:4] == ["0.05", "0.1", "0.2", "0.2"]
    assert (tmp_path / "failing.log").read_text().splitlines()[:2] == ["why", "why"]


async def test_a_child_that_stayed_up_long_enough_starts_with_a_short_pause_again(tmp_path: Path) -> None:
    backoff = Backoff(first_s=0.01, longest_s=5, forgotten_after_s=0.05)
    steady = python("steady", "import time; time.sleep(0.1); raise SystemExit(1)")
    async with supervised(tmp_path, steady, backoff=backoff) as seen:
        await seen.until(lambda seen: seen.of("steady").count(State.RESTARTING) == 3)
    assert all("again in 0.01 s" in change.detail for change in seen if change.state is State.RESTARTING)


async def test_a_final_status_is_not_tried_again_and_the_rest_goes_on(tmp_path: Path) -> None:
    lost = python("memory", "raise SystemExit(3)", final=frozenset({3}))
    async with supervised(tmp_path, lost, python("gateway", SLEEP)) as seen:
        await seen.until(
            lambda seen: State.BLOCKED in seen.of("memory") and State.READY in seen.of("gateway")
        )
        await asyncio.sleep(0.2)
        assert seen.last("memory").state is State.BLOCKED
        assert "ended with status 3; needs a human" in seen.last("memory").detail
        assert seen.last("gateway").state is State.READY


async def test_a_program_that_is_not_there_is_reported(tmp_path: Path) -> None:
    async with supervised(tmp_path, Child(name="gone", argv=(str(tmp_path / "gone"),))) as seen:
        await seen.until(lambda seen: State.RESTARTING in seen.of("gone"))
        assert "cannot be started" in seen.last("gone").detail


async def test_a_child_that_does_not_stop_is_killed_after_its_grace(tmp_path: Path) -> None:
    async with supervised(tmp_path, python("stubborn", STUBBORN, grace_s=0.3)) as seen:
        log = tmp_path / "stubborn.log"
        await seen.until(lambda _: log.exists() and "up" in log.read_text())
        began = time.monotonic()
    assert 0.3 <= time.monotonic() - began < 2
    assert seen.last("stubborn").detail == "did not stop within 0.3 s: killed by SIGKILL"


async def test_stubborn_children_on_every_level_are_stopped_within_the_limit(tmp_path: Path) -> None:
    seen = Seen()
    levels = ("a", "b", "c")
    children = [
        python(name, STUBBORN, grace_s=30, needs=(before,) if before else ())
        for name, before in zip(levels, ("", "a", "b"), strict=True)
    ]
    supervisor = Supervisor(children, tmp_path, seen.append, stop_within_s=2.5)
    supervisor.start()
    await supervisor.until_ready()
    await seen.until(lambda _: all("up" in (tmp_path / f"{name}.log").read_text() for name in levels))
    began = time.monotonic()
    await supervisor.stop()
    assert time.monotonic() - began < 3.5
    assert {seen.last(name).state for name in levels} == {State.STOPPED}


async def test_the_run_ends_with_the_work_and_its_result(tmp_path: Path) -> None:
    seen = Seen()
    supervisor = Supervisor([python("child", SLEEP)], tmp_path, seen.append)

    async def work() -> int:
        await supervisor.until_ready()
        return 7

    assert await supervisor.run(work) == 7
    assert seen.of("child")[-1] is State.STOPPED


async def test_work_that_is_cut_short_is_no_success(tmp_path: Path) -> None:
    supervisor = Supervisor((), tmp_path, lambda _: None)

    async def work() -> int:
        supervisor.ask_to_stop()
        await asyncio.Event().wait()
        return 0

    assert await supervisor.run(work) == INTERRUPTED


async def test_a_fault_in_the_work_or_in_a_ready_check_ends_the_run_with_all_children_stopped(
    tmp_path: Path,
) -> None:
    async def faulty() -> int:
        raise LookupError("a fault")

    seen = Seen()
    with pytest.raises(LookupError, match="a fault"):
        await Supervisor([python("child", SLEEP)], tmp_path, seen.append).run(faulty)
    with pytest.raises(LookupError, match="a fault"):
        await Supervisor([python("other", SLEEP, ready=faulty)], tmp_path, seen.append).run()
    assert seen.last("child").state is seen.last("other").state is State.STOPPED


def test_children_that_need_each_other_or_nobody_are_refused() -> None:
    with pytest.raises(ChildrenError, match="in a circle"):
        in_levels([python("a", "", needs=("b",)), python("b", "", needs=("a",))])
    with pytest.raises(ChildrenError, match="a needs \\['c'\\]"):
        in_levels([python("a", "", needs=("c",))])
    with pytest.raises(ChildrenError, match="one name"):
        in_levels([python("a", ""), python("a", "")])


def test_endings_in_words() -> None:
    assert how_it_ended(0) == "ended with status 0"
    assert how_it_ended(-15) == "killed by SIGTERM"
    assert how_it_ended(-40) == "killed by signal 40"


# The whole program, as the command line uses it: children that handle SIGINT themselves, ignore nothing
# and need each other.
SYSTEM = """
    import asyncio, sys
    from pathlib import Path
    from infra.children import Child
    from infra.supervisor import INTERRUPTED, Supervisor

    HEARS_CTRL_C = '''
    import signal, sys, time
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
    print("up", flush=True)
    time.sleep(60)
    '''

    def tell(change):
        print(change.name, change.state, change.pid, change.detail, flush=True)

    def child(name, code, **settings):
        return Child(name=name, argv=(sys.executable, "-S", "-c", code), **settings)

    logs = Path(sys.argv[1])

    async def hears():
        return "up" in (logs / "broker.log").read_text()

    children = [
        child("broker", HEARS_CTRL_C, ready=hears),
        child("memory", "import time; time.sleep(60)", needs=("broker",)),
    ]
    sys.exit(asyncio.run(Supervisor(children, logs, tell).run()))
"""


def start_system(logs: Path) -> tuple[subprocess.Popen[str], list[int]]:
    process = subprocess.Popen(
        [sys.executable, "-c", dedent(SYSTEM), str(logs)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    pids = []
    for line in process.stdout:
        _, state, pid, *_ = line.split()
        if state == State.READY:
            pids.append(int(pid))
        if len(pids) == 2:
            return process, pids
    raise AssertionError("the system did not come up")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_is_a_clean_stop_without_a_restart(
    tmp_path: Path, number: signal.Signals
) -> None:
    process, pids = start_system(tmp_path)
    os.killpg(process.pid, number)
    told, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert " starting" not in told
    assert not any(alive(pid) for pid in pids)


def test_when_the_supervisor_is_killed_its_children_end_too(tmp_path: Path) -> None:
    process, pids = start_system(tmp_path)
    process.kill()
    process.communicate(timeout=10)
    deadline = time.monotonic() + 5
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(alive(pid) for pid in pids)


def test_children_stay_in_the_group_of_their_supervisor(tmp_path: Path) -> None:
    process, pids = start_system(tmp_path)
    assert {os.getpgid(pid) for pid in pids} == {process.pid}
    process.terminate()
    process.communicate(timeout=10)

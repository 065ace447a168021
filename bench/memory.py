"""Memory of every process of a running system: idle, and after many events and a recall from each subject."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import httpx
import msgspec

from bench import Say
from bench.processes import BenchError, Usage, usage
from bench.report import Findings, Table
from bench.system import Up, passed, scratch, up
from bench.turns import Turn, turns

EVENTS: Final = 5_000
QUICK_EVENTS: Final = 500
# After its start and after the load, until what was let go has been given back.
_SETTLE_S: Final = 5.0
_BATCH: Final = 250
_STALLED_S: Final = 120.0


def measure(*, quick: bool, say: Say) -> Findings:
    count = QUICK_EVENTS if quick else EVENTS
    with scratch() as folder, up(folder / "data") as system:
        say("starting a whole system with the real embedder")
        system.wait_ready()
        time.sleep(_SETTLE_S)
        idle = _usages(system)
        told = turns(count)
        with httpx.Client(base_url=system.system.gateway, trust_env=False, timeout=60.0) as gateway:
            _tell(system, gateway, told, say)
            _ask(gateway, told)
        time.sleep(_SETTLE_S)
        busy = _usages(system)
        statistics = system.reader().statistics()
    megabytes = statistics.bytes / 1e6
    return Findings(
        tables=(_table(idle, busy, count),),
        data={
            "events": count,
            "record": msgspec.to_builtins(statistics),
            "idle_mb": {name: msgspec.to_builtins(one) for name, one in idle.items()},
            "after_mb": {name: msgspec.to_builtins(one) for name, one in busy.items()},
        },
        notes=(
            f"{statistics.cubes} cubes of {statistics.subjects} subjects; record of {megabytes:.1f} MB.",
            "PSS shares pages among those that use them, so it may be summed.",
        ),
    )


def _tell(system: Up, gateway: httpx.Client, told: list[Turn], say: Say) -> None:
    store = system.reader()
    for start in range(0, len(told), _BATCH):
        batch = told[start : start + _BATCH]
        answer = gateway.post("/v1/events", json={"events": [turn.request() for turn in batch]})
        answer.raise_for_status()
        ends: dict[int, int] = {}
        for one in answer.json()["events"]:
            ends[one["partition"]] = max(ends.get(one["partition"], 0), one["offset"] + 1)
        deadline = time.monotonic() + _STALLED_S
        while not passed(store, ends):
            if time.monotonic() > deadline:
                raise BenchError(f"role memory does not move on: see {system.data.logs / 'memory.log'}")
            time.sleep(0.05)
        if not (start + _BATCH) % (4 * _BATCH):
            say(f"{start + len(batch)} of {len(told)} events are in the record")
    store.close()


def _ask(gateway: httpx.Client, told: list[Turn]) -> None:
    """So that the gateway has its index and its embedder in memory."""
    for group in dict.fromkeys(turn.group_id for turn in told):
        asked = {"group_id": group, "query": "Where does she live now?"}
        gateway.post("/v1/recall", json=asked).raise_for_status()


def _usages(system: Up) -> dict[str, Usage]:
    return {name: usage(pid) for name, pid in system.pids.items()}


def _table(idle: Mapping[str, Usage], busy: Mapping[str, Usage], count: int) -> Table:
    rows = [(name, *_row(idle[name], busy[name])) for name in idle]
    rows.append(("together", "", _total(idle), "", _total(busy)))
    columns = ("process", "idle RSS", "idle PSS", "after RSS", "after PSS")
    return Table(f"Memory in MB, idle and after {count} events", columns, tuple(rows))


def _row(idle: Usage, busy: Usage) -> tuple[str, str, str, str]:
    return f"{idle.rss:.0f}", _mb(idle.pss), f"{busy.rss:.0f}", _mb(busy.pss)


def _total(usages: Mapping[str, Usage]) -> str:
    known = [one.pss for one in usages.values() if one.pss is not None]
    return _mb(sum(known) if len(known) == len(usages) else None)


def _mb(value: float | None) -> str:
    return "not readable" if value is None else f"{value:.0f}"

"""What a supervisor is told about its children, and what it tells about them."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import msgspec

from infra.errors import ChildrenError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the system.

    `ready` is asked every 50 ms until it says True; what it cannot reach it reports as False, an OSError
    or a TimeoutError. Without `ready` a child is ready as soon as it runs. `env` is added to ours.
    An exit status in `final` means that starting it again would end the same way: a human is needed.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = {}
    ready: Callable[[], Awaitable[bool]] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 5.0
    needs: tuple[str, ...] = ()
    final: frozenset[int] = frozenset()


class State(StrEnum):
    """Where a child is in its life."""

    WAITING = "waiting"  # for the children it needs
    STARTING = "starting"  # it runs and does not answer yet
    READY = "ready"
    RESTARTING = "restarting"  # it died; it is started again after a pause
    BLOCKED = "blocked"  # it ended with a final status; the others go on
    STOPPING = "stopping"
    STOPPED = "stopped"


class Change(msgspec.Struct, frozen=True):
    """A child came into a new state. `detail` says why, where there is something to say."""

    name: str
    state: State
    pid: int | None = None
    detail: str = ""


class Backoff(msgspec.Struct, frozen=True):
    """The pauses before a child is started again: doubled each time, up to `longest_s`."""

    first_s: float = 0.5
    longest_s: float = 10.0
    forgotten_after_s: float = 30.0  # up that long, a child's earlier deaths no longer count

    def pause_s(self, deaths: int) -> float:
        """The pause after so many deaths in a row (1 or more)."""
        return min(self.first_s * 2.0 ** min(deaths - 1, 16), self.longest_s)


def in_levels(children: Sequence[Child]) -> tuple[tuple[Child, ...], ...]:
    """The children in the order of their needs: each level needs only those before it."""
    by_name = {child.name: child for child in children}
    if len(by_name) != len(children):
        raise ChildrenError(f"two children have one name: {sorted(child.name for child in children)}")
    for child in children:
        if unknown := set(child.needs) - set(by_name):
            raise ChildrenError(f"{child.name} needs {sorted(unknown)}, and no child has that name")
    order = TopologicalSorter({child.name: child.needs for child in children})
    try:
        order.prepare()
    except CycleError as error:
        raise ChildrenError(f"children need each other in a circle: {' -> '.join(error.args[1])}") from error
    levels = []
    while order.is_active():
        names = order.get_ready()
        levels.append(tuple(by_name[name] for name in names))
        order.done(*names)
    return tuple(levels)


def how_it_ended(returncode: int) -> str:
    """An exit status in words."""
    if returncode >= 0:
        return f"ended with status {returncode}"
    try:
        return f"killed by {signal.Signals(-returncode).name}"
    except ValueError:  # a real-time signal has no name
        return f"killed by signal {-returncode}"

"""Where each role stands in the log, read from its own store, whether anything runs or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final, Protocol

import msgspec
import typer

from gateway.cli import show
from gateway.cli.place import AsJson, CliError, Place, placed
from memcube.errors import NotRunning
from memcube.settings import Settings

if TYPE_CHECKING:
    from memcube.store.record import Partition

positions = typer.Typer(
    no_args_is_help=True, help="How far each role has read, by our own store.", rich_markup_mode=None
)
# In these a role reads and commits: a reset under its hands would be refused or lost.
_AT_WORK: Final = frozenset({"waiting", "starting", "ready", "restarting", "stopping"})


@positions.command("list")
@placed
def list_positions(place: Place, *, json: AsJson = False) -> None:
    """The offset that each role reads next."""
    rows: list[tuple[Partition, int]] = []
    for role in _STORES:
        with _opened(place, role) as store:
            rows += sorted(store.positions(role).items())
    found = [{**msgspec.to_builtins(partition), "next": position} for partition, position in rows]
    if json:
        show.as_json({"positions": found})
        return
    columns = ("role", "topic", "number", "next", "topic_id", "cluster")
    show.table(columns, [[row[column] for column in columns] for row in found], empty="nothing was read yet")


@positions.command("reset")
@placed
def reset(
    place: Place,
    *,
    role: Annotated[str, typer.Option(help="memory, ...", show_default=False)],
    topic: Annotated[str, typer.Option(help="memory.events, ...", show_default=False)],
    json: AsJson = False,
) -> None:
    """Make a role read a topic from its start. What was applied before is recognised and passed over."""
    if role not in _STORES:
        raise typer.BadParameter(f"no role {role!r}: use one of {', '.join(_STORES)}")
    _must_rest(place, role)
    with _opened(place, role) as store:
        count = store.reset_positions(role, topic)
    if json:
        show.as_json({"role": role, "topic": topic, "reset": count})
    else:
        typer.echo(f"{count} positions of role {role} in {topic} reset; start it again with `memcube up`")


class _Store(Protocol):
    def positions(self, role: str) -> Mapping[Partition, int]: ...

    def reset_positions(self, role: str, topic: str) -> int: ...

    def close(self) -> None: ...


@contextmanager
def _opened(place: Place, role: str) -> Iterator[_Store]:
    settings = place.settings()
    if not settings.data.record.exists():
        raise CliError(f"there is no record in {settings.data.root}", "name the data folder with --data")
    store = _STORES[role](settings)
    try:
        yield store
    finally:
        store.close()


def _memory(settings: Settings) -> _Store:
    # The record's parts cost 0.2 s to import: not for --help.
    from memcube.governance.keys import KeyStore  # noqa: PLC0415
    from memcube.governance.sealing import SubjectSealer  # noqa: PLC0415
    from memcube.store.sqlite import SQLiteCubeStore  # noqa: PLC0415

    return SQLiteCubeStore(settings.data.record, SubjectSealer(KeyStore(settings.data.keys)))


def _audit(settings: Settings) -> _Store:
    from memcube.governance.ledger import Ledger  # noqa: PLC0415

    return Ledger(settings.data.ledger)


def _promote(settings: Settings) -> _Store:
    from memcube.activation.usage import Usage  # noqa: PLC0415

    return Usage(settings.data.usage)


_STORES: Final[Mapping[str, Callable[[Settings], _Store]]] = {
    "memory": _memory,
    "audit": _audit,
    "promote": _promote,
}


def _must_rest(place: Place, role: str) -> None:
    try:
        system = place.system()
    except NotRunning:
        return
    for child in system.children:
        if child.name.startswith(role) and child.state in _AT_WORK:
            raise CliError(f"{child.name} is {child.state}", "stop `memcube up` first (Ctrl-C), then reset")

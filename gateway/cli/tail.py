"""`memcube tail`: what changes in memory, as it changes."""

from __future__ import annotations

import json as jsonlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import unquote

import msgspec
import typer

from gateway.cli import show
from gateway.cli.client import problem
from gateway.cli.place import AsJson, CliError, Place, on_subject_or_none
from memcube.cube import Decision, Form, State
from memcube.errors import NotRunning

if TYPE_CHECKING:
    import httpx

# The gateway says something every 15 s: a connection that is silent for longer is dead.
_SILENT_S: Final = 40.0
_CONNECT_S: Final = 5.0
_AGAIN_S: Final = 1.0


class _Filter(msgspec.Struct, frozen=True):
    """Which updates are shown; nothing given means all."""

    states: frozenset[State]
    decisions: frozenset[Decision]
    episodes: bool

    def passes(self, update: _Update) -> bool:
        if self.states and update.state not in self.states:
            return False
        if self.decisions and update.decision not in self.decisions:
            return False
        return self.episodes or update.form != Form.EPISODE


class _Update(msgspec.Struct, frozen=True):
    """One event of the stream. An erasure tells of a cube that it is gone, and nothing else."""

    subject: str
    cube_id: str
    state: str = State.ERASED
    decision: str = Decision.ERASE
    reason: str = "erased"
    form: str | None = None
    recorded_at: str | None = None
    text: str | None = None


class _Gone(Exception):
    """The stream ended, or could not be opened; `known`: why, as a gateway says it."""

    def __init__(self, known: CliError | None = None) -> None:
        super().__init__()
        self.known = known


@on_subject_or_none
def tail(
    place: Place,
    *,
    state: Annotated[
        list[State] | None, typer.Option(help="Only what is in this state now (can be repeated).")
    ] = None,
    decision: Annotated[
        list[Decision] | None, typer.Option(help="Only what was changed by this (can be repeated).")
    ] = None,
    episodes: Annotated[bool, typer.Option("--episodes", help="Raw turns as well.")] = False,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="start|ID",
            help="From the oldest update that is kept, or behind the one with this id, as --json shows it"
            " (default: from now on).",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("-n", "--limit", min=1, help="Stop after so many.", show_default=False)
    ] = None,
    json: AsJson = False,
) -> None:
    """Follow the changes of one subject's memory, or of the whole tenant, until Ctrl-C.

    Goes on where it was when the gateway has been away. --json prints one object a line.
    """
    wanted = _Filter(frozenset(state or ()), frozenset(decision or ()), episodes)
    shown = 0
    for event in _follow(place, since):
        update = msgspec.convert(event, _Update)
        if not wanted.passes(update):
            continue
        typer.echo(jsonlib.dumps(event, ensure_ascii=False) if json else _line(update))
        shown += 1
        if shown == limit:
            return


def _follow(place: Place, since: str | None) -> Iterator[dict[str, Any]]:
    """Every update, across restarts of the gateway. Raises `CliError` where waiting would not help."""
    after, away = since, False
    connected = False
    while True:
        try:
            for name, token, data in _stream(place, after):
                if away:
                    typer.echo("the gateway is back", err=True)
                connected, away, after = True, False, token or after
                if name == "gap":
                    typer.echo("older updates are no longer kept: told again from the oldest", err=True)
                elif data:
                    yield {"event": name, "id": token, **data}
        except _Gone as gone:
            if gone.known is not None and not connected:
                raise gone.known from None
        if not away:
            typer.echo("the gateway is away: following again when it is back", err=True)
        away = True
        time.sleep(_AGAIN_S)


def _stream(place: Place, after: str | None) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name, resume token and data of each event of one connection; raises `_Gone` when it is over."""
    import httpx  # noqa: PLC0415  costs 0.15 s: not for --help
    from httpx_sse import connect_sse  # noqa: PLC0415

    try:
        url = place.system().gateway  # it may have come back elsewhere
    except NotRunning as error:
        what, _, remedy = str(error).partition(": ")
        raise _Gone(CliError(what, remedy)) from None
    timeout = httpx.Timeout(_CONNECT_S, read=_SILENT_S)
    query = {**place.address, **({"after": after} if after else {})}
    try:
        with (
            httpx.Client(base_url=url, timeout=timeout, trust_env=False) as http,
            connect_sse(http, "GET", "/v1/updates", params=query) as source,
        ):
            _check(source.response)
            for event in source.iter_sse():
                yield event.event, event.id, jsonlib.loads(event.data) if event.data else {}
    except httpx.TransportError as error:
        what = f"the gateway at {url} cannot be reached ({error})"
        raise _Gone(CliError(what, "see `memcube status`, then try again")) from None


def _check(response: httpx.Response) -> None:
    if response.is_success:
        return
    response.read()
    fault = problem(response)
    if response.is_server_error:
        raise _Gone(fault)
    raise fault


def _line(update: _Update) -> str:
    """Time, whose, what happened, which memory, its words."""
    whose = unquote(update.subject.partition("/")[2])
    when = (update.recorded_at or "")[:19].replace("T", " ")
    done = update.decision if update.decision == Decision.ERASE else f"{update.decision} ({update.reason})"
    words = " ".join((update.text or "").split())
    line = f"{when:19}  {whose}  {done}  {update.cube_id}  {words}"
    return show.printable(line).rstrip()

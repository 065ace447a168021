"""The plan of a reprocess, made by a process of the stream's, since the rules are there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from tempfile import TemporaryFile

import msgspec

from gateway.cli.place import CliError, Place
from memcube.errors import NotRunning
from schemas.subject import Address


class Text(msgspec.Struct, frozen=True):
    """A memory before or after."""

    text: str
    state: str
    valid_from: str
    valid_to: str | None
    slot: str | None


class Difference(msgspec.Struct, frozen=True):
    """One memory that would change; see `streams.reprocess`, which tells."""

    what: str
    reason: str
    form: str
    before: Text | None
    after: Text


class Window(msgspec.Struct, frozen=True):
    """One command to be sent."""

    since: str | None
    until: str | None
    memories: int


class Reading(msgspec.Struct, frozen=True):
    """How many of all subjects have been read."""

    subjects: float
    of: int


class Plan(msgspec.Struct, frozen=True):
    """What is to be done for one subject."""

    address: dict[str, str]
    turns: int
    kept: int
    vectors: int
    windows: tuple[Window, ...]
    changes: tuple[Difference, ...]

    @property
    def whose(self) -> str:
        [(kind, name)] = self.address.items()
        return f"{kind.removesuffix('_id')} {name}"


class Line(msgspec.Struct, frozen=True):
    """One of the two, as the stream's process prints it."""

    plan: Plan | None = None
    reading: Reading | None = None


def planned(place: Place, since: datetime | None) -> list[Plan]:
    """By a process of the stream's, since the rules are there. Raises `CliError`."""
    argv = ["--data", str(place.settings().data.root), "--tenant", place.tenant]
    if place.subject:
        argv += ["--subject", Address(tenant=place.tenant, **place.subject).subject().key]
    if since is not None:
        argv += ["--since", since.isoformat()]
    try:
        # The system's, not this shell's: the vectors that it lacks are what counts.
        argv += ["--embedder", place.system().embedder or place.settings().embedder]
    except NotRunning:
        argv += ["--embedder", place.settings().embedder]
    with TemporaryFile() as errors, reading_shown() as heard:
        command = [sys.executable, "-P", "-m", "streams.reprocess", *argv]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process:
            plans = list(_plans(process, heard))
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
    if process.returncode:
        what, _, remedy = (said or ["the plan could not be made"])[-1].partition(": ")
        raise CliError(what, remedy or "see what it printed, or try again")
    return plans


def _plans(process: subprocess.Popen[bytes], heard: Callable[[Reading], None]) -> Iterator[Plan]:
    decode = msgspec.json.Decoder(Line).decode
    try:
        for said in process.stdout or ():
            line = decode(said)
            if line.reading is not None:
                heard(line.reading)
            if line.plan is not None:
                yield line.plan
    except BaseException:
        process.terminate()  # on a Ctrl-C that reached this process alone, it would read on to the end
        raise


@contextmanager
def reading_shown() -> Iterator[Callable[[Reading], None]]:
    """A bar over the subjects on standard error where that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  costs as much as all of --help
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("reading the turns again", total=None)
        yield lambda now: shown.update(task, completed=now.subjects, total=now.of)

"""The language models of this machine: what there is, what can be had, and how to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer

from gateway.cli import show
from gateway.cli.activations import size, working
from gateway.cli.place import AsJson, CliError, Place, placed
from memcube.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from memcube.models.catalogue import Entry

_SETUP: Final = "run `make setup-models`: it installs torch, transformers and the default model's weights"
Name = Annotated[str, typer.Argument(help="As `models list` shows it.")]
models = typer.Typer(no_args_is_help=True, help="The language models of this machine.", rich_markup_mode=None)


@models.command("list")
@placed
def list_models(place: Place, *, json: AsJson = False) -> None:
    """The models that can be named in MEMCUBE_MODEL; the one that is set is marked."""
    from memcube.models.cache import cache_folder  # noqa: PLC0415  with numpy: not for --help
    from memcube.models.catalogue import available, catalogue  # noqa: PLC0415

    chosen = place.settings().model.name
    entries = catalogue(cache_folder())
    if json:
        told = [_told(entry, chosen) for entry in entries]
        show.as_json({"available": available(), "chosen": chosen, "models": told})
        return
    rows = [
        ("*" if entry.name == chosen else "", entry.name, _state(entry), size(entry.bytes), entry.licence)
        for entry in entries
    ]
    show.table(("", "model", "state", "size", "licence"), rows, empty="")
    if chosen not in {entry.name for entry in entries}:
        typer.echo(f"MEMCUBE_MODEL is {chosen}: a folder, see `memcube models show {chosen}`")
    if not available():
        typer.echo(f"no model can be loaded yet: {_SETUP}", err=True)


@models.command("install")
@placed
def install(place: Place, name: Name = DEFAULT_MODEL, *, json: AsJson = False) -> None:
    """Make a model ready to be loaded: the default one is converted once, for half a minute and 540 MB."""
    from memcube.models import smollm2  # noqa: PLC0415
    from memcube.models.cache import cache_folder  # noqa: PLC0415
    from memcube.models.catalogue import available  # noqa: PLC0415

    del place  # the cache is the machine's
    entry = _entry(name)
    if entry.folder is None:
        if not available() or not entry.installed:
            raise CliError(f"{name} cannot be made ready here", _SETUP)
        with working(f"converting {name}"):
            smollm2.prepare(cache_folder())
        entry = _entry(name)
    if json:
        show.as_json(_told(entry, None))
    else:
        typer.echo(f"ready: {entry.name} in {entry.folder}")


@models.command("show")
@placed
def show_model(place: Place, name: Name = DEFAULT_MODEL, *, json: AsJson = False) -> None:
    """One model: where it comes from, where it stands, and whether it can be loaded."""
    entry = _entry(name)
    told = _told(entry, place.settings().model.name)
    if json:
        show.as_json(told)
        return
    show.table(("", ""), [(key, value) for key, value in told.items() if value is not None], empty="")


def _entry(name: str) -> Entry:
    """Raises `CliError` for a name that is not in the catalogue."""
    from memcube.models.cache import cache_folder  # noqa: PLC0415
    from memcube.models.catalogue import catalogue  # noqa: PLC0415

    entries = {entry.name: entry for entry in catalogue(cache_folder())}
    if name not in entries:
        remedy = f"there are {', '.join(entries)}; a folder that transformers reads is named in MEMCUBE_MODEL"
        raise CliError(f"there is no model {name!r}", remedy)
    return entries[name]


def _told(entry: Entry, chosen: str | None) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(entry, enc_hook=str)
    return told if chosen is None else {**told, "chosen": entry.name == chosen}


def _state(entry: Entry) -> str:
    if entry.folder is not None:
        return "ready"
    return entry.note if entry.installed else "not installed"

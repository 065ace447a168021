"""Where a command acts: which system, which tenant, whose memory. The options that many commands share.

`@placed` gives a command `--data` and `--tenant`; `@on_subject` also `--user`, `--agent`, `--run` and
`--group`. Both turn errors into two lines on standard error: what went wrong, and what to do.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import msgspec
import typer

from infra.errors import InfraError
from memcube.errors import MemcubeError
from memcube.settings import Settings, System

Data = Annotated[
    Path | None, typer.Option("--data", help="Data folder (default: MEMCUBE_DATA).", show_default=False)
]
Tenant = Annotated[
    str | None, typer.Option("--tenant", help="Tenant (default: default).", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class CliError(Exception):
    """What went wrong, and what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}: {remedy}")
        self.what = what
        self.remedy = remedy


class Place(msgspec.Struct, frozen=True):
    """One system and one tenant. `subject`: at most one of user_id, agent_id, run_id, group_id."""

    data: Path | None = None
    tenant: str = "default"
    subject: dict[str, str] = {}

    def settings(self) -> Settings:
        """Raises `Setup`."""
        return Settings.load(self.data)

    def system(self) -> System:
        """Raises `NotRunning`, or `CliError` for a folder that cannot be read."""
        folder = self.settings().data
        try:
            return folder.system()
        except OSError as error:
            remedy = "name a folder of your own with --data or MEMCUBE_DATA"
            raise CliError(f"{folder.root} cannot be read ({error.strerror})", remedy) from None

    @property
    def address(self) -> dict[str, str]:
        """Tenant and subject as requests carry them."""
        return {"tenant": self.tenant, **self.subject}


def placed(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command whose first parameter is a `Place` its options."""
    return _with_options(command, (("data", Data), ("tenant", Tenant)))


def on_subject(command: Callable[..., None]) -> Callable[..., None]:
    """As `placed`, with exactly one subject."""
    return _with_options(command, (("data", Data), ("tenant", Tenant), *_SUBJECT), at_least_one=True)


def on_subject_or_none(command: Callable[..., None]) -> Callable[..., None]:
    """As `placed`, with one subject at most."""
    return _with_options(command, (("data", Data), ("tenant", Tenant), *_SUBJECT))


def everywhere(context: typer.Context, data: Data = None, tenant: Tenant = None) -> None:
    """`--data` and `--tenant` before the command mean the same as behind it."""
    context.obj = {"data": data, "tenant": tenant}


def fail(error: CliError | InfraError | MemcubeError) -> NoReturn:
    """Two lines on standard error, and the end."""
    if isinstance(error, CliError):
        what, remedy = error.what, error.remedy
    else:
        what, _, remedy = str(error).partition(": ")
    typer.echo(f"error: {what}", err=True)
    if remedy:
        typer.echo(remedy, err=True)
    raise typer.Exit(1)


_SUBJECT: Final = tuple(
    (name, Annotated[str | None, typer.Option(f"--{name}", help=text, show_default=False)])
    for name, text in (
        ("user", "Whose memory: a user's."),
        ("agent", "Whose memory: an agent's."),
        ("run", "Whose memory: a run's."),
        ("group", "Whose memory: a group's."),
    )
)


def _with_options(
    command: Callable[..., None], options: Sequence[tuple[str, Any]], *, at_least_one: bool = False
) -> Callable[..., None]:
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    shared = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind) for name, kind in options
    ]

    def run(context: typer.Context, **given: Any) -> None:
        before = context.obj or {}
        chosen = {name: given.pop(name, None) for name, _ in options}
        place = Place(
            data=chosen["data"] or before.get("data"),
            tenant=chosen["tenant"] or before.get("tenant") or "default",
            subject=_one_subject(chosen, at_least_one=at_least_one),
        )
        try:
            command(place, **given)
        except (CliError, InfraError, MemcubeError) as error:
            fail(error)

    run.__name__ = command.__name__
    run.__doc__ = command.__doc__
    context = Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    # Typer reads a command's options from its signature.
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [context, *(one.replace(kind=Parameter.KEYWORD_ONLY) for one in own), *shared]
    )
    run.__annotations__ = {}
    return run


def _one_subject(chosen: dict[str, Any], *, at_least_one: bool) -> dict[str, str]:
    given = {name: chosen[name] for name, _ in _SUBJECT if chosen.get(name) is not None}
    if len(given) > 1 or (at_least_one and not given):
        flags = ", ".join(f"--{name}" for name, _ in _SUBJECT)
        found = " and ".join(f"--{name}" for name in given) or "none"
        raise typer.BadParameter(f"whose memory? give exactly one of {flags} (given: {found})")
    return {f"{name}_id": value for name, value in given.items()}

"""`memcube up`: the whole system in the foreground."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from gateway.cli.place import Place, placed
from gateway.cli.system import LocalSystem
from infra.children import Change, State
from infra.kafka.jars import JarProgress

console = Console(stderr=True, highlight=False)
_COLOURS = {State.READY: "green", State.RESTARTING: "yellow", State.BLOCKED: "red"}


@placed
def up(
    place: Place,
    kafka: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Use this Kafka instead of the embedded one."),
    ] = None,
    gateway_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the gateway; 0: any free one.")
    ] = None,
    kafka_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the embedded Kafka; 0: any free one.")
    ] = None,
    models: Annotated[
        bool,
        typer.Option("--models/--no-models", help="Run a language model, where one is installed, or none."),
    ] = True,
) -> None:
    """Run broker, stream workers and gateway until Ctrl-C. All state is kept in the data folder."""
    given = {"kafka": kafka, "gateway_port": gateway_port, "kafka_port": kafka_port}
    settings = msgspec.structs.replace(
        place.settings(), **{name: value for name, value in given.items() if value is not None}
    )
    system = LocalSystem(settings, _show, models=models)
    prepare(system, console)
    console.print(
        f"data      {settings.data.root}\nkafka     {system.state.kafka}\ngateway   {system.state.gateway}"
    )
    for address in system.state.models:
        console.print(f"model     {address}")
    console.print(f"logs      {settings.data.logs}\nstop with Ctrl-C\n")
    raise typer.Exit(asyncio.run(system.run()))


def prepare(system: LocalSystem, console: Console) -> None:
    """Bring the broker's parts, with a progress bar when there is something to wait for."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Kafka", total=None)

        def show(step: JarProgress) -> None:
            progress.update(task, description=f"Kafka: {step.what}", completed=step.done, total=step.total)

        system.prepare(show)


def _show(change: Change) -> None:
    colour = _COLOURS.get(change.state, "dim")
    detail = f"  {change.detail}" if change.detail else ""
    console.print(f"[{colour}]{change.name:9} {change.state}[/]{detail}", soft_wrap=True)

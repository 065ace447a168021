"""The tree of commands."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from gateway.cli.activations import activations
from gateway.cli.chat import chat
from gateway.cli.deadletters import deadletters
from gateway.cli.doctor import doctor
from gateway.cli.events import events
from gateway.cli.importing import import_file
from gateway.cli.judging import feedback, tick
from gateway.cli.memory import cubes, edit, forget, pin, recall, remember
from gateway.cli.models import models
from gateway.cli.place import everywhere
from gateway.cli.positions import positions
from gateway.cli.reprocessing import reprocess
from gateway.cli.status import status, topics
from gateway.cli.tail import tail
from gateway.cli.undoing import undo


class _Commands(TyperGroup):
    """Loads what starts processes only when it is asked for: it costs more than all the rest."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        if args and args[0] in _STARTERS:
            name = args[0]
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            module = import_module(f"gateway.cli.{name}")
            alone.command(name, context_settings=getattr(module, "CONTEXT", None))(getattr(module, name))
            self.add_command(get_command(alone), name)
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="memcube",
    cls=_Commands,
    no_args_is_help=True,
    # Plain help and plain usage errors: starting Rich for them takes as long as all the rest.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Memory for language models, as a stream of events.",
)
app.callback()(everywhere)

# Each lives in a module of its name, as a command of its name.
_STARTERS: Final = {
    "up": "Run broker, stream workers and gateway until Ctrl-C.",
    "demo": "Play a conversation through Kafka and ask for it, in a folder of its own.",
    "bench": "Measure recall on a data set, or time the system.",
}
for _name, _help in _STARTERS.items():
    app.command(_name, help=_help)(lambda: None)

app.command("import")(import_file)
app.command("recall")(recall)
app.command()(chat)
app.add_typer(cubes, name="cubes")
app.add_typer(events, name="events")
app.add_typer(activations, name="activations")
app.add_typer(models, name="models")
for _command in (remember, edit, pin, forget, undo, feedback, tick, reprocess, tail, status):
    app.command()(_command)
app.add_typer(deadletters, name="deadletters")
app.command("topics")(topics)
app.add_typer(positions, name="positions")
app.command("doctor")(doctor)

"""`memcube bench`: the benchmarks, in a process that takes this one's place."""

from __future__ import annotations

import os
import sys
from typing import Any, Final

import typer

# All that stands behind `bench` is for the benchmarks to read, `--help` included.
CONTEXT: Final[dict[str, Any]] = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],
}


def bench(context: typer.Context) -> None:
    """List the benchmarks; with a name, run one. `memcube bench recall --help` has that one's options."""
    if (context.obj or {}).get("data") is not None:
        typer.echo(
            "error: `memcube --data` names a data folder, and benchmarks have folders of their own", err=True
        )
        typer.echo("name a data set behind the benchmark: `memcube bench recall --data FILE`", err=True)
        raise typer.Exit(2)
    # -P: a folder `bench` or a file bench.py where somebody stands is not ours. The new process keeps this
    # one's id, so signals reach it and its exit status is the command's.
    argv = [sys.executable, "-P", "-m", "bench", *(context.args or ["--help"])]
    os.execv(sys.executable, argv)  # noqa: S606 -- no shell is wanted

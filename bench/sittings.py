"""Measurements of a language model, in as many sittings as they take.

Every row is kept as soon as it is measured; who starts again goes on behind it. A prefill of 2,000 tokens
takes seconds on a CPU, and hundreds of them the time that nobody has in one piece.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Generic, TypeVar

import msgspec
from rich.console import Console
from rich.progress import track

from bench import machine
from bench.processes import BenchError
from bench.report import Findings, Report, save, show
from memcube.errors import MemcubeError
from memcube.models import smollm2
from memcube.models.cache import cache_folder

if TYPE_CHECKING:
    from memcube.models.causal import CausalModel

RESULTS: Final = Path(__file__).parent / "results"

Row = TypeVar("Row")
Measure = Callable[[str], Row]


class _Kept(msgspec.Struct, Generic[Row]):
    """load: one minute's average when it was measured."""

    key: str
    load: float
    row: Row


class Plan(msgspec.Struct, Generic[Row]):
    """A benchmark of a model.

    keys: what is to be measured, in order. opened: given the model, the measurement of one key. findings:
    of the rows so far, by key.
    """

    name: str
    row: type[Row]
    keys: Sequence[str]
    opened: Callable[[CausalModel], AbstractContextManager[Measure[Row]]]
    findings: Callable[[dict[str, Row], CausalModel], Findings]


def options(name: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"memcube bench {name}", description=description)
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="default: SmolLM2-135M-Instruct")
    parser.add_argument("--device", default="cpu", help="as torch names it (default: cpu)")
    parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16", "float16"))
    parser.add_argument("--threads", type=int, default=1, help="of torch (default: 1)")
    parser.add_argument("--seconds", type=float, metavar="S", help="stop after so long; the next run goes on")
    parser.add_argument("--limit", type=int, metavar="N", help="of what is to be measured, the first N")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs have measured")
    return parser


def sit(plan: Plan[Row], given: argparse.Namespace) -> int:
    """Measure what is missing until the time is up, then tell and keep what there is. The exit status."""
    console = Console(stderr=True, highlight=False)
    try:
        report = _sit(plan, given, console)
    except (BenchError, MemcubeError, OSError) as error:
        console.print(f"[red]error:[/] {error}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on where this one ended")
        return 130
    path = save(report, RESULTS)
    show(report, Console(highlight=False))
    console.print(f"[dim]kept in {path}[/]", soft_wrap=True)
    return 0


def _sit(plan: Plan[Row], given: argparse.Namespace, console: Console) -> Report:
    since, started_at, load = time.monotonic(), datetime.now(UTC), os.getloadavg()
    model = loaded(given)
    kept = _rows(plan, given, model)
    keys = list(plan.keys)[: given.limit]
    missing = [key for key in keys if key not in kept]
    until = float("inf") if given.seconds is None else since + given.seconds
    path = _path(plan, given, model)
    if missing:
        with path.open("ab") as file, plan.opened(model) as measure:
            for key in _in_time(missing, until, plan.name, console):
                line = _Kept(key, os.getloadavg()[0], measure(key))
                _keep(file, line)
                kept[key] = line
    rows = {key: kept[key] for key in keys if key in kept}
    if not rows:
        raise BenchError("nothing was measured in that time: give it more --seconds")
    found = plan.findings({key: one.row for key, one in rows.items()}, model)
    loads = [one.load for one in rows.values()]
    notes: tuple[str, ...] = (
        (
            f"{model.name}, {given.device}, {given.dtype}, {given.threads} thread(s) of torch; load average"
            f" {min(loads):.1f} to {max(loads):.1f} while this was measured."
        ),
    )
    if len(rows) < len(keys):
        notes += (f"{len(rows)} of {len(keys)} so far: the same command goes on.",)
    return Report(
        benchmark=plan.name,
        started_at=started_at,
        seconds=time.monotonic() - since,
        quick=len(rows) < len(plan.keys),
        machine=machine.describe(),
        load_before=load,
        load_after=os.getloadavg(),
        findings=msgspec.structs.replace(found, notes=found.notes + notes),
    )


def loaded(given: argparse.Namespace) -> CausalModel:
    """The model. Raises `ModelMissing`, `BenchError` where torch is not installed."""
    try:
        from memcube.models.causal import CausalModel  # noqa: PLC0415  an extra, and two seconds
    except ImportError as error:
        raise BenchError(f"{error.name} is not installed: run `make setup-models`") from None
    folder = given.model or smollm2.prepare(cache_folder())
    return CausalModel(folder, device=given.device, dtype=given.dtype, threads=given.threads)


def _path(plan: Plan[Row], given: argparse.Namespace, model: CausalModel) -> Path:
    """Rows of one model on one device: others are another measurement."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    return RESULTS / f"{plan.name}-{model.fingerprint.digest}-{given.device}-{given.threads}.jsonl"


def _rows(plan: Plan[Row], given: argparse.Namespace, model: CausalModel) -> dict[str, _Kept[Row]]:
    path = _path(plan, given, model)
    if given.fresh:
        path.unlink(missing_ok=True)
    if not path.exists():
        return {}
    decoder = msgspec.json.Decoder(_Kept[plan.row])  # type: ignore[name-defined]
    try:
        # A run that was killed may have left half a line.
        lines = path.read_bytes().rpartition(b"\n")[0].splitlines()
        return {one.key: one for one in map(decoder.decode, lines)}
    except msgspec.DecodeError as error:
        raise BenchError(f"{path} is of another version of this benchmark ({error}): use --fresh") from None


def _keep(file: IO[bytes], line: _Kept[Row]) -> None:
    file.write(msgspec.json.encode(line) + b"\n")
    file.flush()


def _in_time(keys: Sequence[str], until: float, name: str, console: Console) -> Iterator[str]:
    watched = console.is_terminal
    for place, key in enumerate(track(keys, name, console=console, transient=True, disable=not watched)):
        if time.monotonic() > until:
            return
        if not watched and place % 25 == 0:
            print(f"{name}: {place} of {len(keys)}", file=sys.stderr)
        yield key

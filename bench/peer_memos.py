"""`memcube bench peer-memos`: the same table with MemOS's KVCacheMemory, on the same model."""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console

from bench import machine
from bench.intervals import of_median, wilson
from bench.people import KINDS, NAMES, facts, fitting
from bench.processes import BenchError
from bench.report import Findings, Report, Table, ms, save, show
from bench.samples import Samples
from bench.sittings import RESULTS, loaded, options
from memcube.errors import MemcubeError
from memcube.models import smollm2
from memcube.models.cache import cache_folder
from memcube.models.language import LanguageModel
from memcube.models.prompt import HEADER, written

SIZES: Final = (256, 1024)
EACH: Final = 15
_PROCESS: Final = Path(__file__).with_name("memos_process.py")
_MARK: Final = "ROW "


class Row(msgspec.Struct, frozen=True):
    """One question. Against one well-formed prompt, memory in its system turn, of the same texts.

    again: the same question, asked twice, has one answer. grown: tokens that two uses left in the store.
    """

    memory_tokens: int
    difference: float
    kl: float
    top: bool
    same: bool
    again: bool
    grown: int
    text_s: float
    kv_s: float


def main(arguments: Sequence[str]) -> int:
    parser = options(
        "peer-memos",
        "Ask MemOS's KVCacheMemory what kv-exact and ttft ask ours. It needs an environment of its own:"
        " `uv venv ENV && uv pip install --python ENV/bin/python MemoryOS torch accelerate`.",
    )
    parser.add_argument("--python", type=Path, required=True, help="the python of that environment")
    given = parser.parse_args(arguments)
    console = Console(stderr=True, highlight=False)
    try:
        report = _measure(given, console)
    except (BenchError, MemcubeError, OSError, subprocess.SubprocessError) as error:
        console.print(f"[red]error:[/] {error}", soft_wrap=True)
        return 1
    save(report, RESULTS)
    show(report, Console(highlight=False))
    return 0


def _measure(given: argparse.Namespace, console: Console) -> Report:
    since, started_at, load = time.monotonic(), datetime.now(UTC), os.getloadavg()
    questions = _questions(loaded(given))[: given.limit]
    rows = []
    with tempfile.TemporaryDirectory(prefix="memcube-bench-") as folder:
        model = _readable(given.model or smollm2.prepare(cache_folder()), Path(folder))
        for row in _asked(given.python, model, questions, given.seconds or 1800.0):
            rows.append(row)
            console.print(f"[dim]peer-memos: {len(rows)} of {len(questions)}[/]")
    return Report(
        benchmark="peer-memos",
        started_at=started_at,
        seconds=time.monotonic() - since,
        quick=len(rows) < len(SIZES) * EACH,
        machine=machine.describe(),
        load_before=load,
        load_after=os.getloadavg(),
        findings=findings(rows),
    )


def _questions(model: LanguageModel) -> list[dict[str, str]]:
    found = []
    for n in range(EACH):
        for size in SIZES:
            owner = NAMES[n % len(NAMES)]
            lines = fitting(model, facts(owner), size)
            memory = HEADER + "".join(written(line) for line in lines) + "\n</memory>"
            asked = KINDS[n % len(KINDS)].asked[n % 2].format(name=owner)
            found.append({"memory": memory, "question": asked})
    return found


def _readable(model: Path, folder: Path) -> Path:
    """The model as the transformers that MemOS takes (below 5) reads it: another name of the tokenizer."""
    for file in model.iterdir():
        if file.name != "tokenizer_config.json":
            (folder / file.name).symlink_to(file.resolve())
    settings = msgspec.json.decode((model / "tokenizer_config.json").read_bytes())
    settings |= {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_input_names": ["input_ids", "attention_mask"],
    }
    (folder / "tokenizer_config.json").write_bytes(msgspec.json.encode(settings))
    return folder


def _asked(python: Path, model: Path, questions: Sequence[Any], seconds: float) -> Iterator[Row]:
    """Its words go to standard error, and its log into the temporary folder. Raises `BenchError`."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    until = time.monotonic() + seconds
    with (
        tempfile.TemporaryDirectory(prefix="memcube-bench-") as folder,
        subprocess.Popen(
            [str(python.absolute()), str(_PROCESS), str(model)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**environment, "OMP_NUM_THREADS": "1"},
        ) as child,
    ):
        if child.stdin is None or child.stdout is None:
            raise BenchError("the process has no pipes")
        child.stdin.write(msgspec.json.encode(questions))
        child.stdin.close()
        count = 0
        for line in child.stdout:
            if line.decode(errors="replace").startswith(_MARK):
                count += 1
                yield msgspec.json.decode(line[len(_MARK) :], type=Row)
            if time.monotonic() > until:
                child.terminate()
                break
    if not count:
        raise BenchError(f"{python} has measured nothing: run {_PROCESS.name} there by hand to see why")


def findings(rows: Sequence[Row]) -> Findings:
    """The table: by size, as the rows are large or small."""
    middle = sum(SIZES) / len(SIZES)
    table = []
    for name, of in (
        (str(SIZES[0]), [row for row in rows if row.memory_tokens < middle]),
        (str(SIZES[1]), [row for row in rows if row.memory_tokens >= middle]),
    ):
        if not of:
            continue
        faster = [row.text_s / row.kv_s for row in of]
        table.append(
            (
                name,
                str(len(of)),
                f"{Samples(row.difference for row in of).median:.2f}",
                f"{sum(row.kl for row in of) / len(of):.2f}",
                _of([row.top for row in of]),
                _of([row.same for row in of]),
                _of([row.again for row in of]),
                f"{Samples(row.grown for row in of).median:.0f}",
                f"{ms(Samples(row.text_s for row in of).median)}",
                f"{ms(Samples(row.kv_s for row in of).median)}",
                "{:.1f}x ({:.1f} to {:.1f})".format(Samples(faster).median, *of_median(faster)),
            )
        )
    columns = (
        "memory tokens", "questions", "logits differ by", "KL", "same first token", "same answer",
        "asked twice, one answer", "grown by", "text ms", "kv ms", "text / kv",
    )  # fmt: skip
    return Findings(
        tables=(Table("MemOS KVCacheMemory against one prompt of the same texts", columns, tuple(table)),),
        data={"rows": [msgspec.to_builtins(row) for row in rows]},
        notes=("First token: the stored cache copied and the question's prefill, one thread.",),
    )


def _of(right: Sequence[bool]) -> str:
    low, high = wilson(sum(right), len(right))
    return f"{sum(right)} of {len(right)} ({low:.2f} to {high:.2f})"

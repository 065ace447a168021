"""`python -m bench`: measure, print, keep."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

from rich.console import Console

from bench import machine
from bench.processes import BenchError
from bench.report import Findings, Report, save, show
from memcube.errors import MemcubeError

RESULTS: Final = Path(__file__).parent / "results"
# Each lives in a module of its name (`_` for `-`), as a function `measure`.
BENCHMARKS: Final = {
    "latency": "from publishing an event until a recall returns it, at 10 events a second (3 minutes)",
    "throughput": "events a second and CPU an event through the stream, beside a Faust agent that does"
    " nothing; the embedder's share (3 minutes)",
    "publish": "from sending an event until it is acknowledged, by HTTP and by a plain aiokafka producer"
    " (1 minute)",
    "memory": "memory of every process, idle and after 5,000 events (4 minutes)",
    "recall-scale": "a recall of 1k to 100k memories in one subject and in many, its phases, its first time"
    " and its memory (4 minutes)",
    "promotion": "how many uses find their memory in a block, beside LRU, LFU and the optimum: simulated"
    " (2 minutes)",
    "startstop": "how long processes, `memcube up` and commands take to start and to stop (2 minutes)",
}
# Judge what is recalled, extracted and kept instead of timing it, and have options of their own. Each is
# a module of its name with a function `main`.
EVALUATIONS: Final = {
    "recall": "how much of the evidence default recall finds, on a data set: see `recall --help`",
    "ablation": "the same with each signal of recall left out: `ablation --data FILE`",
    "extraction": "how right the memories are that rules make of labelled turns: see `extraction --help`",
    "stories": "how many scripted stories of facts that change end right: see `stories --help`",
}

# The same for the language model and its caches; they need `make setup-models`.
MODELS: Final = {
    "kv-exact": "whether what is injected is what would have been computed, on 208 prompts (20 minutes)",
    "ttft": "the first token by KV against text and against transformers' own reuse, 256 to 2,048 tokens"
    " (5 minutes)",
    "chat-ttft": "the same as a client of a whole system sees it, recall included (12 minutes)",
    "kv-size": "bytes, times and quality of blocks as floats and as int8 (6 minutes)",
    "peer-memos": "what MemOS's KVCacheMemory gives for the same questions: see `peer-memos --help`",
    "obeyed": "how many attacks stored as memories the model obeys: `obeyed --data FILE` (20 minutes)",
    "chat-accuracy": "right answers and first token of memory as text and as KV, 336 questions (30 minutes)",
}
OWN: Final = {**EVALUATIONS, **MODELS}

progress = Console(stderr=True, highlight=False)
output = Console(highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when everything was measured, whatever the figures: a busy machine is not a fault."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in OWN:
        return int(import_module(f"bench.{arguments[0].replace('-', '_')}").main(arguments[1:]))
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _stop)  # as Ctrl-C: what was started is put away
    try:
        for name in options.names or BENCHMARKS:
            report = _run(name, quick=options.quick)
            # Kept first: a closed pipe behind the tables must not lose what took minutes to measure.
            path = save(report, RESULTS)
            show(report, output)
            progress.print(f"[dim]kept in {path}[/]", soft_wrap=True)
    except (BenchError, MemcubeError) as error:
        progress.print(f"[red]error:[/] {error}", markup=True, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        progress.print("stopped; nothing is left running")
        return 130
    return 0


def _run(name: str, *, quick: bool) -> Report:
    measure: Callable[..., Findings] = import_module(f"bench.{name.replace('-', '_')}").measure
    started_at, since, load = datetime.now(UTC), time.monotonic(), os.getloadavg()
    if load[0] > 0.5:
        progress.print(f"[yellow]load average {load[0]:.2f}: something else runs here, figures suffer[/]")

    def say(what: str) -> None:
        progress.print(f"[dim]{time.monotonic() - since:5.0f} s[/]  {name}: {what}")

    findings = measure(quick=quick, say=say)
    return Report(
        benchmark=name,
        started_at=started_at,
        seconds=time.monotonic() - since,
        quick=quick,
        machine=machine.describe(),
        load_before=load,
        load_after=os.getloadavg(),
        findings=findings,
    )


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    width = max(map(len, {**BENCHMARKS, **OWN}))
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measure MemCube on this machine, with a broker, workers and folders of its own:"
        " running systems are left alone.",
        epilog="benchmarks:\n"
        + "".join(f"  {name:{width}}  {what}\n" for name, what in {**BENCHMARKS, **OWN}.items())
        + "\nTables go to standard output, progress to standard error, and everything as JSON, with machine,"
        f"\nversions, load and sample sizes, to {RESULTS.relative_to(RESULTS.parent.parent)}/NAME-DATE.json."
        " Rates are told as ratios within one run:"
        "\nthe same code is half as fast on a busy machine. Close what else runs here, and run it twice."
        "\n\n`memcube bench NAME` is the same from any folder; without a name it shows this."
        "\n\nexamples:\n  python -m bench                      all of them that time, about 20 minutes"
        "\n  python -m bench latency throughput   these two"
        "\n  python -m bench --quick              does everything run? figures not to be quoted",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="few samples, under a minute each")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in BENCHMARKS]:
        if own := [name for name in OWN if name in unknown]:
            parser.error(f"{own[0]} has options of its own: name it first and alone")
        parser.error(f"no benchmark {', '.join(unknown)}: there are {', '.join((*BENCHMARKS, *OWN))}")
    return options


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

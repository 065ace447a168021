"""`memcube bench recall`: does default recall find what questions about a conversation rest on?"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BufferedWriter
from pathlib import Path
from typing import Final, NoReturn

import msgspec
from rich.console import Console

from bench import machine, scores
from bench.baselines import Bm25, Cosine, RawTurns
from bench.budget import TOKENS_A_MEMORY, Tokens
from bench.evidence import Recalled
from bench.judge import KS, MOST, Judge, Mark, Ranked
from bench.locomo import Conversation, DataError, DataSet, read
from bench.offline import Memories, Offline, offline
from bench.processes import BenchError
from bench.progress import Progress
from bench.recall_report import MEMCUBE, Result, prediction, show
from memcube import logs
from memcube.errors import MemcubeError
from memcube.settings import Settings

# Raise it with any change that can move a figure: results of two numbers are not to be compared.
EVALUATOR: Final = "1"

Ask = Callable[[str], Ranked]
Marks = dict[str, list[Mark]]


def main(arguments: Sequence[str]) -> int:
    """Exit status 0 when every question was asked, whatever the figures."""
    options = _options(arguments)
    logs.configure("bench", logging.WARNING)
    try:
        with _stoppable():
            result = _run(options)
    except (BenchError, MemcubeError, OSError) as error:  # OSError: a full disk, no folder for what passes
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the temporary folder is removed", file=sys.stderr)
        return 130
    if options.json:
        print(msgspec.json.encode(result).decode())
    else:
        show(result, Console(highlight=False))
    return 0


def _run(options: argparse.Namespace) -> Result:
    since = time.monotonic()
    data = read(options.data)
    conversations = _chosen(data, options)
    marks: Marks = {}
    memories: list[Memories] = []
    with ExitStack() as stack:
        predictions = _predictions(options.predictions, stack)
        progress = stack.enter_context(Progress(conversations))
        tokens = Tokens()
        system = stack.enter_context(offline(Settings.load()))
        for conversation in conversations:
            system.tell(conversation, progress.told)
            memories.append(system.memories(conversation.subject))
            for name, mark in _marks(conversation, system, tokens, progress):
                marks.setdefault(name, []).append(mark)
                if predictions is not None:
                    line = msgspec.json.encode(prediction(conversation.id, name, mark))
                    predictions.write(line + b"\n")
            progress.done(conversation)
        embedder = system.embedder.embedder_id
    found = {name: scores.system(of) for name, of in marks.items()}
    ours = found.pop(MEMCUBE)
    here = machine.describe()
    return Result(
        **{field: getattr(ours, field) for field in ours.__struct_fields__},
        baselines=found,
        skipped=sum(one.skipped for one in conversations),
        conversations=tuple(one.id for one in conversations),
        turns=sum(len(one.turns) for one in conversations),
        memories=Memories(sum(one.facts for one in memories), sum(one.episodes for one in memories)),
        embedder=embedder,
        evaluator=EVALUATOR,
        memcube=here.memcube,
        commit=here.commit,
        data_sha256=data.sha256,
        seconds=round(time.monotonic() - since, 1),
    )


def _marks(
    conversation: Conversation, system: Offline, tokens: Tokens, progress: Progress
) -> Iterator[tuple[str, Mark]]:
    """Each question to each system."""
    judge = Judge(conversation, tokens)
    turns = RawTurns(conversation.turns)
    systems: tuple[tuple[str, Ask], ...] = (
        (MEMCUBE, _default_recall(system, conversation)),
        ("cosine", Cosine(turns, system.embedder).recall),
        ("bm25", Bm25(turns).recall),
    )
    for question in conversation.questions:
        for name, ask in systems:
            yield name, judge.mark(question, ask(question.text))
        progress.asked()


def _default_recall(system: Offline, conversation: Conversation) -> Ask:
    def recall(question: str, limit: int) -> Sequence[Recalled]:
        return [
            Recalled(
                memory.id, memory.text, tuple(one.source_id for one in memory.provenance if one.source_id)
            )
            for memory in system.recall(conversation.subject, question, limit)
        ]

    # Asked anew for each k: the first five of ten need not be what who asks for five is given.
    return lambda question: Ranked({k: recall(question, k) for k in KS}, recall(question, MOST))


def _chosen(data: DataSet, options: argparse.Namespace) -> Sequence[Conversation]:
    conversations = data.conversations
    if options.limit_conversations is not None:
        return _with_questions(conversations[: options.limit_conversations])
    if options.conversations is None:
        return conversations
    names = [name.strip() for name in options.conversations.split(",")]
    known = [one.id for one in conversations]
    if unknown := [name for name in names if name not in known]:
        raise DataError(f"no conversation {', '.join(unknown)} in {options.data}: it has {', '.join(known)}")
    return _with_questions([one for one in conversations if one.id in names])


def _with_questions(conversations: Sequence[Conversation]) -> Sequence[Conversation]:
    if not any(one.questions for one in conversations):
        names = ", ".join(one.id for one in conversations)
        raise DataError(f"{names}: no question here has evidence that exists: choose other conversations")
    return conversations


def _predictions(path: Path | None, stack: ExitStack) -> BufferedWriter | None:
    """Opened first: a file that cannot be written should not cost minutes."""
    if path is None:
        return None
    try:
        return stack.enter_context(path.open("wb"))
    except OSError as error:
        raise BenchError(f"--predictions {path} cannot be written: {error.strerror}") from None


@contextmanager
def _stoppable() -> Iterator[None]:
    """The first signal ends the work; later ones must not end the cleaning up."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: object) -> NoReturn:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    # What is ignored, as below `nohup`, stays ignored.
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="memcube bench recall",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Does recall find the turns that the answers to questions rest on? Tells conversations to"
        "\nMemCube, asks their questions, and judges the memories that default recall gives. Nothing needs"
        "\nto run: processors, record and index work in a temporary folder that is removed afterwards.",
        epilog="A memory counts for one turn of its provenance at most, and only if it holds half of the"
        "\nturn's content words or a whole sentence of it. recall@k is the share of a question's evidence"
        f"\nturns among the first k memories; beside it every system gets k x {TOKENS_A_MEMORY} tokens."
        "\nBaselines: cosine alone and BM25 alone over the raw turns. docs/evaluation.md has all rules."
        "\n\nexamples:\n  memcube bench recall --data locomo10.json"
        "\n  memcube bench recall --data locomo10.json --json > now.json"
        "\n  memcube bench recall --data locomo10.json --conversations conv-26,conv-30"
        "\n\nMEMCUBE_EMBEDDER and MEMCUBE_EMBEDDER_THREADS act as elsewhere; the result names the embedder.",
    )
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="FILE",
        help="conversations and questions, as LoCoMo's JSON",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, no tables")
    some = parser.add_mutually_exclusive_group()
    some.add_argument("--limit-conversations", type=_positive, metavar="N", help="the first N alone")
    some.add_argument("--conversations", metavar="ID,...", help="these alone, by their sample_id")
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="FILE",
        help="write what was recalled and hit, a JSON line a question and system",
    )
    return parser.parse_args(arguments)


def _positive(given: str) -> int:
    if not given.isascii() or not given.isdigit() or not int(given):
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of conversations: use 1 or more")
    return int(given)

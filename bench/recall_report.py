"""What an evaluation of recall comes to: one document, a table for the reader, a line for each question."""

from __future__ import annotations

from typing import Final

import msgspec
from rich.console import Console

from bench import scores
from bench.budget import TOKENS_A_MEMORY
from bench.judge import KS, Mark, Seen
from bench.offline import Memories
from bench.report import Table, print_table

MEMCUBE: Final = "memcube"


class Result(scores.System, frozen=True, kw_only=True):
    """The figures at its top are those of default recall.

    skipped: questions that name no evidence that exists. commit: of the code; it ends in `+` when files
    differ from it. seconds: of the whole run.
    """

    baselines: dict[str, scores.System]
    skipped: int
    conversations: tuple[str, ...]
    turns: int
    memories: Memories
    embedder: str
    evaluator: str
    memcube: str
    commit: str | None
    data_sha256: str
    seconds: float


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """What one system recalled for one question and what it hit: ids alone, no text.

    `question` is its place in the conversation's `qa`, from 0. `memories`: the first ten, best first.
    """

    conversation: str
    question: int
    category: str
    system: str
    evidence: tuple[str, ...]
    hits_5: tuple[str, ...] = msgspec.field(name="hits@5")
    hits_10: tuple[str, ...] = msgspec.field(name="hits@10")
    budget_hits_5: tuple[str, ...] = msgspec.field(name="budget_hits@5")
    budget_hits_10: tuple[str, ...] = msgspec.field(name="budget_hits@10")
    memories: tuple[Seen, ...]


def prediction(conversation: str, system: str, mark: Mark) -> Prediction:
    return Prediction(
        conversation=conversation,
        question=mark.question.number,
        category=mark.question.category,
        system=system,
        evidence=mark.question.evidence,
        hits_5=mark.at[5].turns,
        hits_10=mark.at[10].turns,
        budget_hits_5=mark.budget[5].turns,
        budget_hits_10=mark.budget[10].turns,
        memories=mark.first,
    )


def show(result: Result, console: Console) -> None:
    """Every system beside the others; then each by category."""
    systems = {MEMCUBE: result, **result.baselines}
    title = (
        f"{result.questions} questions, {result.skipped} skipped: share of their evidence that is recalled"
    )
    columns = ("", *(f"@{k}" for k in KS), *(f"@{k}, {k * TOKENS_A_MEMORY} tokens" for k in KS), "tokens")
    rows = tuple(row for name, one in systems.items() for row in _rows(name, one))
    print_table(Table(title, columns, rows), console)
    categories = tuple(
        (name, str(found.questions), *(cell for one in systems.values() for cell in _cells(one, name)))
        for name, found in result.by_category.items()
    )
    of_systems = tuple(f"{name} @{k}" if k == KS[0] else f"@{k}" for name in systems for k in KS)
    print_table(Table("By category", ("", "questions", *of_systems), categories), console)
    console.print(
        f"\n{result.memories.facts} facts and {result.memories.episodes} episodes of {result.turns} turns;"
        f" conversations: {', '.join(result.conversations)}\n{result.embedder}; memcube {result.memcube}"
        f" ({result.commit or 'no commit known'}), evaluator {result.evaluator}; {result.seconds:.0f} s",
        soft_wrap=True,
        markup=False,
    )


def _rows(name: str, one: scores.System) -> tuple[tuple[str, ...], tuple[str, ...]]:
    figures = (one.recall_5, one.recall_10, one.budget.recall_5, one.budget.recall_10)
    intervals = (one.interval_5, one.interval_10, one.budget.interval_5, one.budget.interval_10)
    return (
        (name, *(f"{value:.3f}" for value in figures), f"{one.tokens_per_memory:.1f}"),
        ("  95 %", *(f"{low:.3f}-{high:.3f}" for low, high in intervals), ""),
    )


def _cells(one: scores.System, category: str) -> tuple[str, ...]:
    found = one.by_category[category]
    return f"{found.recall_5:.3f}", f"{found.recall_10:.3f}"

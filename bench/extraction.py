"""`python -m bench extraction [--data FILE]`: how right extraction by rules is, on labelled turns."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from bench import dialogues, labelled, locomo
from bench.facets import facets, pairs
from bench.labelled import Expected, Labelled, Said, Verdict, expectations, judge
from bench.processes import BenchError
from memcube.plaintext.extract import Candidate, Earlier, Turn, extract, warm_up

_SAMPLES: Final = 2_000


class Score(msgspec.Struct, frozen=True):
    """`precision`, `recall`, `junk` with their 95 % bootstrap intervals over turns."""

    turns: int
    extracted: int
    expected: int
    precision: tuple[float, float, float]
    recall: tuple[float, float, float]
    junk: tuple[float, float, float]
    facets: Mapping[str, float]
    cpu_ms_a_turn: float


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console(highlight=False)
    try:
        texts = _texts(options.data)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    expected, turns = _labelled(options.part)
    chosen = [turn for turn in turns if turn.origin == "own" or options.data]
    warm_up()
    verdicts: dict[str, Verdict] = {}
    matched: dict[str, list[tuple[Candidate, Expected]]] = {}
    cpu = 0.0
    for turn in chosen:
        since = time.process_time()
        found = _extracted(turn, texts)
        cpu += time.process_time() - since
        verdicts[turn.id] = judge([one.text for one in found], expected[turn.id])
        matched[turn.id] = list(pairs(found, verdicts[turn.id]))
        if options.show:
            _show(console, turn, texts, verdicts[turn.id])
    scores = {
        name: _score(
            [verdicts[turn.id] for turn in chosen if turn.origin in origins],
            [pair for turn in chosen if turn.origin in origins for pair in matched[turn.id]],
            cpu / len(chosen),
        )
        for name, origins in (("own", {"own"}), ("locomo", {"locomo"}), ("all", {"own", "locomo"}))
        if any(turn.origin in origins for turn in chosen)
    }
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(scores) + b"\n")
    else:
        console.print(_table(scores))
        console.print(_facets(scores))
    return 0


def _extracted(turn: Labelled, texts: Mapping[str, tuple[str, tuple[Said, ...]]]) -> Sequence[Candidate]:
    text, said_before = texts[turn.id] if turn.text is None else (turn.text, turn.before or ())
    time = datetime.fromisoformat(turn.time)
    before = [Earlier(text=one.text, speaker=one.speaker) for one in said_before]
    return extract(Turn(text=text, role=turn.role, speaker=turn.speaker, time=time), before)


def _score(verdicts: Sequence[Verdict], matched: Sequence[tuple[Candidate, Expected]], cpu_s: float) -> Score:
    def ratio(sample: Sequence[Verdict], part: str) -> float:
        right = sum(len(one.right) for one in sample)
        wrong = sum(len(one.wrong) for one in sample)
        found = sum(len(one.found) for one in sample)
        missed = sum(len(one.missed) for one in sample)
        junk = sum(len(one.junk) for one in sample)
        over, under = {
            "precision": (right, right + wrong),
            "recall": (found, found + missed),
            "junk": (junk, right + wrong),
        }[part]
        return over / under if under else 0.0

    def interval(part: str) -> tuple[float, float, float]:
        draw = random.Random(7)
        drawn = sorted(ratio(draw.choices(verdicts, k=len(verdicts)), part) for _ in range(_SAMPLES))
        return ratio(verdicts, part), drawn[int(0.025 * _SAMPLES)], drawn[int(0.975 * _SAMPLES)]

    return Score(
        turns=len(verdicts),
        extracted=sum(len(one.right) + len(one.optional) + len(one.wrong) for one in verdicts),
        expected=sum(len(one.found) + len(one.missed) for one in verdicts),
        precision=interval("precision"),
        recall=interval("recall"),
        junk=interval("junk"),
        facets=facets(matched),
        cpu_ms_a_turn=cpu_s * 1000,
    )


def _texts(data: Path | None) -> Mapping[str, tuple[str, tuple[Said, ...]]]:
    """The text of every turn of the data set, by `conversation:turn`, with the two before it."""
    if data is None:
        return {}
    found: dict[str, tuple[str, tuple[Said, ...]]] = {}
    for conversation in locomo.read(data).conversations:
        turns = conversation.turns
        for place, turn in enumerate(turns):
            session = turn.id.split(":")[0]
            before = tuple(
                Said(speaker=one.speaker, role="user", text=one.text)
                for one in turns[max(0, place - 2) : place]
                if one.id.split(":")[0] == session
            )
            found[f"{conversation.id}:{turn.id}"] = (turn.text, before)
    return found


def _labelled(part: str) -> tuple[Mapping[str, tuple[Expected, ...]], Sequence[Labelled]]:
    """The turns of a part, and what is expected of them."""
    if part in (*labelled.DEVELOPMENT, dialogues.PART):
        told = part == dialogues.PART
        developed = dialogues.labelled_turns() if told else labelled.development(part)
        return {name: one for name, (_, one) in developed.items()}, [turn for turn, _ in developed.values()]
    wanted = [one for one in labelled.turns() if part == "all" or one.held_out == (part == "held-out")]
    return expectations(), wanted


def _show(
    console: Console, turn: Labelled, texts: Mapping[str, tuple[str, tuple[Said, ...]]], verdict: Verdict
) -> None:
    if not verdict.wrong and not verdict.missed:
        return
    text, before = texts[turn.id] if turn.text is None else (turn.text, turn.before or ())
    for one in before:
        console.print(f"[dim]{one.speaker}: {one.text}[/]")
    console.print(f"[bold]{turn.id}[/] {turn.time[:10]} {turn.speaker}: {text}")
    for name in ("right", "optional", "wrong"):
        for memory in getattr(verdict, name):
            console.print(f"   {name:8} {memory}{'  (junk)' if memory in verdict.junk else ''}")
    for missed in verdict.missed:
        console.print(f"   missed   {missed.wordings[0].about}: {', '.join(missed.wordings[0].words)}")


def _table(scores: Mapping[str, Score]) -> Table:
    table = Table(
        "turns from", "turns", "extracted", "expected", "precision", "recall", "junk", "CPU ms a turn"
    )
    for name, score in scores.items():
        figures = [
            f"{value:.3f} ({low:.3f} to {high:.3f})"
            for value, low, high in (score.precision, score.recall, score.junk)
        ]
        counts = [str(one) for one in (score.turns, score.extracted, score.expected)]
        table.add_row(name, *counts, *figures, f"{score.cpu_ms_a_turn:.2f}")
    return table


def _facets(scores: Mapping[str, Score]) -> Table:
    names = list(next(iter(scores.values())).facets)
    table = Table("right among matched memories, from", *names)
    for name, score in scores.items():
        table.add_row(name, *(f"{score.facets[facet]:.3f}" for facet in names))
    return table


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench extraction", description=__doc__)
    parser.add_argument("--data", type=Path, help="LoCoMo's JSON; without it only the turns of our own")
    parser.add_argument(
        "--part",
        choices=("tuning", *labelled.DEVELOPMENT, dialogues.PART, "held-out", "all"),
        default="tuning",
        help="two thirds of the turns are for writing rules, one third is only measured;"
        " development and further: 240 and 230 more, labelled once; dialogues: whole conversations"
        " (default: tuning)",
    )
    parser.add_argument("--show", action="store_true", help="every turn with something wrong or missed")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser.parse_args(arguments)

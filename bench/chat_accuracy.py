"""`memcube bench chat-accuracy`: what each way of giving memory to a model is worth, and what it costs."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from bench.intervals import of_mean, of_median, wilson
from bench.people import NAMES, Probe, facts, fitting, hottest, probes, subject_of
from bench.recalled import Recalls, recalls, within
from bench.report import Findings, Table, ms
from bench.sittings import Plan, options, sit
from memcube.models.prompt import Line, Message, prefix, prompt
from memcube.models.sampling import Sampling, answer

if TYPE_CHECKING:
    from memcube.models.causal import CausalModel
    from memcube.models.kv import Layers

# A short answer is asked for; what comes after the first line is not counted.
ANSWER: Final = 16
BLOCKS: Final = (256, 512, 1024)
# A person's blocks are held for so many questions, then the next one's: a part of the rows covers everybody.
TURN: Final = 7
# Of what was recalled, on the text route and, of what is not in the block, behind a block.
RECALLED: Final = 256


class Variant(msgspec.Struct, frozen=True):
    """block: tokens of it, none without. recalled: tokens of lines as text that are not in the block."""

    block: int | None
    recalled: int

    @property
    def name(self) -> str:
        return f"text {self.recalled}" if self.block is None else f"kv {self.block}"


BASE: Final = Variant(None, RECALLED)
VARIANTS: Final = (
    BASE,
    Variant(None, 64),
    *(Variant(size, RECALLED) for size in BLOCKS),
)


class Given(msgspec.Struct, frozen=True):
    """One variant's answer. text: up to where it is right. first_s: from the lines to the first token."""

    right: bool
    known: bool
    text: str
    first_s: float
    memory_tokens: int
    prefilled: int


class Row(msgspec.Struct, frozen=True):
    question: str
    gold: str
    wording: int
    of: dict[str, Given]


def main(arguments: Sequence[str]) -> int:
    parser = options(
        "chat-accuracy",
        "Ask 336 questions about twelve made-up people, of whom each subject's memory knows eight: with what"
        " recall finds as text, and with the subject's block as KV. How many answers are right, and when"
        " does the first token come?",
    )
    keys = [probe.key for probe in _in_order()]
    return sit(Plan("chat-accuracy", Row, keys, _opened, _findings), parser.parse_args(arguments))


def _in_order() -> list[Probe]:
    """Some questions of each person in turn, whose blocks are held meanwhile; each one's shuffled."""
    found = list(probes())
    random.Random(3).shuffle(found)
    place: dict[str, int] = {}
    turns: list[tuple[int, str, int, Probe]] = []
    for probe in found:
        place[probe.subject] = place.get(probe.subject, 0) + 1
        turns.append(((place[probe.subject] - 1) // TURN, probe.subject, len(turns), probe))
    return [probe for *_, probe in sorted(turns, key=lambda one: one[:3])]


@contextmanager
def _opened(model: CausalModel) -> Iterator[Callable[[str], Row]]:
    every = {probe.key: probe for probe in probes()}
    blocks: dict[str, dict[int, _Block]] = {}
    with recalls() as found:

        def measure(key: str) -> Row:
            probe = every[key]
            if probe.subject not in blocks:
                blocks.clear()
                blocks[probe.subject] = _blocks(model, probe.subject)
            return _row(model, probe, found, blocks[probe.subject])

        yield measure


class _Block(msgspec.Struct):
    lines: list[Line]
    layers: Layers


def _blocks(model: CausalModel, subject: str) -> dict[int, _Block]:
    """The hot set at each size: all of the subject's own, and as many of the others' as fit."""
    (owner,) = [name for name in NAMES if subject_of(name) == subject]
    hot = hottest(owner, facts(owner))
    made: dict[int, _Block] = {}
    for size in BLOCKS:
        lines = fitting(model, hot, size)
        made[size] = _Block(lines, model.rotated(model.prefilled(prefix(model, lines))))
    return made


def _row(model: CausalModel, probe: Probe, found: Recalls, blocks: dict[int, _Block]) -> Row:
    best = found.lines(probe.subject, probe.question)
    given = {
        variant.name: _answered(
            model, probe, variant, best, None if variant.block is None else blocks[variant.block]
        )
        for variant in VARIANTS
    }
    return Row(probe.question, probe.gold, probe.wording, given)


def _answered(
    model: CausalModel, probe: Probe, variant: Variant, best: Sequence[Line], block: _Block | None
) -> Given:
    since = time.perf_counter()
    held = [] if block is None else block.lines
    inside = frozenset(line.cube_id for line in held)
    more = [line for line in within(model, best, variant.recalled) if line.cube_id not in inside]
    given = prompt(model, [Message("user", probe.question)], held, more)
    run = model.start(len(given.tokens) + ANSWER, after=None if block is None else block.layers)
    rest = given.tokens if block is None else given.rest
    text, first = "", 0.0
    for piece in answer(model, run, rest, Sampling(max_tokens=ANSWER, stop=("\n",))):
        first = first or time.perf_counter() - since
        text += piece.text
        if right(text, probe.gold):
            break
    return Given(
        right=right(text, probe.gold),
        known=any(right(line.text, probe.gold) for line in (*held, *more)),
        text=text,
        first_s=first,
        memory_tokens=given.memory_tokens,
        prefilled=len(rest),
    )


def right(text: str, gold: str) -> bool:
    """Whether an answer holds the gold words, as words."""
    return re.search(rf"\b{re.escape(gold)}\b", text, re.IGNORECASE) is not None


def _findings(rows: dict[str, Row], _model: CausalModel) -> Findings:
    every = list(rows.values())
    table, data = [], {}
    for variant in VARIANTS:
        of = [row.of[variant.name] for row in every]
        base = [row.of[BASE.name] for row in every]
        hits = sum(one.right for one in of)
        low, high = wilson(hits, len(of))
        gains = [float(one.right) - float(other.right) for one, other in zip(of, base, strict=True)]
        less, more = of_mean(gains)
        first = [one.first_s for one in of]
        soonest, latest = of_median(first)
        ratio, ratios = _ratio(base, of)
        table.append(
            (
                variant.name,
                f"{hits / len(of):.3f} ({low:.2f} to {high:.2f})",
                " / ".join(f"{_share(every, variant, wording):.2f}" for wording in (0, 1)),
                f"{sum(gains) / len(gains):+.3f} ({less:+.2f} to {more:+.2f})",
                f"{sum(one.known for one in of) / len(of):.2f}",
                f"{sum(one.memory_tokens for one in of) / len(of):,.0f}",
                f"{sum(one.prefilled for one in of) / len(of):,.0f}",
                f"{ms(_median(first))} ({ms(soonest)} to {ms(latest)})",
                f"{ratio:.2f} ({ratios[0]:.2f} to {ratios[1]:.2f})",
            )
        )
        data[variant.name] = {
            "right": hits,
            "interval": (low, high),
            "gain": (less, more),
            "first_s": _median(first),
            "sooner": (ratio, *ratios),
        }
    columns = (
        "memory",
        "right (95 %)",
        "wording 1 / 2",
        "against text 256",
        "gold given",
        "memory tokens",
        "prefilled",
        "first token ms",
        "sooner than text 256",
    )
    title = f"{len(every)} questions: right answers and time to the first token, one run"
    return Findings(
        tables=(Table(title, columns, tuple(table)),),
        data={"variants": data, "rows": [msgspec.to_builtins(row) for row in every]},
        notes=(
            (
                "A block holds the hot set: the subject's own facts and, up to its size, others'. Behind it"
                " stand the recalled lines within 256 tokens that it does not hold."
            ),
            "First token: without recall and HTTP; layers rotated and in memory. Intervals are of 95 %.",
        ),
    )


def _ratio(base: Sequence[Given], of: Sequence[Given]) -> tuple[float, tuple[float, float]]:
    ratios = [one.first_s / other.first_s for one, other in zip(base, of, strict=True)]
    return _median(ratios), of_median(ratios)


def _share(rows: Sequence[Row], variant: Variant, wording: int) -> float:
    of = [row.of[variant.name].right for row in rows if row.wording == wording]
    return sum(of) / max(len(of), 1)


def _median(values: Sequence[float]) -> float:
    found = sorted(values)
    return (found[(len(found) - 1) // 2] + found[len(found) // 2]) / 2

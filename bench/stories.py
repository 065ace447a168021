"""`python -m bench stories [NAME...]`: do facts that change end as they should, in scripted stories?"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from bench.intervals import wilson
from bench.processes import BenchError
from bench.storyteller import Storyteller, Told, holds
from memcube.cube import MemCube, State
from memcube.errors import MemcubeError
from memcube.models import load_embedder
from memcube.settings import EmbedderName

FOLDER: Final = Path(__file__).parent / "stories"


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Turns, and what must be true after the last of them. Facts are named by groups of words.

    now: some current fact holds the group. gone: no current fact does. A retired fact that no group of
    `gone` or `may` holds was retired wrongly. then: by day, what held at its end, as known now. erased: no
    version of anything holds it. most: so many current facts at most.
    """

    id: str
    kind: str
    turns: tuple[str, ...]
    now: tuple[str, ...]
    gone: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    then: Mapping[str, tuple[str, ...]] = {}
    erased: tuple[str, ...] = ()
    most: int | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What is wrong with the end of a story; nothing if it is right. `unrelated`: facts retired wrongly."""

    story: Story
    wrong: tuple[str, ...]
    unrelated: tuple[str, ...]
    now_right: int

    @property
    def right(self) -> bool:
        return not self.wrong and not self.unrelated


def main(arguments: Sequence[str]) -> int:
    """Exit status 0 when every story was told, whatever the figures."""
    options = _options(arguments)
    console = Console(highlight=False)
    try:
        told = [story for story in stories() if not options.names or story.id in options.names]
        verdicts = judge(told, options.embedder)
    except (BenchError, MemcubeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(summary(verdicts)) + b"\n")
        return 0
    for verdict in verdicts:
        if not verdict.right or options.names:
            _tell(console, verdict)
    _show(console, verdicts)
    return 0


def stories() -> list[Story]:
    """All of them, in the order of their files. Raises `BenchError` for a file that holds none."""
    found: list[Story] = []
    for path in sorted(FOLDER.glob("*.json")):
        try:
            found += msgspec.json.decode(path.read_bytes(), type=list[Story])
        except msgspec.DecodeError as error:
            raise BenchError(f"{path}: {error}") from None
    return found


def judge(told: Sequence[Story], embedder: EmbedderName = "minilm") -> list[Verdict]:
    """Tell each story to a record of its own subject, and hold the end against what it should be."""
    with tempfile.TemporaryDirectory(prefix="memcube-bench-", ignore_cleanup_errors=True) as folder:
        teller = Storyteller(Path(folder), load_embedder(embedder, 1))
        try:
            return [verdict(story, teller.tell(story.id, story.turns)) for story in told]
        finally:
            teller.close()


def verdict(story: Story, told: Told) -> Verdict:
    current, retired = told.current(), told.retired()
    missing = [group for group in story.now if not _any(current, group)]
    wrong = [f"not current: {group}" for group in missing]
    wrong += [f"still current: {group}" for group in story.gone if _any(current, group)]
    for day, groups in story.then.items():
        held = told.true_at(datetime.combine(datetime.fromisoformat(day), time(23, 59, tzinfo=UTC)))
        wrong += [f"not true on {day}: {group}" for group in groups if not _any(held, group)]
    left = [cube for cube in told.cubes() if cube.state is not State.ERASED]
    wrong += [f"not erased: {group}" for group in story.erased if _any(left, group)]
    if story.most is not None and len(current) > story.most:
        wrong.append(f"{len(current)} current facts, not {story.most}: " + "; ".join(c.text for c in current))
    allowed = (*story.gone, *story.may)
    unrelated = tuple(cube.text for cube in retired if not any(holds(cube.text, group) for group in allowed))
    return Verdict(story, tuple(wrong), unrelated, len(story.now) - len(missing))


def _any(cubes: Sequence[MemCube], group: str) -> bool:
    return any(holds(cube.text, group) for cube in cubes)


class Summary(msgspec.Struct, frozen=True):
    """`right` of `stories`, with the 95 % Wilson interval of the share."""

    stories: int
    right: int
    interval: tuple[float, float]
    unrelated_retired: int
    facts_expected: int
    facts_current: int
    by_kind: dict[str, tuple[int, int]]


def summary(verdicts: Sequence[Verdict]) -> Summary:
    kinds: defaultdict[str, list[Verdict]] = defaultdict(list)
    for one in verdicts:
        kinds[one.story.kind].append(one)
    right = sum(one.right for one in verdicts)
    return Summary(
        stories=len(verdicts),
        right=right,
        interval=wilson(right, len(verdicts)),
        unrelated_retired=sum(len(one.unrelated) for one in verdicts),
        facts_expected=sum(len(one.story.now) for one in verdicts),
        facts_current=sum(one.now_right for one in verdicts),
        by_kind={kind: (sum(one.right for one in of), len(of)) for kind, of in sorted(kinds.items())},
    )


def _tell(console: Console, verdict: Verdict) -> None:
    console.print(f"[bold]{verdict.story.id}[/] ({verdict.story.kind})", soft_wrap=True)
    for line in verdict.story.turns:
        console.print(f"    {line}", markup=False, soft_wrap=True)
    for line in (*verdict.wrong, *(f"retired wrongly: {text}" for text in verdict.unrelated)):
        console.print(f"  - {line}", markup=False, soft_wrap=True)


def _show(console: Console, verdicts: Sequence[Verdict]) -> None:
    found = summary(verdicts)
    table = Table("kind", "right", "of", box=None)
    for kind, (right, of) in found.by_kind.items():
        table.add_row(kind, str(right), str(of))
    console.print(table)
    low, high = found.interval
    console.print(
        f"{found.right} of {found.stories} stories end right: {found.right / max(found.stories, 1):.1%}"
        f" (95 % {low:.1%} to {high:.1%}); {found.facts_current} of {found.facts_expected} facts that must be"
        f" current are; unrelated facts retired: {found.unrelated_retired}",
        soft_wrap=True,
    )


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench stories",
        description="Tell scripted stories of facts that change to role memory, and judge what is current,"
        " what is retired and what was true before.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="these stories, each shown (default: all)")
    parser.add_argument("--embedder", choices=("minilm", "hash"), default="minilm")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    return parser.parse_args(arguments)

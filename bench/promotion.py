"""How many uses promotion finds in the block or on the shelf, beside LRU, LFU and Belady's optimum.

Simulated, through the choice, heat and shelf that run: uses by Zipf's law, a thousand memories, room for a
hundred. Nothing is prefilled, so it says nothing of time; builds and loads are counted instead.
"""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import mean
from typing import Final

import numpy as np

from bench.report import Findings, Table, Verdict
from memcube.activation.choice import HOT, Candidate, choose
from memcube.activation.heat import Heat, first_use
from memcube.activation.shelf import Shelf

MEMORIES: Final = 1_000
ROOM: Final = 100
USES: Final = 50_000
ALPHAS: Final = (1.0,)
SEEDS: Final = (1, 2, 3)
LINE_TOKENS: Final = 20
HALF_LIFE: Final = timedelta(hours=72)
# A month of uses.
STEP: Final = timedelta(days=30) / USES
START: Final = datetime(2026, 3, 1, tzinfo=UTC)

Counted = tuple[int, int]
"""Hits, and how often something was built or loaded."""


def measure(*, quick: bool, say: Callable[[str], None]) -> Findings:
    uses, seeds = (5_000, SEEDS[:1]) if quick else (USES, SEEDS)
    rows: list[tuple[str, ...]] = []
    found: dict[str, dict[str, dict[str, float]]] = {}
    for alpha in ALPHAS:
        for shift in (False, True):
            load = f"alpha {alpha}" + (", interests change half-way" if shift else "")
            say(f"{load}, {uses:,} uses, {len(seeds)} seeds")
            drawn = [_load(alpha, uses, seed, shift=shift) for seed in seeds]
            found[load] = {}
            for name, policy in POLICIES.items():
                counted = [policy(one) for one in drawn]
                ratio = mean(hits for hits, _ in counted) / uses
                changes = mean(count for _, count in counted)
                found[load][name] = {"hit_ratio": ratio, "changes": changes}
                rows.append((load, name, f"{ratio:.3f}", f"{changes:,.0f}"))
    plain = found["alpha 1.0"]
    return Findings(
        tables=(
            Table(
                f"Hit ratio: {MEMORIES:,} memories, room for {ROOM}",
                ("uses", "policy", "hits", "builds or loads"),
                tuple(rows),
            ),
        ),
        data={"memories": MEMORIES, "room": ROOM, "uses": uses, "seeds": list(seeds), "found": found},
        verdicts=tuple(
            Verdict(
                f"{name}, alpha 1.0, against LRU's hits",
                plain[name]["hit_ratio"] / plain["LRU"]["hit_ratio"],
                "times",
                must=1.0,
                at_least=True,
            )
            for name in ("block", "shelf")
        ),
        notes=(
            "block: one subject's memories, chosen for its block after each use",
            "shelf: blocks of a thousand subjects in the memory of a model process",
        ),
    )


def _load(alpha: float, uses: int, seed: int, *, shift: bool) -> list[int]:
    """Which memory each use is of. shift: half-way, what is used most is drawn anew."""
    random = np.random.default_rng(seed)
    weights = np.arange(1, MEMORIES + 1) ** -alpha
    drawn = random.choice(MEMORIES, uses, p=weights / weights.sum())
    if shift:
        drawn[uses // 2 :] = random.permutation(MEMORIES)[drawn[uses // 2 :]]
    return [int(one) for one in drawn]


def block(uses: Sequence[int]) -> Counted:
    """Role promote for one subject. It looks when a memory that is not in the block has become hot."""
    heats: dict[int, Heat] = {}
    held: dict[str, int] = {}
    hits = builds = 0
    for at, one in enumerate(uses):
        now = START + at * STEP
        hits += str(one) in held
        heats[one] = heats[one].used(now, HALF_LIFE) if one in heats else first_use(now)
        if str(one) in held or heats[one].value < HOT:
            continue
        candidates = [
            Candidate(str(cube), 1, LINE_TOKENS, heat.as_of(now, HALF_LIFE)) for cube, heat in heats.items()
        ]
        choice = choose(candidates, held, budget=ROOM * LINE_TOKENS)
        if choice.build:
            held = {member.cube_id: 1 for member in choice.members}
            builds += 1
    return hits, builds


def shelf(uses: Sequence[int]) -> Counted:
    """The memory of a model process: what is used is loaded, and stays by its value for its bytes."""
    heats: dict[str, Heat] = {}
    now = START
    kept: Shelf[int] = Shelf(ROOM, lambda key: heats[key].as_of(now, HALF_LIFE))
    hits = loads = 0
    for at, one in enumerate(uses):
        now, key = START + at * STEP, str(one)
        heats[key] = heats[key].used(now, HALF_LIFE) if key in heats else first_use(now)
        if kept.get(key) is not None:
            hits += 1
        else:
            loads += kept.put(key, one, 1)
    return hits, loads


def lru(uses: Sequence[int]) -> Counted:
    kept: OrderedDict[int, None] = OrderedDict()
    hits = 0
    for one in uses:
        hits += one in kept
        kept[one] = None
        kept.move_to_end(one)
        if len(kept) > ROOM:
            kept.popitem(last=False)
    return hits, len(uses) - hits


def lfu(uses: Sequence[int]) -> Counted:
    """By all uses ever; the least used leaves."""
    counts: Counter[int] = Counter()
    kept: set[int] = set()
    hits = 0
    for one in uses:
        counts[one] += 1
        hits += one in kept
        if one not in kept:
            if len(kept) == ROOM:
                kept.remove(min(kept, key=lambda held: counts[held]))
            kept.add(one)
    return hits, len(uses) - hits


def belady(uses: Sequence[int]) -> Counted:
    """Knows what comes: what is used again last leaves, or does not even come in."""
    again: dict[int, int] = {}
    following = [0] * len(uses)
    for at in range(len(uses) - 1, -1, -1):
        following[at] = again.get(uses[at], len(uses))
        again[uses[at]] = at
    kept: dict[int, int] = {}
    last: list[tuple[int, int]] = []
    hits = loads = 0
    for at, one in enumerate(uses):
        if one in kept:
            hits += 1
        else:
            loads += 1
        kept[one] = following[at]
        heapq.heappush(last, (-following[at], one))
        while len(kept) > ROOM:
            when, leaving = heapq.heappop(last)
            if kept.get(leaving) == -when:
                del kept[leaving]
    return hits, loads


POLICIES: Final[dict[str, Callable[[Sequence[int]], Counted]]] = {
    "block": block,
    "shelf": shelf,
    "LRU": lru,
    "LFU": lfu,
    "optimum": belady,
}

"""`memcube bench chat-ttft`: the first word of an answer as a client sees it, through a whole system."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import httpx
import msgspec

from bench.chats import ROOM, ROUTES, Chats, Row
from bench.intervals import of_median
from bench.people import NAMES, Fact, facts, fitting
from bench.processes import BenchError
from bench.report import Findings, Table, Verdict, ms
from bench.samples import Samples
from bench.sittings import Plan, options, sit
from bench.system import scratch, up
from memcube.models.prompt import prefix

if TYPE_CHECKING:
    from memcube.models.causal import CausalModel

SIZES: Final = (256, 1024, 2048)
ROUNDS: Final = 24
MUST: Final = {256: 4.0, 1024: 12.0, 2048: 20.0}
GOAL: Final = {256: 5.0, 1024: 18.0, 2048: 28.0}
OVERHEAD_MS: Final = 15.0
_WAIT_S: Final = 120.0


def main(arguments: Sequence[str]) -> int:
    parser = options(
        "chat-ttft",
        "Seconds from a chat request to its first word, recall included, as the client measures them: memory"
        " as text against the same tokens injected, in a running system. The routes take turns.",
    )
    given = parser.parse_args(arguments)
    keys = [f"{size}/{turn}" for turn in range(ROUNDS) for size in SIZES]
    return sit(Plan("chat-ttft", Row, keys, partial(_opened, given), _findings), given)


@contextmanager
def _opened(given: argparse.Namespace, model: CausalModel) -> Iterator[Callable[[str], Row]]:
    env = {
        "MEMCUBE_MODEL": str(given.model or ""),
        "MEMCUBE_MODEL_DEVICE": given.device,
        "MEMCUBE_MODEL_DTYPE": given.dtype,
        "MEMCUBE_MODEL_THREADS": str(given.threads),
        "MEMCUBE_KV_TOKENS": str(ROOM),
    }
    with scratch() as folder, up(folder / "data", env) as system:
        system.wait_ready()
        if not system.system.models:
            raise BenchError("no model process was started: run `make setup-models`")
        with httpx.Client(trust_env=False, timeout=_WAIT_S) as http:
            chats = Chats(system, http)
            ready: set[int] = set()

            def measure(key: str) -> Row:
                size, turn = (int(part) for part in key.split("/"))
                if size not in ready:
                    chats.remember(_told(model, size), size)
                    chats.row(size, turn + 1)  # what is used for the first time is slow
                    ready.add(size)
                return chats.row(size, turn)

            yield measure


def _told(model: CausalModel, size: int) -> list[Fact]:
    """As many facts as have so many tokens."""
    held = facts(NAMES[0])
    lines = {line.cube_id for line in fitting(model, held, size + len(prefix(model, ())))}
    return [fact for fact in held if fact.cube.id in lines]


def _findings(rows: dict[str, Row], _model: CausalModel) -> Findings:
    of_size = {
        size: [row for key, row in rows.items() if key.startswith(f"{size}/")]
        for size in SIZES
        if f"{size}/0" in rows
    }
    seen, parts, verdicts, data = [], [], [], {}
    for size, of in of_size.items():
        ratio = [row.text.client / row.kv.client for row in of]
        direct = [row.text.direct / row.kv.direct for row in of]
        name = f"{of[0].memory_tokens:,}"
        for way, ratios in (("client", ratio), ("direct", direct)):
            cells = (_cell([getattr(getattr(row, route), way) for row in of]) for route in ROUTES)
            seen.append((f"{name}, {way}", f"{len(of)}", *cells, _spread(ratios)))
        for route in ROUTES:
            times = [getattr(row, route) for row in of]
            medians = (ms(Samples(getattr(one, at) for one in times).median) for at in _PARTS)
            parts.append((f"{name}, {route}", *medians))
        verdicts.append(
            Verdict(f"{size:,} tokens: text / kv", Samples(ratio).median, "x", MUST[size], GOAL[size], True)
        )
        data[str(size)] = {
            route: {at: Samples(getattr(getattr(row, route), at) for row in of).summary() for at in _PARTS}
            for route in ROUTES
        }
    every = [getattr(row, route).overhead for row in rows.values() for route in ROUTES]
    verdicts.append(Verdict("beside recall and model", 1000 * Samples(every).median, "ms", OVERHEAD_MS))
    # Words come through threads and tasks: which of them waits for a core is chance.
    busy = Samples(every).percentile(95)
    return Findings(
        tables=(
            Table(
                "Request to first word, medians (95 % intervals), ms; client: recall included; direct: the"
                " model process alone",
                ("memory tokens", "repeats", "text", "kv", "text / kv"),
                tuple(seen),
            ),
            Table("Of the client's, medians, ms", ("memory tokens, route", *_PARTS.values()), tuple(parts)),
        ),
        data={"sizes": data, "rows": [msgspec.to_builtins(row) for row in rows.values()]},
        verdicts=tuple(verdicts),
        notes=(
            (
                f"{sum(row.same for row in rows.values())} of {len(rows)} questions have one answer by both"
                " routes, through the gateway and at the model itself."
            ),
            (
                f"Beside the memory stand {_beside(rows, min)} to {_beside(rows, max)} tokens: the template's"
                f" opening, the question, the answer's beginning. All else: p95 {ms(busy)} ms."
            ),
        ),
    )


_PARTS: Final = {
    "client": "client",
    "told": "ttft_ms",
    "recall": "recall",
    "model": "model",
    "overhead": "all else",
    "gateway": "of it gateway",
}


def _beside(rows: Mapping[str, Row], which: Callable[[Iterable[int]], int]) -> int:
    return which([row.tokens - row.memory_tokens for row in rows.values()])


def _cell(values: Sequence[float]) -> str:
    low, high = of_median(values)
    return f"{ms(Samples(values).median)} ({ms(low)} to {ms(high)})"


def _spread(values: Sequence[float]) -> str:
    low, high = of_median(values)
    return f"{Samples(values).median:.1f}x ({low:.1f} to {high:.1f})"

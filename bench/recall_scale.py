"""How a recall grows with what is remembered: one subject of 1k to 200k memories, tenants of many subjects.

Each size is measured in a process of its own, so that its memory is its own too. The record is a real
one on disk; Kafka, HTTP and role memory take no part.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from threading import Event
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from bench import Say
from bench.memories import Storyteller, memories, near, questions
from bench.processes import usage
from bench.report import Findings
from bench.scales import PHASES, Scale, Watch, figures, latencies, phase_shares, starts
from bench.system import scratch
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models import load_embedder
from memcube.plaintext.cues import cues
from memcube.plaintext.recall import Recaller
from memcube.plaintext.words import Terms, terms
from memcube.settings import DataFolder, Settings
from memcube.store.memory import InMemoryRecallIndex
from memcube.store.record import Embedded, Partition, Share, SubjectWork
from memcube.store.sqlite import SQLiteCubeStore
from memcube.vectors import TokenVectors

SIZES: Final = (1_000, 10_000, 100_000)
QUICK_SIZES: Final = SIZES[:2]
SUBJECTS: Final = 1_000
EACH: Final = 100
MANY: Final = 1_000
LARGE: Final = 200_000
SMALL: Final = 3
QUESTIONS: Final = 200
COLD_STARTS: Final = 3
_COMMIT: Final = 5_000
# Really embedded; the vectors of the other memories lie around these.
_EMBEDDED: Final = 2_000
_WARM_UP: Final = 10
_PLENTY: Final = 1 << 40
# Room for about an eighth of the tenant: most questions find their subject gone.
_TIGHT: Final = 40 << 20


class Scenario(msgspec.Struct, frozen=True):
    """What is asked: `subjects` in turn at random, under a budget of bytes.

    beside: a subject that is loaded before; `busy`: and asked by another thread all the while.
    """

    name: str
    subjects: tuple[str, ...]
    memories: int
    budget: int
    beside: str = ""
    busy: bool = False


def measure(*, quick: bool, say: Say) -> Findings:
    sizes = QUICK_SIZES if quick else SIZES
    with scratch() as folder:
        data = DataFolder(folder)
        scenarios = _fill(data, sizes, quick=quick, say=say)
        found = []
        for scenario in scenarios:
            say(f"asking {scenario.name}")
            found.append(_in_own_process(data, scenario))
        size_mb = data.record.stat().st_size / 1e6
    return Findings(
        tables=(latencies(found), phase_shares(found), starts(found)),
        data={one.name: figures(one) for one in found},
        notes=(
            (
                f"Made-up sentences; the vectors of all but {_EMBEDDED} memories lie around real ones, at"
                " a cosine of about 0.7, and their tokens have the vectors of real ones. Questions are"
                f" embedded for real, {QUESTIONS} a row."
            ),
            (
                "A cold start is a new index and a new connection on a record of"
                f" {size_mb:.0f} MB, which lies in the operating system's cache."
            ),
            "`x embedder`: as a multiple of embedding the same questions alone in the same process.",
            (
                "RSS: what the process grew by with its first load; counted: what the index charges to its"
                " budget."
            ),
        ),
    )


# --- the record --------------------------------------------------------------------------------------------


def _fill(data: DataFolder, sizes: Sequence[int], *, quick: bool, say: Say) -> list[Scenario]:
    embedder = load_embedder("minilm", 1)
    teller = Storyteller(1)
    say(f"embedding {_EMBEDDED} texts")
    encodings = embedder.encode([text for _ in range(_EMBEDDED // 2) for text in teller.turn()])
    real = np.stack([encoding.vector for encoding in encodings])
    tokens = [encoding.tokens for encoding in encodings]
    store = SQLiteCubeStore(data.record, SubjectSealer(KeyStore(data.keys)))
    writer = _Writer(store, embedder.embedder_id, tokens)
    scenarios = []
    for size in sizes:
        say(f"writing one subject of {size} memories")
        key = f"bench/user:{size}"
        writer.write(key, size, teller, near(real, size, size))
        scenarios.append(Scenario(f"{size:,} in one subject", (key,), size, _PLENTY))
    if not quick:
        say(f"writing one subject of {LARGE} memories beside one of {SMALL}")
        large, small, other = (f"pair/user:{which}" for which in ("large", "small", "other"))
        writer.write(large, LARGE, teller, near(real, LARGE, LARGE))
        for key in (small, other):
            writer.write(key, SMALL, teller, real[:SMALL])
        one = (small,)
        scenarios += [
            Scenario(f"{LARGE:,} in one subject", (large,), LARGE, _PLENTY),
            Scenario(f"{SMALL}, alone", one, SMALL, _PLENTY),
            Scenario(f"{SMALL}, beside {LARGE:,}", one, SMALL, _PLENTY, beside=large),
            Scenario(f"{SMALL}, while {SMALL} are asked", one, SMALL, _PLENTY, beside=other, busy=True),
            Scenario(f"{SMALL}, while {LARGE:,} are asked", one, SMALL, _PLENTY, beside=large, busy=True),
        ]
        say(f"writing {SUBJECTS} subjects of {MANY} memories")
        crowd = tuple(f"crowd/user:{number}" for number in range(SUBJECTS))
        for number, key in enumerate(crowd):
            writer.write(key, MANY, teller, near(real[number % 2 * MANY :][:MANY], MANY, number))
        default = Settings.load(data.root, {}).recall_memory_mb << 20
        scenarios.append(
            Scenario(f"{SUBJECTS:,} x {MANY:,}, default budget", crowd, SUBJECTS * MANY, default)
        )
        say(f"writing {SUBJECTS} subjects of {EACH} memories")
        keys = tuple(f"tenant/user:{number}" for number in range(SUBJECTS))
        for number, key in enumerate(keys):
            writer.write(key, EACH, teller, near(real[number % 10 * EACH :][:EACH], EACH, number))
        budgets = {
            "all loaded": _PLENTY,
            "default budget": default,
            f"budget {_TIGHT >> 20} MB": _TIGHT,
        }
        scenarios += [
            Scenario(f"{SUBJECTS:,} x {EACH}, {name}", keys, SUBJECTS * EACH, budget)
            for name, budget in budgets.items()
        ]
    store.close()
    return scenarios


class _Writer:
    """Commits as role memory does, in larger batches."""

    def __init__(self, store: SQLiteCubeStore, embedder_id: str, tokens: Sequence[TokenVectors]) -> None:
        self._store = store
        self._embedder_id = embedder_id
        self._tokens = tokens
        self._offset = 0

    def write(self, subject: str, count: int, teller: Storyteller, vectors: npt.NDArray[np.float32]) -> None:
        cubes = list(memories(subject, count, teller))
        for start in range(0, count, _COMMIT):
            some = tuple(cubes[start : start + _COMMIT])
            events = dict.fromkeys(cube.cause for cube in some)
            work = SubjectWork(subject, start, start + len(some), some, frozenset(), tuple(events))
            known = tuple(
                Embedded(cube.wording, vector, self._embedder_id, tokens)
                for cube, vector, tokens in zip(some, vectors[start:], cycle(self._tokens), strict=False)
            )
            partition = Partition("memory", "bench", "bench", "memory.events", 0)
            share = Share(partition, self._offset, self._offset + 1, (work,), {subject: known}, ())
            self._store.commit([share])
            self._offset += 1


# --- the questions -----------------------------------------------------------------------------------------


def _in_own_process(data: DataFolder, scenario: Scenario) -> Scale:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measure, data.root, scenario).result()


def _measure(root: Path, scenario: Scenario) -> Scale:
    data = DataFolder(root)
    embedder = load_embedder("minilm", 1)
    asked = questions(_WARM_UP + QUESTIONS, seed=2)
    alone = [_seconds(partial(embedder.embed, [question])) for question in asked][_WARM_UP:]
    watch = Watch()

    def recaller() -> tuple[Recaller, InMemoryRecallIndex]:
        store = SQLiteCubeStore(data.record, SubjectSealer(KeyStore(data.keys)), read_only=True)
        index = InMemoryRecallIndex(
            store,
            embedder.embedder_id,
            embedder.dimensions,
            scenario.budget,
            analyse=terms,
            analyse_many=Terms,
            cues=cues,
            timed=watch.timed,
        )
        return Recaller(index, embedder, timed=watch.timed), index

    def ask(recalls: Recaller, subject: str, question: str) -> float:
        return _seconds(lambda: recalls.recall(subject, question, limit=5, as_of=None))

    recalls, index = recaller()
    if scenario.beside:
        ask(recalls, scenario.beside, asked[0])
    before = usage(os.getpid()).rss
    cold = [ask(recalls, subject, asked[0]) for subject in scenario.subjects]
    rss = usage(os.getpid()).rss - before
    if len(scenario.subjects) == 1:
        for _ in range(COLD_STARTS - 1):
            again, _index = recaller()
            cold.append(ask(again, scenario.subjects[0], asked[0]))
            del again, _index
    choice = random.Random(3)
    total: list[float] = []
    phases: dict[str, list[float]] = {phase: [] for phase in PHASES}
    with _asking(scenario, lambda question: ask(recalls, scenario.beside, question)):
        for number, question in enumerate(asked):
            watch.seconds.clear()
            took = ask(recalls, choice.choice(scenario.subjects), question)
            if number >= _WARM_UP:
                total.append(took)
                for phase in PHASES:
                    phases[phase].append(watch.seconds[phase])
    return Scale(
        name=scenario.name,
        memories=scenario.memories,
        embedder=alone,
        total=total,
        phases=phases,
        cold=cold,
        rss=rss * 1e6,
        counted=index.used_bytes,
        loaded=len(index.loaded),
    )


@contextmanager
def _asking(scenario: Scenario, ask: Callable[[str], object]) -> Iterator[None]:
    """Another thread asks the subject beside, one question after the other, if that is wanted."""
    if not scenario.busy:
        yield
        return
    done = Event()

    def go_on() -> None:
        for question in cycle(questions(QUESTIONS, seed=4)):
            if done.is_set():
                return
            ask(question)

    with ThreadPoolExecutor(1) as thread:
        asking = thread.submit(go_on)
        try:
            yield
        finally:
            done.set()
        asking.result()


def _seconds(work: Callable[[], object]) -> float:
    since = time.perf_counter()
    work()
    return time.perf_counter() - since

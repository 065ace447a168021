"""`python -m bench ablation`: what default recall finds with each of its signals left out, one at a time.

The same conversations, judge and record as `recall`; only the weights differ.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from bench import scores
from bench.budget import Tokens
from bench.evidence import Recalled
from bench.judge import KS, Judge, Mark, Ranked
from bench.locomo import Conversation, read
from bench.offline import Offline
from bench.processes import BenchError
from bench.report import Table, print_table
from bench.system import scratch
from memcube import logs
from memcube.errors import MemcubeError
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models import Embedder
from memcube.plaintext.cues import cues
from memcube.plaintext.recall import Recaller
from memcube.plaintext.words import terms
from memcube.settings import DataFolder, Settings
from memcube.store.memory import InMemoryRecallIndex
from memcube.store.memory.signals import COLUMNS, Column
from memcube.store.sqlite import SQLiteCubeStore
from memcube.vectors import Encoding, Vector

_PLENTY = 1 << 40


def main(arguments: Sequence[str]) -> int:
    """Exit status 0 when everything was asked, whatever the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench ablation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="as for `recall`")
    options = parser.parse_args(arguments)
    logs.configure("bench", logging.WARNING)
    try:
        conversations = [one for one in read(options.data).conversations if one.questions]
        with scratch() as folder:
            table = _measure(DataFolder(folder), conversations)
    except (BenchError, MemcubeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print_table(table, Console(highlight=False))
    return 0


def _measure(data: DataFolder, conversations: Sequence[Conversation]) -> Table:
    settings = msgspec.structs.replace(Settings.load(), data=data)
    system = Offline(settings)
    try:
        for conversation in conversations:
            system.tell(conversation, lambda _count: None)
            print(f"{conversation.id}: {len(conversation.turns)} turns told", file=sys.stderr)
        embedder = _Once(system.embedder)
    finally:
        system.close()
    judges = [Judge(conversation, tokens) for tokens in [Tokens()] for conversation in conversations]
    rows = []
    for name, columns in _variants():
        recaller = _recaller(data, embedder, columns)
        marks = [
            judge.mark(question, _ranked(recaller, conversation, question.text))
            for conversation, judge in zip(conversations, judges, strict=True)
            for question in conversation.questions
        ]
        rows.append((name, *_figures(marks)))
        print(f"{name}: asked", file=sys.stderr)
    return Table(
        "Default recall, one signal left out at a time (@5 / @10)",
        ("without", "weight", "all", "multi-hop", "temporal", "open-domain", "single-hop", "adversarial"),
        tuple((row[0].partition(" ")[0], row[0].partition(" ")[2], *row[1:]) for row in rows),
    )


def _variants() -> Sequence[tuple[str, Sequence[Column]]]:
    left_out = [
        (
            f"{out.name} {out.weight:g}",
            [msgspec.structs.replace(one, weight=0.0) if one is out else one for one in COLUMNS],
        )
        for out in COLUMNS
    ]
    return [("nothing", COLUMNS), *left_out]


def _recaller(data: DataFolder, embedder: _Once, columns: Sequence[Column]) -> Recaller:
    store = SQLiteCubeStore(data.record, SubjectSealer(KeyStore(data.keys)), read_only=True)
    index = InMemoryRecallIndex(
        store,
        embedder.embedder_id,
        embedder.dimensions,
        _PLENTY,
        analyse=terms,
        cues=cues,
        columns=columns,
    )
    return Recaller(index, embedder)


def _ranked(recaller: Recaller, conversation: Conversation, question: str) -> Ranked:
    found = recaller.recall(conversation.subject.key, question, limit=max(KS), as_of=None).memories
    memories = [
        Recalled(memory.id, memory.text, tuple(one.source_id for one in memory.provenance if one.source_id))
        for memory in found
    ]
    return Ranked({k: memories[:k] for k in KS}, memories)


def _figures(marks: Sequence[Mark]) -> tuple[str, ...]:
    found = scores.system(marks)
    return tuple(f"{one.recall_5:.3f} / {one.recall_10:.3f}" for one in (found, *found.by_category.values()))


class _Once:
    """Embeds each question once for all variants."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Encoding] = {}
        self.embedder_id = embedder.embedder_id
        self.dimensions = embedder.dimensions
        self.token_dimensions = embedder.token_dimensions

    def embed(self, texts: Sequence[str]) -> Vector:
        return self._embedder.embed(texts)

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        for text in texts:
            if text not in self._known:
                [self._known[text]] = self._embedder.encode([text])
        return [self._known[text] for text in texts]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._embedder.count_tokens(texts)

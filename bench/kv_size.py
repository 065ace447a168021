"""`memcube bench kv-size`: what a block takes as floats and as int8, and what that does to answers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from bench.intervals import of_mean, wilson
from bench.kv_exact import greedy
from bench.people import KINDS, NAMES, facts, fitting, subject_of
from bench.report import Findings, Table, Verdict
from bench.samples import Samples
from bench.sittings import Plan, options, sit
from memcube.activation.block import Made, Part
from memcube.cube import cube_id
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models.prompt import Line, Message, prefix, prompt

if TYPE_CHECKING:
    from memcube.activation.files import BlockFiles
    from memcube.models.causal import CausalModel
    from memcube.models.kv import Layers
    from memcube.models.language import Array
    from memcube.settings import Precision

SIZES: Final = (256, 1024, 2048)
EACH: Final = 40
_MB: Final = 1e6


class Shape(msgspec.Struct, frozen=True):
    """One block: seconds to prefill it, and by precision its bytes and seconds.

    sizes: in memory, on disk. times: to write; to read and open; to make ready (restored and rotated).
    """

    tokens: int
    build_s: float
    sizes: dict[str, tuple[int, int]]
    times: dict[str, tuple[float, float, float]]


class Row(msgspec.Struct, frozen=True):
    """int8 against float at each step of the float answer: KL divergences, and whether the choice is one."""

    kl: tuple[float, ...]
    top: tuple[bool, ...]
    same: bool
    shape: Shape


def main(arguments: Sequence[str]) -> int:
    parser = options(
        "kv-size",
        "Bytes a token, times and quality of blocks kept as floats and as int8, on"
        f" {EACH} questions at each of {len(SIZES)} sizes.",
    )
    keys = [f"{size}/{n}" for size in SIZES for n in range(EACH)]
    keys.sort(key=lambda key: (int(key.split("/")[1]) // 10, int(key.split("/")[0])))
    return sit(Plan("kv-size", Row, keys, _opened, _findings), parser.parse_args(arguments))


class _Held(msgspec.Struct):
    lines: list[Line]
    floats: Layers
    small: Layers
    shape: Shape


@contextmanager
def _opened(model: CausalModel) -> Iterator[Callable[[str], Row]]:
    from memcube.activation.files import BlockFiles  # noqa: PLC0415  needs torch

    with tempfile.TemporaryDirectory(prefix="memcube-bench-") as folder:
        files = BlockFiles(f"{folder}/blocks", SubjectSealer(KeyStore(Path(folder) / "keys.sqlite")))
        held: dict[tuple[int, int], _Held] = {}

        def measure(key: str) -> Row:
            size, question = (int(part) for part in key.split("/"))
            owner = question // 10
            if (size, owner) not in held:
                held.clear()
                held[size, owner] = _held(model, files, size, NAMES[owner])
            return _row(model, held[size, owner], question)

        yield measure


def _held(model: CausalModel, files: BlockFiles, size: int, owner: str) -> _Held:
    from memcube.activation.quantised import QuantisedLayers, quantised  # noqa: PLC0415  as above

    lines = fitting(model, facts(owner), size)
    tokens = prefix(model, lines)
    since = time.perf_counter()
    raw = model.prefilled(tokens)
    build_s = time.perf_counter() - since
    shapes: dict[Precision, Any] = {"float": raw, "int8": quantised(raw)}
    sizes: dict[str, tuple[int, int]] = {}
    times: dict[str, tuple[float, float, float]] = {}
    ready: dict[str, Layers] = {}
    for precision, layers in shapes.items():
        made = Made(
            id=cube_id(subject_of(owner), precision, "block"),
            subject=subject_of(owner),
            parts=tuple(Part(line.cube_id, line.version) for line in lines),
            tokens=tokens,
            fingerprint=model.fingerprint,
            precision=precision,
            rotated=raw.rotated,
            seconds=build_s,
            built=date(2026, 3, 2),
        )
        since = time.perf_counter()
        on_disk = files.write(made, layers)
        written = time.perf_counter()
        _, kept = files.read(made.subject, made.id)
        read = time.perf_counter()
        restored = kept.restored() if isinstance(kept, QuantisedLayers) else kept
        ready[precision] = model.rotated(restored)
        times[precision] = (written - since, read - written, time.perf_counter() - read)
        sizes[precision] = (layers.nbytes, on_disk)
        files.remove(made.id)
    shape = Shape(len(tokens), build_s, sizes, times)
    return _Held(lines, ready["float"], ready["int8"], shape)


def _row(model: CausalModel, held: _Held, question: int) -> Row:
    kind = KINDS[question % len(KINDS)]
    asked = kind.asked[question % 2].format(name=NAMES[question // 10])
    given = prompt(model, [Message("user", asked)], held.lines)
    capacity = len(given.tokens) + 32
    exact = greedy(model, model.start(capacity, after=held.floats), given.rest)
    run = model.start(capacity, after=held.small)
    logits = [run.feed(given.rest)]
    logits += [run.feed([token]) for token in exact.chosen[:-1]]
    top = tuple(bool(a.argmax() == b.argmax()) for a, b in zip(exact.logits, logits, strict=True))
    kl = tuple(_kl(a, b) for a, b in zip(exact.logits, logits, strict=True))
    return Row(kl=kl, top=top, same=all(top), shape=held.shape)


def _kl(exact: Array, other: Array) -> float:
    one, two = (_logs(logits.astype(np.float64)) for logits in (exact, other))
    return float((np.exp(one) * (one - two)).sum())


def _logs(logits: Any) -> Any:
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum())


def _findings(rows: dict[str, Row], _model: CausalModel) -> Findings:
    quality: list[tuple[str, ...]] = []
    sizes: list[tuple[str, ...]] = []
    of_size = {size: [row for key, row in rows.items() if key.startswith(f"{size}/")] for size in SIZES}
    for size, of in of_size.items():
        if not of:
            continue
        shapes = list({row.shape.build_s: row.shape for row in of}.values())
        sizes += [_sizes(size, precision, shapes) for precision in ("float", "int8")]
        kl = [one for row in of for one in row.kl]
        top = [one for row in of for one in row.top]
        same = sum(row.same for row in of)
        low, high = of_mean(kl)
        quality.append(
            (
                f"{size:,}",
                f"{len(of)} / {len(kl)}",
                f"{np.mean(kl):.1e} ({low:.0e} to {high:.0e})",
                f"{max(kl):.1e}",
                f"{np.mean(top):.4f}",
                "{} of {} ({:.2f} to {:.2f})".format(same, len(of), *wilson(same, len(of))),
            )
        )
    every = [one for row in rows.values() for one in row.kl]
    return Findings(
        tables=(
            Table(
                "Size and times, medians over blocks",
                ("block", "kept as", "bytes a token", "MB in memory", "MB on disk", "build s", "write s",
                 "read s", "ready s"),
                tuple(sizes),
            ),
            Table(
                "int8 against float, along the float answer (24 tokens at most)",
                ("block tokens", "questions / steps", "KL mean (95 %)", "KL max", "same first choice",
                 "same answer (95 %)"),
                tuple(quality),
            ),
        ),
        data={"rows": [msgspec.to_builtins(row) for row in rows.values()]},
        verdicts=(Verdict("KL of int8, mean", float(np.mean(every)), "", must=1e-3),),
        notes=("A build costs what one prompt with that memory as text costs: it pays from the second use.",),
    )  # fmt: skip


def _sizes(size: int, precision: str, shapes: Sequence[Shape]) -> tuple[str, ...]:
    def middle(of: Callable[[Shape], float]) -> float:
        return Samples(of(shape) for shape in shapes).median

    return (
        f"{size:,}",
        precision,
        f"{middle(lambda one: one.sizes[precision][0] / one.tokens):,.0f}",
        f"{middle(lambda one: one.sizes[precision][0] / _MB):.1f}",
        f"{middle(lambda one: one.sizes[precision][1] / _MB):.1f}",
        f"{middle(lambda one: one.build_s):.2f}",
        f"{middle(lambda one: one.times[precision][0]):.3f}",
        f"{middle(lambda one: one.times[precision][1]):.3f}",
        f"{middle(lambda one: one.times[precision][2]):.3f}",
    )

"""`memcube bench ttft`: the first token by an injected block, by text, by transformers' reuse of a prefix."""

from __future__ import annotations

import copy
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from bench.intervals import of_median
from bench.people import KINDS, NAMES, facts, fitting, subject_of
from bench.report import Findings, Table, Verdict, ms
from bench.samples import Samples
from bench.sittings import Plan, options, sit
from memcube.activation.block import Made, Part
from memcube.cube import cube_id
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models.prompt import Line, Message, prefix, prompt
from memcube.models.sampling import Sampling, answer

if TYPE_CHECKING:
    from memcube.activation.files import BlockFiles
    from memcube.models.causal import CausalModel
    from memcube.models.kv import Layers

SIZES: Final = (256, 1024, 2048)
ROUNDS: Final = 15
MUST: Final = {256: 4.0, 1024: 12.0, 2048: 20.0}
GOAL: Final = {256: 5.0, 1024: 18.0, 2048: 28.0}


class Row(msgspec.Struct, frozen=True):
    """Seconds to the first token, one question. The first three with the prompt's tokens still to be made.

    text: everything prefilled. kv: rotated layers at hand. disk: the sealed file read, opened and rotated.
    injected: kv, given the tokens. copied, cropped: transformers' own cache of the prefix, given the tokens;
    copied for each use, or used in place and cut back afterwards.
    """

    memory_tokens: int
    rest: int
    text: float
    kv: float
    disk: float
    injected: float
    copied: float
    cropped: float
    same: bool


def main(arguments: Sequence[str]) -> int:
    parser = options(
        "ttft",
        "Seconds to the first token of the same prompt: prefilled as text, behind an injected block in memory"
        " and from disk, and by transformers' own reuse of a prefix. Repeats take turns.",
    )
    keys = [f"{size}/{turn}" for turn in range(ROUNDS) for size in SIZES]
    return sit(Plan("ttft", Row, keys, _opened, _findings), parser.parse_args(arguments))


class _Ready(msgspec.Struct):
    """A block in each shape from which a prompt can begin."""

    lines: list[Line]
    layers: Layers
    reused: Any
    made: Made


@contextmanager
def _opened(model: CausalModel) -> Iterator[Callable[[str], Row]]:
    from memcube.activation.files import BlockFiles  # noqa: PLC0415  needs torch

    with tempfile.TemporaryDirectory(prefix="memcube-bench-") as folder:
        files = BlockFiles(f"{folder}/blocks", SubjectSealer(KeyStore(Path(folder) / "keys.sqlite")))
        ready: dict[int, _Ready] = {}

        def measure(key: str) -> Row:
            size, turn = (int(part) for part in key.split("/"))
            if size not in ready:
                ready[size] = _ready(model, files, size)
                _row(model, files, ready[size], turn)  # what is used for the first time is slow
            return _row(model, files, ready[size], turn)

        yield measure


def _ready(model: CausalModel, files: BlockFiles, size: int) -> _Ready:
    import torch  # noqa: PLC0415  as above
    from transformers import DynamicCache  # noqa: PLC0415

    owner = NAMES[0]
    # What surrounds the memory in a prompt is not counted in its size.
    lines = fitting(model, facts(owner), size + len(prefix(model, ())))
    tokens = prefix(model, lines)
    raw = model.prefilled(tokens)
    made = Made(
        id=cube_id(subject_of(owner), str(size), "block"),
        subject=subject_of(owner),
        parts=tuple(Part(line.cube_id, line.version) for line in lines),
        tokens=tokens,
        fingerprint=model.fingerprint,
        precision="float",
        rotated=raw.rotated,
        seconds=0.0,
        built=date(2026, 3, 2),
    )
    files.write(made, raw)
    reused = DynamicCache()
    with torch.inference_mode():
        _transformer(model)(
            input_ids=torch.tensor([tokens], device=_transformer(model).device),
            past_key_values=reused,
            logits_to_keep=1,
        )
    return _Ready(lines, model.rotated(raw), reused, made)


def _row(model: CausalModel, files: BlockFiles, ready: _Ready, turn: int) -> Row:
    kind = KINDS[turn % len(KINDS)]
    asked = [Message("user", kind.asked[turn % 2].format(name=NAMES[turn % 4]))]
    given = prompt(model, asked, ready.lines)

    def ours(layers: Layers | None) -> str:
        told = prompt(model, asked, ready.lines)
        return first(layers, told.tokens if layers is None else told.rest)

    def first(layers: Layers | None, tokens: Sequence[int]) -> str:
        run = model.start(len(given.tokens) + 64, after=layers)
        return next(answer(model, run, tokens, Sampling(max_tokens=64))).text

    def from_disk() -> str:
        _, layers = files.read(ready.made.subject, ready.made.id)
        return ours(model.rotated(layers))

    def theirs(cache: Any) -> str:
        import torch  # noqa: PLC0415  as above

        with torch.inference_mode():
            output = _transformer(model)(
                input_ids=torch.tensor([given.rest], device=_transformer(model).device),
                past_key_values=cache,
                logits_to_keep=1,
            )
        return model.decode([int(output.logits[0, -1].argmax())])

    def in_place() -> str:
        found = theirs(ready.reused)
        ready.reused.crop(len(given.prefix))
        return found

    ways: dict[str, Callable[[], str]] = {
        "text": lambda: ours(None),
        "kv": lambda: ours(ready.layers),
        "disk": from_disk,
        "injected": lambda: first(ready.layers, given.rest),
        "copied": lambda: theirs(copy.deepcopy(ready.reused)),
        "cropped": in_place,
    }
    # Each turn begins with another, so that none always comes behind the long prefill of the text.
    names = [*ways]
    order = names[turn % len(names) :] + names[: turn % len(names)]
    found = {name: _timed(ways[name]) for name in order}
    return Row(
        memory_tokens=given.memory_tokens,
        rest=len(given.rest),
        same=len({text.strip() for text, _ in found.values()}) == 1,
        **{name: seconds for name, (_, seconds) in found.items()},
    )


def _transformer(model: CausalModel) -> Any:
    """What ours stands on, for a comparison with its own ways."""
    return model._model  # noqa: SLF001


def _timed(work: Callable[[], str]) -> tuple[str, float]:
    since = time.perf_counter()
    found = work()
    return found, time.perf_counter() - since


def _findings(rows: dict[str, Row], _model: CausalModel) -> Findings:
    of_size = {
        size: [row for key, row in rows.items() if key.startswith(f"{size}/")]
        for size in SIZES
        if f"{size}/0" in rows
    }
    table, own, verdicts, data = [], [], [], {}
    for size, of in of_size.items():
        faster = [row.text / row.kv for row in of]
        reuse = [row.copied / row.injected for row in of]
        in_place = [row.cropped / row.injected for row in of]
        cells = {way: _cell([getattr(row, way) for row in of]) for way in _WAYS}
        table.append(
            (
                f"{of[0].memory_tokens:,}",
                f"{len(of)}",
                *(cells[way] for way in ("text", "kv", "disk")),
                _spread(faster, "x"),
                _spread([row.text / row.disk for row in of], "x"),
            )
        )
        own.append(
            (
                f"{of[0].memory_tokens:,}",
                *(cells[way] for way in ("injected", "copied", "cropped")),
                _spread(reuse, "x", 2),
                _spread(in_place, "x", 2),
            )
        )
        verdicts += [
            Verdict(
                f"{size:,} tokens: KV against text", Samples(faster).median, "x", MUST[size], GOAL[size], True
            ),
            Verdict(
                f"{size:,} tokens: against transformers' reuse of a copy",
                Samples(reuse).median,
                "x",
                1.0,
                1.0,
                True,
            ),
        ]
        data[str(size)] = {way: Samples(getattr(row, way) for row in of).summary() for way in _WAYS}
    return Findings(
        tables=(
            Table(
                "First token, medians (95 % intervals), ms; library level: no recall, no HTTP",
                ("memory tokens", "repeats", "text", "kv", "kv from disk", "text / kv", "text / disk"),
                tuple(table),
            ),
            Table(
                "The same tokens behind the same prefix, tokens given",
                (
                    "memory tokens",
                    "injected",
                    "transformers, copy",
                    "in place, then cut",
                    "copy / ours",
                    "in place / ours",
                ),
                tuple(own),
            ),
        ),
        data={"sizes": data, "rows": [msgspec.to_builtins(row) for row in rows.values()]},
        verdicts=tuple(verdicts),
        notes=(
            (
                f"{_share([row.same for row in rows.values()])} prompts have one first token all six ways;"
                f" behind the prefix stand {min(r.rest for r in rows.values())} to"
                f" {max(r.rest for r in rows.values())} tokens."
            ),
            "In place, the stored cache is changed by every use: nothing may share it.",
        ),
    )


_WAYS: Final = ("text", "kv", "disk", "injected", "copied", "cropped")


def _cell(values: Sequence[float]) -> str:
    low, high = of_median(values)
    return f"{ms(Samples(values).median)} ({ms(low)} to {ms(high)})"


def _spread(values: Sequence[float], unit: str, digits: int = 1) -> str:
    low, high = of_median(values)
    return f"{Samples(values).median:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f})"


def _share(values: Sequence[bool]) -> str:
    return f"{sum(values)} of {len(values)}"

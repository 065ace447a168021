"""`memcube bench kv-exact`: is what is injected what would have been computed?"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from bench.intervals import wilson
from bench.people import KINDS, NAMES, facts, fitting, subject_of
from bench.report import Findings, Table, Verdict
from bench.sittings import Plan, options, sit
from memcube.activation.block import Made, Part
from memcube.cube import cube_id
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.models.prompt import Line, Message, Prompt, prefix, prompt
from memcube.models.sampling import Sampling, answer

if TYPE_CHECKING:
    from memcube.activation.files import BlockFiles
    from memcube.models.causal import CausalModel
    from memcube.models.kv import Layers
    from memcube.models.language import Array, LanguageModel, Pause, Run

SIZES: Final = (64, 96, 160, 256, 384, 512, 640, 768, 1024, 1280, 1536, 1792, 2048)
PROMPTS: Final = 208
ANSWER: Final = 24
MUST: Final = 1e-4
_SYSTEM: Final = ("", "You are a helpful assistant.", "Answer in one short sentence.")


class Row(msgspec.Struct, frozen=True):
    """One prompt. difference: the largest of a logit, over the first token and all of the answer.

    same: the greedy answers, token by token. `disk`: of the block that was written, sealed and read again.
    unchanged: the tensors after their use.
    """

    block: int
    tokens: int
    answered: int
    difference: float
    same: bool
    disk_difference: float
    disk_same: bool
    unchanged: bool


def main(arguments: Sequence[str]) -> int:
    parser = options(
        "kv-exact",
        "Inject a block, ask behind it, and hold logits and greedy answers against the full prefill of the"
        f" same tokens: {PROMPTS} prompts, blocks of {SIZES[0]} to {SIZES[-1]:,} tokens, before and after a"
        " trip through disk.",
    )
    keys = [f"{n // 16}/{n % 16}" for n in range(PROMPTS)]
    return sit(Plan("kv-exact", Row, keys, _opened, _findings), parser.parse_args(arguments))


class Recorded:
    """A run whose logits are kept."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.logits: list[Array] = []

    @property
    def length(self) -> int:
        return self._run.length

    def feed(self, tokens: Sequence[int], pause: Pause | None = None) -> Array:
        found = self._run.feed(tokens, pause)
        self.logits.append(found)
        return found

    @property
    def chosen(self) -> list[int]:
        return [int(one.argmax()) for one in self.logits]


def greedy(model: LanguageModel, run: Run, tokens: Sequence[int], most: int = ANSWER) -> Recorded:
    """A greedy answer, with its logits."""
    recorded = Recorded(run)
    for _ in answer(model, recorded, tokens, Sampling(max_tokens=most)):
        pass
    return recorded


class _Held(msgspec.Struct):
    """A block in memory, and as it came back from disk; both with rotated keys."""

    lines: list[Line]
    made: Layers
    read: Layers
    digests: tuple[str, str]


@contextmanager
def _opened(model: CausalModel) -> Iterator[Callable[[str], Row]]:
    from memcube.activation.files import BlockFiles  # noqa: PLC0415  needs torch

    with tempfile.TemporaryDirectory(prefix="memcube-bench-") as folder:
        files = BlockFiles(f"{folder}/blocks", SubjectSealer(KeyStore(Path(folder) / "keys.sqlite")))
        held: dict[int, _Held] = {}

        def measure(key: str) -> Row:
            block, question = (int(part) for part in key.split("/"))
            if block not in held:
                held.clear()  # one at a time: a large one takes 200 MB
                held[block] = _held(model, files, block)
            return _row(model, held[block], block, question)

        yield measure


def _held(model: CausalModel, files: BlockFiles, block: int) -> _Held:
    owner = NAMES[block % len(NAMES)]
    lines = fitting(model, facts(owner, seed=block), SIZES[block % len(SIZES)])
    tokens = prefix(model, lines)
    raw = model.prefilled(tokens)
    made = Made(
        id=cube_id(subject_of(owner), str(block), "block"),
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
    _, read = files.read(made.subject, made.id)
    files.remove(made.id)
    one, other = model.rotated(raw), model.rotated(read)
    return _Held(lines, one, other, (_digest(one), _digest(other)))


def _row(model: CausalModel, held: _Held, block: int, question: int) -> Row:
    given = _prompt(model, held.lines, block, question)
    capacity = len(given.tokens) + ANSWER
    full = greedy(model, model.start(capacity), given.tokens)
    made = greedy(model, model.start(capacity, after=held.made), given.rest)
    read = greedy(model, model.start(capacity, after=held.read), given.rest)
    return Row(
        block=len(given.prefix),
        tokens=len(given.tokens),
        answered=len(full.logits),
        difference=_difference(full, made),
        same=full.chosen == made.chosen,
        disk_difference=_difference(full, read),
        disk_same=full.chosen == read.chosen,
        unchanged=(_digest(held.made), _digest(held.read)) == held.digests,
    )


def _prompt(model: CausalModel, lines: Sequence[Line], block: int, question: int) -> Prompt:
    """Another kind of question, system message, history and memories behind the block each time."""
    kind = KINDS[question % len(KINDS)]
    name = NAMES[(block + question) % len(NAMES)]
    system = _SYSTEM[question % len(_SYSTEM)]
    messages = [Message("system", system)] if system else []
    if question % 4 == 3:
        messages += [Message("user", "Hello, how are you?"), Message("assistant", "Fine, thank you.")]
    asked = "Tell me all that you know." if question >= len(KINDS) else kind.asked[question % 2]
    messages.append(Message("user", asked.format(name=name)))
    known = {line.cube_id for line in lines}
    others = [fact.line for fact in facts(NAMES[block % len(NAMES)], seed=block)]
    more = [line for line in others if line.cube_id not in known][: question % 3]
    return prompt(model, messages, lines, more)


def _difference(one: Recorded, other: Recorded) -> float:
    """As long as the answers are the same; the step at which they part is compared, too."""
    worst = 0.0
    for ours, theirs in zip(one.logits, other.logits, strict=False):
        worst = max(worst, float(np.abs(ours - theirs).max()))
        if ours.argmax() != theirs.argmax():
            break
    return worst


def _digest(layers: Layers) -> str:
    digest = hashlib.sha256()
    for tensor in (*layers.keys, *layers.values):
        digest.update(tensor.contiguous().cpu().view(_bytes()).numpy())
    return digest.hexdigest()


def _bytes() -> object:
    import torch  # noqa: PLC0415  as above

    return torch.uint8


def _findings(rows: dict[str, Row], model: CausalModel) -> Findings:
    exact = model.fingerprint.dtype == "float32"
    of_size = {size: [row for row in rows.values() if _size(row) == size] for size in SIZES}
    table = Table(
        "Injection and question against the full prefill of the same tokens",
        ("block tokens", "prompts", "largest difference", "same answer", "from disk", "same answer"),
        tuple(
            (str(size), *_cells(of)) for size, of in (*of_size.items(), ("all", list(rows.values()))) if of
        ),
    )
    every = list(rows.values())
    same = sum(row.same and row.disk_same for row in every)
    worst = max(max(row.difference, row.disk_difference) for row in every)
    low, high = wilson(same, len(every))
    return Findings(
        tables=(table,),
        data={"rows": [msgspec.to_builtins(row) for row in every], "same": same, "interval": (low, high)},
        verdicts=(
            Verdict("largest difference of a logit", worst, "", must=MUST if exact else None),
            Verdict("identical greedy answers", same / len(every), "", must=1.0, at_least=True),
            Verdict(
                "stored tensors unchanged by use",
                sum(row.unchanged for row in every) / len(every),
                "",
                must=1.0,
                at_least=True,
            ),
        ),
        notes=(
            (
                f"{len(every)} prompts of {min(r.tokens for r in every)} to {max(r.tokens for r in every):,}"
                f" tokens, {sum(r.answered for r in every):,} steps; identical {same} of {len(every)}"
                f" (95 % {low:.1%} to {high:.1%})."
            ),
        ),
    )


def _size(row: Row) -> int:
    return min(size for size in SIZES if row.block <= size)


def _cells(rows: Sequence[Row]) -> tuple[str, ...]:
    return (
        str(len(rows)),
        f"{max(row.difference for row in rows):.1e}",
        f"{sum(row.same for row in rows)} of {len(rows)}",
        f"{max(row.disk_difference for row in rows):.1e}",
        f"{sum(row.disk_same for row in rows)} of {len(rows)}",
    )

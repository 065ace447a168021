"""Building a block: as many of the lines as fit, prefilled between answers, checked, and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from time import perf_counter
from typing import Final, Literal

import msgspec

from memcube.activation.block import Made, Part
from memcube.activation.files import BlockFiles, Unusable
from memcube.activation.quantised import quantised
from memcube.activation.tiers import Tiers
from memcube.errors import KeyDestroyed
from memcube.models.causal import CausalModel
from memcube.models.engine import Engine, Gone
from memcube.models.kv import Layers
from memcube.models.language import Pause
from memcube.models.prompt import Line, prefix, written
from memcube.settings import Precision

# Of the context, kept free of the block, for a conversation and its answer; of a small one, the half.
RESERVE: Final = 1024

Why = Literal["nothing-fits", "not-finite", "key-destroyed"]


class NotBuilt(Exception):
    """There is no block of these lines; doing it again would give the same."""

    def __init__(self, reason: Why) -> None:
        super().__init__(reason)
        self.reason: Why = reason


class BuiltBlock(msgspec.Struct, frozen=True):
    """A block that stands in its file. repeated: it stood there before."""

    made: Made
    bytes: int
    repeated: bool


class BlockBuilder:
    """Builds with one model, for one process. budget: tokens of a block at most."""

    def __init__(
        self,
        model: CausalModel,
        engine: Engine,
        files: BlockFiles,
        tiers: Tiers,
        *,
        precision: Precision,
        budget: int,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._model = model
        self._engine = engine
        self._files = files
        self._tiers = tiers
        self._precision = precision
        self._budget = min(budget, model.context - min(RESERVE, model.context // 2))
        self._clock = clock
        self.model_name = model.name

    def build(
        self,
        subject: str,
        block_id: str,
        lines: Sequence[Line],
        *,
        budget: int | None,
        day: date,
        gone: Gone,
    ) -> BuiltBlock:
        """Raises `NotBuilt`, `Cancelled`, and `OSError` for a file that cannot be written."""
        chosen = self._fitting(lines, self._budget if budget is None else min(budget, self._budget))
        if not chosen:
            raise NotBuilt("nothing-fits")
        tokens = prefix(self._model, chosen)
        parts = tuple(Part(line.cube_id, line.version) for line in chosen)
        known = self._there(subject, block_id, parts, tokens)
        if known is not None:
            return known
        layers, seconds = self._prefilled(tokens, gone)
        kept = quantised(layers) if self._precision == "int8" else layers
        if not layers.finite() or not kept.finite():
            raise NotBuilt("not-finite")
        made = Made(
            id=block_id,
            subject=subject,
            parts=parts,
            tokens=tokens,
            fingerprint=self._model.fingerprint,
            precision=self._precision,
            rotated=layers.rotated,
            seconds=round(seconds, 4),
            built=day,
        )
        try:
            size = self._files.write(made, kept)
        except KeyDestroyed:
            raise NotBuilt("key-destroyed") from None
        return BuiltBlock(made, size, repeated=False)

    def drop(self, subject: str, block_id: str) -> None:
        """Remove it from every tier of this process. Idempotent. Raises `OSError`."""
        self._tiers.drop(subject, block_id)

    def _fitting(self, lines: Sequence[Line], budget: int) -> list[Line]:
        room = budget - len(prefix(self._model, ()))
        chosen: list[Line] = []
        for line in lines:
            room -= len(self._model.encode(written(line)))
            if room < 0:
                break
            chosen.append(line)
        return chosen

    def _there(
        self, subject: str, block_id: str, parts: tuple[Part, ...], tokens: tuple[int, ...]
    ) -> BuiltBlock | None:
        """What an earlier life of this job has left, if it is whole and what would be built now."""
        try:
            made, _ = self._files.read(subject, block_id)
            size = self._files.size(block_id)
        except (Unusable, OSError):
            return None
        except KeyDestroyed:
            return None  # of a key that was rotated away; what is written now has the present one
        same = (made.parts, made.tokens, made.fingerprint, made.precision)
        if same != (parts, tokens, self._model.fingerprint, self._precision):
            return None
        return BuiltBlock(made, size, repeated=True)

    def _prefilled(self, tokens: tuple[int, ...], gone: Gone) -> tuple[Layers, float]:
        """The layers, and the seconds that they took, without those in which answers went first."""
        aside = 0.0

        def compute(pause: Pause) -> tuple[Layers, float]:
            began = self._clock()

            def counted() -> None:
                nonlocal aside
                since = self._clock()
                pause()
                aside += self._clock() - since

            layers = self._model.prefilled(tokens, counted)
            return layers, self._clock() - began - aside

        return self._engine.build(compute, gone)

"""Where a block is found: in the memory of this process, else on disk; and whether it may be served."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from memcube.activation.block import Made, Part
from memcube.activation.files import BlockFiles, Kept, Missing, Unusable
from memcube.activation.heat import Heat, first_use
from memcube.activation.quantised import QuantisedLayers
from memcube.activation.shelf import Shelf
from memcube.errors import KeyDestroyed
from memcube.models.causal import CausalModel
from memcube.models.kv import Layers
from memcube.models.prompt import Line, opening, prefix
from memcube.models.wire import Block

Cause = Literal["missing", "damaged", "stale-model", "stale-memories", "erased", "fault"]
Found = Literal["shelf", "disk"]
# Of a key and a heat, a hundred bytes: the uses of so many blocks are remembered.
_REMEMBERED: Final = 65_536


class NotServed(Exception):
    """A block that may not be injected. rebuild: another job would help."""

    def __init__(self, cause: Cause, told: str, *, rebuild: bool) -> None:
        super().__init__(told)
        self.cause: Cause = cause
        self.told = told
        self.rebuild = rebuild


class Held(msgspec.Struct, frozen=True):
    """A block that may be served: `lines` as they were checked.

    layers: as they are injected, rotated, which spares each use a tenth of a second for 2,048 tokens; int8
    ones raw, as they are stored.

    memory_tokens: of its tokens, those behind the template's opening.
    """

    made: Made
    layers: Kept
    lines: tuple[Line, ...]
    memory_tokens: int


class Tiers:
    """The blocks that this process serves, under a budget of bytes. Safe from any thread.

    What is on the shelf was checked against its lines; it is checked against the lines of each request again.
    """

    def __init__(
        self,
        model: CausalModel,
        files: BlockFiles,
        *,
        budget: int,
        half_life: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._model = model
        self._files = files
        self._half_life = half_life
        self._now = now
        self._own = model.fingerprint.digest
        self._opening = opening(model)
        self._heat: OrderedDict[str, tuple[Heat, float]] = OrderedDict()
        self._lock = threading.Lock()
        self.shelf: Shelf[Held] = Shelf(budget, self._worth)

    def usable(self, subject: str, block: Block) -> tuple[Held, Found]:
        """The block, if it is what these lines would be now. Raises `NotServed`."""
        key = _key(subject, block.id)
        self._used(key)
        held = self.shelf.get(key)
        if held is not None and held.lines == block.lines and block.fingerprint == self._own:
            return held, "shelf"
        held = self._checked(block, *self._read(subject, block.id))
        self._keep(key, held)
        return held, "disk"

    def rotated(self, held: Held) -> Layers:
        """What is injected: floating numbers that know their positions."""
        layers = held.layers
        return self._model.rotated(layers.restored()) if isinstance(layers, QuantisedLayers) else layers

    def in_float(self, held: Held, prefill: Callable[[Sequence[int]], Layers]) -> tuple[Held, bool]:
        """The same block, never rounded, and whether it was there: an int8 one is prefilled once more."""
        if not isinstance(held.layers, QuantisedLayers):
            return held, True
        key = _key(held.made.subject, held.made.id) + "\0float"
        self._used(key)
        found = self.shelf.get(key)
        if found is not None and found.lines == held.lines:
            return found, True
        whole = msgspec.structs.replace(held, layers=self._model.rotated(prefill(held.made.tokens)))
        self._keep(key, whole)
        return whole, False

    def fetch(self, subject: str, block_id: str) -> bool:
        """Whether the block is on the shelf now, ahead of its first use. Its lines are checked at the use."""
        key = _key(subject, block_id)
        if self.shelf.get(key) is not None:
            return True
        try:
            made, layers = self._read(subject, block_id)
        except NotServed:
            return False
        if made.fingerprint.digest != self._own:
            return False
        self._used(key)
        return self._keep(key, Held(made, layers, (), len(made.tokens) - self._opening))

    def sweep(self) -> int:
        """Let go of blocks whose files are gone; returns how many. Raises `OSError`.

        The job that ends a block reaches one process. Others that hold it see by this that it was forgotten.
        """
        gone = [key for key in self.shelf.keys() if not self._files.holds(key.split("\0")[1])]  # noqa: SIM118
        for key in gone:
            self.shelf.drop(key)
            with self._lock:
                self._heat.pop(key, None)
        return len(gone)

    def drop(self, subject: str, block_id: str) -> None:
        """Out of memory and off the disk. Idempotent. Raises `OSError`."""
        key = _key(subject, block_id)
        for one in (key, key + "\0float"):
            self.shelf.drop(one)
            with self._lock:
                self._heat.pop(one, None)
        self._files.remove(block_id)

    def _read(self, subject: str, block_id: str) -> tuple[Made, Kept]:
        held = self.shelf.get(_key(subject, block_id))
        if held is not None:
            return held.made, held.layers
        try:
            made, layers = self._files.read(subject, block_id)
        except Missing:
            raise NotServed("missing", "the block is not there any more", rebuild=True) from None
        except Unusable as error:
            raise NotServed("damaged", str(error), rebuild=True) from None
        except KeyDestroyed:
            raise NotServed("erased", "the block was erased", rebuild=False) from None
        except OSError as error:
            raise NotServed("fault", f"the block cannot be read: {error.strerror}", rebuild=False) from None
        if isinstance(layers, QuantisedLayers) or made.fingerprint.digest != self._own:
            return made, layers
        return made, self._model.rotated(layers)

    def _checked(self, block: Block, made: Made, layers: Kept) -> Held:
        parts = tuple(Part(line.cube_id, line.version) for line in block.lines)
        if made.fingerprint.digest != self._own or block.fingerprint != self._own:
            differing = made.fingerprint.differences(self._model.fingerprint)
            told = f"stale: {', '.join(differing) or 'the record tells of another model'}"
            raise NotServed("stale-model", told, rebuild=True)
        if made.parts != parts or prefix(self._model, block.lines) != made.tokens:
            raise NotServed("stale-memories", "stale: a memory has changed", rebuild=True)
        return Held(made, layers, block.lines, len(made.tokens) - self._opening)

    def _keep(self, key: str, held: Held) -> bool:
        with self._lock:
            heat, _ = self._heat.get(key, (first_use(self._now()), 0.0))
            self._heat[key] = heat, held.made.seconds
        return self.shelf.put(key, held, held.layers.nbytes)

    def _used(self, key: str) -> None:
        now = self._now()
        with self._lock:
            known = self._heat.pop(key, None)
            heat, seconds = known or (None, 0.0)
            self._heat[key] = (first_use(now) if heat is None else heat.used(now, self._half_life)), seconds
            while len(self._heat) > _REMEMBERED:
                self._heat.popitem(last=False)

    def _worth(self, key: str) -> float:
        """The seconds of prefill that its uses are expected to save."""
        with self._lock:
            known = self._heat.get(key)
        if known is None:
            return 0.0
        heat, seconds = known
        return heat.as_of(self._now(), self._half_life) * seconds


def _key(subject: str, block_id: str) -> str:
    """Begins with the subject; neither part can hold a NUL."""
    return f"{subject}\0{block_id}"

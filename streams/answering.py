"""Answers with memory: from what is wanted to the lines that are said, beside others at one model."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Final

import msgspec
import structlog

from memcube import metrics
from memcube.activation.serve import Plan, Usable, planned
from memcube.activation.tiers import Held, NotServed, Tiers
from memcube.models.causal import CausalModel
from memcube.models.engine import Engine, Gone
from memcube.models.kv import Layers
from memcube.models.language import Cancelled, NoConversation, Pause, TooLong
from memcube.models.sampling import Piece, answer
from memcube.models.wire import Begun, Done, Failed, Generate, Said, Text

# Of KV caches of answers under way together: 2 GB are twenty of the default model with a block of 2,048.
UNDER_WAY_BYTES: Final = 2 * 1024**3
_LOOK_S: Final = 0.05
log = structlog.get_logger()


class Answering:
    """One model, one engine, the blocks. Safe from any thread: each answer runs in one of its own."""

    def __init__(
        self,
        model: CausalModel,
        engine: Engine,
        tiers: Tiers,
        *,
        auto_tokens: int = 0,
        under_way_bytes: int = UNDER_WAY_BYTES,
    ) -> None:
        self._auto_tokens = auto_tokens
        self._model = model
        self._engine = engine
        self._tiers = tiers
        self._room = _Room(under_way_bytes)

    def said(self, asked: Generate, gone: Gone) -> Iterator[Said]:
        """The lines of an answer; it ends early, without a word, when nobody listens any more."""
        began = perf_counter()
        try:
            held, plan, refusal = self._planned(asked)
        except TooLong as error:
            metrics.NOT_SERVED.labels("too-long").inc()
            yield Failed("prompt too long", str(error), 413)
            return
        except NoConversation as error:
            metrics.NOT_SERVED.labels("bad-request").inc()
            yield Failed("no conversation", str(error), 400)
            return
        try:
            rebuild = refusal is not None and refusal.rebuild
            for line in self._answered(asked, plan, held, gone, began):
                yield msgspec.structs.replace(line, rebuild=rebuild) if isinstance(line, Begun) else line
        except Cancelled:
            metrics.GENERATIONS.labels(plan.route, "gone").inc()
        except Exception as error:
            # One answer that fails takes nobody else's with it, whatever it was.
            log.exception("answer failed", route=plan.route, error=repr(error))
            metrics.GENERATIONS.labels(plan.route, "failed").inc()
            yield Failed("generation failed", f"{type(error).__name__}: {error}"[:500])
        finally:
            metrics.GENERATION_SECONDS.labels(plan.route).observe(perf_counter() - began)

    def _planned(self, asked: Generate) -> tuple[Held | None, Plan, NotServed | None]:
        """Raises `TooLong` and `NoConversation`."""
        held, refusal = None, None
        if asked.block is not None and asked.route in {"auto", "kv"}:
            try:
                held, where = self._tiers.usable(asked.subject, asked.block)
                metrics.BLOCKS.labels(where).inc()
            except NotServed as error:
                refusal = error
                metrics.BLOCKS.labels("none").inc()
                metrics.NOT_SERVED.labels(error.cause).inc()
                log.info("block not served", block=asked.block.id, cause=error.cause)
        usable = None if held is None else Usable(held.made.tokens, held.memory_tokens)
        told = None if refusal is None else refusal.told
        plan = planned(self._model, asked, usable, told, auto_tokens=self._auto_tokens)
        return held, plan, refusal

    def _answered(
        self, asked: Generate, plan: Plan, held: Held | None, gone: Gone, began: float
    ) -> Iterator[Said]:
        def pause() -> None:
            if gone():
                raise Cancelled("nobody waits for this answer any more")

        start: Layers | None = None
        cached = 0
        size = (len(plan.tokens) + asked.sampling.max_tokens) * self._model.layout.bytes_per_token
        with self._room.taken(size, gone):
            if plan.injected and held is not None:
                there = True
                if asked.exact:
                    held, there = self._in_float(held, gone, pause)
                start = self._tiers.rotated(held)
                cached = len(plan.prefix) if there else 0
            yield Begun(
                route=plan.route,
                cubes=plan.cubes,
                memory_tokens=plan.memory_tokens,
                prompt_tokens=len(plan.tokens),
                cached_tokens=cached,
                reason=plan.reason,
            )
            run = self._model.start(len(plan.tokens) + asked.sampling.max_tokens, start)
            start = None  # the run has its own copy
            fed = plan.rest if plan.injected else plan.tokens
            pieces = answer(self._model, run, fed, asked.sampling, pause)
            yield from self._told(self._engine.steps(pieces, gone), plan, began)

    def _told(self, pieces: Iterator[Piece], plan: Plan, began: float) -> Iterator[Said]:
        first_s: float | None = None
        for piece in pieces:
            if first_s is None:
                first_s = perf_counter() - began
                metrics.FIRST_TOKEN_SECONDS.labels(plan.route).observe(first_s)
            if piece.text:
                yield Text(piece.text)
            if piece.finish is not None:
                metrics.TOKENS.inc(piece.tokens)
                metrics.GENERATIONS.labels(plan.route, piece.finish).inc()
                yield Done(piece.finish, piece.tokens, round(first_s * 1000, 3))

    def _in_float(self, held: Held, gone: Gone, pause: Pause) -> tuple[Held, bool]:
        def prefill(tokens: Sequence[int]) -> Layers:
            (layers,) = self._engine.steps(iter(_Once(self._model, tokens, pause)), gone)
            return layers

        return self._tiers.in_float(held, prefill)


class _Once:
    """A prefill as a step among the answers'."""

    def __init__(self, model: CausalModel, tokens: Sequence[int], pause: Pause) -> None:
        self._model = model
        self._tokens = tokens
        self._pause = pause

    def __iter__(self) -> Iterator[Layers]:
        yield self._model.prefilled(self._tokens, self._pause)


class _Room:
    """Bytes of KV cache for answers under way; who finds no room waits. One alone may always run."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._freed = threading.Condition()

    @contextmanager
    def taken(self, size: int, gone: Gone) -> Iterator[None]:
        """Raises `Cancelled`."""
        with self._freed:
            while self._held and self._held + size > self._limit:
                if gone():
                    raise Cancelled("nobody waits for this answer any more")
                self._freed.wait(_LOOK_S)
            self._held += size
        try:
            yield
        finally:
            with self._freed:
                self._held -= size
                self._freed.notify_all()

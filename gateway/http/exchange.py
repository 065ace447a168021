"""One exchange: what is known is looked up, the model begins, the prompt is kept, and then the answer comes.

Recall goes first, so that no turn is ever recalled for its own answer. The prompt is published as soon as the
model has taken it, while it reads: one that no model took is not stored, so that sending it again after an
error stores it once. The first word waits until the log has confirmed the prompt.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from time import perf_counter
from typing import Final
from uuid import uuid4

import msgspec

from gateway.http.attempt import Attempt
from gateway.http.chat_answer import UsedMemory
from gateway.http.chat_memory import NOTHING, Known, known_for
from gateway.http.chat_request import Completion, Remembering
from gateway.http.chat_source import Ended, Piece, Pieces, Source, away, no_model
from gateway.http.chat_turns import Turns, check_known, keep_answer, keep_prompt, report
from gateway.http.services import Services
from memcube import metrics
from memcube.models.wire import Begun, Generate, Text
from schemas.subject import Address, Subject

NO_MEMORY: Final = "no memory was asked for"
NO_SUBJECT: Final = "no subject: memory names no group_id, user_id, agent_id or run_id"


class Ahead(msgspec.Struct, frozen=True):
    """What stands before the model is asked. `turns`: None where nothing is kept."""

    asked: Completion
    source: Source
    model: str
    memory: Remembering | None
    subject: Subject | None
    turns: Turns | None
    known: Known

    def generate(self, seed: int) -> Generate:
        return Generate(
            # Without a subject any process will do; each plain chat may get another one.
            subject=str(uuid4()) if self.subject is None else self.subject.key,
            messages=self.asked.turns(),
            route="none" if self.memory is None else self.memory.route,
            sampling=self.asked.sampling(seed),
            exact=self.memory is not None and self.memory.exact,
            block=self.known.block,
            recalled=self.known.recalled,
        )

    def reason(self, begun: Begun) -> str | None:
        """Why not as asked; what was withheld from the model it cannot tell."""
        if self.memory is None:
            return NO_MEMORY if self.asked.memory is None else NO_SUBJECT
        if self.known.withheld and begun.route != "kv":
            return self.known.withheld
        return begun.reason


class Exchange:
    """An answer under way; whoever holds it closes it. `text`: what was said so far."""

    def __init__(
        self,
        house: Services,
        ahead: Ahead,
        begun: Begun,
        first: Piece,
        *,
        rest: Pieces,
        opened: AsyncExitStack,
        began: float,
    ) -> None:
        self.id = f"chatcmpl-{uuid4().hex}"
        self.model = ahead.model
        self.created: datetime = house.clock()
        self.text = ""
        self.over = False
        self._house = house
        self._ahead = ahead
        self._begun = begun
        self._first = first
        self._rest = rest
        self._opened = opened
        self._began = began
        self._ttft_s = perf_counter() - began
        self._response_event: str | None = None

    @property
    def prompt_tokens(self) -> int:
        return self._begun.prompt_tokens

    @property
    def wants_usage(self) -> bool:
        options = self._ahead.asked.stream_options
        return options is not None and bool(options.include_usage)

    def memory(self) -> UsedMemory:
        """What is known of it by now."""
        turns = self._ahead.turns
        return UsedMemory(
            route=self._begun.route,
            reason=self._ahead.reason(self._begun),
            cubes=list(self._begun.cubes),
            memory_tokens=self._begun.memory_tokens,
            ttft_ms=round(self._ttft_s * 1000, 1),
            prompt_event_id=turns.prompt.event_id if turns else None,
            response_event_id=self._response_event,
        )

    async def pieces(self) -> AsyncIterator[Piece]:
        """All of the answer; raises a `Problem` where it breaks off."""
        piece: Piece | None = self._first
        while piece is not None:
            if isinstance(piece, Text):
                self.text += piece.text
            yield piece
            if isinstance(piece, Ended):
                return
            piece = await anext(self._rest, None)

    async def finished(self) -> None:
        """The answer is whole: it is kept, where it may be, even if the client leaves in this moment."""
        self.over = True
        metrics.CHAT_SECONDS.labels(self._begun.route).observe(perf_counter() - self._began)
        turns = self._ahead.turns
        if turns is not None:
            keeping = self._house.aftermath.begin(
                keep_answer(self._house, turns, self.text, self._begun.cubes)
            )
            self._response_event = await asyncio.shield(keeping)

    def broke_off(self) -> None:
        """There will be no more of it, and it is not kept: nobody has said that half."""
        self.over = True

    async def close(self) -> None:
        """Let go of the model: in the middle of an answer, that ends it."""
        await self._opened.aclose()


async def begin(house: Services, asked: Completion, once: Attempt, began: float, seed: int) -> Exchange:
    """Up to the first word. Raises `Problem`, `BusError`, `ContractError`, `StoreFault`."""
    if house.source is None:
        raise no_model()
    memory = asked.memory if asked.memory is not None and asked.memory.named else None
    turns = Turns.of(asked, memory, once, house.clock()) if memory is not None and asked.kept else None
    if turns is not None:
        house.backlog.check()
    async with AsyncExitStack() as alone:
        if turns is not None:
            await alone.enter_async_context(once.alone([turns.subject.tenant]))
            await check_known(house, turns, once)
        model = await house.source.named(asked.model)
        subject = None if memory is None else memory.subject()
        known = await _known(house, asked, memory, turns, model)
        ahead = Ahead(asked, house.source, model, memory, subject, turns, known)
        return await _answering(house, ahead, began, seed)


async def _known(
    house: Services, asked: Completion, memory: Remembering | None, turns: Turns | None, model: str
) -> Known:
    if memory is None or memory.route == "none" or house.source is None:
        return NOTHING
    subject = memory.subject()
    house.heard(subject)
    return await known_for(
        house,
        subject.key,
        asked.prompt.text,
        turns.events if turns else (),
        # Exact, text reads the whole block as well.
        blocks=house.source.reads_blocks and (memory.route != "text" or memory.exact),
        named=house.source.reads_blocks and memory.route == "kv",
        model=model,
    )


async def _answering(house: Services, ahead: Ahead, began: float, seed: int) -> Exchange:
    wanted = ahead.generate(seed)
    called = perf_counter()
    opened = AsyncExitStack()
    try:
        answers = ahead.source.answers(wanted, ahead.model, stream=bool(ahead.asked.stream))
        rest = await opened.enter_async_context(answers)
        begun = await _begun(rest)
        first, answered = await _first_word(house, ahead, rest)
    except BaseException:  # a client who has left, too
        await opened.aclose()
        raise
    exchange = Exchange(house, ahead, begun, first, rest=rest, opened=opened, began=began)
    _observe(begun, perf_counter() - began, answered - called, ahead.known)
    if ahead.turns is not None:
        report(house, ahead.turns.subject, ahead.known.reported(begun.cubes))
        if begun.rebuild and wanted.block is not None:
            address = Address(**ahead.turns.memory.ids())
            house.aftermath.rebuild(house.bus, address, wanted.block, house.clock())
    return exchange


async def _begun(pieces: Pieces) -> Begun:
    piece = await anext(pieces, None)
    if not isinstance(piece, Begun):
        raise away("the model process did not begin its answer: send again")
    return piece


async def _first_word(house: Services, ahead: Ahead, rest: Pieces) -> tuple[Piece, float]:
    """And when it came. The prompt is kept meanwhile, whether the client stays or not."""
    if ahead.turns is None:
        return await _next(rest)
    keeping = house.aftermath.begin(keep_prompt(house, ahead.turns))
    coming = asyncio.create_task(_next(rest))
    try:
        # If the log does not take the prompt, nobody need wait for the model.
        await asyncio.wait((keeping, coming), return_when=asyncio.FIRST_EXCEPTION)
        if keeping.done():
            keeping.result()
        first = await coming
        await asyncio.shield(keeping)
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
    return first


async def _next(rest: Pieces) -> tuple[Piece, float]:
    piece = await anext(rest, None)
    if piece is None:
        raise away("the model process ended before the first word: send again")
    return piece, perf_counter()


def _observe(begun: Begun, first_s: float, model_s: float, known: Known) -> None:
    metrics.CHAT_FIRST.labels(begun.route).observe(first_s)
    metrics.CHAT_OVERHEAD.observe(max(0.0, first_s - model_s - known.recall_s))

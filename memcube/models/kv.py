"""Tensors of a KV cache: raw keys and values as they are kept, rotated ones as the model attends to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

Tensor: TypeAlias = torch.Tensor


@dataclass(frozen=True, slots=True)
class Layers:
    """Keys and values of each layer, [heads, tokens, head_size] each.

    rotated: whether the keys know their positions. Raw ones are as the projection left them.
    """

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    rotated: bool

    @property
    def tokens(self) -> int:
        return int(self.keys[0].shape[1])

    @property
    def nbytes(self) -> int:
        return sum(tensor.nbytes for tensor in (*self.keys, *self.values))

    def finite(self) -> bool:
        """Whether there is no NaN and no infinity in them."""
        return all(bool(torch.isfinite(tensor).all()) for tensor in (*self.keys, *self.values))


class _Buffer(CacheLayerMixin):
    """A layer's keys and values in one piece of memory, of which the sequence fills the beginning.

    transformers' dynamic layer copies all it holds for every new token.
    """

    is_sliding = False

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self._capacity = capacity
        self._length = 0

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        def room(like: Tensor) -> Tensor:
            batch, heads, _, size = like.shape
            return torch.empty((batch, heads, self._capacity, size), dtype=like.dtype, device=like.device)

        self.keys, self.values = room(key_states), room(value_states)
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        end = self._length + key_states.shape[2]
        self.keys[:, :, self._length : end].copy_(key_states)
        self.values[:, :, self._length : end].copy_(value_states)
        self._length = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self._length + query_length, 0

    def get_seq_length(self) -> int:
        return self._length

    def get_max_length(self) -> int:
        return self._capacity


class Buffers(Cache):
    """A cache of fixed room. What it starts from is copied in, so that the original stays as it is."""

    def __init__(self, layers: int, capacity: int) -> None:
        super().__init__(layers=[_Buffer(capacity) for _ in range(layers)])
        self.capacity = capacity

    def take(self, start: Layers) -> None:
        """Begin with these rotated keys and values."""
        for layer, keys, values in zip(self.layers, start.keys, start.values, strict=True):
            layer.update(keys.unsqueeze(0), values.unsqueeze(0))

    def held(self) -> Layers:
        """A copy of what the cache holds now."""
        length = self.get_seq_length()
        return Layers(
            keys=tuple(layer.keys[0, :, :length].clone() for layer in self.layers),
            values=tuple(layer.values[0, :, :length].clone() for layer in self.layers),
            rotated=True,
        )


def joined(parts: Sequence[Tensor]) -> Tensor:
    """Pieces [heads, tokens, head_size] of one layer, one behind the other."""
    return parts[0].clone() if len(parts) == 1 else torch.cat(list(parts), dim=1)

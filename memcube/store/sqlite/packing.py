"""The vectors of one wording as bytes: what is sealed in a row of `vectors`."""

from __future__ import annotations

from struct import Struct
from typing import Final

import numpy as np

from memcube.errors import StoreFault
from memcube.store.record import Embedded
from memcube.vectors import TokenVectors, Vector

# Dimensions of the whole vector, tokens, dimensions of theirs. Little-endian, as all that follows: the vector
# as float32, the ids as uint16, the vectors of the tokens as int8.
_SHAPE: Final = Struct("<HHH")
_NO_TOKENS: Final = 0


def packed(known: Embedded) -> bytes:
    """Raises `StoreFault` for arrays of other shapes than an embedder's."""
    vector, tokens = known.vector, known.tokens
    if vector.ndim != 1:
        raise StoreFault(
            f"a vector has {vector.ndim} dimensions instead of 1: this is a fault of the embedder"
        )
    whole = np.ascontiguousarray(vector, dtype="<f4").tobytes()
    if tokens is None:
        return _SHAPE.pack(len(vector), 0, _NO_TOKENS) + whole
    if tokens.vectors.ndim != 2 or len(tokens.vectors) != len(tokens.ids):
        raise StoreFault(
            f"{len(tokens.ids)} tokens have vectors of shape {tokens.vectors.shape}:"
            " this is a fault of the embedder"
        )
    shape = _SHAPE.pack(len(vector), len(tokens), tokens.vectors.shape[1])
    ids = np.ascontiguousarray(tokens.ids, dtype="<u2").tobytes()
    return shape + whole + ids + np.ascontiguousarray(tokens.vectors, dtype=np.int8).tobytes()


def unpacked(content: bytes) -> tuple[Vector, TokenVectors | None]:
    """The arrays are views of `content`: who keeps them copies them."""
    dimensions, tokens, token_dimensions = _SHAPE.unpack_from(content)
    at = _SHAPE.size
    vector = np.frombuffer(content, "<f4", dimensions, at)
    if token_dimensions == _NO_TOKENS:
        return vector, None
    at += vector.nbytes
    ids = np.frombuffer(content, "<u2", tokens, at)
    vectors = np.frombuffer(content, np.int8, tokens * token_dimensions, at + ids.nbytes)
    return vector, TokenVectors(ids, vectors.reshape(tokens, token_dimensions))

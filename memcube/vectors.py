"""What an embedder makes of a text: one vector for the whole, and one for each of its words."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
"""[dimensions], L2-normalised."""

# A part of a vector of norm 1, as int8: this much is 1.
INT8_ONE = 127


class TokenVectors(msgspec.Struct, frozen=True, gc=False):
    """A vector for each word piece of a text that says something; none for an empty text.

    ids: uint16 [tokens], which piece it is: equal pieces have equal ids. vectors: int8
    [tokens, token_dimensions], of norm 1 times INT8_ONE. Words can be read back from the ids and guessed from
    the vectors: they are content, sealed and erased with it.
    """

    ids: npt.NDArray[np.uint16]
    vectors: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.ids)


class Encoding(msgspec.Struct, frozen=True, gc=False):
    """A text as its embedder sees it, from one pass of the model."""

    vector: Vector
    tokens: TokenVectors


def as_int8(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.int8]:
    """Rows [n, dimensions] of any length as rows of norm INT8_ONE; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: npt.NDArray[np.float32] = vectors * (INT8_ONE / np.maximum(lengths, np.float32(1e-6)))
    return np.rint(scaled).astype(np.int8)

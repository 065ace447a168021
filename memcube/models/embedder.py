"""The port through which texts become vectors, and a model-free embedder for tests and benches."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

import numpy as np
import numpy.typing as npt

from memcube.function_words import FUNCTION_WORDS
from memcube.vectors import Encoding, TokenVectors, as_int8

# An embedder reads this many characters of a text and no more. MiniLM keeps 256 tokens, which prose fills
# within 1,500 characters; without a cut, tokenising 5 MB takes 5 s (measured), with it 5 ms. Only texts with
# more than 40 characters a token on average (runs of blanks, binary as text) lose tokens they would have had.
TEXT_LIMIT = 10_000


class Embedder(Protocol):
    """Turns texts into vectors whose dot product says how close two texts are."""

    @property
    def embedder_id(self) -> str:
        """Model, precision and code version: stored with every vector; vectors of two ids are never mixed."""

    @property
    def dimensions(self) -> int:
        """Length of each vector."""

    @property
    def token_dimensions(self) -> int:
        """Length of each vector of a token."""

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors [len(texts), dimensions], float32, each row of L2 norm 1, in the order of `texts`.

        Any string has a vector, the empty one too; control characters and lone surrogates are taken out,
        and characters past TEXT_LIMIT are not read. No texts give shape (0, dimensions).
        Raises TypeError for a bare string or for members that are not strings.
        """

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """The vectors of `embed`, and those of the tokens that say something, from the same pass.

        Function words and punctuation have no vector of their own, unless a text has nothing else. Raises as
        `embed`.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, to its last character, without marks of its start and end.

        By the embedder's own tokenizer, so for the model that will read a text it is an estimate. Texts on
        two lines have together what each has. Raises as `embed`.
        """


def readable(texts: Sequence[str]) -> list[str]:
    """The texts as every embedder takes them: checked, cut at TEXT_LIMIT, valid Unicode.

    Raises TypeError for a bare string (it would be embedded letter by letter) or a member that is no string.
    """
    return [_valid_unicode(text[:TEXT_LIMIT]) for text in _checked(texts)]


def whole(texts: Sequence[str]) -> list[str]:
    """As `readable`, but to the last character."""
    return [_valid_unicode(text) for text in _checked(texts)]


def _checked(texts: Sequence[str]) -> Sequence[str]:
    if isinstance(texts, str):
        raise TypeError("an embedder takes a sequence of texts, and got one string: wrap it in a list")
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"an embedder takes strings, and got {type(text).__name__}")
    return texts


def _valid_unicode(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Through UTF-16 a pair of surrogates (an emoji from a careless JSON writer) becomes its character
        # again, and only what is truly alone becomes U+FFFD.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class HashEmbedder:
    """Feature hashing of words and character trigrams: no model, no files, some 20 µs a chat turn.

    For tests and benches. Texts that share words or word forms come out close; meaning is not seen.
    """

    embedder_id = "hash-trigrams/fp32/2"
    dimensions = 384
    token_dimensions = 64

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """See `Embedder.embed`."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(readable(texts)):
            vectors[row] = self._vector(text)
        return vectors

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """See `Embedder.encode`. A token is a word."""
        return [
            Encoding(vector, self._tokens(text))
            for vector, text in zip(self.embed(texts), readable(texts), strict=True)
        ]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Embedder.count_tokens`. A token for every four bytes begun of a word, one for a sign: more
        than most vocabularies take for English, and about as many for other scripts.
        """
        return [
            sum((len(piece.encode()) + 3) // 4 for piece in _PIECE.findall(text)) for text in whole(texts)
        ]

    def _tokens(self, text: str) -> TokenVectors:
        words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())[:_MOST_WORDS]
        words = [word for word in words if word not in FUNCTION_WORDS] or words
        vectors = np.zeros((len(words), self.token_dimensions), np.float32)
        for row, word in enumerate(words):
            slots, weights = _features(word)
            narrow = [slot % self.token_dimensions for slot in slots]
            vectors[row] = np.bincount(narrow, weights, self.token_dimensions)
        return TokenVectors(np.array([_number(word) for word in words], np.uint16), as_int8(vectors))

    def _vector(self, text: str) -> npt.NDArray[np.float64]:
        slots: list[int] = []
        weights: list[float] = []
        for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
            word_slots, word_weights = _features(word)
            slots += word_slots
            weights += word_weights
        vector = np.bincount(slots, weights, self.dimensions) if slots else np.zeros(self.dimensions)
        norm = float(np.linalg.norm(vector))
        if norm < 1e-6:  # no words at all, or features of opposite signs that cancel out
            vector[0], norm = 1.0, 1.0
        return vector / norm


# As many as MiniLM has pieces.
_MOST_WORDS = 256
_WORD = re.compile(r"\w+")
_PIECE = re.compile(r"\w+|[^\w\s]")


@lru_cache(maxsize=1 << 14)
def _features(word: str) -> tuple[list[int], list[float]]:
    """Slots and signed weights of a word: itself at weight 1, its trigrams sharing as much energy again."""
    edged = f"<{word}>"
    trigrams = [edged[at : at + 3] for at in range(len(edged) - 2)]
    shared = len(trigrams) ** -0.5
    # The blank keeps a word of three letters apart from the trigram that is spelled the same.
    features = [(f" {word}", 1.0)] + [(trigram, shared) for trigram in trigrams]
    slots, weights = [], []
    for feature, weight in features:
        # Not hash(): Python salts it anew in every process.
        digest = _digest(feature)
        slots.append((digest >> 1) % HashEmbedder.dimensions)
        weights.append(weight if digest & 1 else -weight)
    return slots, weights


def _digest(feature: str) -> int:
    return int.from_bytes(blake2b(feature.encode(), digest_size=8).digest(), "little")


def _number(word: str) -> int:
    return _digest(word) & 0xFFFF

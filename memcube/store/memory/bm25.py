"""The words of one subject's rows, kept up to date word by word, and BM25 over places that hold rows."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import log
from typing import Final

import numpy as np
import numpy.typing as npt

from memcube.store.memory.conversation import Conversation, Rows
from memcube.store.memory.fusion import Floats

# Robertson's values; the recall study was measured with them (stemmed words, turns of a conversation).
K1: Final = 1.5
B: Final = 0.75

# A posting is one 64-bit number, row << 16 | count, so that a word costs one growing array and not two.
_COUNT_BITS: Final = 16
_MOST: Final = (1 << _COUNT_BITS) - 1
# Dict slot, string and array object of a word, without its postings (measured: 175).
_BYTES_PER_WORD: Final = 180
# A word in a sixteenth of the places or more is counted in all of them at once.
_WORTH_LISTING: Final = 16


class Words:
    """Inverted index: stem to postings. Removing a row removes its words: an unused stem leaves no trace."""

    def __init__(self) -> None:
        self._postings: dict[str, array[int]] = {}
        self._lengths: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self._entries = 0

    @property
    def bytes(self) -> int:
        return self._lengths.nbytes + 9 * self._entries + _BYTES_PER_WORD * len(self._postings)

    def resize(self, capacity: int) -> None:
        """Room for rows below `capacity`."""
        self._lengths.resize(capacity, refcheck=False)

    def add(self, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Index rows that hold nothing yet, each with its terms."""
        for row, terms in rows:
            shifted = row << _COUNT_BITS
            once = set(terms)
            if len(once) == len(terms):  # most rows: no need to count
                self._post(once, shifted | 1)
            else:
                for stem, count in Counter(terms).items():
                    self._post((stem,), shifted | min(count, _MOST))
            self._lengths[row] = len(terms)
            self._entries += len(once)

    def _post(self, stems: Iterable[str], posting: int) -> None:
        postings = self._postings
        for stem in stems:
            try:
                postings[stem].append(posting)
            except KeyError:
                postings[stem] = array("Q", (posting,))

    def remove(self, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Take rows out, each with the terms it was added with."""
        leaving: defaultdict[str, list[int]] = defaultdict(list)
        for row, terms in rows:
            for stem in set(terms):
                leaving[stem].append(row)
            self._lengths[row] = 0
        for stem, gone in leaving.items():
            self._drop(stem, gone)

    def length(self, rows: int) -> npt.NDArray[np.float32]:
        """The words of each row."""
        return self._lengths[:rows]

    def posting(self, stem: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """The rows that have the stem, and how often."""
        posting = self._postings.get(stem)
        return _unpacked(posting) if posting else (np.zeros(0, np.int64), np.zeros(0))

    def renumber(self, new_rows: npt.NDArray[np.int64], kept: npt.NDArray[np.int64]) -> None:
        """Row `kept[i]` becomes `i`; `new_rows` maps the other way."""
        self._lengths = self._lengths[kept]
        for stem, posting in self._postings.items():
            at, counts = _unpacked(posting)
            self._postings[stem] = _packed(new_rows[at], counts.astype(np.int64))

    def _drop(self, stem: str, gone: list[int]) -> None:
        at, counts = _unpacked(self._postings[stem])
        keep = ~np.isin(at, gone)
        self._entries -= len(gone)
        if keep.any():
            self._postings[stem] = _packed(at[keep], counts[keep].astype(np.int64))
        else:
            del self._postings[stem]


class Scorer:
    """BM25 of documents that each are a run of places: a turn alone, or with its neighbours.

    place_of: by row, the place that its words belong to, or -1. A document stands at each place, and goes
    so many places to either side as it can within its session: one document for each of the `reaches`.
    """

    def __init__(self, words: Words, place_of: Rows, talk: Conversation, reaches: Sequence[int]) -> None:
        self._words = words
        self._place_of = place_of
        lengths = words.length(len(place_of))[talk.rows].astype(np.float64)
        self._documents = [_Documents(talk, lengths, reach) for reach in reaches]
        self._held = np.zeros(len(talk))

    def scores(self, query: Iterable[str]) -> list[tuple[Floats, float]]:
        """Of each reach: the score of each document, and the ceiling.

        That is what one of average length would get that has every word once.
        """
        held = [self._places(stem) for stem in dict.fromkeys(query)]
        return [documents.scores(held) for documents in self._documents]

    def _places(self, stem: str) -> tuple[Rows, Floats]:
        """The places that have the stem, and how often."""
        rows, counts = self._words.posting(stem)
        places = self._place_of[rows]
        here = places >= 0
        places, counts = places[here], counts[here]
        # A turn and its fact say a word once between them.
        np.maximum.at(self._held, places, counts)
        said = _each_once(places, self._held)
        counts = self._held[said]
        self._held[said] = 0
        return said, counts


class _Documents:
    """Those of one reach."""

    def __init__(self, talk: Conversation, lengths: Floats, reach: int) -> None:
        self._reach = reach
        self._first, self._last = talk.around(reach)
        total = self._sums(lengths) if reach else lengths
        average = max(float(total.mean()) if len(total) else 0.0, 1.0)
        self._norm = K1 * (1 - B + B * total / average)
        # Written to and cleaned again by each word: a new one for each would cost more than the counting.
        self._sum = np.zeros(len(lengths))

    def scores(self, held: Sequence[tuple[Rows, Floats]]) -> tuple[Floats, float]:
        found = np.zeros(len(self._norm))
        ceiling = 0.0
        for places, counts in held:
            documents, sums = self._around(places, counts) if self._reach else (places, counts)
            idf = log(1 + (len(found) - len(documents) + 0.5) / (len(documents) + 0.5))
            ceiling += idf
            found[documents] += idf * (K1 + 1) * sums / (sums + self._norm[documents])
        return found, ceiling

    def _around(self, places: Rows, counts: Floats) -> tuple[Rows, Floats]:
        """The documents that hold one of these places, and how much they hold."""
        if len(places) * _WORTH_LISTING > len(self._first):
            sums = self._sums(np.bincount(places, counts, len(self._first)).astype(np.float64))
            documents = np.flatnonzero(sums)
            return documents, sums[documents]
        holding = []
        for away in range(-self._reach, self._reach + 1):
            beside = places + away
            held = (beside >= self._first[places]) & (beside <= self._last[places])
            # Places are told once each, and so are those at one distance from them.
            self._sum[beside[held]] += counts[held]
            holding.append(beside[held])
        documents = _each_once(np.concatenate(holding), self._sum)
        sums = self._sum[documents]
        self._sum[documents] = 0
        return documents, sums

    def _sums(self, values: Floats) -> Floats:
        running = np.concatenate(([0.0], np.cumsum(values)))
        return running[self._last + 1] - running[self._first]


def _each_once(places: Rows, values: Floats) -> Rows:
    """The places, in order; `values` is above 0 there and nowhere else."""
    return np.flatnonzero(values) if len(places) * _WORTH_LISTING > len(values) else np.unique(places)


def _unpacked(posting: array[int]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    # Copies: a view on the array would forbid it to grow for as long as the view lives.
    packed = np.frombuffer(posting, np.int64)
    return packed >> _COUNT_BITS, (packed & _MOST).astype(np.float64)


def _packed(at: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> array[int]:
    posting = array("Q")
    posting.frombytes((at << _COUNT_BITS | counts).tobytes())
    return posting

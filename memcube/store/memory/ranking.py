"""One question to the units of one subject: which are candidates, and every signal of each."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from memcube.store.index import Asked, AskedDate, Cue
from memcube.store.memory.conversation import Conversation, Rows
from memcube.store.memory.fusion import FULL_COSINE, FULL_WORDS, Floats
from memcube.store.memory.signals import BEFORE, COLUMNS, SESSION_BEST
from memcube.store.memory.tokens import Tokens

# Of so many units every one is compared in full; of more the best by each of three cheap signals. 40 each
# lose .002 of recall at 10 on conversations of 700 turns.
MOST_IN_FULL: Final = 1_000
BEST_OF_EACH: Final = 300


class Units(msgspec.Struct, frozen=True):
    """What a recall may return, by place in the conversation."""

    talk: Conversation
    cues: npt.NDArray[np.uint8]
    day: npt.NDArray[np.int32]  # the proleptic ordinal of the day on which it was said, there
    speaker: npt.NDArray[np.int32]


class Found(msgspec.Struct, frozen=True):
    """Of each unit: the cosine, BM25 alone and with its neighbours; `ceiling`: the most that BM25 gives."""

    cosine: Floats
    words: Floats
    words_around: Floats
    ceiling: float


def candidates(found: Found, wanted: int) -> Rows:
    """The places worth comparing in full; `wanted` at least, if so many have to do with the question."""
    related = np.flatnonzero((found.words > 0) | (found.cosine > 0))
    if len(related) <= MOST_IN_FULL:
        return related
    most = max(BEST_OF_EACH, wanted)
    best = [
        related[np.argpartition(-signal[related], most)[:most]] if most < len(related) else related
        for signal in (found.words_around, found.words, found.cosine)
    ]
    return np.unique(np.concatenate(best))


def columns(
    places: Rows, units: Units, found: Found, tokens: Tokens, asked: Asked, *, speaker: int
) -> Floats:
    """[columns, candidates], in the order of COLUMNS. `speaker`: who alone the question names, or 0."""
    talk = units.talk
    alone, with_before = _late(places, talk, tokens, asked)
    cues = units.cues[places]
    values = {
        "tokens": alone,
        "tokens_before": with_before,
        "words_around": found.words_around[places],
        "session": _session(alone, talk.session[places]),
        "speaker": units.speaker[places] == speaker if speaker else np.zeros(len(places)),
        "date": dated(asked.dates, units.day[places]),
        "is_question": (cues & Cue.QUESTION) > 0,
        "tells_time": ((cues & Cue.TIME) > 0) & asked.when,
        "first_person": (cues & Cue.FIRST_PERSON) > 0,
    }
    return np.array([values[column.name] for column in COLUMNS], np.float64)


def strength(places: Rows, found: Found) -> float:
    """How good the best candidate is, by the signal that thinks best of its best: in [0, 1]."""
    best = [float(found.cosine[places].max()) / FULL_COSINE]
    if found.ceiling > 0:
        best.append(float(found.words[places].max()) / (FULL_WORDS * found.ceiling))
    return min(max(best), 1.0)


def dated(asked: tuple[AskedDate, ...], days: npt.NDArray[np.int32]) -> Floats:
    """How well each day fits the dates that the question names.

    1 the month or year, 1.5 the days around the day: what happened is told on that day or soon after. So .4
    for the ten days after the month.
    """
    best = np.zeros(len(days))
    if not asked:
        return best
    moments = (days - _ORDINAL_1970).astype("datetime64[D]")
    months = moments.astype("datetime64[M]")
    year, month = months.astype("datetime64[Y]").astype(int) + 1970, months.astype(int) % 12 + 1
    day = (moments - months.astype("datetime64[D]")).astype(int) + 1
    for date in asked:
        fits = np.ones(len(days), np.bool_)
        if date.year is not None:
            fits &= year == date.year
        if date.month is not None:
            fits &= month == date.month
        score = fits.astype(np.float64)
        if date.month is not None:
            after = (month == date.month % 12 + 1) & (day <= _SOON)
            if date.year is not None:
                after &= year == date.year + (date.month == _DECEMBER)
            score[after] = 0.4
            if date.day is not None:
                score += 0.5 * (fits & (np.abs(day - date.day) <= _AROUND))
        best = np.maximum(best, score)
    return best


_ORDINAL_1970: Final = 719_163
_DECEMBER: Final = 12
_SOON, _AROUND = 10, 3  # days


def _late(places: Rows, talk: Conversation, tokens: Tokens, asked: Asked) -> tuple[Floats, Floats]:
    """Late interaction of the candidates alone, and with the turn before each."""
    if asked.tokens is None or not len(asked.tokens):
        return np.zeros(len(places)), np.zeros(len(places))
    before = talk.before(places)
    compared, where = np.unique(np.concatenate((places, before)), return_inverse=True)
    nearest = tokens.nearest(asked.tokens, talk.rows[compared])
    weights = tokens.weights(asked.tokens, len(talk)).astype(np.float32)
    own, previous = nearest[:, where[: len(places)]], nearest[:, where[len(places) :]]
    alone = (weights @ own).astype(np.float64)
    return alone, (weights @ np.maximum(own, np.float32(BEFORE) * previous)).astype(np.float64)


def _session(values: Floats, sessions: Rows) -> Floats:
    """For each candidate the mean of the best values of its session."""
    order = np.lexsort((-values, sessions))
    sorted_sessions = sessions[order]
    firsts = np.flatnonzero(np.concatenate(([True], np.diff(sorted_sessions) > 0)))
    of = np.cumsum(np.concatenate(([0], np.diff(sorted_sessions) > 0)))
    best = np.arange(len(order)) - firsts[of] < SESSION_BEST
    sums, counts = np.bincount(of, values[order] * best), np.bincount(of, best)
    spread = np.empty(len(order))
    spread[order] = (sums / counts)[of]
    return spread

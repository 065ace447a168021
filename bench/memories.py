"""Memories in any number, as text that looks like text: everyday sentences whose words follow Zipf's law.

They are not conversations: nothing may be said of how good a recall is on them, only of how fast.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product
from typing import Final

import numpy as np
import numpy.typing as npt

from memcube.cube import Decision, Form, Kind, MemCube, Payload, Source, State, cube_id

# The frequent words are real; the long tail is made of syllables, as names and rare words are.
_FREQUENT: Final = tuple(
    """
    day time year home work friend family week people life city house morning night car school dog cat
    book water food dinner coffee tea music money phone garden kitchen train holiday summer winter
    weekend street river beach mountain forest park market office meeting project doctor teacher brother
    sister mother father child birthday present letter picture story game football guitar piano film
    concert museum library hotel airport ticket bicycle bridge window door table chair lamp blanket
    jacket shoes shirt breakfast lunch bread cheese apple soup rice chicken fish salad cake chocolate
    wine beer sugar salt pepper onion tomato potato walk run swim climb drive travel visit meet call
    write read paint cook bake clean repair plant build learn teach buy sell lend borrow find lose keep
    start finish plan decide remember forget hope worry laugh enjoy big small old young new warm cold
    quiet loud bright dark early late happy tired busy free cheap expensive blue green red yellow black
    white heavy light fast slow near far strange familiar
    """.split()  # noqa: SIM905 -- as a literal it would be a page of quotes
)
_SYLLABLES: Final = "ba do fer gan hil ju kor lem mi nas pol ru sten".split()  # noqa: SIM905 -- as above
_VOCABULARY: Final = 28_000  # of 13 ** 4
_NAMES: Final = ("Ana", "Ben", "Caroline", "Deniz", "Emil", "Farah", "Greta", "Hugo", "Ines", "Jonas")
_OPENINGS: Final = (
    "Well, last week I went to the",
    "By the way, we still have the",
    "I told you about the",
    "My sister and I talked about the",
    "Do you remember that I wanted the",
    "This morning there was the",
    "Honestly, I was so glad about the",
)
_BETWEEN: Final = ("and the", "with a", "for my", "near the", "because of the", "before the", "and then a")
_WORDS_A_TURN: Final = (4, 14)
START: Final = datetime(2024, 1, 1, 9, tzinfo=UTC)


class Storyteller:
    """The same stories for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        tail = ("".join(parts) for parts in product(_SYLLABLES, repeat=4))
        self._words = [*_FREQUENT, *(word for word, _ in zip(tail, range(_VOCABULARY), strict=False))]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._words))))

    def turn(self) -> tuple[str, str]:
        """What was said, and the statement that was drawn from it."""
        rng = self._rng
        words = self._some(rng.randint(*_WORDS_A_TURN))
        said = words[0] + "".join(f" {rng.choice(_BETWEEN)} {word}" for word in words[1:])
        kept = words[: max(2, len(words) // 2)]
        return f"{rng.choice(_OPENINGS)} {said}.", f"{rng.choice(_NAMES)} likes {' and '.join(kept)}"

    def question(self) -> str:
        return f"What did {self._rng.choice(_NAMES)} say about the {' and the '.join(self._some(3))}?"

    def _some(self, count: int) -> list[str]:
        return self._rng.choices(self._words, cum_weights=self._weights, k=count)


def memories(subject: str, count: int, teller: Storyteller) -> Iterator[MemCube]:
    """So many cubes: a turn, and the fact that was drawn from it, and so on."""
    for place in range(0, count, 2):
        said, fact = teller.turn()
        time = START + timedelta(minutes=17 * place)
        event = f"{subject}/turn/{place // 2}"
        for step, (form, text) in enumerate(((Form.EPISODE, said), (Form.FACT, fact))):
            if place + step < count:
                source = Source(event, _NAMES[place // 2 % len(_NAMES)], time, source_id=f"m{place // 2}")
                yield _cube(subject, place + step + 1, form, Payload(text, (source,)))


def near(vectors: npt.NDArray[np.float32], count: int, seed: int) -> npt.NDArray[np.float32]:
    """So many vectors, [count, dimensions]: the given ones, then others at a cosine of some 0.7 to one."""
    rng = np.random.default_rng(seed)
    made = np.empty((count, vectors.shape[1]), np.float32)
    made[: len(vectors)] = vectors[:count]
    for start in range(len(vectors), count, len(vectors)):
        some = made[start : start + len(vectors)]
        noise = rng.standard_normal(some.shape, np.float32) / np.sqrt(np.float32(vectors.shape[1]))
        some[:] = vectors[: len(some)] + noise
        some /= np.linalg.norm(some, axis=1, keepdims=True)
    return made


def questions(count: int, seed: int) -> Sequence[str]:
    teller = Storyteller(seed)
    return [teller.question() for _ in range(count)]


def _cube(subject: str, seq: int, form: Form, payload: Payload) -> MemCube:
    said = payload.sources[0]
    return MemCube(
        id=cube_id(subject, said.event_id, form),
        subject=subject,
        version=1,
        seq=seq,
        kind=Kind.PLAINTEXT,
        form=form,
        state=State.ACTIVE,
        valid_from=said.time,
        valid_to=None,
        recorded_at=said.time,
        payload=payload,
        trust=0.5,
        pinned=False,
        expires_at=None,
        decision=Decision.ADD,
        reason="new",
        cause=said.event_id,
        processor="bench/1",
    )

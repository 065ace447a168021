"""One search of one subject's rows: units, signals, scores, hits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
import numpy as np

from memcube.cube import Form, MemCube
from memcube.store.index import Asked, Hit, Signal, Timed
from memcube.store.memory.bm25 import Scorer
from memcube.store.memory.conversation import Conversation, Flags, Rows
from memcube.store.memory.fusion import Floats, Fused, fuse
from memcube.store.memory.links import NOTHING
from memcube.store.memory.ranking import Found, Units, candidates, columns, strength
from memcube.store.memory.rows import SubjectRows
from memcube.store.memory.signals import COLUMNS, REACH
from memcube.store.memory.speech import Analyse
from memcube.store.record import Vector
from schemas.subject import Others

# To copy a row out costs about as much as to multiply three.
_WORTH_GATHERING: Final = 4


class Wanted(msgspec.Struct, frozen=True):
    """See `RecallIndex.search`."""

    limit: int
    as_of: datetime | None
    others: Others | None
    explain: bool


class Search:
    """For one question at one state of the rows."""

    def __init__(self, rows: SubjectRows, analyse: Analyse, timed: Timed) -> None:
        self._rows = rows
        self._analyse = analyse
        self._timed = timed

    def hits(self, query: str, vector: Vector, asked: Asked, wanted: Wanted) -> list[Hit]:
        """Best first, equal ones by id."""
        if wanted.limit < 1 or not len(self._rows):
            return []
        rows, table = self._rows, self._rows.table
        used = len(rows.cubes)
        served, unit = self._units(wanted)
        order = rows.in_order()
        talk = Conversation(order[unit[order]], table.said, table.run, table.turn)
        if not len(talk):
            return []
        with self._timed("bm25"):
            terms = list(dict.fromkeys(self._analyse(query)))
            place_of = talk.place_of(used)
            words, ceiling = Scorer(rows.words, place_of, talk, 0).scores(terms)
            around, _ = Scorer(rows.words, place_of, talk, REACH).scores(terms)
        with self._timed("vector"):
            cosine = self._cosine(talk.rows, vector)
        with self._timed("fusion"):
            found = Found(cosine, words, around, ceiling)
            places = candidates(found, wanted.limit)
            if not len(places):
                return []
            at = talk.rows
            units = Units(talk, table.cues[at], table.day[at], table.speaker[at])
            raw = columns(places, units, found, rows.tokens, asked, speaker=self._named(terms))
            trust = table.trust[at[places]].astype(np.float64)
            fused = fuse(raw, strength(places, found), trust)
            return [
                self._hit(
                    cube,
                    served,
                    found,
                    place=int(places[n]),
                    score=float(fused.scores[n]),
                    explained=_signals(raw, fused, n) if wanted.explain else (),
                )
                for n, cube in self._best(fused.scores, at[places], wanted.limit)
            ]

    def _units(self, wanted: Wanted) -> tuple[Flags, Flags]:
        """By row: whether it may be served, and whether it is a unit.

        A unit is a raw turn, unless a fact drawn from it holds no longer; and a fact without such a turn.
        """
        rows, table = self._rows, self._rows.table
        used = len(rows.cubes)
        served, ended = rows.served(wanted.as_of, wanted.others)
        event, turn = table.event[:used], table.turn[:used]
        outlived = np.zeros(len(rows.events), np.bool_)
        outlived[event[ended]] = True
        outlived[rows.withdrawn()] = True
        outlived[NOTHING] = False
        told = np.zeros(len(rows.events), np.bool_)
        told[event[served & turn]] = True
        told &= ~outlived
        return served, served & (told[event] == turn)

    def _cosine(self, rows: Rows, vector: Vector) -> Floats:
        # Row by row in this thread. A product of matrix and vector is divided among threads by the linear
        # algebra library, which on two busy cores made 12 ms of 0.6 ms (10,000 rows), and slowed what came
        # after it. A filter that leaves few rows has them copied out first.
        vectors, used = self._rows.table.vectors, len(self._rows.cubes)
        if len(rows) * _WORTH_GATHERING < used:
            few: Vector = np.vecdot(vectors[rows], vector)
            return few.astype(np.float64)
        all_: Vector = np.vecdot(vectors[:used], vector)
        return all_.astype(np.float64)[rows]

    def _named(self, terms: Sequence[str]) -> int:
        """Who alone of those who ever spoke is named among the words."""
        asked = set(terms)
        named = [
            number for number, name in self._rows.speakers.held() if not asked.isdisjoint(self._analyse(name))
        ]
        return named[0] if len(named) == 1 else NOTHING

    def _best(self, scores: Floats, rows: Rows, limit: int) -> list[tuple[int, MemCube]]:
        least = np.partition(scores, -limit)[-limit] if limit < len(scores) else 0.0
        # All that tie for the last place compete by id, else the order of loading would decide.
        places = np.flatnonzero((scores >= least) & (scores > 0)).tolist()
        found = [(at, cube) for at in places if (cube := self._rows.cubes[rows[at]]) is not None]
        found.sort(key=lambda place: (-scores[place[0]], place[1].id))
        return found[:limit]

    def _hit(
        self,
        cube: MemCube,
        served: Flags,
        found: Found,
        *,
        place: int,
        score: float,
        explained: tuple[Signal, ...],
    ) -> Hit:
        drawn: list[MemCube] = []
        if cube.form is Form.EPISODE:
            rows = [row for row in self._rows.drawn.of(cube.sources[0].event_id) if served[row]]
            drawn = [fact for row in rows if (fact := self._rows.cubes[row]) is not None]
            drawn.sort(key=lambda fact: fact.id)
        return Hit(
            cube, score, float(found.cosine[place]), float(found.words[place]), tuple(drawn), explained
        )


def _signals(raw: Floats, fused: Fused, candidate: int) -> tuple[Signal, ...]:
    return tuple(
        Signal(column.name, float(raw[n, candidate]), float(fused.scaled[n, candidate]), column.weight)
        for n, column in enumerate(COLUMNS)
    )

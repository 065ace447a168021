"""One search of one subject's rows: units, signals, scores, hits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np

from memcube.cube import Form, MemCube
from memcube.store.index import Asked, Hit, Signal, Timed
from memcube.store.memory.bm25 import Scorer
from memcube.store.memory.conversation import Conversation, Flags, Rows
from memcube.store.memory.fusion import NEUTRAL, Floats, Fused, fuse
from memcube.store.memory.links import NOTHING
from memcube.store.memory.ranking import Found, Stated, candidates, columns, strength
from memcube.store.memory.rows import SubjectRows
from memcube.store.memory.signals import REACH, Column
from memcube.store.memory.speech import Analyse
from memcube.store.record import Vector
from schemas.subject import Others


class Wanted(msgspec.Struct, frozen=True):
    """See `RecallIndex.search`."""

    limit: int
    as_of: datetime | None
    others: Others | None
    explain: bool


class Standing(msgspec.Struct, frozen=True):
    """What may be found: the rows that are served, the units in their order, their words and their trust.

    over: by row, whether it is a fact that was replaced. trust: by place.
    """

    served: Flags
    over: Flags
    talk: Conversation
    scorer: Scorer
    stated: Stated
    trust: Floats


class Search:
    """For one question at one state of the rows."""

    def __init__(self, rows: SubjectRows, analyse: Analyse, columns: Sequence[Column], timed: Timed) -> None:
        self._rows = rows
        self._columns = columns
        self._analyse = analyse
        self._timed = timed

    def hits(self, query: str, vector: Vector, asked: Asked, wanted: Wanted) -> list[Hit]:
        """Best first, equal ones by id."""
        if wanted.limit < 1 or not len(self._rows):
            return []
        rows, table = self._rows, self._rows.table
        with self._timed("position"):
            standing = self._standing(wanted)
        talk = standing.talk
        if not len(talk):
            return []
        with self._timed("bm25"):
            terms = list(dict.fromkeys(self._analyse(query)))
            (words, ceiling), (around, _) = standing.scorer.scores(terms)
        with self._timed("vector"):
            cosine = rows.pooled.nearest(talk.rows, vector, wanted.limit).astype(np.float64)
        with self._timed("fusion"):
            found = Found(cosine, words, around, ceiling)
            places = candidates(found, wanted.limit)
            if not len(places):
                return []
            cosine[places] = rows.pooled.cosines(talk.rows[places], vector)
            raw = columns(
                self._columns,
                places,
                talk,
                table,
                found,
                rows.tokens,
                asked,
                speaker=self._named(terms),
                cues=rows.cues(talk.rows[places]),
                stated=standing.stated,
                answering=self._answering(terms, standing.stated),
            )
            fused = fuse(raw, strength(places, found), standing.trust[places], self._columns)
            return [
                self._hit(
                    cube,
                    standing,
                    found,
                    place=int(places[n]),
                    score=float(fused.scores[n]),
                    explained=_signals(self._columns, raw, fused, n) if wanted.explain else (),
                )
                for n, cube in self._best(fused.scores, talk.rows[places], wanted.limit)
            ]

    def _standing(self, wanted: Wanted) -> Standing:
        """Kept until the next change for what holds now, which is what nearly everybody asks for."""
        usual = wanted.as_of is None and wanted.others is None
        if usual and isinstance(self._rows.standing, Standing):
            return self._rows.standing
        rows, table = self._rows, self._rows.table
        served, over = rows.served(wanted.as_of, wanted.others)
        unit, drawn = self._units(served)
        order = rows.in_order(np.flatnonzero(unit))
        talk = Conversation(order, table.said, table.run, table.turn)
        places = self._places(talk, drawn)
        standing = Standing(
            served,
            over,
            talk,
            Scorer(rows.words, places, talk, (0, REACH)),
            Stated(
                stated := np.flatnonzero((places >= 0) & (table.question[: len(drawn)] > 0)), places[stated]
            ),
            self._trust(talk, served),
        )
        if usual:
            rows.standing = standing
        return standing

    def _units(self, served: Flags) -> tuple[Flags, Flags]:
        """By row: whether it is a unit, and whether it belongs to one as its fact.

        A unit is a raw turn, and a fact without such a turn.
        """
        table = self._rows.table
        event, turn = table.event[: len(served)], table.turn[: len(served)]
        told = np.zeros(len(self._rows.events), np.bool_)
        told[event[served & turn]] = True
        told[NOTHING] = False
        return served & (told[event] == turn), served & told[event] & ~turn

    def _trust(self, talk: Conversation, served: Flags) -> Floats:
        """By place: of a turn and of what was drawn from it the least, if one is doubted, and else the most.

        Feedback judges what was shown, which mostly is a fact; it is found by its turns.
        """
        rows, table = self._rows, self._rows.table
        least = table.trust[talk.rows].astype(np.float64)
        most = least.copy()
        turns = np.flatnonzero(table.turn[talk.rows])
        place_of = np.full(len(rows.events), -1, np.int64)
        place_of[table.event[talk.rows[turns]]] = turns
        rated = served & ~table.turn[: len(served)] & (table.trust[: len(served)] != NEUTRAL)
        for row in np.flatnonzero(rated).tolist():
            trust = table.trust[row]
            for source in rows.cube(row).sources:
                place = place_of[rows.events.number(source.event_id)]
                if place >= 0:
                    least[place] = min(least[place], trust)
                    most[place] = max(most[place], trust)
        trusted: Floats = np.where(least < NEUTRAL, least, most)
        return trusted

    def _places(self, talk: Conversation, drawn: Flags) -> Rows:
        """By row: the place that its words belong to, or -1: a fact's to its turn, which it says in clear."""
        event = self._rows.table.event[: len(drawn)]
        places = talk.place_of(len(drawn))
        by_event = np.full(len(self._rows.events), -1, np.int64)
        by_event[event[talk.rows]] = np.arange(len(talk))
        places[drawn] = by_event[event[drawn]]
        return places

    def _answering(self, terms: Sequence[str], stated: Stated) -> Rows:
        """The places of the facts that answer what the words ask: all words of "lives in" are among them."""
        asked = set(terms)
        numbers = [
            number
            for number, question in self._rows.questions.held()
            if (words := self._analyse(question)) and asked.issuperset(words)
        ]
        return stated.places[np.isin(self._rows.table.question[stated.rows], numbers)]

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
        found = [(at, self._rows.cube(rows[at])) for at in places]
        found.sort(key=lambda place: (-scores[place[0]], place[1].id))
        return found[:limit]

    def _hit(
        self,
        cube: MemCube,
        standing: Standing,
        found: Found,
        *,
        place: int,
        score: float,
        explained: tuple[Signal, ...],
    ) -> Hit:
        drawn, over = self._said(cube, standing) if cube.form is Form.EPISODE else ((), ())
        return Hit(cube, score, float(found.cosine[place]), float(found.words[place]), drawn, over, explained)

    def _said(self, turn: MemCube, standing: Standing) -> tuple[tuple[MemCube, ...], tuple[str, ...]]:
        """The facts drawn from the turn that are served, and what it says that is over."""
        event_id = turn.sources[0].event_id
        facts = [(row, self._rows.cube(row)) for row in self._rows.drawn.of(event_id)]
        drawn = sorted((fact for row, fact in facts if standing.served[row]), key=lambda fact: fact.id)
        over = {
            fact.said_in(event_id)
            for row, fact in facts
            if standing.over[row] or fact.was_edited_since(event_id)
        }
        return tuple(drawn), tuple(sorted(over.union(self._rows.withdrawn.of(event_id))))


def _signals(columns: Sequence[Column], raw: Floats, fused: Fused, candidate: int) -> tuple[Signal, ...]:
    return tuple(
        Signal(column.name, float(raw[n, candidate]), float(fused.scaled[n, candidate]), column.weight)
        for n, column in enumerate(columns)
    )

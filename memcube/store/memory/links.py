"""What rows have in common, as small numbers: events, speakers, runs. The last row gone, the name is gone."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Final

from memcube.cube import MemCube

# Of the rows that have none.
NOTHING: Final = 0
# Places in dict and lists; the names themselves are counted with the cubes.
_BYTES_A_NAME: Final = 130
_BYTES_A_LIST: Final = 60


class Names:
    """Numbers for names, from 1, each held by so many rows."""

    def __init__(self) -> None:
        self._number_of: dict[str, int] = {}
        self._names: list[str] = [""]
        self._rows: list[int] = [0]
        self._free: list[int] = []

    def __len__(self) -> int:
        """All numbers are below."""
        return len(self._names)

    @property
    def bytes(self) -> int:
        return _BYTES_A_NAME * len(self._names)

    def take(self, name: str | None) -> int:
        """The number of the name, held by one row more."""
        if not name:
            return NOTHING
        number = self._number_of.get(name)
        if number is None:
            number = self._number_of[name] = self._free.pop() if self._free else self._new()
            self._names[number] = name
        self._rows[number] += 1
        return number

    def drop(self, number: int) -> None:
        """One row less holds it."""
        if number == NOTHING:
            return
        self._rows[number] -= 1
        if not self._rows[number]:
            del self._number_of[self._names[number]]
            self._names[number] = ""
            self._free.append(number)
        if not self._number_of:
            # Nothing is left: all room is given back.
            self._names, self._rows, self._free = [""], [0], []

    def number(self, name: str) -> int:
        """`NOTHING` if no row has it."""
        return self._number_of.get(name, NOTHING)

    def held(self) -> Sequence[tuple[int, str]]:
        """Each number with its name."""
        return [(number, name) for number, name in enumerate(self._names) if name]

    def _new(self) -> int:
        self._names.append("")
        self._rows.append(0)
        return len(self._names) - 1


class Withdrawn:
    """What facts without rows, since they were taken back, said by the words of which event."""

    def __init__(self) -> None:
        self._events_of: dict[str, tuple[str, ...]] = {}
        self._said_in: dict[str, dict[str, str]] = {}
        self._said_bytes = 0

    @property
    def bytes(self) -> int:
        return self._said_bytes + (_BYTES_A_NAME + _BYTES_A_LIST) * (
            len(self._events_of) + len(self._said_in)
        )

    def put(self, fact: MemCube) -> None:
        self.drop(fact.id)
        self._events_of[fact.id] = tuple(dict.fromkeys(source.event_id for source in fact.sources))
        for event_id in self._events_of[fact.id]:
            said = self._said_in.setdefault(event_id, {})[fact.id] = fact.said_in(event_id)
            self._said_bytes += sys.getsizeof(said)

    def drop(self, fact_id: str) -> None:
        for event_id in self._events_of.pop(fact_id, ()):
            self._said_bytes -= sys.getsizeof(self._said_in[event_id].pop(fact_id))
            if not self._said_in[event_id]:
                del self._said_in[event_id]

    def of(self, event_id: str) -> Iterable[str]:
        return self._said_in.get(event_id, {}).values()


class Drawn:
    """Which rows are facts drawn from which event."""

    def __init__(self) -> None:
        # Tuples: mostly of one, where a list takes twice the room and is looked through by the collector.
        self._rows_of: dict[str, tuple[int, ...]] = {}

    @property
    def bytes(self) -> int:
        return (_BYTES_A_NAME + _BYTES_A_LIST) * len(self._rows_of)

    def add(self, event_ids: Sequence[str], row: int) -> None:
        for event_id in event_ids:
            self._rows_of[event_id] = (*self._rows_of.get(event_id, ()), row)

    def drop(self, event_ids: Sequence[str], row: int) -> None:
        for event_id in event_ids:
            rows = list(self._rows_of.pop(event_id))
            rows.remove(row)
            if rows:
                self._rows_of[event_id] = tuple(rows)

    def of(self, event_id: str) -> Sequence[int]:
        """In the order in which they came."""
        return self._rows_of.get(event_id, ())

    def renumber(self, new_rows: Sequence[int]) -> None:
        for event_id, rows in self._rows_of.items():
            self._rows_of[event_id] = tuple(new_rows[row] for row in rows)

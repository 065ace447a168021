"""Random histories of a record beside a model that is a plain list of versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, given, settings

from memcube.cube import MemCube, State
from memcube.store.digest import replay_digest
from memcube.store.record import CubeStore
from tests.memcube.store.making import ANNA, BEN, EMBEDDER, erased, new_cube, next_version, share, work

TEXTS = tuple(f"text {n}" for n in range(4))
STEPS = st.tuples(
    st.sampled_from((ANNA, BEN)),
    st.sampled_from(("add", "edit", "retract", "erase")),
    st.integers(0, 9),
    st.sampled_from(TEXTS),
)
HISTORIES = st.lists(st.tuples(st.lists(STEPS, max_size=6), st.booleans()), max_size=8)


class Model:
    """What the record must hold: newest versions by subject and id, with the older ones that stay."""

    def __init__(self) -> None:
        self.versions: dict[tuple[str, str], list[MemCube]] = {}
        self.seq: dict[str, int] = {}
        self.made = 0

    def copy(self) -> Model:
        other = Model()
        other.versions = {key: list(found) for key, found in self.versions.items()}
        other.seq, other.made = dict(self.seq), self.made
        return other

    def step(self, subject: str, action: str, which: int, text: str) -> MemCube | None:
        """Do it here; returns the version that a record is to be given."""
        seq = self.seq.get(subject, 0) + 1
        alive = [v for (s, _), v in self.versions.items() if s == subject and v[-1].state is not State.ERASED]
        if action == "add" or not alive:
            self.made += 1
            cube = new_cube(text, subject=subject, seq=seq)
            cube = type(cube)(**{**_fields(cube), "id": f"cube-{self.made}"})
        else:
            before = alive[which % len(alive)][-1]
            if action == "erase":
                cube = erased(before, seq=seq)
            elif action == "edit":
                cube = next_version(before, seq=seq, text=text)
            else:
                cube = next_version(before, seq=seq, state=State.RETRACTED)
        kept = [] if action == "erase" and alive else self.versions.get((subject, cube.id), [])
        self.versions[subject, cube.id] = [*kept, cube]
        self.seq[subject] = seq
        return cube

    def all(self) -> list[MemCube]:
        return [cube for _, found in sorted(self.versions.items()) for cube in found]

    def texts(self, subject: str) -> set[str]:
        return {cube.text for cube in self.all() if cube.subject == subject and cube.payload}


def _fields(cube: MemCube) -> dict[str, Any]:
    return {name: getattr(cube, name) for name in cube.__struct_fields__}


def check_histories(open_fresh: Callable[[], CubeStore], examples: int) -> None:
    """Every random history leaves what the model holds, whatever was refused on the way."""

    @settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(HISTORIES)
    def check(history: list[tuple[list[tuple[str, str, int, str]], bool]]) -> None:
        store = open_fresh()
        try:
            _play(store, history)
        finally:
            store.close()

    check()


def _play(store: CubeStore, history: list[tuple[list[tuple[str, str, int, str]], bool]]) -> None:
    model, position = Model(), 0
    for steps, stale in history:
        planned = model.copy()
        made: dict[str, list[MemCube]] = {}
        for step in steps:
            cube = planned.step(*step)
            if cube is not None:
                made.setdefault(step[0], []).append(cube)
        works = [work(*cubes, base=model.seq.get(subject, 0)) for subject, cubes in made.items()]
        batch = share(*works, base=position + 1 if stale and position else position, to=position + 2)
        if store.commit([batch]):
            assert stale
        else:
            model, position = planned, position + 2
    _compare(store, model)


def _compare(store: CubeStore, model: Model) -> None:
    assert store.digest() == replay_digest(model.all())
    statistics = store.statistics()
    assert statistics.versions == len(model.all())
    assert statistics.cubes == sum(found[-1].state is not State.ERASED for found in model.versions.values())
    for subject in (ANNA, BEN):
        sequence, changes = store.changes(subject, 0, EMBEDDER)
        newest = [found[-1] for (owner, _), found in model.versions.items() if owner == subject]
        assert sequence == model.seq.get(subject, 0)
        assert [change.cube for change in changes] == sorted(newest, key=lambda cube: cube.seq)
        assert all((change.vector is None) == (change.cube.payload is None) for change in changes)
        assert store.vectors(subject, TEXTS, EMBEDDER).keys() == model.texts(subject)

"""The writer's view: whatever fails in the middle of an event leaves no trace in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memcube.errors import Refused
from memcube.plaintext.view import SubjectView
from processors.consolidate import consolidate
from processors.extract import extract
from streams.guard import Misrouted, Refusal, admit
from tests.streams.story import story
from tests.streams.world import InMemoryLog, Process


def state(view: SubjectView) -> Any:
    """Everything that a later event could see of the view."""
    cubes = sorted(view, key=lambda cube: cube.id)
    slots = sorted({cube.payload.slot for cube in cubes if cube.payload and cube.payload.slot})
    sources = sorted({source.event_id for cube in cubes for source in cube.sources})
    return (
        cubes,
        view.seq,
        [(words, sorted(view._texts.of(words))) for words in sorted(view._texts)],
        [(slot, [cube.id for cube in view.in_slot(slot)]) for slot in slots],
        [(text, [cube.id for cube in view.saying(text)]) for text in sorted({cube.text for cube in cubes})],
        [(event_id, [cube.id for cube in view.drawn_from(event_id)]) for event_id in sources],
        [view.episode_before(cube.valid_from) for cube in cubes],
        sorted(view._vectors._ids),
        view.staged(),
    )


@given(st.integers(0, 10_000), st.integers(5, 60))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_rolled_back_event_was_never_there(
    tmp_path_factory: pytest.TempPathFactory, seed: int, length: int
) -> None:
    folder: Path = tmp_path_factory.mktemp("view")
    log = InMemoryLog()
    process = Process(folder, log)
    view = SubjectView("t/user:user-0", process.store, "none")
    for told in story(seed, length, subjects=1, misrouted=False):
        try:
            opened = admit(log.append(told), process.sealer, 12)
        except (Misrouted, Refusal):
            continue
        if view.applied(opened.event.id):
            continue
        before, mark = state(view), view.mark()
        for attempt in ("failed", "kept"):
            refused = False
            try:
                consolidate(opened, extract(opened), {}, view)
            except Refused:
                refused = True
            if attempt == "failed" or refused:
                view.rollback(mark)
                assert state(view) == before
            else:
                view.mark_applied(opened.event.id)
    process.close()

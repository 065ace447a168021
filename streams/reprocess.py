"""`python -m streams.reprocess`: what a reprocess would change, and in which steps it is to be sent.

Reads the record beside its writer and writes nothing. `memcube reprocess` runs it; the plan is made by the
same code that applies the events. Prints lines of JSON: one with the plan of each subject for which something
is to be done, and meanwhile how far it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, get_args

import msgspec

from memcube.cube import Decision, Form, MemCube, State
from memcube.errors import MemcubeError
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer
from memcube.logs import configure
from memcube.models import load_embedder
from memcube.plaintext.view import SubjectView
from memcube.settings import EmbedderName, Settings
from memcube.store.record import CubeStore
from memcube.store.sqlite import SQLiteCubeStore
from processors.reprocess import first_said, reprocess, scope, standing
from processors.step import Opened
from schemas.envelope import Event
from schemas.errors import ContractError
from schemas.events import Reprocess, type_of
from schemas.subject import Subject
from streams.embedding import Embedding

# Memories in one event, so in one commit: some 500 turns and what was drawn from them. They are read in
# 0.2 s; all embedded anew it is ten seconds, and on a slow machine most of a minute. The subject waits
# meanwhile, and after a minute without a commit whoever waits for it takes the worker for stuck.
WINDOW: Final = 1_000


class Text(msgspec.Struct, frozen=True):
    """A memory as it is at one time."""

    text: str
    state: State
    valid_from: datetime
    valid_to: datetime | None
    slot: str | None


class Difference(msgspec.Struct, frozen=True):
    """One memory that would change. `before` is empty for a new one. `what`: new, gone or changed."""

    what: str
    reason: str
    form: Form
    before: Text | None
    after: Text


class Window(msgspec.Struct, frozen=True):
    """One event to be sent, and how many memories it reads. Without an end: from the first, to the last."""

    since: datetime | None
    until: datetime | None
    memories: int


class Reading(msgspec.Struct, frozen=True):
    """How far it is: so many of all subjects, the one that is being read by its part."""

    subjects: float
    of: int


class Plan(msgspec.Struct, frozen=True):
    """Of one subject. windows: those in which something is to be done. vectors: memories to embed anew."""

    address: dict[str, str]
    turns: int
    kept: int
    vectors: int
    windows: tuple[Window, ...]
    changes: tuple[Difference, ...]


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the two, as one line on standard output."""

    plan: Plan | None = None
    reading: Reading | None = None


def main() -> None:
    """Exit status 1 with one line on standard error for what a person can mend."""
    options = _options()
    configure("reprocess")
    now = datetime.now(UTC)
    try:
        settings = Settings.load(options.data)
        store = SQLiteCubeStore(
            settings.data.record, SubjectSealer(KeyStore(settings.data.keys)), read_only=True
        )
        name: EmbedderName = options.embedder or settings.embedder
        embedding = Embedding(store, load_embedder(name, settings.embedder_threads))
        keys = store.subjects(options.tenant) if options.subject is None else [options.subject]
        for n, key in enumerate(keys):

            def read(part: float, before: int = n) -> None:
                _tell(Line(reading=Reading(before + part, len(keys))))

            plan = planned(store, embedding, key, options.since, now, read=read)
            if plan.windows:
                _tell(Line(plan=plan))
    except (MemcubeError, ContractError) as error:
        print(error, file=sys.stderr)  # noqa: T201 -- for the command that started this
        sys.exit(1)


def _tell(line: Line) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def _unheard(_part: float) -> None:
    pass


def planned(
    store: CubeStore,
    embedding: Embedding,
    key: str,
    since: datetime | None,
    now: datetime,
    *,
    read: Callable[[float], None] = _unheard,
) -> Plan:
    """What a reprocess of the subject would change, window after window; `read` hears which part is done."""
    subject = Subject.parse(key)
    view = SubjectView(key, store, embedding.embedder_id)
    windows: list[Window] = []
    before: dict[str, MemCube | None] = {}
    after: dict[str, MemCube] = {}
    kept: set[str] = set()
    lacking = 0
    cut = list(_windows(view, since))
    for done, window in enumerate(cut, start=1):
        data = Reprocess(
            tenant=subject.tenant,
            **{f"{subject.kind}_id": subject.id},
            since=window.since,
            until=window.until,
        )
        found = scope(view, data)
        kept |= {fact.id for fact in standing(view, found)}
        wanted = set(embedding.missing(key, list(dict.fromkeys(found.current.values()))))
        lacking += sum(text in wanted for text in found.current.values())
        embedded = embedding.of((key, text) for text in found.texts).get(key, {})
        vectors = {text: known.vector for text, known in embedded.items()}
        steps = reprocess(_opened(data, len(windows), now), found, vectors, view).steps
        made = [step.cube for step in steps if step.cube is not None and step.decision != Decision.NOOP]
        made = [cube for cube in made if cube.form is not Form.BLOCK]  # they end with what is shown here
        for cube in made:
            before.setdefault(cube.id, _former(view, cube))
            after[cube.id] = cube
        if made or wanted:
            windows.append(window)
        read(done / len(cut))
    changes = tuple(_differences(before, after))
    return Plan(
        address={f"{subject.kind}_id": subject.id},
        turns=len(view.episodes(since, None)),
        kept=len(kept - after.keys()),
        vectors=lacking,
        windows=tuple(windows),
        changes=changes,
    )


def _windows(view: SubjectView, since: datetime | None) -> Iterator[Window]:
    """What was said at one moment stays together, so that bounds by time tell windows apart."""
    times = sorted(said for said, _ in first_said(view, since, None))
    start, first = since, 0
    while len(times) - first > WINDOW:
        end = first + WINDOW
        while end < len(times) and times[end] == times[end - 1]:
            end += 1
        if end == len(times):
            break
        yield Window(start, times[end], end - first)
        start, first = times[end], end
    yield Window(start, None, len(times) - first)


def _opened(data: Reprocess, number: int, now: datetime) -> Opened:
    """As if it came now."""
    event = Event(
        id=f"plan-{number}",
        type=type_of(data),
        source="memcube/plan",
        time=now,
        subject=data.subject(),
        data=data,
    )
    return Opened(event, now, ())


def _differences(before: Mapping[str, MemCube | None], after: Mapping[str, MemCube]) -> Iterator[Difference]:
    """From the first window to the last: a memory that changes in several is one difference."""
    for cube_id, cube in after.items():
        former = before[cube_id]
        old, new = None if former is None else _text(former), _text(cube)
        gone = cube.state is State.RETRACTED
        if old != new and not (old is None and gone):
            what = "new" if old is None else "gone" if gone else "changed"
            yield Difference(what, cube.reason, cube.form, old, new)


def _former(view: SubjectView, cube: MemCube) -> MemCube | None:
    """The version before, which may be one of the plan's own."""
    history = view.history(cube.id) if cube.version > 1 else ()
    return next((one for one in history if one.version == cube.version - 1), None)


def _text(cube: MemCube) -> Text:
    slot = cube.payload.slot if cube.payload else None
    return Text(cube.text, cube.state, cube.valid_from, cube.valid_to, slot)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m streams.reprocess", description="Plan a reprocess: see `memcube reprocess --dry-run`."
    )
    parser.add_argument("--data", type=Path, help="data folder (default: MEMCUBE_DATA)")
    parser.add_argument("--tenant", default="default", help="all subjects of this tenant")
    parser.add_argument("--subject", help="key of one subject instead: tenant/kind:id, percent-encoded")
    parser.add_argument("--since", type=datetime.fromisoformat, help="turns said from this time on")
    parser.add_argument("--embedder", choices=get_args(EmbedderName), help="default: MEMCUBE_EMBEDDER")
    return parser.parse_args()


if __name__ == "__main__":
    main()

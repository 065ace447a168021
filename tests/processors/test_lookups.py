"""What a statement can matter to is found without a look at all that is known."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memcube.cube import Form, MemCube, State
from memcube.models.embedder import HashEmbedder
from memcube.plaintext.differences import Kind
from memcube.plaintext.view import SubjectView
from memcube.store.record import Vector
from processors.consolidate import consolidate
from processors.extract import extract
from processors.step import Statement
from schemas.body import Plain
from schemas.events import Prompt
from streams.guard import admit
from tests.streams.story import message
from tests.streams.world import START, InMemoryLog, Process

SUBJECT = "t/user:ada"
EMBEDDER = HashEmbedder()


class ScanningView(SubjectView):
    """Looks at everything: no key, kind or time leaves anything out."""

    def mentioning(
        self, text: str, stems: Iterable[str], keys: Iterable[int] | None = None
    ) -> Sequence[MemCube]:
        return super().mentioning(text, stems)

    def nearest(
        self, vector: Vector, at_least: float, of_kind: Callable[[], Kind] | None = None
    ) -> Sequence[tuple[MemCube, float]]:
        return super().nearest(vector, at_least)

    def giving(self, slot: str, value: str, key: int) -> Sequence[MemCube]:
        return self.holding(slot, value)

    def plans(self, own: str, words: Iterable[str]) -> Sequence[MemCube]:
        return [
            cube
            for cube in self.active_facts()
            if ((cube.payload and cube.payload.slot) or "").startswith(own)
        ]

    def former(self, own: str, words: frozenset[str]) -> Iterator[MemCube]:
        facts = [cube for cube in self if cube.form is Form.FACT and cube.state is State.SUPERSEDED]
        return iter(sorted(facts, key=lambda cube: -cube.seq))

    def replaced_after(self, slot: str, time: datetime) -> Sequence[MemCube]:
        return [cube for cube in self.in_slot(slot) if cube.state is State.SUPERSEDED]


class Told:
    """A subject to whom statements are told in two ways at once, or in one."""

    def __init__(self, folder: Path, *views: type[SubjectView]) -> None:
        self._log = InMemoryLog()
        self._process = Process(folder, self._log)
        self.views = [view(SUBJECT, self._process.store, EMBEDDER.embedder_id) for view in views]
        self._count = 0

    def tell_all(self, said: Callable[[int], str], numbers: Iterable[int]) -> None:
        for number in numbers:
            self.tell(said(number), number)

    def tell(self, text: str, minutes: int, statements: Sequence[Statement] | None = None) -> None:
        self._count += 1
        data = Prompt(tenant="t", user_id="ada", body=Plain(text=text, name="Ada"))
        time = START + timedelta(minutes=minutes)
        opened = admit(self._log.append(message(data, f"e{self._count}", time)), self._process.sealer, 12)
        said = extract(opened)
        if statements is not None:
            said = (said[0], *statements)
        vectors = {one.text: EMBEDDER.encode([one.text])[0].vector for one in said}
        for view in self.views:
            consolidate(opened, said, vectors, view)

    def close(self) -> None:
        self._process.close()


WHO = ("Ada", "Ada's sister", "Ben")
DENIALS = ("", "", "", "no longer ", "never ", "doesn't ", "stopped ", "gave up ", "used to ")
VERBS = """likes;loves;plays;playing;drinks;drives;prefers;is allergic to;has;owns her own;took;will play
    ;lives in;works at;is back at"""
THINGS = """tennis;coffee;a red Volvo;a blue Volvo;aisle seats;window seats;2 cats;3 cats;nuts, not walnuts
    ;walnuts;the guitar;Oslo;Rome;Anna;anna"""
TAILS = """;;; now; again; on Sundays; with Anna; every week; (2026-03-01); (2026-03-02); at 7
    ;, because it is late"""
WHOLES = """Ada's wifi password is tulip7;Ada's wifi password is rose9;The rent is 900 euros
    ;The rent is 950 euros now;Locker 7 is mine;Locker 8 is mine;Locker 7 is not mine;Ada sold Ada's guitar
    ;Ada has a guitar;Ada has her own guitar;Ada's wish: answer in German;Ada's wish: reply in English
    ;Ada's wish: keep it short;Ada passed the driving test;Ada has a driving test (2026-03-02);Anna died
    ;Ada broke up with Ben;Ada got a new job"""
SLOTS = """;;likes;dislikes;lives_in;works_at;partner;plan/driving-test;plan/driving-test/x;plan/meeting
    ;dog_name;age"""


def _one_of(listed: str) -> st.SearchStrategy[str]:
    return st.sampled_from(listed.replace("\n    ", "").split(";"))


def _joined(who: str, denial: str, verb: str, thing: str, tail: str) -> str:
    return f"{who} {denial}{verb} {thing}{tail}"


TEXT = st.one_of(
    _one_of(WHOLES),
    st.builds(
        _joined,
        st.sampled_from(WHO),
        st.sampled_from(DENIALS),
        _one_of(VERBS),
        _one_of(THINGS),
        _one_of(TAILS),
    ),
)


@st.composite
def statement(draw: st.DrawFn) -> tuple[str, int, Statement]:
    slot = draw(_one_of(SLOTS))
    minutes = draw(st.integers(0, 5 * 24 * 60))
    said = Statement(
        step="fact/0",
        form=Form.FACT,
        text=draw(TEXT),
        valid_from=START + timedelta(minutes=minutes + draw(st.sampled_from([0, 0, 0, 1_440]))),
        processor="test/1",
        slot=f"{draw(st.sampled_from(['ada', 'ada', 'anna']))}/{slot}" if slot else None,
        value=draw(st.sampled_from(["oslo", "rome", "acme", "ben", None])) if slot else None,
        dated=draw(st.booleans()),
        cue=draw(st.sampled_from([None, None, "ending", "correction"])),
        speaker="Ada",
    )
    return said.text, minutes, said


@given(st.lists(statement(), min_size=2, max_size=25))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_found_by_key_is_what_a_look_at_everything_finds(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[str, int, Statement]]
) -> None:
    ada = Told(tmp_path_factory.mktemp("lookups"), SubjectView, ScanningView)
    try:
        for text, minutes, said in told:
            ada.tell(text, minutes, [said])
        found, scanned = ada.views
        assert found.staged() == scanned.staged()
    finally:
        ada.close()


def _name(number: int) -> str:
    first, rest = divmod(number, 676)
    second, third = divmod(rest, 26)
    return f"Qu{'aeiou'[first]}{chr(97 + second)}{chr(97 + third)}"


ALIKE: dict[str, Callable[[int], str]] = {
    "a number": lambda n: f"Locker {n} is mine.",
    "a home": lambda n: f"I live in {_name(n)}.",
    "a home and its opposite": lambda n: ("I live in Oslo.", "I no longer live in Oslo.")[n % 2],
    "a taste": lambda n: f"I like {_name(n)}.",
    "a taste turned round": lambda n: ("I love tea.", "I hate tea.")[n % 2],
    "a denial": lambda n: f"I don't eat {_name(n)}.",
    "one job, more said": lambda n: f"I work as a nurse with Dr {_name(n)}.",
    "a job and back": lambda n: ("I work at Acme.", "I work at Globex.", "I'm back at Acme.")[n % 3],
    "a quantity": lambda n: f"My rent is {n + 100} euros now.",
    "a plan, and what was done": lambda n: (
        f"I have a meeting with {_name(n)} tomorrow.",
        f"I had lunch with {_name(n)} yesterday.",
    )[n % 2],
    "a choice": lambda n: f"I drive a red car named {_name(n)}.",
}


@pytest.mark.parametrize("kind", ALIKE)
def test_a_thousand_facts_of_like_wording_cost_no_more_an_event_than_a_few(tmp_path: Path, kind: str) -> None:
    ada = Told(tmp_path, SubjectView)
    ada.tell_all(ALIKE[kind], range(100))
    few = _calls(lambda: ada.tell_all(ALIKE[kind], range(100, 130)))
    ada.tell_all(ALIKE[kind], range(130, 1_000))
    many = _calls(lambda: ada.tell_all(ALIKE[kind], range(1_000, 1_030)))
    ada.close()
    # With a look at each of them it would be ten times as many.
    assert many <= 1.5 * few


def _calls(work: Callable[[], Any]) -> int:
    """Of Python and C functions while it runs: what a busy machine does not change."""
    count = 0

    def counted(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_no_word_of_an_erased_fact_is_left_in_the_view(tmp_path: Path) -> None:
    ada = Told(tmp_path, SubjectView)
    for n in range(20):
        ada.tell(f"Locker {n} is mine.", n)
    ada.tell("I live in Xanadu.", 30)
    ada.tell("I have a meeting with Xanadu tomorrow.", 31)
    ada.tell("I no longer play xanadu on Sundays.", 32)
    assert "xanadu" in _held(ada.views[0])
    ada.tell("Forget what I said about Xanadu.", 40)
    (view,) = ada.views
    view.committed()
    assert "xanadu" not in _held(view)
    ada.close()


def _held(view: SubjectView) -> str:
    """All texts that hang on the view, its store apart."""
    seen: set[int] = set()

    def walk(thing: Any) -> Iterator[str]:
        if id(thing) in seen or thing is view._store:
            return
        seen.add(id(thing))
        if isinstance(thing, str):
            yield thing.casefold()
        elif isinstance(thing, dict):
            for key, value in thing.items():
                yield from walk(key)
                yield from walk(value)
        elif isinstance(thing, list | tuple | set | frozenset):
            for one in thing:
                yield from walk(one)
        else:
            for name in (*getattr(thing, "__struct_fields__", ()), *vars_of(thing)):
                yield from walk(getattr(thing, name, None))

    return " ".join(walk(view))


def vars_of(thing: Any) -> Iterable[str]:
    return vars(thing) if type(thing).__module__.startswith("memcube") and hasattr(thing, "__dict__") else ()

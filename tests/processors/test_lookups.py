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
            for cube in self
            if cube.form is Form.FACT
            and cube.state is State.ACTIVE
            and ((cube.payload and cube.payload.slot) or "").startswith(own)
        ]

    def may_stand_under(self, keys: Iterable[int]) -> bool:
        return True

    def plans_about(self, words: frozenset[str]) -> Iterator[str]:
        return (slot for slot in self.slots() if "/plan/" in slot)

    def told_as(self, words: frozenset[str]) -> Iterator[MemCube]:
        return (
            cube
            for cube in self
            if cube.form is Form.FACT
            and cube.state is State.ACTIVE
            and "/plan/" in ((cube.payload and cube.payload.slot) or "")
        )

    def worded(self, slot: str, words: Iterable[str]) -> Sequence[MemCube]:
        return [cube for value in self.values(slot) for cube in self.holding(slot, value)]

    def named(self, own: str, name: str) -> Sequence[MemCube]:
        return [
            cube for slot in self.slots(own) if slot.endswith("_name") for cube in self.holding(slot, name)
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
    ;, because it is late;, four times a week;, which is fun; with his old friend;, and on Mondays too"""
WHOLES = """Ada's wifi password is tulip7;Ada's wifi password is rose9;The rent is 900 euros
    ;The rent is 950 euros now;Locker 7 is mine;Locker 8 is mine;Locker 7 is not mine;Ada sold Ada's guitar
    ;Ada has a guitar;Ada has her own guitar;Ada's wish: answer in German;Ada's wish: reply in English
    ;Ada's wish: keep it short;Ada passed the driving test;Ada has a driving test (2026-03-02);Anna died
    ;Ada broke up with Ben;Ada got a new job;Ada drinks tea, four cups a day;Ada's cat Momo ran away
    ;Momo has a limp;Ada can't stand coffee any more;Ada is over tennis;The first one was right
    ;Ada's boss Anna lives in Oslo;Ada is out of work;The driving test is back on;Ada retired
    ;Ada was fired;On Sundays Ada plays tennis;Ada sold it;Ada started work at Acme"""
# What is known, with its slot where it has one, and what ends it.
ENDED = """Ada drives the Volvo to work;;;Ada sold the red Volvo
Ada has her own guitar;;;Ada sold Ada's guitar
Ada is still reading Dune on the train;;;Ada finished reading Dune
Ada goes to the gym twice a week;;;Ada quit the gym
Ada is looking for work;;;Ada found work
Ada works with Anna at Acme;;;Ada was fired
Ada works with Anna at Acme;;;Ada left Acme
Ada teaches maths at Elm Park School;;;Ada left Elm Park School
Ada is a nurse at Acme, on nights;job;nurse;Ada retired
Ada works at Acme;works_at;acme;Ada got a new job
Ada is renting a room in Oslo;;;Ada moved out of Oslo
Ada is still in her little flat in Oslo;;;Ada moved out of Oslo
Ada lives on a barge in Rome;;;Ada lives in Oslo;lives_in;oslo
Ada drinks coffee, four cups a day;;;Ada switched from coffee to tea
Ada drinks coffee, four cups a day;;;Ada doesn't drink coffee
Ada likes tennis;likes;tennis;Ada is over tennis
Ada plays tennis on Sundays;;;Ada switched from tennis to chess
Ada has a nut allergy;allergic_to;nut;Ada outgrew her nut allergy
Ada is vegan;diet;vegan;Ada eats chicken again
Ada has a cat named Momo;cat_name;momo;Ada gave Momo away
Ada has a driving test (2026-03-02);plan/driving-test;2026-03-02;Ada cancelled the driving test
Ada has a driving test (2026-03-02);plan/driving-test;2026-03-02;The test is off
Ada has a concert (2026-03-02);plan/concert;2026-03-02;The concert tickets are off
Ada's concert in Lisbon is soon (2026-03-06);plan/concert;2026-03-06;Lisbon has been pushed to (2026-03-11)
Ada's landlord is Mr Novak;;;Ada's landlord is Mrs Ito now
Ada's office is in Rome;;;Ada's office has moved to Oslo
Ada takes the bus to work;;;Ada takes the train to work now
Ada's blood pressure is 125 over 80;;;Ada's blood pressure is 130 over 85 now
Ada's rent is 900 euros;;;The rent is 950 euros now
Ada uses Firefox;;;Ada switched from Firefox to Brave
Ada plays the violin, mostly Bach;;;Ada doesn't play the violin
Ada sleeps 7 hours and 30 minutes;;;Ada sleeps 8 hours and 15 minutes now
Ada gets a rash from walnuts;allergic_to;walnuts;Ada outgrew her walnut allergy
Ada is unemployed;;;Ada found work
Ada is single;;;Ada got engaged
On Sundays Ada plays tennis;;;Ada doesn't play tennis
Ada doesn't play tennis;;;On Sundays Ada plays tennis"""
PAIRS = [tuple((*line.split(";"), "", "")[:6]) for line in ENDED.splitlines()]
SLOTS = """;;likes;dislikes;lives_in;works_at;partner;plan/driving-test;plan/driving-test/x;plan/meeting
    ;dog_name;age;allergic_to;hobby;diet;job"""


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
        value=draw(
            st.sampled_from(["oslo", "rome", "acme", "ben", "momo", "coffee", "tennis", "vegan", None])
        )
        if slot
        else None,
        dated=draw(st.booleans()),
        cue=draw(st.sampled_from([None, None, "ending", "correction"])),
        speaker="Ada",
        completed_by=draw(st.sampled_from([None, None, "e1", "e2", "e3"])),
    )
    return said.text, minutes, said


def _plain(text: str, slot: str, value: str, minutes: int) -> tuple[str, int, Statement]:
    said = Statement(
        step="fact/0",
        form=Form.FACT,
        text=text,
        valid_from=START + timedelta(minutes=minutes),
        processor="test/1",
        slot=f"ada/{slot}" if slot else None,
        value=value or None,
        dated="(" in text,
        speaker="Ada",
    )
    return text, minutes, said


def _both(pair: tuple[str, ...], minutes: int = 0) -> list[tuple[str, int, Statement]]:
    known, slot, value, ending, other, new = pair
    return [_plain(known, slot, value, minutes), _plain(ending, other, new, minutes + 5)]


@st.composite
def conversation(draw: st.DrawFn) -> list[tuple[str, int, Statement]]:
    told = draw(st.lists(statement(), min_size=1, max_size=18))
    for pair in draw(st.lists(st.sampled_from(PAIRS), min_size=1, max_size=4)):
        place = draw(st.integers(0, len(told)))
        known, ending = _both(pair, draw(st.integers(0, 1_000)))
        told[place:place] = [known]
        told.insert(draw(st.integers(place + 1, len(told))), ending)
    return told


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]}, {pair[3]}")
def test_what_a_statement_ends_is_found_by_key_as_by_a_look_at_everything(
    tmp_path: Path, pair: tuple[str, ...]
) -> None:
    ada = Told(tmp_path, SubjectView, ScanningView)
    for n in range(8):
        ada.tell(f"Ben has parrot {n}", n, [_plain(f"Ben has parrot {n}", "", "", n)[2]])
    for text, minutes, said in _both(pair, 10):
        ada.tell(text, minutes, [said])
    found, scanned = ada.views
    assert [cube.text for cube in found if cube.state is State.SUPERSEDED and cube.form is Form.FACT] == [
        pair[0]
    ]
    assert found.staged() == scanned.staged()
    ada.close()


@given(conversation())
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
    "a thing sold": lambda n: (f"I ride the {_name(n)} bike.", f"I sold the {_name(n - 1)} bike.")[n % 2],
    "a thing sold, others had": lambda n: (f"I have a {_name(n)} lamp.", "I sold the Volvo.")[n % 3 == 2],
    "a book that is read": lambda n: (f"I'm reading {_name(n)}.", f"I finished {_name(n - 1)}.")[n % 2],
    "a main clause": lambda n: f"I drink {_name(n)} tea, four cups a day.",
    "a place of work": lambda n: (f"I volunteer at {_name(n)} School.", f"I left {_name(n - 1)} School.")[
        n % 2
    ],
    "a landlord": lambda n: f"My landlord is Mr {_name(n)} now.",
    "an office": lambda n: f"The {_name(n)} office has moved to Oslo.",
    "a flat": lambda n: (f"I'm renting a room in {_name(n)}.", f"I moved out of {_name(n - 1)}.")[n % 2],
    "a pet": lambda n: (f"My cat {_name(n)} sleeps a lot.", f"We gave {_name(n - 1)} away.")[n % 2],
    "a plan called off": lambda n: (
        f"I have a {_name(n)} concert tomorrow.",
        f"The {_name(n - 1)} concert is off.",
    )[n % 2],
    "a plan moved": lambda n: (
        f"I have a {_name(n)} exam on 4 May.",
        f"The {_name(n - 1)} exam has been moved to 9 May.",
    )[n % 2],
    "a few words put right": lambda n: (f"I'm meeting {_name(n)} on Monday.", "Sorry, on Tuesday.")[n % 2],
    "no deed": lambda n: f"I finally got to see {_name(n)} with {_name(999 - n % 900)}.",
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

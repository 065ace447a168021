"""Twelve made-up people, what is known of them, and questions about it in two wordings.

Nobody's memories: names, places and habits are drawn from lists, so that no model knows an answer beforehand
and every kind of fact has another answer for each person.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from memcube.cube import Decision, Form, Kind, MemCube, Payload, Source, State, cube_id
from memcube.models.language import LanguageModel
from memcube.models.prompt import Line, prefix
from schemas.subject import Subject

NAMES: Final = tuple("Ada Bruno Carla Dmitri Elif Farid Greta Hugo Ines Jonas Kaya Luca".split())  # noqa: SIM905 -- shorter than its literal
TENANT: Final = "bench"
START: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
# Of so many people does a subject's memory tell: with fewer, the line asked for is found by its kind alone.
KNOWN: Final = 8


class FactKind(msgspec.Struct, frozen=True):
    """`told` and `asked` have places for {name}; `told` for {value}. Twelve values, one for each person."""

    name: str
    told: str
    asked: tuple[str, str]
    values: tuple[str, ...]


def _kind(name: str, told: str, first: str, second: str, values: str) -> FactKind:
    return FactKind(name, told, (first, second), tuple(values.split(", ")))


# ruff: noqa: E501 -- a kind is easier to read on two lines
KINDS: Final = (
    _kind("home", "{name} lives in {value}", "Where does {name} live?", "Which city is home to {name}?",
          "Oslo, Porto, Lyon, Graz, Izmir, Ghent, Turin, Bergen, Malaga, Leipzig, Krakow, Utrecht"),
    _kind("job", "{name} works as a {value}", "What is {name}'s job?", "How does {name} earn a living?",
          "nurse, carpenter, baker, pilot, lawyer, welder, florist, plumber, librarian, tailor, surveyor, cook"),
    _kind("allergy", "{name} is allergic to {value}", "What is {name} allergic to?",
          "Which food must nobody serve to {name}?",
          "walnuts, shrimp, celery, peanuts, eggs, mustard, sesame, lupin, milk, wheat, soy, kiwi"),
    _kind("dog", "{name} has a dog called {value}", "What is {name}'s dog called?",
          "Which name does the dog of {name} answer to?",
          "Momo, Rufus, Pixel, Bruno, Olive, Ziggy, Nala, Waffle, Comet, Pepper, Tango, Biscuit"),
    _kind("instrument", "{name} plays the {value}", "Which instrument does {name} play?",
          "On what does {name} make music?",
          "cello, trumpet, harp, banjo, oboe, drums, piano, flute, viola, tuba, guitar, clarinet"),
    _kind("language", "{name} is learning {value}", "Which language is {name} learning?",
          "What does {name} study to speak to people abroad?",
          "Portuguese, Finnish, Korean, Arabic, Greek, Welsh, Polish, Hindi, Danish, Basque, Swahili, Czech"),
    _kind("sport", "{name} goes {value} every weekend", "What does {name} do every weekend?",
          "Which sport keeps {name} fit?",
          "climbing, rowing, skiing, fencing, cycling, surfing, bowling, skating, hiking, sailing, boxing, swimming"),
    _kind("sister", "{name}'s sister is named {value}", "What is the name of {name}'s sister?",
          "Who is the sister of {name}?",
          "Ida, Marta, Sofia, Vera, Leyla, Nora, Wilma, Paula, Rita, Selma, Dilara, Bianca"),
    _kind("drink", "{name}'s favourite drink is {value}", "What is {name}'s favourite drink?",
          "What should I pour for {name}?",
          "cocoa, cider, espresso, lemonade, kefir, ginger ale, green tea, tonic, buttermilk, mead, sherry, cola"),
    _kind("kitchen", "{name} painted the kitchen {value}", "Which colour is {name}'s kitchen?",
          "What paint did {name} choose for the kitchen?",
          "yellow, teal, orange, grey, purple, crimson, beige, navy, pink, mint, ochre, black"),
    _kind("car", "{name} drives a {value}", "Which car does {name} drive?", "What does {name} park in the garage?",
          "Volvo, Fiat, Skoda, Toyota, Renault, Mazda, Peugeot, Saab, Honda, Kia, Dacia, Subaru"),
    _kind("journey", "{name} will fly to {value} in June", "Where will {name} fly in June?",
          "What is the destination of {name}'s next flight?",
          "Iceland, Peru, Japan, Kenya, Cuba, Nepal, Malta, Chile, Vietnam, Jordan, Canada, Samoa"),
    _kind("dentist", "{name}'s dentist is Doctor {value}", "Who is {name}'s dentist?",
          "Which doctor looks after the teeth of {name}?",
          "Lund, Moreau, Steiner, Okafor, Demir, Novak, Ricci, Haug, Castro, Weber, Kowal, Bakker"),
    _kind("hobby", "{name} collects {value}", "What does {name} collect?", "Of what does {name} keep a collection?",
          "stamps, fossils, teapots, maps, buttons, masks, coins, kites, feathers, postcards, clocks, marbles"),
)  # fmt: skip


class Fact(msgspec.Struct, frozen=True):
    """What is known of one person, as one memory of a subject."""

    about: str
    kind: FactKind
    gold: str
    cube: MemCube

    @property
    def line(self) -> Line:
        return Line(self.cube.id, self.cube.version, self.cube.text, self.cube.valid_from.date())


class Probe(msgspec.Struct, frozen=True):
    """A question to a subject's memory. It is answered rightly if the answer holds `gold` as a word."""

    key: str
    subject: str
    question: str
    gold: str
    wording: int


def subject_of(name: str) -> str:
    return Subject(TENANT, "user", name.casefold()).key


def facts(owner: str, seed: int = 7) -> list[Fact]:
    """What `owner`'s memory holds, in the order it was told: of themselves and of seven others."""
    first = NAMES.index(owner)
    people = [NAMES[(first + step) % len(NAMES)] for step in range(KNOWN)]
    told = [(name, kind) for name in people for kind in KINDS]
    random.Random(seed + first).shuffle(told)
    return [_fact(subject_of(owner), place, name, kind) for place, (name, kind) in enumerate(told)]


def hottest(owner: str, held: Sequence[Fact]) -> list[Fact]:
    """The same with what is asked for in front: the owner's own; each part in an order of its own."""
    rng = random.Random(f"7/{owner}")
    own = [fact for fact in held if fact.about == owner]
    others = [fact for fact in held if fact.about != owner]
    rng.shuffle(own)
    rng.shuffle(others)
    return own + others


def fitting(model: LanguageModel, candidates: Sequence[Fact], tokens: int) -> list[Line]:
    """As many of the first lines as a prefix of `tokens` holds, in the order in which they were told."""
    empty = len(prefix(model, ()))
    kept: list[Fact] = []
    taken = empty
    for fact in candidates:
        size = len(prefix(model, [fact.line])) - empty
        if taken + size > tokens:
            break
        kept.append(fact)
        taken += size
    return [fact.line for fact in sorted(kept, key=lambda one: one.cube.seq)]


def probes() -> Iterator[Probe]:
    """Of every person everything, in both wordings: 336. Person by person changes from one to the next."""
    for kind in KINDS:
        for wording in (0, 1):
            for place, name in enumerate(NAMES):
                yield Probe(
                    key=f"{name}/{kind.name}/{wording}",
                    subject=subject_of(name),
                    question=kind.asked[wording].format(name=name),
                    gold=kind.values[place],
                    wording=wording,
                )


def _fact(subject: str, place: int, name: str, kind: FactKind) -> Fact:
    gold = kind.values[NAMES.index(name)]
    time = START + timedelta(hours=5 * place)
    event = f"{subject}/told/{place}"
    source = Source(event, name, time, source_id=f"m{place}")
    cube = MemCube(
        id=cube_id(subject, event, Form.FACT),
        subject=subject,
        version=1,
        seq=place + 1,
        kind=Kind.PLAINTEXT,
        form=Form.FACT,
        state=State.ACTIVE,
        valid_from=time,
        valid_to=None,
        recorded_at=time,
        payload=Payload(kind.told.format(name=name, value=gold), (source,)),
        trust=0.5,
        pinned=False,
        expires_at=None,
        decision=Decision.ADD,
        reason="new",
        cause=event,
        processor="bench/1",
    )
    return Fact(name, kind, gold, cube)

"""Turns of conversation in any number: the bundled one told again and again, with other people in it.

Told word for word, half of it would come out of the vector cache or be merged as repeated, and the
embedder, which is what costs, would have less to do than in life.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from gateway.demo.script import load_script
from memcube.governance.sealing import Sealer, event_context, seal_content
from memcube.store.record import OutboxMessage
from schemas.body import Content, Plain
from schemas.envelope import encode
from schemas.events import Prompt, Response, type_of
from schemas.partition import partition_for
from schemas.subject import Subject
from schemas.topics import EVENTS, PARTITIONS

# As many conversations go on side by side, so that a batch holds several subjects.
AT_ONCE: Final = 12
# Shorter turns are "lol" and "Thanks!", which people do say in the same words.
_FILLER: Final = 25
# More of them than conversations in most runs, and prime to one another, so that no pair talks twice.
# fmt: off
_HERS: Final = (
    "Ines", "Greta", "Yara", "Nora", "Mila", "Asha", "Lena", "Runa", "Zoe", "Wanda", "Alma", "Birte",
    "Cora", "Dana", "Edda", "Fania", "Gesa", "Hanna", "Ilka", "Jule", "Katja", "Lotte", "Mona", "Nele",
    "Orla", "Paula", "Rieke", "Silke", "Tilda", "Ulla", "Vida", "Wiebke", "Xenia", "Ylva", "Zita",
    "Amira", "Bea", "Cleo", "Dilan", "Elif", "Flora", "Gudrun", "Hedda", "Imke", "Janka", "Klara",
    "Liv",
)
_HIS: Final = (
    "Piet", "Emil", "Oskar", "Tariq", "Bela", "Marek", "Iwan", "Hugo", "Levi", "Sami", "Arne", "Bruno",
    "Claas", "Deniz", "Enno", "Fabio", "Gero", "Hauke", "Ilja", "Jaro", "Kaspar", "Lasse", "Malte",
    "Nils", "Otis", "Pavel", "Quirin", "Rune", "Sven", "Till", "Urs", "Veit", "Willi", "Xaver",
    "Yannis", "Zeno", "Amir", "Bent", "Cem", "Dario", "Eike", "Falk", "Goran",
)
# fmt: on
_OTHERS: Final = {
    "Clara": ("Frida", "Marta", "Selma", "Olga", "Rosa", "Ida", "Vera", "Thea"),
    "Felix": ("Anton", "Karl", "Milan", "Jakob", "Viktor", "Aron", "Noel", "Ruben"),
    "Ana": ("Eva", "Lia", "Pia", "Ada", "Uma", "Kaja"),
    "Luis": ("Tom", "Ben", "Juan", "Finn", "Ole", "Max"),
    "Hamburg": ("Bergen", "Graz", "Ghent", "Turin", "Malmo", "Basel", "Leeds", "Nantes"),
    "Berlin": ("Vienna", "Oslo", "Prague", "Warsaw", "Athens", "Dublin", "Riga", "Sofia"),
    "Lisbon": ("Seville", "Naples", "Tbilisi", "Valletta", "Split", "Palermo", "Cadiz", "Izmir"),
    "Porto": ("Bilbao", "Genoa", "Nice", "Varna", "Trieste", "Zadar", "Bari"),
    "Bremen": ("Kiel", "Mainz", "Ulm", "Trier", "Jena"),
    "Leipzig": ("Dresden", "Weimar", "Halle", "Erfurt"),
    "Brightwater": ("Northfield", "Bluestone", "Ironbridge", "Clearview", "Oakmont"),
    "Lumen": ("Quill", "Harbor", "Vector", "Meadow", "Copper"),
    "Pixel": ("Whiskers", "Mittens", "Shadow", "Ginger", "Tiger"),
    "Pixie": ("Minka", "Luna", "Cleo", "Misty"),
    "Biscuit": ("Rocket", "Bruno", "Pepper", "Waffle", "Otto"),
    "walnuts": ("peanuts", "shellfish", "sesame", "almonds", "mustard"),
    "ramen": ("lasagne", "paella", "goulash", "pierogi", "biryani"),
    "coriander": ("celery", "liquorice", "fennel", "beetroot"),
    "cello": ("oboe", "viola", "trumpet", "clarinet", "bassoon"),
    "dentist": ("optician", "physiotherapist", "dermatologist"),
    "observatory": ("greenhouse", "weather station", "workshop"),
    "physics": ("chemistry", "history", "geography", "biology"),
}
_SWAPPED: Final = re.compile(rf"\b(Maya|Jonas|{'|'.join(_OTHERS)})\b|\b\d{{2,4}}(?= euros| \d{{4}}|$)")


class Turn(msgspec.Struct, frozen=True):
    """One turn of conversation `telling`, whose subject is a group."""

    telling: int
    id: str
    role: str
    text: str
    time: datetime
    name: str | None

    @property
    def group_id(self) -> str:
        return f"bench-{self.telling}"

    @property
    def subject(self) -> Subject:
        return Subject("default", "group", self.group_id)

    def request(self) -> dict[str, Any]:
        """The body of `POST /v1/events`."""
        return {
            "group_id": self.group_id,
            "id": self.id,
            "role": self.role,
            "content": self.text,
            "timestamp": self.time.isoformat(),
            "name": self.name,
        }

    def record(self, sealer: Sealer) -> OutboxMessage:
        """The record that the gateway would write; the event's id is the turn's own."""
        kind = Prompt if self.role == "user" else Response
        content = Content(text=self.text, name=self.name)
        data = kind(tenant="default", group_id=self.group_id, body=Plain(text=self.text))
        context = event_context(type_of(data), self.id)
        data = msgspec.structs.replace(data, body=seal_content(sealer, self.subject.key, content, context))
        key, headers, value = encode(
            data, event_id=self.id, source="memcube/bench", time=self.time, subject=self.subject
        )
        return OutboxMessage(EVENTS.name, partition_for(key, PARTITIONS), key, headers, value)


def turns(count: int, *, first_telling: int = 0) -> list[Turn]:
    """So many turns of conversations side by side; the same for the same numbers."""
    script = load_script().turns
    told = []
    for place in range(count):
        lane = place % AT_ONCE
        # Each lane is somewhere else in its conversation: one batch must not hold the same turn twelve times.
        step = place // AT_ONCE + lane * len(script) // AT_ONCE
        telling = first_telling + AT_ONCE * (step // len(script)) + lane
        told.append(_turn(script[step % len(script)], telling))
    return told


def subjects(told: Sequence[Turn]) -> list[str]:
    """The keys of their subjects."""
    return list(dict.fromkeys(turn.subject.key for turn in told))


def _turn(said: dict[str, Any], telling: int) -> Turn:
    other = _Swap(telling)
    name = None if said.get("name") is None else other.word(said["name"])
    text = other.text(said["content"])
    if len(text) > _FILLER and not any(person in text for person in other.people):
        # Whom it is said to makes it this conversation's own.
        text = f"{other.people[said.get('name') != 'Jonas']}, {text}"
    return Turn(
        telling=telling,
        id=f"{telling}/{said['id']}",
        role=said["role"],
        text=text,
        time=datetime.fromisoformat(said["timestamp"]),
        name=name,
    )


class _Swap:
    """The words of one telling: each name, place and number becomes the same other one throughout."""

    def __init__(self, telling: int) -> None:
        rng = random.Random(telling)
        self.people = _HERS[telling % len(_HERS)], _HIS[telling % len(_HIS)]
        self._words = {word: rng.choice(others) for word, others in _OTHERS.items()}
        self._words |= {"Maya": self.people[0], "Jonas": self.people[1]}
        self._number = rng.randrange(1, 900)

    def word(self, word: str) -> str:
        return self._words[word]

    def text(self, text: str) -> str:
        return _SWAPPED.sub(
            lambda found: self._words.get(found[0]) or str(int(found[0]) + self._number), text
        )

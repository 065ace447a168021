"""Words that give the value of a slot and say nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from memcube.plaintext.extract.slot_table import is_functional
from memcube.plaintext.words import stem, terms


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


# The words with which the value of a slot is given. Two statements of one value that differ in no other
# word say the same: "lives in Oslo", "her home is in Oslo". "Moved" is none: it tells of an event.
_LIGHT: Final[Mapping[str, frozenset[str]]] = {
    slot: _stems(words)
    for slot, words in {
        "lives_in": "live lives living home house flat place address based resident reside city town",
        "works_at": "work works working job employed employer company employee",
        "studies_at": "study studies studying student university",
        "job": "work working job profession occupation",
        "name": "name called call known",
        "age": "years old age turned year",
        "birthday": "birthday born",
        "phone": "phone number mobile cell",
        "email": "email mail address",
        "partner": "partner boyfriend girlfriend dating together seeing relationship called name",
        "diet": "diet eat",
        "likes": "like love enjoy adore fond fan keen passionate into huge big",
        "dislikes": "hate dislike loathe detest like enjoy fan stand big",
        "allergic_to": "allergic allergy severely badly",
        "hobby": "play playing hobby go going do",
        "language": "speak speaks language fluent",
    }.items()
}
_NAMING: Final = _stems("called call named name")


def light_words(slot: str) -> frozenset[str]:
    """The stems of a slot's light words, of `lives_in/sister`; none, if it is not known to have any."""
    base = slot.partition("/")[0]
    return _LIGHT.get(base) or _of_a_kind(base)


def _of_a_kind(base: str) -> frozenset[str]:
    if base.startswith("favourite_"):
        return _stems("favourite favorite best like love prefer")
    if base.endswith("_name") and is_functional(base):
        return _NAMING | frozenset(terms(base.removesuffix("_name").replace("_", " ")))
    return frozenset()

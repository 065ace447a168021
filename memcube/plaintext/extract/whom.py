# ruff: noqa: RUF001 (curved apostrophes are what people type)
"""Whom "he" or "she" in a turn means where that turn names nobody: who was named in the turns before it."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from memcube.plaintext.extract.kin import MANY, ONE_EACH, PETS, RANK
from memcube.plaintext.extract.said import Spoken

_HE_OR_SHE: Final = re.compile(r"(?P<who>He|She)\b(?! and | or )")
_KIN = rf"(?:{ONE_EACH}|{MANY}|{PETS})"
# "your mum", "my brother Tyler", "that clever granddaughter of yours", "your Connor".
_RELATIVE: Final = re.compile(
    rf"\b(?P<whose>my|your) (?P<kin>(?:{RANK} )?{_KIN}(?: (?-i:[A-Z])\w+)?)\b(?!['’]| and |-)"
    rf"|\bthat (?:[\w-]+ )?(?P<yours>{_KIN}) of yours\b"
    r"|\b(?P<of>my|your) (?P<name>(?-i:[A-Z])\w+)\b(?!['’])",
    re.IGNORECASE,
)
# "How's Leila doing?", "Does Gareth mind?"
_ASKED: Final = re.compile(
    r"\b(?:[Hh]ow(?:'s| is| are| was| did)|[Dd]oes|[Dd]id|[Ii]s|[Ww]as|[Hh]as|[Ww]ill|[Cc]an|about|and|with)"
    r" (?P<name>[A-Z][a-z]+)\b(?!'s [a-z]+ (?:going|been)|[^.!?]* and [A-Z])(?=[^.!?]*\?)"
)
_HERS: Final = re.compile(
    r"(?:mother|mum|mom|mam|mama|mummy|mommy|wife|girlfriend|gran|grandma|granny|nan|nana|sister|sis|daughter"
    r"|aunt|auntie|niece|landlady|granddaughter|grandmother|stepmum|stepmom"
    r"|godmother|fiancée|hen)\b|\w+(?:mother|sister|daughter)\b|(?:sister|mother|daughter)-in-law\b",
    re.IGNORECASE,
)
_HIS: Final = re.compile(
    r"(?:dad|daddy|papa|father|husband|boyfriend|grandpa|granddad|grandad|brother|bro|son|uncle|nephew"
    r"|landlord|grandson|grandfather|stepfather|stepdad|stepson|godson|godfather|fiancé)\b"
    r"|(?:brother|father|son)-in-law\b",
    re.IGNORECASE,
)


class Whom(msgspec.Struct, frozen=True):
    """`name`: as the speaker would say it ("my mum", "Leila"); `place`: of the turn that names them."""

    name: str
    place: int


def meant(sentence: str, around: Sequence[Spoken]) -> Whom | None:
    """Whom the "he" or "she" that a sentence begins with means; None where no turn before names just one."""
    begun = _HE_OR_SHE.match(sentence)
    if begun is None:
        return None
    unlike = _HERS if begun["who"] == "He" else _HIS
    for place in range(len(around) - 1, -1, -1):
        names = [name for name in _named(around[place]) if unlike.match(_kin_of(name)) is None]
        if names:
            return Whom(names[-1], place)
    return None


def _named(turn: Spoken) -> list[str]:
    """The relatives of the speaker in a turn before, and whom a question of another names, in order."""
    found: list[tuple[int, str]] = []
    for match in _RELATIVE.finditer(turn.text):
        if match["yours"]:
            mine, name = not turn.own, f"my {match['yours']}"
        else:
            mine = ((match["whose"] or match["of"]).lower() == "my") == turn.own
            name = f"my {match['kin']}" if match["kin"] else match["name"]
        if mine:
            found.append((match.start(), name))
    if not turn.own:
        found += [(match.start("name"), match["name"]) for match in _ASKED.finditer(turn.text)]
    return [name for _, name in sorted(found)]


def _kin_of(name: str) -> str:
    """As in "my older sister Ida": "sister Ida"."""
    return re.sub(rf"^my (?:{RANK} )?", "", name)

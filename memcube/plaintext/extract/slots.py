"""Functional slots: what a person has one of at a time. Two statements of one slot and one `about` replace
each other.

Patterns read the resolved sentence, where `SPEAKER` stands for who said it. Better no slot than a wrong
one: a missed slot leaves an old memory standing, a wrong one retires a true memory. So relatives of whom
one may have many get a slot only under their name, and what is only planned goes to a plan slot
(`plans.py`). Likes, things owned and allergies are many-valued and have none.
"""

import re

import msgspec

from memcube.plaintext.extract import plans
from memcube.plaintext.extract.dates import Moment
from memcube.plaintext.extract.kin import COUPLES, ONE_EACH, USUALLY_ONE
from memcube.plaintext.extract.listed_slots import OWNING
from memcube.plaintext.extract.listed_slots import TABLE as LISTED
from memcube.plaintext.extract.person import SPEAKER
from memcube.plaintext.extract.slot_patterns import FAVOURED, FAVOURITE, PET, TABLE


class Filled(msgspec.Struct, frozen=True):
    """A slot and its value; `about` names a third person ("Eva"), None is the speaker."""

    slot: str
    value: str | None
    about: str | None = None
    denied: bool = False  # "doesn't speak French"
    over: bool = False  # "used to play the violin"


# "My birthday's the 2nd": a possessive has its thing behind it.
_IS = re.compile(
    r"(?<=[a-z])'s(?= (?:the|an?|on|in|at|now|not|no|off|into|from|allergic|called|named|spelled|back"
    r"|still|\d+|going|moving"
    r"|getting|having|coming|working|living|based|moved|cancelled|canceled|postponed|delayed)\b)"
)
_SCHOOL = re.compile(r"\b(?:primary|secondary|high|grammar|middle) school\b|\b(?:primary|secondary|nursery)$")
_ISO = re.compile(r" \(\d{4}[\d:/ -]*\)")


def slot_of(resolved: str, moment: Moment | None, ahead: bool) -> Filled | None:
    """The functional slot of a resolved sentence; `ahead`: its date lies in the future, so it is a plan."""
    text = _IS.sub(" is", _ISO.sub("", resolved))
    planned = plans.plan_of(text, moment, ahead)
    if planned:
        return Filled(*planned)
    special = _favourite(text) or _pet(text)
    if special:
        return special
    for slot, hints, pattern in TABLE:
        if any(hint in text for hint in hints):
            match = pattern.search(text)
            if match and not (ahead and slot in ("lives_in", "works_at", "job", "age")):
                return _filled(slot, match)
    return None


def ends(resolved: str) -> bool:
    """Whether the sentence denies its slot: "no longer lives in", "doesn't work at"."""
    return any(
        match["not"] is not None
        for slot, hints, pattern in TABLE
        if "not" in pattern.groupindex and any(hint in resolved for hint in hints)
        for match in [pattern.search(resolved)]
        if match
    )


def listed_slot_of(resolved: str) -> Filled | None:
    """A slot of many values."""
    text = _IS.sub(" is", _ISO.sub("", resolved))
    for slot, hints, pattern in LISTED:
        match = pattern.search(text) if any(hint in text for hint in hints) else None
        if match is None or (slot == "owns" and not OWNING.search(text)):
            continue
        groups = match.groupdict()
        value = normalised(groups["v"]) if groups["v"] else None
        about = groups.get("named") or groups.get("kin_name")
        kin = groups.get("kin")
        whose = f"/{kin.lower().replace(' ', '-')}" if kin and not about else ""
        denied, over = bool(groups.get("not")), bool(groups.get("over"))
        return Filled(slot + whose, value, about, denied, over)
    return None


def _filled(slot: str, match: re.Match[str]) -> Filled | None:
    groups = match.groupdict()
    value = normalised(groups["v"]) if groups["v"] else None
    if value and slot == "works_at" and not groups.get("me") and _SCHOOL.search(value):
        slot = "studies_at"  # "Mila started at Highfield Secondary": hers, and a school
    if value and slot == "phone":
        value = re.sub(r"[^\d+]", "", value)
    if value and slot == "birthday":
        value = " ".join(sorted(re.sub(r"\b(?:the|of)\b|(?<=\d)[a-z]+", "", value).split()))
    if groups.get("named"):
        return Filled(slot, value, groups["named"])
    kin = groups.get("kin") or groups.get("kin_of")
    if not kin:
        return Filled(slot, value)
    if groups.get("kin_name"):
        return Filled(slot, value, groups["kin_name"])
    kin = kin.lower().replace(" ", "-")
    if slot == "name" and kin in (
        "husband",
        "wife",
        "partner",
        "girlfriend",
        "boyfriend",
        "fiance",
        "fiancee",
    ):
        return Filled("partner", value)
    single = re.fullmatch(f"{ONE_EACH}|{COUPLES}", kin.replace("-", " ")) or kin in USUALLY_ONE or "-" in kin
    return Filled(f"{slot}/{kin}", value) if single else None


def _favourite(text: str) -> Filled | None:
    if "favo" not in text:
        return None
    match = FAVOURITE.search(text) or FAVOURED.search(text)
    if match is None:
        return None
    groups = match.groupdict()
    noun = match["noun"].replace("color", "colour").replace(" ", "_")
    slot = f"favourite_{noun}" + (f"/{groups['kin']}" if groups.get("kin") else "")
    return Filled(slot, normalised(re.sub(r"^(?:the|a|an) ", "", match["v"])), groups.get("named"))


def _pet(text: str) -> Filled | None:
    match = PET.search(text) if SPEAKER in text else None
    if match is None:
        return None
    noun = (match["noun"] or match["noun2"] or match["noun3"]).removeprefix("new ").replace(" ", "_")
    return Filled(f"{noun}_name", normalised(match["v"] or match["v2"] or match["v3"]))


def normalised(value: str) -> str:
    value = re.sub(r"\s+", " ", value.replace(f"{SPEAKER}'s ", "")).strip(" .,;:!'\"-").lower()
    return re.sub(r" (?:now|these days|again|at the moment)$", "", value)

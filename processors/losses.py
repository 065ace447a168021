"""What a statement ends without denying it: a death, a separation, a sale, a plan that took place."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from memcube.cube import MemCube
from memcube.plaintext import frame_keys
from memcube.plaintext.frames import Frame, frame
from memcube.plaintext.namesakes import role
from memcube.plaintext.slot_keys import plan_words
from memcube.plaintext.view import SubjectView
from memcube.plaintext.words import content_stems, terms
from processors.changes import may_be_meant, slot_of
from processors.step import Statement

_DEATH: Final = re.compile(
    r"^(?:sadly,? |unfortunately,? )?(?P<who>.{2,60}?) (?:has |have |just |recently |sadly |suddenly )*"
    r"(?:died|passed away|was put (?:down|to sleep)|is dead|is no longer with us|didn't make it"
    r"|did not make it|had to be put (?:down|to sleep))\b(?P<who2>)",
    re.IGNORECASE,
)
# Who lost somebody says so in other words, which name them last.
_GOODBYE: Final = re.compile(
    r"\b(?:say goodbye to|said goodbye to|lost|put(?:ting)? down|bury|buried"
    r"|put to sleep) (?P<who>(?:\S+'s [a-z]+ )?[A-Z]\w+)\b"
    r"|\b(?:had|put) (?P<who2>[A-Z]\w+) (?:put )?(?:down|to sleep)\b"
)
# What is over with a life; a birthday, a name and what happened stay.
_OF_THE_LIVING: Final = frozenset(
    {"lives_in", "works_at", "studies_at", "job", "diet", "age", "phone", "email"}
)
_PARTED: Final = re.compile(
    r"\b(?:divorced|getting divorced|separated|(?:broke|broken|split) up|split|called it quits|parted ways"
    r"|ended things|broken? it off|broke it off|dumped|left each other|(?:is|are) over|(?:is|are) history)\b"
    r"|'s ex-?(?:wife|husband|girlfriend|boyfriend|partner|fianc[ée]e?)?\b"
    r"|\b(?:not|no longer|n't) (?:seeing|dating|together with|together|married to|engaged to|a couple)\b",
    re.IGNORECASE,
)
_NEW_JOB: Final = re.compile(
    r"\b(?:got|has|found|landed|accepted|started|starts) (?:a |\S+'s )?new (?:job|position)\b", re.IGNORECASE
)
_PAIRED: Final = re.compile(
    r"\b(?:is|are|got|has been) (?:\w+ )?(?:dating|seeing|engaged|married|together with)\b"
    r"|\b(?:has|have|got|found) an? (?:new )?(?:boyfriend|girlfriend|partner|husband|wife|fianc)",
    re.IGNORECASE,
)
_LOST: Final = re.compile(
    r"^(?P<who>.+?) (?:has |have |just |recently )*(?:sold|gave away|given away|got rid of|lost|threw away"
    r"|threw out|scrapped|donated|traded in)"
    r" (?:(?P=who)'s|the|her|his|their|our) (?:old )?(?P<what>[\w' -]{2,40}?)"
    r"(?= (?:to|for|in|on|at|last|yesterday|today|because)\b|[.,;(]| \(|$)",
    re.IGNORECASE,
)
# Of these there is always another one.
_ANY: Final = frozenset(
    {
        "meeting",
        "call",
        "game",
        "match",
        "trip",
        "dinner",
        "lunch",
        "brunch",
        "class",
        "lesson",
        "visit",
        "party",
    }
)
# What took place is told within days; later it is another one of its kind.
_TOLD_WITHIN: Final = timedelta(days=3)
# Whoever does it in these words, another's kin or a name, before a verb.
_SOMEBODY: Final = re.compile(
    r"^(?P<who>(?:[A-Z]\w+'s )+[a-z]+(?: [A-Z]\w+)?|(?!The |It |That |This |A |An |My )[A-Z]\w+)"
    r" (?:has |have |just |finally |recently |already )*"
    r"(?:passed|took|had|did|finished|went|completed|attended|survived|got|gave|ran)\b"
)
# A clause of its own begins with one who acts; so "Paul and Ada" stays whole.
_CLAUSES: Final = re.compile(r"; |[.!] |, (?!and )|,? (?:but|because|while|so|whereas|although) ")
# Between the speaker and what is over or begun these make it somebody else's.
_OTHERS: Final = re.compile(
    r"\b(?:that|whether|if|whose|who|when|how|said|says|told|tells|heard|hears|thinks?|thought|knows?|helped"
    r"|helps|saw|sees|he|she|they|his|her|their)\b|\w's (?!ex\b|ex-)[a-z]",
    re.IGNORECASE,
)
_FOR_OTHERS: Final = re.compile(
    r" (?:offer|opening|opportunity|ad|advert|posting|title|description|listing|lead|interview"
    r"|application)s?\b"
    r"| (?:for|to) (?:\S+'s |her |his |him\b|their |them\b|the kids"
    r"|an? (?:\w+ )?(?:friend|neighbour|colleague)"
    r"|[A-Z]\w+"
    r"|some(?:one|body))"
)
# Said of an animal of whatever kind.
_ANIMALS: Final = frozenset({"pet", "puppy", "pup", "kitten", "kitty", "boy", "girl", "buddy", "old", "poor"})
_NAMING: Final = re.compile(r"\b(?:called|named)\b", re.IGNORECASE)


def lost(view: SubjectView, statement: Statement, said: Frame | None = None) -> list[MemCube]:
    """The current facts that what is told ends. `said`: the statement's frame, where it is known already."""
    return [
        *_gone(view, statement),
        *_parted(view, statement),
        *_left(view, statement),
        *_sold(view, statement),
        *_done(view, statement, said),
    ]


def _gone(view: SubjectView, statement: Statement) -> list[MemCube]:
    """Who died has no home and no job any more, and nobody has a dog of that name."""
    if "?" in statement.text:
        return []
    died = _DEATH.match(statement.text)
    if died is None and (died := _GOODBYE.search(statement.text)) is None:
        return []
    who = died["who"] or died["who2"]
    # "Ada had to say goodbye to Max": whose he was, the beginning says.
    said_whose = died.re is _DEATH or "'s " in who
    whose, last = _whose(who if said_whose else f"{_before(statement, died)}'s {who}")
    name = last.casefold() if last[:1].isupper() and not last.endswith("'s") else None
    found = []
    for cube in view.mentioning(statement.text, terms(last)):
        about, slot = slot_of(cube.payload.slot if cube.payload else None)
        base, _, key = slot.partition("/")
        if name is None:
            gone = (
                key == last.lower()
                and base in _OF_THE_LIVING
                and whose[:1] in {(), (about,)}
                and not whose[1:]
            )
        elif base.endswith("_name"):
            gone = cube.payload is not None and cube.payload.value == name and _is_pet(cube, whose, who)
        else:
            gone = about == name and base in _OF_THE_LIVING and _is_called(view, statement, cube, name)
        if gone:
            found.append(cube)
    return found


def _whose(who: str) -> tuple[tuple[str, ...], str]:
    """Of "Ada's friend's dog Rex" the owners, ada and friend, and the last word."""
    *owners, last = who.split("'s ")
    return tuple(owner.casefold() for owner in owners), last.split()[-1]


def _before(statement: Statement, found: re.Match[str]) -> str:
    """Who says goodbye: the speaker, alone or with others, else the whole beginning."""
    before, who = statement.text[: found.start()].strip(), statement.speaker or ""
    return who if before.startswith(f"{who} ") or before in {"", who} else before


def _is_pet(cube: MemCube, whose: tuple[str, ...], who: str) -> bool:
    """Whether a fact names the very animal: of this kind, and this owner's. One that names two stays."""
    about, slot = slot_of(cube.payload.slot if cube.payload else None)
    base, _, key = slot.partition("/")
    kind = [word for word in who.rsplit("'s ", 1)[-1].split()[:-1] if word.islower()][-1:]
    alike = not kind or kind[0] in _ANIMALS or kind[0] == base.removesuffix("_name")
    theirs = (about, key) if key else (about,)
    return alike and whose in {(), theirs} and len(_NAMING.findall(cube.text)) < 2


def _is_called(view: SubjectView, statement: Statement, cube: MemCube, name: str) -> bool:
    known = {one for base in _OF_THE_LIVING for one in view.roles(f"{name}/{base}")}
    return may_be_meant(name, role(statement.text, name), known, statement.speaker)(cube)


def _parted(view: SubjectView, statement: Statement) -> list[MemCube]:
    """Who parted from somebody has that partner no more; who has somebody is not single."""
    if statement.speaker is None:
        return []
    slot = f"{statement.speaker.casefold()}/partner"
    found: list[MemCube] = []
    for value in view.values(slot):
        partner = value or ""
        parted = _said_of(statement, _PARTED, partner)
        paired = parted is None and _said_of(statement, _PAIRED, "") is not None
        over = parted and value and value != "single" and set(terms(value)) <= content_stems(parted)
        if over or (paired and value == "single"):
            found += view.holding(slot, value)
    return found


def _said_of(statement: Statement, pattern: re.Pattern[str], partner: str) -> str | None:
    """The clause in which this is said of the speaker, alone, with somebody, or by the partner."""
    own = re.escape(statement.speaker or "")
    other = rf"|(?P<other>(?i:{re.escape(partner)}|it|things|everything))" if partner else ""
    subject = re.compile(
        rf"^(?:[a-z' ]+,? )?(?:{own}(?: and [\w' ]+?)?|[\w' ]+? and {own}|{own}'s (?=ex\b|ex-){other})"
        r"(?= |$)(?P<then>.*)$"
    )
    for clause in _CLAUSES.split(statement.text):
        found = pattern.search(clause)
        begun = subject.match(clause[: found.start()]) if found else None
        if found is None or begun is None or _OTHERS.search(begun["then"]):
            continue
        if not begun.groupdict().get("other") or re.search(rf"\b{own}\b", clause[begun.start("then") :]):
            return clause
    return None


def _left(view: SubjectView, statement: Statement) -> list[MemCube]:
    """Who got a new job has left the old one."""
    who = statement.speaker
    found = _NEW_JOB.search(statement.text)
    if who is None or found is None or not statement.text.startswith(f"{who} "):
        return []
    if _OTHERS.search(statement.text[len(who) : found.start()]) or _FOR_OTHERS.match(
        statement.text[found.end() :]
    ):
        return []
    return [
        cube
        for slot in (f"{who.casefold()}/works_at", f"{who.casefold()}/job")
        for value in view.values(slot)
        if value != statement.value
        for cube in view.holding(slot, value)
    ]


def _sold(view: SubjectView, statement: Statement) -> list[MemCube]:
    """What was sold or lost is not had any more."""
    found = _LOST.match(statement.text)
    if found is None:
        return []
    wanted = (*terms(found["who"]), *terms(found["what"]))
    return [
        cube
        for cube in view.mentioning(statement.text, wanted, frame_keys.had(wanted))
        if (theirs := frame(cube.text)).holds
        and not theirs.past
        and tuple(word for word in theirs.words if word != "own") == wanted
    ]


def _done(view: SubjectView, statement: Statement, said: Frame | None) -> list[MemCube]:
    """The plans of which a statement says that they took place: "I passed the driving test"."""
    _, slot = slot_of(statement.slot)
    if slot.startswith("plan") or statement.speaker is None:
        return []
    own = f"{statement.speaker.casefold()}/plan/"
    somebody = _SOMEBODY.match(statement.text)
    words = content_stems(statement.text)
    plans = view.plans(own, words)
    if not plans or not (said or frame(statement.text)).past:
        return []
    found = []
    for cube in plans:
        name = (cube.payload.slot or "").removeprefix(own) if cube.payload else ""
        about = frozenset(plan_words(name))
        soon = timedelta(0) <= _days(statement, cube) <= _TOLD_WITHIN
        others = (
            somebody is not None
            and somebody["who"] != statement.speaker
            and not content_stems(somebody["who"].removeprefix(f"{statement.speaker}'s ")) <= about
        )
        if name not in _ANY and about and about <= words and soon and not others:
            found.append(cube)
    return found


def _days(statement: Statement, plan: MemCube) -> timedelta:
    return statement.valid_from.date() - plan.valid_from.date()

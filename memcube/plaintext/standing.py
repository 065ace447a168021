# ruff: noqa: ISC004 (a pattern in lines)
"""What there is one of at a time and has no slot: the landlord, where the office is, how one gets to work.

A statement of such a thing takes the place of another of the same thing only when it says that it is news:
"now", "new", "moved", "switched". Said of what there may be several of, it stands beside the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from memcube.plaintext.extract.kin import MANY, ONE_EACH, PETS
from memcube.plaintext.wording import without_dates
from memcube.plaintext.words import terms

_NEWS: Final = re.compile(
    r"\b(?:now|nowadays|these days|meanwhile|instead|from now on|back to|again|switch(?:ed)?"
    r"|up to|down to|increased|reduced|raised|lowered|changed|moved|relocated"
    r"|as of (?:now|today)|since last|has become|became|taken over|took over)\b",
    re.IGNORECASE,
)
# Of these one may have several, so that another one is one more.
_SEVERAL: Final = (
    r"sisters?|brothers?|sons?|daughters?|cousins?|aunts?|uncles?|nieces?|nephews?|friends?|colleagues?"
    r"|co-?workers?"
    r"|neighbou?rs?|classmates?|kids?|child|students?|clients?|customers?|patients?|teammates?|dogs?|cats?"
    r"|kittens?"
    r"|pupp(?:y|ies)|rabbits?|hamsters?|parrots?|horses?|pets?|books?|songs?|films?|movies?|games?|shows?"
    r"|series"
    r"|goals?|plans?|ideas?|problems?|issues?|hobb(?:y|ies)|interests?|strengths?|weaknesses|ex|friend's"
    r"|things?"
)
# Of these one has one at a time, so that a new one is another one.
_ONE: Final = (
    r"landlord|landlady|boss|manager|lead|leader|captain|principal|supervisor|advisor|adviser|mentor"
    r"|therapist|doctor|gp|dentist|physio"
    r"|trainer"
    r"|coach|teacher|tutor|lawyer|accountant|hairdresser|barber|nanny|babysitter|cleaner|vet|midwife"
    r"|pediatrician"
    r"|flatmate|roommate|housemate|phone|mobile|laptop|computer|car|bike|van|school|kindergarten|gym|bank"
    r"|insurance|team"
    r"|office|desk|room|provider|carrier|project|role|title|shift|username|nickname|major|course|hairstyle"
    r"|hair"
    r"|band|club|company|department|position|bedtime|deadline|locker|apartment|flat"
)
_KNOWN: Final = re.compile(
    rf"^(?P<of>(?:[Tt]he|\w+(?: and others)?'s) (?P<new>new |current "
    rf"|latest )?(?!(?:{_SEVERAL})\b)(?P<noun>(?:[\w-]+ ){{0,2}}?[\w-]+?))"
    r" (?:(?:is|are)(?: now| currently)?(?: called| named)?|(?:has|have) (?:changed|moved) to|has become"
    r"|became)"
    r" (?P<value>[^,;]{1,60}?)(?: (?:now|these days|nowadays|instead))?$"
)
_ONE_OF_IT: Final = re.compile(rf"\b(?:{_ONE})$", re.IGNORECASE)
_PERSONS: Final = re.compile(
    rf"\b(?:{ONE_EACH}|{MANY}|{PETS.replace('|boat|car', '')}|parents|kids|children|family|people"
    rf"|guests?)s?$",
    re.IGNORECASE,
)
_LIVING: Final = (
    r"(?:\w+'s )(?!(?:"
    + _SEVERAL
    + r")\b)(?:[\w-]+ )?(?:parents|grandparents|in-laws|folks|family|kids|children|mother|father"
    r"|mom|mum|dad|grandmother|grandfather|grandma|grandpa|ex|boss)"
)
_HOME: Final = re.compile(
    rf"^(?P<who>{_LIVING}) (?:(?:have |has |all |both |just |recently |finally |still |now )*)"
    r"(?:lives?|moved|relocated|settled|resides?|are living|is living|(?:is|are) based)(?: back| over| down"
    r"| now)*"
    r" (?:in|to|near) (?P<value>(?:the )?[A-Z][\w' -]+?)(?= (?:now|in|on|last|this|and|with|since|for"
    r"|because)\b|$)"
)
_SEAT: Final = re.compile(
    r"^(?P<who>(?:[Tt]he|\w+'s) (?:[\w-]+ )?(?:office|company|shop|studio|school|firm|team|practice|store"
    r"|gym|club"
    r"|lab|headquarters|workshop|gallery|restaurant|cafe|café|bakery)) (?:has |have |just |recently |now "
    r"|is |are )*"
    r"(?:in|at|on|moved(?: over)? to|moved into|relocated to|located (?:in|at|on)|based in)(?: now)?"
    r" (?P<value>(?:the )?[A-Z][\w' -]+?)(?= (?:now|in|on|last|this|and|with|since|for)\b|$)"
)
# A home that is told of without "lives in".
_FLAT: Final = re.compile(
    r"^(?P<who>[A-Z]\w+)(?: and others)? (?:(?:is|are|lives?|rents?|living|renting|has been"
    r"|have been)(?: still| now| currently)?(?: living)?)"
    r"(?: in)? (?:\w+'s |an? |the |their )?(?:[\w-]+ ){0,2}?(?:flat|house|apartment|room|studio|cottage"
    r"|bungalow|loft)"
    r" (?:in|near) (?P<value>[A-Z][\w-]+(?: [A-Z][\w-]+)*)"
)
_LIVES: Final = re.compile(
    r"^(?P<who>[A-Z]\w+)(?: and others)? (?:lives?|living|is living|are living)(?: still| now| currently)? "
    r"(?:on|in|at|with|above|near|by) (?:[a-z][\w'-]*|[A-Z]\w*'s)[^,;()]{0,40}? (?:in"
    r"|near) (?P<value>[A-Z][\w-]+)"
)
_SCHOOL: Final = re.compile(
    r"^(?:\S+'s (?:[a-z-]+ ){1,2}(?=[A-Z]))?(?P<who>[A-Z][\w-]+|\S+'s [a-z -]{2,25}?) (?:now |has |is "
    r"|just |both )*"
    r"(?:goes to|going to|attends?|attending|started(?: school)? at|starts at|at|in|moved (?:up )?to"
    r"|switched to|changed to|joined"
    r"|enrolled at) (?:a |the )?(?P<value>[A-Z][\w' .-]*?(?:Primary|Secondary|School|High|Nursery"
    r"|Kindergarten|College|Academy"
    r"|Elementary|Gymnasium|Grammar|Middle|Infants?|Juniors?|Lyc[ée]e|University|Uni))\b"
)
_WEIGHT: Final = re.compile(
    r"^(?P<who>[A-Z]\w+|\S+'s [a-z -]{2,20}?) (?:now |has |just )*(?:weighs?|weighed in at|is (?:now "
    r"|already )?(?:down|up|back) (?:to|at)"
    r"|is at|got (?:down|up) to)(?: now| about| around| only)* (?P<value>\d[\d.,]*) ?(?P<unit>kilos?|kgs?"
    r"|kilograms?|pounds|lbs?|stone)\b"
)
_DOSE: Final = re.compile(
    r"^(?P<who>[A-Z]\w+|\S+'s [a-z -]{2,20}?) (?:now |has |is |just |currently )*(?:takes?|taking|on"
    r"|started|up to|down to)(?: now)?"
    r" (?P<value>\d[\d.,]* ?(?:mg|mcg|ml|g|units))(?: of)? (?P<drug>[a-z]\w+)|^(?P<who2>[A-Z]\w+) (?:takes?"
    r"|is on) (?P<drug2>[a-z]\w+),? (?P<value2>\d[\d.,]* ?(?:mg|mcg|ml|g|units))"
)
_WEEKLY: Final = re.compile(
    r"^(?P<what>.{5,60}?) (?:now |always |only |usually )*(?:is |are )?(?:now )?(?:on|every) (?P<day>(?:Mon"
    r"|Tues|Wednes|Thurs|Fri|Satur|Sun)day)s?"
    r"(?: now| instead| these days|, [^,]+| (?:morning|evening|afternoon|night)s?| at \S+)*$"
)
_RIDE: Final = (
    r"bus|train|tram|subway|metro|underground|tube|car|bike|bicycle|cycl\w+|ferry|scooter|motorbike|foot"
    r"|walk\w*|driv\w+"
    r"|carpool\w*|taxi"
)
_COMMUTE: Final = re.compile(
    rf"^(?P<who>.{{2,40}}?) (?:now |usually |mostly |always |has |have |switched to |is |back to "
    rf"|changed to )*"
    rf"(?:(?:takes?|taking|catch(?:es)?|uses?|using|rides?|riding|goes? by|going by|commutes? (?:by|on)"
    rf"|commuting by|gets? the"
    rf"|comes? by|goes? on) ?(?:the |a |\w+'s |my |his |her )?)?(?P<value>{_RIDE})(?: now)? (?:to"
    rf"|into) (?P<to>(?:the )?(?:work|office|school"
    r"|university|uni|campus|town|job))\b"
)
_CLASSES: Final = (
    ("phone", "iphone android pixel samsung galaxy oneplus xiaomi nokia fairphone huawei motorola ios"),
    ("browser", "firefox chrome safari edge brave opera vivaldi"),
    ("system", "linux windows mac macos ubuntu fedora debian macbook thinkpad chromebook"),
    ("editor", "vim neovim emacs vscode sublime intellij pycharm zed"),
    ("music", "spotify tidal deezer pandora"),
    ("chat", "whatsapp signal telegram threema"),
    ("notes", "notion obsidian evernote onenote logseq"),
    ("instrument", "violin piano guitar banjo drums cello flute trumpet saxophone clarinet harp ukulele"
        " accordion viola oboe"),
    ("carrier", "vodafone telekom t-mobile verizon o2 orange magenta"),
    ("mail", "gmail outlook protonmail fastmail"),
    ("search", "google duckduckgo bing kagi ecosia"),
    ("drink", "coffee tea decaf"),
    ("milk", "oat soy almond"),
    ("reading", "kindle kobo paperback"),
)  # fmt: skip
_CLASS_OF: Final = {word: name for name, words in _CLASSES for word in words.split()}
_USE: Final = re.compile(
    r"^(?P<who>.{2,40}?) (?P<verb>(?:now |mostly |mainly |has |have |is |just |recently |finally )*"
    r"(?:uses?|using|switched(?: over)? to|changed to|moved(?: over)? to|went back to|(?:is )?back (?:to|on"
    r"|with)(?: using| playing)?"
    r"|plays?|drinks?|is on|listens? to music on|runs?))(?: now)? (?:an?|the"
    r"|\w+'s)? ?(?P<what>[^,;.()]{2,40})$",
    re.IGNORECASE,
)
_SWITCHED: Final = re.compile(r"\b(?:switched|changed|moved|back)\b", re.IGNORECASE)
# Of these one may use or play several, so that only a switch says that it is one instead of the other.
_SEVERAL_AT_ONCE: Final = frozenset({"instrument", "chat", "drink", "mail", "editor", "system"})


_UNSURE: Final = re.compile(r"\b(?:not|never|no longer|if|maybe|might|would|could)\b|n't\b|\?")


class Standing(msgspec.Struct, frozen=True):
    """of: the thing, as stems, with its kind. value: what it is said to be. news: it was another before."""

    of: tuple[str, ...]
    value: tuple[str, ...]
    news: bool

    def replaces(self, other: Standing) -> bool:
        return self.news and self.of == other.of and self.value != other.value and bool(self.value)


def standing(text: str) -> Standing | None:
    """Of what there is one of at a time a statement in the third person speaks, if it does."""
    text = without_dates(text).strip(" .!")
    if _UNSURE.search(text):
        return None
    for pattern, read in _READERS:
        if found := pattern.match(text):
            return read(found, text)
    return _known(text)


_Reader = Callable[[re.Match[str], str], "Standing | None"]


def _placed(kind: str) -> _Reader:
    return lambda found, text: Standing(
        (kind, *terms(found["who"])), tuple(terms(found["value"])), _is_news(text)
    )


def _school(found: re.Match[str], text: str) -> Standing:
    news = _is_news(text) or re.search(r"\b(?:start|enrol|join)", text) is not None
    return Standing(("school", *terms(found["who"])), tuple(terms(found["value"])), news)


def _weight(found: re.Match[str], _: str) -> Standing:
    unit = found["unit"].lower()[0]
    return Standing((f"weight-{unit}", *terms(found["who"])), (found["value"],), news=True)


def _dose(found: re.Match[str], text: str) -> Standing:
    who, drug, value = (found[key] or found[f"{key}2"] for key in ("who", "drug", "value"))
    return Standing((f"dose-{drug.lower()}", *terms(who)), (value.replace(" ", ""),), _is_news(text))


def _weekly(found: re.Match[str], text: str) -> Standing:
    return Standing(("weekly", *terms(found["what"])), (found["day"],), _is_news(text))


def _commute(found: re.Match[str], text: str) -> Standing:
    return Standing(("commute", *terms(found["who"])), _ride(found["value"]), _is_news(text))


def _used(found: re.Match[str], text: str) -> Standing | None:
    classes = {_CLASS_OF[word] for word in found["what"].lower().split() if word in _CLASS_OF}
    if len(classes) != 1:
        return None
    (kind,) = classes
    value = tuple(word for word in found["what"].lower().split() if word in _CLASS_OF)
    switched = _SWITCHED.search(text) is not None
    who = re.sub(r" (?:has|have|is|just)$", "", found["who"])
    return Standing((kind, *terms(who)), value, switched or (_is_news(text) and kind not in _SEVERAL_AT_ONCE))


def _known(text: str) -> Standing | None:
    found = _KNOWN.match(text)
    if found is None:
        return None
    kind = _kind(found["value"])
    if kind is None:
        return None
    noun = re.sub(r"^(?:new|old) ", "", found["noun"])
    one = _ONE_OF_IT.search(noun) is not None
    of = found["of"].replace(found["new"] or "\0", "")
    if kind == "where" and _PERSONS.search(noun):
        return None  # where somebody is just now says nothing of where they live
    news = (_is_news(text) and (one or kind != "thing")) or (found["new"] is not None and one)
    return Standing((kind, *terms(of)), tuple(terms(found["value"])), news)


def _kind(value: str) -> str | None:
    value = re.sub(r"^(?:now|currently|called|named) ", "", value)
    if re.match(r"(?:Mr|Mrs|Ms|Dr|Prof)?\.? ?[A-Z][\w.'-]*(?: [A-Z][\w.'-]*)*$", value):
        return "name"
    if re.match(r"(?:at |about |around )?[\d$€£]", value):
        return "number"
    if re.match(
        r"(?:with|under|behind|in|on|at|next to|by|inside|above) (?:the |my |\w+'s )?\w+(?: \w+)?$", value
    ):
        return "where"
    if re.match(r"an? \w", value):
        return "thing"
    return None


def _ride(word: str) -> tuple[str, ...]:
    for stem, name in (("cycl", "bike"), ("bicycle", "bike"), ("driv", "car"), ("walk", "foot"),
                       ("tube", "metro"),
                       ("subway", "metro"), ("underground", "metro")):  # fmt: skip
        if word.startswith(stem):
            return (name,)
    return (word,)


def _is_news(text: str) -> bool:
    return _NEWS.search(text) is not None


_READERS: Final[tuple[tuple[re.Pattern[str], _Reader], ...]] = (
    (_HOME, _placed("home")),
    (_SEAT, _placed("seat")),
    (_FLAT, _placed("home")),
    (_LIVES, _placed("home")),
    (_SCHOOL, _school),
    (_WEIGHT, _weight),
    (_DOSE, _dose),
    (_WEEKLY, _weekly),
    (_COMMUTE, _commute),
    (_USE, _used),
)

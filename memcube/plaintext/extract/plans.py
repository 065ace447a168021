# ruff: noqa: SIM905 (word lists read best as words)
"""Plan slots: one appointment, trip or party that can move. "plan/dentist", "plan/trip/porto",
"plan/wedding/anna".

The key is the event's noun with what tells it apart: whose it is, where it goes. A plan only mentioned with
an indefinite article and a noun of which there are many ("a meeting on Friday") gets none, so that two
meetings of one week do not retire each other; "the meeting" that moved is one.
"""

import re

from memcube.plaintext.extract.dates import Moment
from memcube.plaintext.extract.person import SPEAKER

_SPECIALISTS = (
    r"dentist|dental|doctor|doctor's|gp|vet|optician|physio|physiotherapy|hair|haircut|hairdresser"
    r"|dermatologist|therapy|visa"
    r"|hospital|eye|blood(?! thinner| pressure| sugar| type)|passport|notary|bank|solicitor|midwife"
)
_UNIQUE = (
    r"wedding|surgery|operation|marathon|graduation|housewarming|house-warming|funeral|driving test"
    r"|interview|exam|conference"
    r"|move|holiday|vacation|honeymoon|christening|launch|trip|flight|festival|recital|defen[cs]e|retreat"
    r"|viewing|presentation"
    r"|concert|birthday party|farewell party|leaving party|party|half marathon|workshop|deadline|handover"
    r"|audition|reunion|talk|lecture|gig"
)
_MANY = (
    r"meeting|call|dinner|lunch|brunch|class|game|match|lesson|visit|hike|picnic|delivery|train"
    r"|course|appointment|check-?up|race"
)
_WHOSE = rf"(?P<whose>(?:{SPEAKER}|[A-Z][\w-]+(?: and [A-Z][\w-]+)?)'s|[Tt]he|[Tt]his|[Tt]hat|[Oo]ur|an?)"
_EVENT = (
    rf"{_WHOSE} (?:(?:new|next|big|annual|first|second|summer|little|long|whole) )*"
    rf"(?:(?P<special>{_SPECIALISTS})(?P<generic>(?:'s)? (?:appointment|check-?up|visit|slot|cut))?"
    rf"|(?P<mod>(?:(?!(?!spring)\w+(?:ed|ing) )[\w'-]+ ){{0,2}}?)(?P<noun>{_UNIQUE}|{_MANY}))(?![\w-])"
    r"(?: (?:to|in|with|for|at|of) (?P<with>(?:the )?(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Jan|Feb"
    r"|March|April|May\b|June|July"
    r"|Aug|Sept|Oct|Nov|Dec)[A-Z][\w'-]+(?: [A-Z][\w'-]+)?))?"
)
_EVENT_AT = re.compile(_EVENT)
_TRAVEL = re.compile(
    rf"{SPEAKER}(?: and others)?(?:'s [a-z]+ and {SPEAKER})? (?:(?:is|are|will be) (?:now |both "
    rf"|actually )?(?:going|flying|travelling|traveling|driving|off|heading)"
    rf"|(?:has|have) booked (?:\w+ ){{0,2}}(?:flights?|trains?|tickets?)|booked (?:\w+ ){{0,2}}(?:flights?"
    rf"|trains?|tickets?)|flies|fly|goes|will (?:go|fly|travel)) to "
    r"(?P<place>(?!Mon|Tues|Wed|Thurs|Fri|Sat|Sun)[A-Z][\w'-]+(?: [A-Z][\w'-]+)?)"
)
_MOVING = re.compile(
    rf"{SPEAKER}(?: and others)? (?:(?:is|are)(?: finally| really| officially| now)? moving|(?:will"
    rf"|is going to|plans to|decided to) move|moves) to "
    r"(?P<place>[A-Z][\w'-]+(?: [A-Z][\w'-]+)?)"
)
# "From June I live in Rome" moves there in June.
_LIVING = re.compile(
    rf"{SPEAKER}(?: and others)? (?:(?:will )?lives?|(?:is|are|will be) living) in "
    r"(?P<place>[A-Z][\w'-]+(?: [A-Z][\w'-]+)?)"
)
_STARTING = re.compile(
    rf"{SPEAKER}(?: (?:is|will be) (?:starting|joining)|(?: will)? (?:starts?|joins?))(?: (?:work(?:ing)?"
    rf"|{SPEAKER}'s new job|a new job))?(?: at| with)? (?P<place>[A-Z][\w&'-]+)"
)
_CHANGED = re.compile(
    r"\b(?:moved|moving|postponed|rescheduled|pushed|brought forward|shifted|cancell?ed|called off|changed"
    r"|delayed|is off|are off"
    r"|is on again|put off|meant|instead)\b"
)
_HAPPENED = re.compile(
    r"\b(?:was|were|went|had|came|did)\b(?!.{0,30}\b(?:moved|postponed|rescheduled|pushed|changed"
    r"|cancell?ed)\b)"
)


def plan_of(text: str, moment: Moment | None, ahead: bool) -> tuple[str, str | None] | None:
    """(slot, value) of a planned event; the value is its date. None for what has happened or is not dated."""
    changed = _CHANGED.search(text) is not None
    if not (changed or ahead):
        return None
    value = moment.iso if moment else None
    if ahead:
        for pattern, slot in ((_MOVING, "plan/move"), (_STARTING, "plan/job"), (_LIVING, "plan/move")):
            if pattern.search(text):
                return slot, value
    if moment is None and not re.search(
        r"\b(?:cancell?ed|called off|is off|are off|isn't happening)\b", text
    ):
        return None
    if not changed and _HAPPENED.search(text):
        return None
    # "Physio is on Tuesday": a note leaves the article out.
    event = _EVENT_AT.search(text) or _EVENT_AT.match(f"the {text[:1].lower()}{text[1:]}")
    if event:
        key = _key(event, changed)
        return (f"plan/{key}", value) if key else None
    travel = _TRAVEL.search(text)
    return (f"plan/trip/{_plain(travel['place'])}", value) if travel else None


def _key(event: re.Match[str], changed: bool) -> str | None:
    if event["special"]:
        return _plain(
            re.sub(r"'s$", "", event["special"]).replace("dental", "dentist").replace("haircut", "hair")
        )
    noun = _plain(event["noun"].replace("vacation", "holiday"))
    mod = _plain(" ".join(word for word in (event["mod"] or "").split() if word.lower() not in _EMPTY))
    if (
        re.fullmatch(_MANY, event["noun"])
        and not mod
        and not event["with"]
        and not changed
        and event["whose"] in ("a", "an")
    ):
        return None
    whose = event["whose"]
    told_apart = mod or (_plain(event["with"].removeprefix("the ")) if event["with"] else "")
    if whose.endswith("'s") and SPEAKER not in whose:
        told_apart = _plain(whose[:-2])
    return f"{noun}/{told_apart}" if told_apart else noun


_EMPTY = frozenset("new next big annual first second summer little long whole and of the weekend".split())


def _plain(words: str) -> str:
    return re.sub(r"[^\w]+", "-", words.lower().replace("'s", "")).strip("-")

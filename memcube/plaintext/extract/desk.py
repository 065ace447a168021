# ruff: noqa: SIM905 (word lists read best as words)
"""What lies on the desk between a person and an assistant: the code, the draft, what is needed right now.

It is spoken of like one's own things ("my query is slow", "I need a logo"), and it is gone with the task.
"""

import re
from typing import Final

from memcube.plaintext.extract import lexicon, verbs
from memcube.plaintext.extract.subject import Kind, Subject

# Made, read or mended in the task itself.
_MATTER: Final = frozenset(
    "code function script query program programme error errors bug bugs output input stack trace log logs "
    "exception build compiler terminal console command file files folder page link url table tables column "
    "columns row rows cell cells list lists array string strings variable class method loop regex formula "
    "api "
    "endpoint request response json csv xml html css paragraph paragraphs sentence sentences draft text "
    "texts "
    "tone wording phrasing intro introduction conclusion heading headline caption bullet bullets word words "
    "synonym synonyms title titles answer answers result results option options version versions prompt "
    "prompts template summary outline translation definition example examples logo slogan tagline poem "
    "haiku limerick story plot character characters protagonist hero heroine villain narrator scene chapter "
    "verse rhyme joke jokes riddle quiz screenshot diagram chart graph image spreadsheet slide slides "
    "equation proof problem homework ending question questions typo comma font".split()
)
# "My locker code is 1234" is one's own.
_LOCK: Final = re.compile(r"\b(?:is|are|changed to) (?:now )?\S*\d")
# Done at the desk, for this moment.
_DESKWORK: Final = frozenset(
    "convert format sort translate calculate compute count debug import parse print compare "
    "summarize "
    "summarise rephrase rewrite proofread shorten export merge rename delete insert paste "
    "phrase spell cite explain generate solve simplify verify "
    "submit attach upload download".split()
)
_WANTS: Final = frozenset("need needs want have get getting got see require looking".split())
# What all of us live under: the weather, the world, the news.
_PUBLIC: Final = frozenset(
    "weather forecast temperature sun sky rain snow wind traffic time world planet earth universe society "
    "humanity economy market markets government parliament prices inflation rates internet media news "
    "president country nation capital population countries science history climate election war sea ocean "
    "moon mankind".split()
)
_MEASURED: Final = re.compile(
    r"(?:it's|it is|it was|it'll be)\s(?:\w+\s){0,2}(?:-?\d+\s?(?:degrees|°|am|pm|o'clock)|raining"
    r"|snowing|sunny"
    r"|cloudy|windy|hot|cold|dark|late|early|(?:mon|tues|wednes|thurs|fri|satur|sun)day\b[.!]*$)",
    re.IGNORECASE,
)
# "I prefer the second draft", "I like option two": of what an assistant has shown.
_JUDGED: Final = re.compile(
    r"(?:do not |don't |didn't |really )*(?:like|love|prefer|hate|meant|choose|pick|take)\w* (?:the|this"
    r"|that|option)\b"
)
_LEAVING: Final = re.compile(
    r"\boff to (?:bed|sleep|work|lunch|dinner|school|class|the gym)\b|\bbrb\b"
    r"|^(?:I'm|I am) (?:just |still |currently )*(?:on (?:the|my|a) (?:train|bus|way|plane|tram|phone"
    r"|road|call)|waiting"
    r"|stuck in|running late|at the (?:airport|station|door|shop|supermarket|office)\b(?=.*\bright now))\b"
    r"|^I (?:can't|cannot|couldn't) (?:sleep|focus|concentrate|think)\b\W*$"
    r"|^(?:I|we) (?:just |only )*(?:woke up|got home|sat down|finished eating)\W*$",
    re.IGNORECASE,
)


def is_matter(subject: Subject, text: str, *, dated: bool) -> bool:
    """Whether a sentence speaks of the task at hand, or of what everybody shares."""
    words = subject.words
    head = words[subject.head : subject.predicate]
    if head in (("my",), ("our",)):
        head = words[subject.head : subject.predicate + 1]  # "my code throws": read as a verb
    if subject.kind in (Kind.OWN, Kind.DEFINITE, Kind.GENERIC) and head:
        last = next((word for word in reversed(head) if word not in lexicon.FUNCTION), "")
        lock = last == "code" and _LOCK.search(text) is not None
        return (last in _MATTER and not dated and not lock) or not _PUBLIC.isdisjoint(head[:3])
    if subject.kind is Kind.DUMMY:
        return _MEASURED.match(text) is not None
    return subject.kind is Kind.FIRST and _is_errand(words[subject.predicate :], text, dated=dated)


def _is_errand(rest: tuple[str, ...], text: str, *, dated: bool) -> bool:
    """As in "I need three synonyms", "I want to sort a list", "I'm getting an error"."""
    if _LEAVING.search(text):
        return True
    if not dated and _JUDGED.match(" ".join(rest)) and not _MATTER.isdisjoint(rest[:4]):
        return True
    told = [word for word in rest if word not in lexicon.FUNCTION and not verbs.is_adverb(word)]
    if dated or not told or told[0] not in _WANTS:
        return False
    following = [word for word in told[1:] if word not in lexicon.EVALUATIVE and not word.isdigit()]
    if "to" in rest[:3]:
        return following[:1] != [] and following[0] in _DESKWORK
    return not _MATTER.isdisjoint(following[:2])

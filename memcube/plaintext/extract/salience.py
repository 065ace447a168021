# ruff: noqa: SIM905 (word lists read best as words; dashes and wide marks are what people type)
"""What is worth remembering: news of a person; no greetings, praise, questions, requests, wishes, sayings.

A sentence must earn its memory: it needs somebody or something it is about (`subject`), and words that say
more than how one finds it (`lexicon.HOLLOW`). How much more depends on the subject: "I" needs one such word,
"the plumber" a deed or a date, "it" and sayings nearly never make it.
"""

import re
from typing import Final

from memcube.plaintext.extract import chatter, foreign, instructions, lexicon, opinion, verbs
from memcube.plaintext.extract.subject import TIMES, Kind, Subject, subject_of

_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
# The words of another, or of a song: nothing of the speaker.
_QUOTE = re.compile(r"[\"“«'][^\"”»]*[\"”»'][.!,]*")
_HEARER = frozenset("you you're you've you'll you'd your yours yourself u ur y'all yourselves".split())
_PERSONAL = frozenset("he she his her him been they their".split())
_MINE = frozenset("me my mine i i'm i've myself".split())
_BE = frozenset(
    "am is are was were be been being 'm 's feel feels felt get got getting feeling sounds looks "
    "seems doing stay stayed staying remain".split()
)
# "I'm passionate about X" says what one likes; "I'm excited about X" how one feels today.
_LASTING = frozenset(
    "passionate obsessed interested into fan hooked committed dedicated afraid scared".split()
)
_BELIEVING = ("sure", "certain", "confident", "convinced")
_ASPECT: Final = frozenset("start started starting keep kept keeping continue stop stopped begin".split())
_MY_CAUSE = re.compile(
    r"\b(?:about|for|of|with|because|since|after|before|at|by|that) (?:my|our)\b", re.IGNORECASE
)
# What anything makes one feel is a mood, not news.
_FELT = re.compile(
    r"\b(?:makes?|made) (?:me|us) (?:feel|think|realize|realise|remember|appreciate|wonder|smile)\b"
    r"|\bremind(?:s|ed)? (?:me|us)\b"
)
_DEICTIC: Final = frozenset(("this", "that", "these", "those"))
# "Locker 3 belongs to Rui": a number and a name make news of a thing.
_NAMED_LATER = re.compile(r"[a-z\d,] [A-Z][a-z]")
# "The trip is off": what became of something planned.
_CALLED_OFF = re.compile(
    r"(?:\b(?:cancell?ed|postponed|rescheduled|delayed|brought forward|(?:called|put) off|fell through)"
    r"|(?:\b(?:is|are|was)|'s) (?:off|back on|on again|(?:no longer|not) happening))\b(?! to\b| with\b)"
)
# "We can make it happen"
_WE_CAN = re.compile(r"(?:by \w+ing (?:\w+ )*|\w+,? )?we can\b", re.IGNORECASE)
# "We'll rock the floor", "We gotta stick together": cheering each other on.
_TOGETHER = re.compile(
    r"(?:\w+,? )?we(?:'ll(?! be \w+ing)| will(?! be \w+ing)|'re all| are all| gotta| must"
    r"| all(?! \w+ed\b))\b",
    re.IGNORECASE,
)
# "I'm in awe of your courage" is of the hearer; "I need to try baking that" of what was said before.
_YOUR_LIGHT = re.compile(
    rf"\byour (?:\w+ )?(?:{'|'.join(sorted(lexicon.LIGHT_NOUNS - TIMES))})\b", re.IGNORECASE
)
_LEFT_OPEN = re.compile(
    r"(?:need|want|have|gonna|going|love|like|got) to (?:\w+ )?(?:try|check|see|do|read|watch|visit|go|give"
    r"|make|look)\b.* (?:it|that|this|them|one|there)[.! ]*$",
    re.IGNORECASE,
)
# Said of what both look at.
_SHOWN = re.compile(
    r"\b(?:in|on|of) (?:the|this|that|your|these|those) (?:\w+ )?(?:pic|photo|picture|shot|image"
    r"|background|post|video)s?\b|\b(?:it looks|they look|how you)\b",
    re.IGNORECASE,
)
_LIKING: Final = frozenset("love like loved liked adore enjoy dig see".split())
# "You can reach me at 555-0192": no request, but a number.
_REACHED = re.compile(
    r"\b(?:reach|call|text|ring|contact|phone|e-?mail|write to) me (?:at|on|under)"
    r" (?:\+?\d[\d ()/.-]{4,}\d|\S+@\w)",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\d+\s?%\s?(?=agree|sure|with|behind)", re.IGNORECASE)
_MODAL: Final = frozenset("would could should shall ought".split())
_MAY: Final = frozenset("can could may might".split())
_OFFER: Final = frozenset(
    "let keep see check be do try think remember consider look talk support help cheer stick root make "
    "definitely "
    "get give take come watch wait join catch say tell share show find go have never always stay continue "
    "push".split()
)


def is_statement(sentence: str, dated: bool) -> bool:
    """Whether a sentence, stripped of its lead, says something to remember. `dated`: it gives a date."""
    text = _PERCENT.sub("", _URL.sub(" ", sentence)).strip()
    if not any(char.isalnum() for char in text) or chatter.is_code(text) or _QUOTE.fullmatch(text):
        return False
    subject = subject_of(text)
    if foreign.is_foreign(text, subject.words):
        return foreign.is_statement(text, subject.words)
    if instructions.is_standing(text) or _REACHED.search(text):
        return True
    if chatter.asks(text) or chatter.wishes(text) or chatter.is_phatic(text):
        return False
    return _is_news(subject, text, dated)


def _is_news(subject: Subject, text: str, dated: bool) -> bool:  # noqa: PLR0911 (one line a kind)
    rest = subject.words[subject.predicate :]
    content = opinion.content(subject.words if subject.kind is not Kind.FIRST else rest)
    exact = dated or any(char.isdigit() for char in text)
    hearer = not _HEARER.isdisjoint(subject.words)
    match subject.kind:
        case Kind.SECOND | Kind.ORDER:
            return False
        case Kind.FRAGMENT:
            return exact and bool(content) and not hearer
        case Kind.FIRST:
            return _is_own_news(rest, content, text, exact, hearer)
        case Kind.OWN:
            return _is_news_of_own(subject, exact, hearer)
        case Kind.THIRD:
            if not exact and opinion.is_praise_of(subject.words[subject.head], rest):
                return False  # "He's a great leader"
            return len(content) >= (2 if subject.words[subject.head].startswith(("he", "she")) else 3) or (
                exact and bool(content)
            )
        case Kind.NAMED:
            return _is_named_news(subject, exact, hearer)
        case Kind.DEFINITE:
            return _is_definite_news(subject, content, exact=exact, hearer=hearer)
        case Kind.DUMMY:
            return _is_dummy_news(rest, content, exact, hearer)
        case _:
            named = _NAMED_LATER.search(text) is not None
            return _is_generic_news(subject, rest, content, dated or (exact and named), hearer)


def tells_more(subject: Subject) -> bool:
    """Whether it says of somebody more than how one finds them."""
    rest = subject.words[subject.predicate :]
    return bool(rest) and not opinion.is_opinion(rest) and _HEARER.isdisjoint(rest)


def _is_own_news(rest: tuple[str, ...], content: list[str], text: str, exact: bool, hearer: bool) -> bool:  # noqa: PLR0911 (one line a reason)
    at = _main_verb(rest)
    verb = rest[at] if at < len(rest) else ""
    after = rest[at + 1] if at + 1 < len(rest) else ""
    if not content and (not exact or opinion.is_hollow(verb, rest[at + 1 :])):
        return False
    if len(content) < 2 and opinion.is_something(verb, rest[at + 1 :]):
        return False
    if hearer and not exact and (len(content) < 2 or after in _HEARER or rest[:1] == ("can",)):
        return False
    if _MODAL.intersection(rest[: at + 1]):
        return False
    if not exact and (_is_left_open(text, verb, content) or opinion.is_object_light(verb, rest, content, at)):
        return False
    if verb in lexicon.TALK_VERBS and not _tells(verb, rest[at + 1 :], content, hearer):
        return False
    if not exact and verb in ("feel", "felt", "feeling", *_BELIEVING):
        # "I feel an urge to serve my country"
        urged = verb == "feel" and after in opinion.ARTICLES and not _MINE.isdisjoint(rest)
        return urged and len(content) >= 3 and not hearer
    if not exact and len(content) <= 2 and opinion.is_evaluation(verb, rest[at + 1 :]):
        return False
    return _is_more_than_felt(rest, at, content, text, exact=exact, hearer=hearer)


def _is_left_open(text: str, verb: str, content: list[str]) -> bool:
    """Said to the hearer, of what both look at, or of what was said before: nothing in it lasts."""
    few = len(content)
    return (
        (verb in _LIKING and _SHOWN.search(text) is not None)
        or _YOUR_LIGHT.search(text) is not None
        or (few < 4 and (_LEFT_OPEN.search(text) or _TOGETHER.match(text)) is not None)
        or (few < 5 and _WE_CAN.match(text) is not None)
    )


def _is_more_than_felt(
    rest: tuple[str, ...], at: int, content: list[str], text: str, *, exact: bool, hearer: bool
) -> bool:
    verb = rest[at] if at < len(rest) else ""
    after = rest[at + 1] if at + 1 < len(rest) else ""
    feeling = next((word for word in rest[at:] if word not in lexicon.FUNCTION and word not in _BE), "")
    if (
        (verb in _BE or not verb or verb in lexicon.FEELING)
        and feeling in lexicon.FEELING
        and feeling not in _LASTING
    ):
        return (exact and bool(content)) or (_MY_CAUSE.search(text) is not None and not hearer)
    ahead = "'ll" in text[:8] or not {"will", "gonna", "going"}.isdisjoint(rest[:at])
    if ahead and verb in _OFFER and len(content) < 2 and not exact:
        return False
    return not (after in opinion.OBJECT_PRONOUNS and not exact and len([w for w in content if w != verb]) < 1)


def _tells(verb: str, rest: tuple[str, ...], content: list[str], hearer: bool) -> bool:
    """As "I know some Greek" and "I see a therapist" tell something; "I know what it's like" does not."""
    if verb in ("know", "knew"):
        return (
            bool(rest)
            and rest[0] in ("how", "a", "some", "no", "enough", "the")
            and not hearer
            and bool(content)
        )
    if verb == "thinking":
        return rest[:1] in (("of",), ("about",)) and len(content) >= 2 and not hearer
    if verb in ("hope", "hoping"):
        return rest[:1] == ("to",) and len(content) >= 2
    if verb == "meant":
        return bool(content)
    if verb in ("see", "heard", "hear", "said", "say", "feel", "felt", "realized", "realised", "care"):
        return len(content) >= 2 and not hearer and rest[:1] != ("like",)
    return False


def _main_verb(rest: tuple[str, ...]) -> int:
    """Over adverbs and auxiliaries: the place of "moved" in "have just moved"."""
    for at, word in enumerate(rest):
        if word in verbs.AUXILIARIES and at + 1 < len(rest):
            following = next(
                (w for w in rest[at + 1 :] if not verbs.is_adverb(w) and w not in lexicon.FUNCTION), ""
            )
            if verbs.is_verb(following) and following not in lexicon.MOOD:
                continue
            return at
        if word in _ASPECT and at + 1 < len(rest) and rest[at + 1].endswith("ing"):
            continue  # "I'll start thinking about it" is about thinking
        if word in (
            "gonna",
            "gotta",
            "wanna",
            "to",
            "not",
            "all",
            "both",
            "so",
            "going",
            ",",
        ) or verbs.is_adverb(word):
            continue
        return at
    return 0


def _is_news_of_own(subject: Subject, exact: bool, hearer: bool) -> bool:
    """My sister moved; but my heart is full."""
    if exact:
        return True
    head = [
        word for word in subject.words[subject.head + 1 : subject.predicate] if word not in lexicon.EVALUATIVE
    ]
    told = opinion.content(subject.words[subject.predicate :])
    if not told and not _MAY.isdisjoint(subject.words[subject.predicate :][:1]):
        return False  # "My small deeds can have a big impact"
    if head and lexicon.LIGHT_NOUNS.issuperset(head):
        return len(told) >= 2 and not hearer
    return bool(opinion.content(subject.words)) and not hearer and subject.predicate < len(subject.words)


def _is_named_news(subject: Subject, exact: bool, hearer: bool) -> bool:
    """Tom moved; but "Tom is great" only praises. "Pottery is a part of my life" is of the speaker."""
    rest = subject.words[subject.predicate :]
    if exact:
        return True
    if hearer or not rest:
        return False
    if opinion.is_opinion(rest):
        praised = not _PERSONAL.isdisjoint(rest)
        return opinion.is_of_speaker(rest) and not praised and bool(opinion.content(subject.words))
    return bool(opinion.content(rest))


def _is_definite_news(subject: Subject, content: list[str], *, exact: bool, hearer: bool) -> bool:
    """The plumber came, the key is with Tom; but the view was amazing, and these colours are vivid."""
    rest = subject.words[subject.predicate :]
    if hearer or not rest:
        return False
    told = opinion.content(rest)
    if exact or _CALLED_OFF.search(" ".join(rest)) is not None:
        return bool(content)
    if opinion.is_opinion(rest) or (
        subject.words[subject.head] in _DEICTIC and rest[0] in ("is", "are") and _MINE.isdisjoint(rest)
    ):
        return False
    if not _MINE.isdisjoint(rest):
        return bool(content)
    return len(content) >= 3 and bool(told)


def _is_dummy_news(rest: tuple[str, ...], content: list[str], exact: bool, hearer: bool) -> bool:
    if hearer or not rest:
        return False
    if exact:
        return len(content) >= (3 if opinion.is_opinion(rest) else 1)
    return len(content) >= 3 and verbs.is_past(rest[0]) and rest[0] not in lexicon.LIGHT_VERBS


def _is_generic_news(
    subject: Subject, rest: tuple[str, ...], content: list[str], dated: bool, hearer: bool
) -> bool:
    """A saying, unless the speaker is in it: "Running keeps me sane"."""
    if hearer or not rest:
        return False
    if subject.words[subject.head] in lexicon.LIGHT_NOUNS:
        return dated and len(content) >= 2
    if dated and len(content) >= 2 and not opinion.is_opinion(rest):
        return True
    if opinion.is_opinion(rest) and not opinion.is_of_speaker(rest):
        return False  # "Seeing my kids smile was so lovely"
    if _FELT.search(" ".join(rest)):
        return opinion.is_deed(subject.words[subject.head : subject.predicate])
    return opinion.is_of_speaker(subject.words) and len(content) >= 1

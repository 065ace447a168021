# ruff: noqa: SIM905 (word lists read best as words)
"""What a speaker says of themself: news, or a mood, an offer, a word of agreement."""

import re
from typing import Final

from memcube.plaintext.extract import lexicon, opinion, verbs
from memcube.plaintext.extract.subject import TIMES

_BE = frozenset(
    "am is are was were be been being 'm 's feel feels felt get got getting feeling sounds looks "
    "seems doing stay stayed staying remain".split()
)
# "I'm passionate about X" says what one likes; "I'm excited about X" how one feels today.
_LASTING = frozenset(
    "passionate obsessed interested into fan hooked committed dedicated afraid scared".split()
)
# "I'm mad about opera", not "about the delay".
_MAD: Final = re.compile(
    r"\bmad about (?!the\b|this\b|that\b|it\b|what\b|how\b|my\b|him\b|her\b|them\b|being\b)"
)
_BELIEVING = ("sure", "certain", "confident", "convinced")
_ASPECT: Final = frozenset("start started starting keep kept keeping continue stop stopped begin".split())
_MY_CAUSE = re.compile(
    r"\b(?:about|for|of|with|because|since|after|before|at|by|that) (?:my|our)\b", re.IGNORECASE
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
# "I'm so done today", "I feel completely flat": a state of this moment, whatever it is called.
_OF_NOW: Final = re.compile(
    r"(?:I'm|I am|I was|I feel|I'm feeling|I've been|we're|we are|we were|feeling) (?:(?:just|honestly"
    r"|like|all) )*"
    r"(?:literally|basically|practically|so+|such|too|completely|totally|absolutely|utterly|super"
    r"|sooo+)(?: an?)? "
    r"(?!(?:allergic|pregnant|deaf|blind|into|that|much|many)\b)[\w-]+"
    r"(?: (?:today|now|right now|tonight|this (?:morning|week|evening)|at the moment|lately|lol"
    r"|haha))*[.! ]*$",
    re.IGNORECASE,
)
# "I'm always up for a walk", "We're all in": to the hearer.
_UP_FOR: Final = re.compile(
    r"(?:I'm|I am|we're|we are) (?:(?:always|totally|all|so|definitely) )*(?:up|down|game|open|here|ready"
    r"|all ears)"
    r" (?:for|to|with)\b",
    re.IGNORECASE,
)
# "I love the necklace": it is before both. What all of us know ("the ocean") is not.
_ADMIRED: Final = re.compile(
    r"(?:I|we) (?:(?:really|just|absolutely|totally|also|do) )*(?:love|like|adore|dig|loved|liked) (?:the"
    r"|this|that|these|those)"
    r" (?:\w+ )?\w+(?: (?:theme|too|so much|a lot))?[.!]*$",
    re.IGNORECASE,
)
_LEANING: Final = frozenset("it them that those these one ones".split())
_LIKING: Final = frozenset("love like loved liked adore enjoy dig see".split())
_MODAL: Final = frozenset("would could should shall ought".split())
_OFFER: Final = frozenset(
    "let keep see check be do try think remember consider look talk support help cheer stick root make "
    "definitely "
    "get give take come watch wait join catch say tell share show find go have never always stay continue "
    "push".split()
)


def is_news(rest: tuple[str, ...], content: list[str], text: str, exact: bool, hearer: bool) -> bool:  # noqa: PLR0911 (one line a reason)
    at = _main_verb(rest)
    verb = rest[at] if at < len(rest) else ""
    after = rest[at + 1] if at + 1 < len(rest) else ""
    if not content and (not exact or opinion.is_hollow(verb, rest[at + 1 :])):
        return False
    if len(content) < 2 and opinion.is_something(verb, rest[at + 1 :]):
        return False
    if hearer and not exact and (len(content) < 2 or after in lexicon.HEARER or rest[:1] == ("can",)):
        return False
    if _MODAL.intersection(rest[: at + 1]):
        return False
    if _OF_NOW.match(text) or (not exact and _is_left_open(text, rest, content, at)):
        return False
    if verb in lexicon.TALK_VERBS and not _tells(verb, rest[at + 1 :], content, hearer):
        return False
    if not exact and verb in ("feel", "felt", "feeling", *_BELIEVING):
        # "I feel an urge to serve my country"
        urged = verb == "feel" and after in opinion.ARTICLES and not lexicon.MINE.isdisjoint(rest)
        return urged and len(content) >= 3 and not hearer
    if not exact and len(content) <= 2 and opinion.is_evaluation(verb, rest[at + 1 :]):
        return False
    return _is_more_than_felt(rest, at, content, text, exact=exact, hearer=hearer)


def _is_left_open(text: str, rest: tuple[str, ...], content: list[str], at: int) -> bool:
    """Said to the hearer, of what both look at, or of what was said before: nothing in it lasts."""
    few, verb = len(content), rest[at] if at < len(rest) else ""
    return (
        _UP_FOR.match(text) is not None
        or opinion.is_object_light(verb, rest, content, at)
        # "I'll enjoy writing them": what, was said elsewhere
        or _is_held_open(rest)
        or (_ADMIRED.match(text) is not None and lexicon.SHARED.isdisjoint(rest))
        or (few < 2 and rest[-1:] != () and rest[-1] in _LEANING)
        or (verb in _LIKING and _SHOWN.search(text) is not None)
        or _YOUR_LIGHT.search(text) is not None
        or (few < 4 and (_LEFT_OPEN.search(text) or _TOGETHER.match(text)) is not None)
        or (few < 5 and _WE_CAN.match(text) is not None)
    )


def _is_held_open(rest: tuple[str, ...]) -> bool:
    """As in "I adore it, it keeps us going": the first clause says nothing but "it"."""
    if "," not in rest:
        return False
    clause = rest[: rest.index(",")]
    return clause[-1:] != () and clause[-1] in _LEANING and not opinion.content(clause)


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
        and not (feeling == "mad" and _MAD.search(text))
    ):
        caused = _MY_CAUSE.search(text) is not None or (" by " in text and len(content) >= 2)
        return (exact and bool(content)) or (caused and not hearer)
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

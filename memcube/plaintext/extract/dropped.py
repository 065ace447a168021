# ruff: noqa: RUF001 (word lists read best as words; dashes are what people type)
"""Subjects that chat leaves out: "Moved to Lisbon!", "Been busy painting", "Favourite bands: Low, Mogwai"."""

import re

from memcube.plaintext.extract import lexicon, verbs
from memcube.plaintext.extract.kin import MANY, ONE_EACH, PETS
from memcube.plaintext.extract.subject import is_finite

_ADVERBS = r"(?:(?:just|finally|also|already|recently|only|still|officially|then|always) )*"
_DROPPED = re.compile(
    rf"{_ADVERBS}(?:"
    r"(?P<past>used to|picked up|came back|gave up|can't(?! (?:wait|complain|believe|even|help|say|tell"
    r"|stop|thank"
    r"|imagine)\b)|won't|couldn't|didn't|haven't"
    r"|never (?=(?:had|went|got|owned|learned|learnt|tried|lived|worked|drank|ate|liked|did|drove|met)\b))"
    r"|(?P<present>(?:love|hate|prefer|live|work)(?! (?:in|and|or|is|are|was|can|should|for|when|if"
    r"|I|you|we|that's|how"
    r"|what|he|she|it's|the thought)\b)|(?:live|work) (?=in|for)|enjoy(?! (?:the|your|it|this|that|every"
    r"|yourself)\b)"
    r"|(?:start|leave|fly|land|arrive|move|return|finish)(?= (?:on|at|in|next|tomorrow|this|mon|tues|wed"
    r"|thurs|fri"
    r"|sat|sun)\w* )|own|speak|study|don't (?:like|eat|drink|live|work))(?!')"
    r"|(?P<been>been)(?= \w)(?! (?:there|a|so|ages|forever|long|too|years|months|weeks|awhile)\b)"
    r"|(?P<state>allergic to|going to|gonna|no longer (?:\w+ing|a|in|at)|thinking of|married|engaged to"
    r"|engaged\b"
    r"|pregnant|based in|(?:originally |now )?from (?=[A-Z])|born and raised|(?:not (?:a |much of a )?"
    r"|a )?(?:(?:big|huge"
    r"|massive) )?fan of|(?:vegan|vegetarian|sober|single|retired|self-employed|married"
    r"|divorced) (?=since|for|now|with)"
    r"|born (?:in|on)|not (?:in|at|on|with|living|working|doing|going|a|an)\b(?= .*\b(?:any ?more"
    r"|any longer"
    r"|after all|again)\b)))(?=\W|$)",
    re.IGNORECASE,
)
_VERB_FIRST = re.compile(rf"{_ADVERBS}(?P<verb>[A-Za-z]+)(?= (?P<next>[\w'\"]+))", re.IGNORECASE)
_NO_SUBJECT = frozenset(
    [
        "according",
        "regarding",
        "including",
        "considering",
        "speaking",
        "depending",
        "talking",
        "looking",
        "being",
        "having",
        "following",
        "based",
        "given",
        "compared",
        "provided",
        "supposed",
        "meant",
        "said",
        "guess",
        "heard",
        "seeing",
        "hearing",
        "knowing",
        "finding",
        "thought",
        "needed",
    ]
)
_INTENDING = (
    "planning",
    "hoping",
    "trying",
    "learning",
    "starting",
    "training",
    "moving",
    "heading",
    "flying",
)
_INTENDED = (
    "moved",
    "used",
    "went",
    "had",
    "decided",
    "got",
    "managed",
    "switched",
    "changed",
    "flew",
    "drove",
    "agreed",
)
# "Seeing their growth, their joy and their trust is so fulfilling": the verb comes behind a list.
_IS_LATER = re.compile(
    r"^(?:(?!\b(?:I|I'm|who|that|which|because|it)\b).)*,? (?:is|are|can be|must be|must have) (?:so|such"
    r"|really|very|always|key)\b"
)
# "Thinking of the sea calms me"
_DOES_TO_ME = re.compile(
    r"^\w+ing\b(?:(?!\b(?:who|that|which|because|it|he|she|I|my)\b)[^,])* [a-z]{2,}[^s\W]s (?:me|us)\b"
)
_CLAUSE = re.compile(r"([,—–:;]| - )\s*")
_ADJECTIVE = re.compile(r"(?: \w+){1,3} (?:is|are|was|were|can|will)\b")
_COMMENT = re.compile(r"\s*(?:that|it|this|sounds?|what|how|must|is|nice|great|wow)\b", re.IGNORECASE)
# As in a profile: "Name: Ada", "Allergies - nuts".
_PROFILE = re.compile(
    r"(?:my )?(?P<new>new )?(?P<key>name|full name|age|job|occupation|profession|job title|birthday"
    r"|date of birth|phone"
    r"|(?:phone |mobile )?number"
    r"|e-?mail|address|home address|employer|diet|allerg(?:y|ies)|hobb(?:y|ies)|languages?|pets?"
    r"|native language"
    r"|favou?rite [a-z]+(?: [a-z]+)?)(?:\sbtw,?)?(?:\s?(?::| - )\s?|,?\s(?=\+?\d[\d ]{5}"
    r"|\S+@\w))(?P<value>\S.*)",
    re.IGNORECASE,
)


# "Pip, my hamster", as an answer or a caption.
_INTRODUCED = re.compile(rf"(?P<name>[A-Z]\w+), my (?P<who>(?:[a-z]+ )?(?:{ONE_EACH}|{MANY}|{PETS}))[.!]*$")


def with_subject(sentence: str) -> str:
    """As in "Moved to Lisbon!" says who: "I moved to Lisbon!". Any other sentence comes back as it is."""
    introduced = _INTRODUCED.match(sentence)
    if introduced:
        return f"My {introduced['who']} is called {introduced['name']}"
    profile = _PROFILE.fullmatch(sentence)
    if profile:
        key = profile["key"].lower()
        new, is_ = (profile["new"] or "").lower(), "are" if key.endswith("s") else "is"
        return f"My {new}{key} {is_} {profile['value']}"
    match = _DROPPED.match(sentence)
    if (
        match is not None
        and sentence[match.end() : match.end() + 1] not in (":", ",")
        and not (match["state"] and match["state"].lower().endswith("ing to") and _is_heading(sentence))
    ):
        return _opening(match) + sentence[0].lower() + sentence[1:]
    return _with_verb_first(sentence)


def _opening(match: re.Match[str]) -> str:
    if match["been"]:
        return "I've "
    if match["state"] is None:
        return "I "
    return "I was " if match["state"].lower().startswith("born") else "I'm "


def _with_verb_first(sentence: str) -> str:  # noqa: PLR0911 (one line a reason)
    match = _VERB_FIRST.match(sentence)
    if match is None:
        return sentence
    verb, following = match["verb"].lower(), match["next"].lower()
    rest = sentence[0].lower() + sentence[1:]
    if (verb in _NO_SUBJECT and not match.start("verb")) or verb in lexicon.MOOD or following in ("by", "to"):
        if verb in _INTENDING and following == "to":
            return "I'm " + rest
        return "I " + rest if verb in _INTENDED else sentence
    if (verbs.is_past(verb) and verb not in verbs.BASE) or verb == "quit":
        if _ADJECTIVE.match(sentence, match.end()):
            return sentence  # "Mixed emotions are rough"
        return (
            sentence
            if verb in verbs.AUXILIARIES - {"had"} or verb in ("gone", "done", "seen")
            else "I " + rest
        )
    doing = verb.endswith("ing") and len(verb) > 4 and verb not in verbs.ING_NOUNS
    if doing and len(sentence.split()) >= 3 and not _is_heading(sentence):
        return "I'm " + rest
    return sentence


def _is_heading(sentence: str) -> bool:
    """As in "Making videos is fun" and "Making videos, that's great": what it is about, not who does it."""
    clause, _, behind = (*_CLAUSE.split(sentence, maxsplit=1), "", "")[:3]
    words = [word.lower() for word in re.findall(r"[\w']+", clause)][1:]
    if (
        _IS_LATER.search(sentence)
        or _DOES_TO_ME.search(sentence)
        or any(is_finite(word) for word in words)
        or ":" in sentence[: len(clause) + 1]
    ):
        return True
    return _COMMENT.match(behind) is not None and "my" not in words

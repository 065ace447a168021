"""What a request or a question tells beside what it asks: "a cake for my son Leo, who turns 7 on Friday"."""

import re
from typing import Final

from memcube.plaintext.extract.kin import COUPLES, MANY, ONE_EACH, PETS

_KIN: Final = rf"(?:[a-z]+[ -]){{0,2}}(?:{ONE_EACH}|{MANY}|{COUPLES}|{PETS}|kids?|children)"
_ASIDES: Final = (
    re.compile(
        rf"\b(?P<who>[Mm]y {_KIN}(?: (?-i:[A-Z])\w+)?)"
        r"(?:,? who(?P<is>'s|'re| is| are)?|(?:,| -| \u2013|:) (?:he|she|they)(?P<be>'s|'re| is| are)?)"
        r" (?P<what>[^?]+)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:,| -)? (?:because|since|given that|considering(?: that)?|seeing as|now that|as)"
        r" (?P<what>(?:I|I'm|I've|my|we|we're|we've|our) [^?]+)",
        re.IGNORECASE,
    ),
)
# A question behind a statement: "..., can he do that?", "... so what should I bring?", "..., any tips?"
_QUESTION: Final = re.compile(
    r"(?:(?:,| -| \u2013|;| \.\.\.)\s(?:(?:so|and|but|or|then|now)\s)?|\s(?:so|and|but)\s)"
    r"(?=(?:what|where|when|why|how|is|are|was|were|do|does|did|can|could|should|would|will|am|have"
    r"|has|any|anything|who(?= (?:is|are|can|should|would|do|does)\b)|which(?= (?:one|of|is|are"
    r"|should)\b)|thoughts|ideas|tips|suggestions|recommendations|advice|help|got|know|right|ok)\b)"
    r"[^?]*\?+$",
    re.IGNORECASE,
)
# A request behind a statement: "I have an interview on Monday, help me prepare".
_REQUEST: Final = re.compile(
    r"(?:,| -|;)\s(?:(?:so|and|but)\s)?(?:please|help\sme|give\sme|show\sme|tell\sme|remind\sme|suggest"
    r"|recommend"
    r"|make\sme|write\sme|draft|explain|advise)\b.*$",
    re.IGNORECASE,
)
# "I have five apples, how many are left?", "I've got eggs and flour, any ideas?": the scene of a question.
_RECKONED: Final = re.compile(
    r"\bhow (?:many|much|far|fast|big|high)\b|\bwhat(?:'s| is) the (?:total|sum|chance)", re.IGNORECASE
)
_SCENE: Final = re.compile(
    rf"(?:I|we)(?:'ve)? (?:only |just )?(?:have|got)(?: got)? (?!.*\b(?:my|{ONE_EACH}|{MANY}|{PETS}"
    rf"|\w+itis|allerg\w+|diabetes"
    r"|asthma|appointment|interview|meeting|flight|exam|job|house|flat)s?\b)",
    re.IGNORECASE,
)
# Without one of these nothing can stand behind a statement.
_JOINTS: Final = (", ", "; ", " - ", " \u2013 ", "...", " so ", " and ", " but ")
_VERB: Final = {"": "", "'s": "is ", "is": "is ", "'re": "are ", "are": "are "}
# Fewer words before the question are its own beginning.
_LEAST: Final = 3


def told(text: str) -> list[str]:
    """The statements inside a request or question, as sentences of their own."""
    for pattern in _ASIDES:
        match = pattern.search(text)
        if match is None:
            continue
        groups = match.groupdict()
        what = groups["what"].strip(" ,.!")
        if groups.get("who"):
            verb = (groups["is"] or groups["be"] or "").strip()
            what = f"{groups['who']} {_VERB[verb]}{what}"
        return [what[:1].upper() + what[1:] + "."]
    return []


def unasked(sentence: str) -> str:
    """A sentence without the question or request at its end; of one that only sets its scene the question."""
    if not any(mark in sentence for mark in _JOINTS):
        return sentence
    for tail in (_QUESTION if sentence.endswith("?") else None, _REQUEST):
        match = tail.search(sentence) if tail else None
        if match is not None and len(sentence[: match.start()].split()) >= _LEAST:
            if _RECKONED.search(match.group()) or _SCENE.match(sentence[: match.start()]):
                return "What" + match.group()
            return sentence[: match.start()].rstrip(" ,") + "."
    return sentence

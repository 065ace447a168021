# ruff: noqa: SIM905 (word lists read best as words)
"""What kind of statement a memory is: its category, whether it holds, whom it names."""

import re
from typing import Literal

from memcube.plaintext.extract import verbs
from memcube.plaintext.extract.person import SPEAKER

Category = Literal["fact", "preference", "event", "plan", "instruction", "relationship"]
Polarity = Literal["holds", "ended", "negative"]

_PLAN = re.compile(
    r"\b(?:will|gonna|(?:is|are) going to|plans? to|planning|(?:is|are) thinking (?:of|about)|might"
    r"|may (?=\w+\b)|wants? to|would like to"
    r"|needs to|prepping for|preparing for|working towards?|saving (?:up )?for|hopes? to|hoping to"
    r"|intends? to|(?:is|are) (?:about|keen|due|set) to|considering|undecided"
    r"|has booked|booked|scheduled"
    r"|(?:is|are) (?:\w+ )?in for|(?:is|are) putting in|sign(?:ing)? up for|(?:is|are) (?:joining"
    r"|attending))\b"
    rf"|{SPEAKER}'s (?:dream|goal|plan|idea) (?:is|was)|\bidea {SPEAKER} had was to\b|proposes? to\b"
    rf"|appointment|\bgonna\b"
)
_INTENT = re.compile(
    rf"{SPEAKER}'s (?:dream|goal|plan|idea) (?:is|was)|\bidea {SPEAKER} had was to\b|\bdecided to\b"
    r"|\bbooked (?:an?|the|\w+) (?:flight|trip|hotel|table|tickets?|holiday|room)"
    r"|\b(?:meeting|appointment|flight|wedding|party|exam|interview|trip|viewing|surgery|conference"
    r"|concert)\b.* (?:is|are) (?:on|at|off)\b"
    r"|\bis off\b(?! sick| to)|\b(?:is|are) (?:taking|flying|moving|leaving|visiting|starting|joining"
    r"|attending|getting|putting in)\b"
)
_CLAUSE = re.compile(r",\s| (?:because|since|so|but|and|although|while|when)\s")
_PREFERENCE = re.compile(
    rf"(?:{SPEAKER}|others)(?: \w+ly| really| also| just| still| do| no longer)* (?:loves?d?|likes?d?"
    rf"|enjoys?|enjoyed"
    rf"|adores?|prefers?|hates?|dislikes?|loathes?"
    r"|can't stand|doesn't (?:really )?(?:like|enjoy)|don't (?:really )?(?:like|enjoy))\b"
    r"|\b(?:gone|went) off\b|\blost interest in\b|\bused to (?:love|like|enjoy|hate)\b"
    r"|\bfavou?rites?\b|\bfan of\b|\bpassionate about\b|\b(?:is|are) (?:\w+ )?into\b|\bobsessed with\b"
    r"|\bfond of\b|\bkeen on\b"
    r"|\b(?:helps?|lets?|makes?|keeps?) \ue000\b|\bway to (?:relax|express|unwind)\b|\brather than\b",
)
_RELATIONSHIP = re.compile(
    r"\b(?:broke(?:n)? up|split up|divorced?|separated|married|engaged|dating|together with|in love"
    r"|best friends?|friends with"
    r"|grateful for \ue000's|(?:is|are) \ue000's (?:\w+ )?(?:friend|wife|husband|partner|sister|brother"
    r"|boss|mother|father|mum|dad|cousin|colleague|neighbour))\b"
)
_ENDED = re.compile(
    r"\b(?:no longer|used to|any ?more|any longer|gave up|given up|quit|resigned|sold|broke(?:n)? up"
    r"|split up|divorced|cancelled|canceled|called off"
    r"|stopped|dropped out|run over|ended|is over\b(?! the)|is off\b(?! sick| to)|after all|was still"
    r"|went bankrupt|closed down|retired)\b"
    r"|\b(?:lost|left) (?:\ue000's|the|her|his) (?:\w+ )?(?:job|company|position)\b"
)
_NEGATIVE = re.compile(r"\b(?:not|never|no|none|nobody|cannot|without)\b|n't\b")
# In these the denial is the statement itself: a dislike, a deafness, a prohibition.
_DENIAL_HOLDS = re.compile(r"can't (?:stand|hear|see|walk|wait)|not only|no \w+ (?:but|and)|number|why not")
_NAME = re.compile(
    r"(?<![.!?\"“] )(?<!^)\b[A-Z][\w'&-]*(?:\s(?:(?:of|de|da|van|von|del|the|la)\s)*[A-Z][\w'&-]*)*"
)
_TITLE = re.compile(r"[\"“«]([^\"”»]{2,60})[\"”»]")
_NO_NAME = frozenset(
    "i monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august "
    "september october november december mum mom dad ok".split()
)


def category_of(text: str, *, slot: str | None, instruction: bool, ahead: bool) -> Category:  # noqa: PLR0911 (a decision list)
    """`text` is resolved; `ahead`: its date lies in the future."""
    if instruction:
        return "instruction"
    base = (slot or "").split("/")[0]
    if base in ("name", "age", "birthday", "allergic_to", "language", "diet", "job"):
        return "fact"
    main = _main_clause(text)
    if not ahead and _RELATIONSHIP.search(main):
        return "relationship"
    if base == "plan" or ahead or _INTENT.search(main) or (_PLAN.search(main) and not _happened(main)):
        return "plan"
    if base in ("partner", "friend"):
        return "relationship"
    if base.startswith("favourite") or _PREFERENCE.search(main):
        return "preference"
    return "event" if _happened(text) and "used to" not in text else "fact"


def _main_clause(text: str) -> str:
    """Up to the first conjunction or comma behind three words: what the rest explains or adds."""
    for match in _CLAUSE.finditer(text):
        if text[: match.start()].count(" ") >= 2:
            return text[: match.start()]
    return text


def _happened(text: str) -> bool:
    """Whether the first verb says that something took place: "moved", "has bought", "just finished"."""
    words = re.findall(r"[a-z]+(?:'[a-z]+)?", text.replace(SPEAKER, ""))
    for at, word in enumerate(words):
        if word in ("has", "have") and at + 1 < len(words):
            return verbs.is_past(words[at + 1]) and words[at + 1] not in ("been", "had")
        if word in verbs.MODALS - {"had", "did", "was", "were", "used"}:
            return False
        if word in ("is", "are", "will", "can", "does", "doesn't", "isn't", "can't", "wants", "want"):
            return False
        if (verbs.is_past(word) or word in verbs.SAME_IN_PAST) and word not in ("called", "named", "used"):
            return True
        if verbs.is_third_person(word) and word[:-1] not in verbs.ALSO_NOUNS:
            return False
    return False


def polarity_of(text: str, *, ending: bool, denied: bool, instruction: bool, slot: str | None) -> Polarity:
    if instruction:
        return "holds"
    if ending or (slot != "dislikes" and _ENDED.search(text)):
        return "ended"
    if slot == "dislikes" or _DENIAL_HOLDS.search(text):
        return "holds"
    clause = re.split(r",| because | so | but | and ", text, maxsplit=1)[0]
    return "negative" if denied or _NEGATIVE.search(clause) else "holds"


def entities_of(text: str, speaker: str) -> tuple[str, ...]:
    """The names and titles in a memory, in their order, without its speaker, days and months."""
    found = dict.fromkeys(_TITLE.findall(text))
    for match in _NAME.finditer(f"\n{text}"):
        name = match.group().removesuffix("'s").strip()
        if name and name.lower() not in _NO_NAME and name != speaker and not name.startswith(f"{speaker}'"):
            found[name] = None
    return tuple(found)

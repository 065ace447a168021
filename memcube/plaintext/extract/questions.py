# ruff: noqa: ISC004 (a pattern in lines)
"""Questions turned into what their answer states: "Are you still with X?" "No": "I'm no longer with X"."""

import re
from collections.abc import Sequence
from typing import Final

from memcube.plaintext.extract import lexicon
from memcube.plaintext.extract.subject import Kind, subject_of

# A longer answer stands for itself.
MAX_ANSWER: Final = 14
# A longer question is an essay with a question mark.
MAX_QUESTION: Final = 160

_YES = re.compile(
    r"(?:yes|yeah|yep|yup|yea|sure|of course|definitely|absolutely|indeed|certainly|correct|right"
    r"|i (?:did|do|am|have|was|will|can)(?=[.,!]|$))(?!\w)",
    re.IGNORECASE,
)
# The extent belongs to the statement: "I speak French, a little".
_SOMEWHAT = re.compile(
    r"(?=(?:a (?:little|bit|lot)|some(?:times)?|often|always|usually|mostly|every \w+)\b[\w ]{0,20}[.!]?$)",
    re.IGNORECASE,
)
NO = re.compile(
    r"(?:no(?!\s(?:problem|prob|worries|way|doubt|need|idea|one))|nope|nah|never|not (?:really|yet"
    r"|any ?more|at all)|(?:i (?:didn't|don't|haven't"
    r"|wasn't|won't|can't)|i'm not)(?=[.,!]|$))(?!\w)",
    re.IGNORECASE,
)
_INVERTED = re.compile(
    r"(?P<aux>do|did|are|were|have|can|could|will|would) (?:you|u)(?: two| guys| all| both)? (?P<rest>.+)$",
    re.IGNORECASE,
)
_YOURS = re.compile(
    r"(?P<aux>is|are|was|were) (?P<what>.+?) (?P<rest>(?:still |really )?your .+)$", re.IGNORECASE
)
HAVE_ANY = re.compile(
    r"(?:(?:do|have) you (?:have |got )?|and |so )?(?:got )?any (?P<what>[^?]+)$", re.IGNORECASE
)
# What follows the answer in the statement; {} is the answer.
STATED: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), statement)
    for pattern, statement in (
        (
            r"(?:and |so )?what (?:do|are) you (?:do|doing) (?:for (?:work|a living)|now|these days)$",
            "I work as {}",
        ),
        (r"(?:and |so )?what(?:'s| is) your (?:job|profession|occupation)$", "I work as {}"),
        (r"(?:and |so )?where (?:do|are) you (?:work|working)(?: now)?$", "I work at {}"),
        (r"(?:and |so )?where are you (?:both )?from$", "I'm from {}"),
        (r"(?:and |so )?do you (?P<v>prefer|want|like) .+ or .+$", "I \\g<v> {}"),
        (r"(?:and |so )?are you allergic to (?:anything|something)$", "I'm allergic to {}"),
        (r"(?:and |so )?what(?:'s| is) your (?P<n>[\w ]+?) (?:called|named)$", "My \\g<n> is called {}"),
        (r"(?:and |so )?how old are you(?: now)?$", "I'm {}"),
        (r"(?:and |so )?how old is (?:your )(?P<n>[\w ]+)$", "My \\g<n> is {}"),
        (r"(?:and |so )?how many (?P<n>[\w ]+?) do you (?P<v>have|own|speak|need)$", "I \\g<v> {} \\g<n>"),
        (
            r"(?:and |so )?(?:what|when|where|who)(?:'s| is| are)(?: it)? your (?P<n>[\w' ]+?)(?: called"
            r"| named)?$",
            "My \\g<n> is {}",
        ),
        (r"(?:and |so )?when(?:'s| is) (?:the|your) (?P<n>[\w' ]+)$", "My \\g<n> is {}"),
        (
            r"(?:and |so )?where (?:do|are) you (?:two |both )?(?P<v>live|study|living"
            r"|studying|based)(?: now)?$",
            "I \\g<v> in {}",
        ),
        (
            r"(?:and |so )?where did you (?:two |guys |both |all )?go(?P<r>[\w ]*?)(?: this time| then)?$",
            "I went\\g<r> to {}",
        ),
        (
            r"(?:and |so )?(?:what|which) (?P<n>[\w ]+?) do you (?P<v>speak|play|use|drive|like|prefer"
            r"|read|watch|study|teach|own)$",
            "I \\g<v> {}",
        ),
        (
            r"(?:and |so )?what do you (?P<v>study|teach|play|drive|like|eat|drink|prefer|want|need"
            r"|collect|write|paint)(?P<r>[\w ]*)$",
            "I \\g<v> {}\\g<r>",
        ),
        (
            r"(?:and |so )?what are you (?P<v>reading|studying|learning|playing|cooking|planning|writing"
            r"|watching|painting|making)(?P<r>[\w ]*)$",
            "I'm \\g<v> {}\\g<r>",
        ),
        (r"(?:and |so )?(?:what|which) (?P<n>[a-z]+) (?:was|is|were) (?:it|that)$", "The \\g<n> was {}"),
        (r"(?:and |so )?who (?:did you go|did you travel) with$", "I went with {}"),
    )
)
LEANS = re.compile(r"\b(?:it|that|that's|it's|there|them)\b", re.IGNORECASE)


def yes_or_no(question: str, first: str, following: Sequence[str]) -> str | None:  # noqa: PLR0911 (one line a reason)
    """As in "Are you still with Marcus?" "No, that's over": "I'm no longer with Marcus, that's over"."""
    match = _INVERTED.match(question) or _YOURS.match(question)
    no = NO.match(first)
    answer = _YES.match(first) or _SOMEWHAT.match(first) or no
    if match is None or answer is None:
        return None
    said = first[answer.end() :].lstrip(_MARKS)
    said = re.sub(
        r"^(?:i|we) (?:did|do|am|have|was|will|can|didn't|don't|haven't)\b[ ,.!]*(?:$|(?<=[,.!] ))",
        "",
        said,
        flags=re.IGNORECASE,
    )
    subject = subject_of(said) if said else None
    if subject and subject.kind in (Kind.FIRST, Kind.OWN) and not LEANS.search(said):
        return None
    if not said and following and subject_of(following[0]).kind is Kind.FIRST:
        return None  # the answer goes on in full: "Yes, I did! I tried surfing"
    if re.search(r"\b(?:me|us)\b", match["rest"]):
        return None  # "Do you want me to book it?": of this moment
    if re.search(r"\bany", match["rest"]) and not no:
        return None
    if "what" in match.groupdict():
        whose = match["rest"].replace("your", "my")
        statement: str | None = f"{match['what']} {match['aux'].lower()} {'not ' if no else ''}{whose}"
    else:
        statement = _declared(match["aux"].lower(), match["rest"], no is not None)
    if statement is None:
        return None
    behind = said.rstrip(".! ")
    return f"{statement}, {behind}" if behind and len(behind.split()) <= MAX_ANSWER else statement


def _declared(aux: str, rest: str, denied: bool) -> str | None:
    rest = rest.replace("your", "my").replace(" you ", " me ")
    still = rest.lower().startswith("still ")
    rest = rest[6:] if still else re.sub(r"^(?:ever|also|already|any) ", "", rest)
    told = [word for word in re.findall(r"[\w']+", rest.lower()) if word not in lexicon.HOLLOW]
    if len(told) < (2 if aux in ("did", "will", "would", "could") and not denied else 1):
        return None
    if not denied:
        adverb = "still " if still else ""
        return f"I {adverb}{rest}" if aux == "do" else f"I {_HELD[aux]}{adverb}{rest}"
    if still:
        return f"I don't {rest} any more" if aux == "do" else f"I {_HELD[aux]}no longer {rest}"
    return f"I {_DENIED[aux]} {rest}"


_HELD: Final = {
    "did": "did ",
    "are": "am ",
    "were": "was ",
    "have": "have ",
    "can": "can ",
    "could": "could ",
    "will": "will ",
    "would": "would ",
}
_DENIED: Final = {
    "do": "don't",
    "did": "didn't",
    "are": "am not",
    "were": "was not",
    "have": "haven't",
    "can": "can't",
    "could": "couldn't",
    "will": "won't",
    "would": "wouldn't",
}
_MARKS: Final = " ,.!-\u2013\u2014"

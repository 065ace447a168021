"""A question and its short answer read as one statement: "Any pets?" "Two cats" is "I have two cats".

What the grammar here cannot turn around is kept with its question: 'asked "Friday or Saturday?": Saturday'.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from memcube.plaintext.extract import chatter, dropped, leads, lexicon, verbs
from memcube.plaintext.extract.subject import Kind, subject_of

# A longer question is an essay with a question mark; a longer answer stands for itself.
_MAX_QUESTION: Final = 160
_MAX_ANSWER: Final = 14

_YES = re.compile(
    r"(?:yes|yeah|yep|yup|yea|sure|of course|definitely|absolutely|indeed|certainly|correct|right|i (?:did|do|am|have|was|will|can))\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"(?:no|nope|nah|never|not (?:really|yet|any ?more|at all)|i (?:didn't|don't|haven't|wasn't|won't|can't)|i'm not)\b",
    re.IGNORECASE,
)
_INVERTED = re.compile(
    r"(?P<aux>do|did|are|were|have|can|could|will|would) (?:you|u)(?: two| guys| all| both)? (?P<rest>.+)$",
    re.IGNORECASE,
)
_YOURS = re.compile(
    r"(?P<aux>is|are|was|were) (?P<what>.+?) (?P<rest>(?:still |really )?your .+)$", re.IGNORECASE
)
_HAVE_ANY = re.compile(
    r"(?:(?:do|have) you (?:have |got )?|and |so )?(?:got )?any (?P<what>[^?]+)$", re.IGNORECASE
)
# What follows the answer in the statement; {} is the answer.
_WH: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), statement)
    for pattern, statement in (
        (
            r"(?:and |so )?what (?:do|are) you (?:do|doing) (?:for (?:work|a living)|now|these days)$",
            "I work as {}",
        ),
        (r"(?:and |so )?what(?:'s| is) your (?:job|profession|occupation)$", "I work as {}"),
        (r"(?:and |so )?how old are you(?: now)?$", "I'm {}"),
        (r"(?:and |so )?how old is (?:your )(?P<n>[\w ]+)$", "My \\g<n> is {}"),
        (r"(?:and |so )?how many (?P<n>[\w ]+?) do you (?P<v>have|own|speak|need)$", "I \\g<v> {} \\g<n>"),
        (
            r"(?:and |so )?(?:what|when|where|who)(?:'s| is| are)(?: it)? your (?P<n>[\w' ]+?)(?: called| named)?$",
            "My \\g<n> is {}",
        ),
        (r"(?:and |so )?when(?:'s| is) (?:the|your) (?P<n>[\w' ]+)$", "My \\g<n> is {}"),
        (
            r"(?:and |so )?where (?:do|are) you (?:two |both )?(?P<v>live|work|study|living|working|studying|based|from)(?: now)?$",
            "I \\g<v> in {}",
        ),
        (
            r"(?:and |so )?where did you (?:two |guys |both |all )?go(?P<r>[\w ]*?)(?: this time| then)?$",
            "I went\\g<r> to {}",
        ),
        (
            r"(?:and |so )?(?:what|which) (?P<n>[\w ]+?) do you (?P<v>speak|play|use|drive|like|prefer|read|watch|study|teach|own)$",
            "I \\g<v> {}",
        ),
        (
            r"(?:and |so )?what do you (?P<v>study|teach|play|drive|like|eat|drink|prefer|want|need|collect|write|paint)(?P<r>[\w ]*)$",
            "I \\g<v> {}\\g<r>",
        ),
        (
            r"(?:and |so )?what are you (?P<v>reading|studying|learning|playing|cooking|planning|writing|watching|painting|making)(?P<r>[\w ]*)$",
            "I'm \\g<v> {}\\g<r>",
        ),
        (r"(?:and |so )?who (?:did you go|are you going|do you live|did you travel) with$", "I am with {}"),
    )
)
_WENT = re.compile(
    r"how (?:did|was|is|were) (?P<what>(?:the|your|my|that) [\w' ]+?)(?: go| going)?$", re.IGNORECASE
)
_ECHO = re.compile(
    r"(?:me too|same here|me neither|me either|so (?:do|am|did|have) i|neither (?:do|am) i|likewise|ditto)\W*$",
    re.IGNORECASE,
)
_THAT = re.compile(r"\b(?:it|that|that's|it's|this|there|them|so|one)\b", re.IGNORECASE)


# "Actually it's Tuesday" puts right what "it" was called in the turn before.
_IT_IS = re.compile(
    r"(?P<lead>(?:(?:actually|no|nope|sorry|wait|oh|oops|correction|update)\b[,:.!\s–—-]*)+)(?:it's|it is|it was|that's|they're)(?: now| actually)? (?P<is>.+)$",
    re.IGNORECASE,
)
_OF_IT = re.compile(
    r"(?:i'm|i am|i|we're|we)\b(?= .*\b(?:not|no longer|won't|didn't|don't|cancelled|canceled|quit|stopped|after all|done with)\b)"
    r".*\b(?:it|that|so|them)\b",
    re.IGNORECASE,
)


class Said(msgspec.Struct, frozen=True):
    """A sentence of the turn, completed by what it answers. `asked`: the question, where it stays beside it."""

    text: str
    asked: str | None = None
    of: str | None = None  # the speaker's own statement that "it" goes back to


def question_of(text: str) -> str | None:
    """The last question of a turn, without its mark, if the turn ends with one."""
    ends = [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]
    if not ends or not ends[-1].rstrip("\"' ").endswith("?"):
        last = [part for part in ends[-3:] if part.endswith("?")]
        if not last:
            return None
        ends = last
    question = leads.strip_lead(ends[-1].rstrip("\"' ")).rstrip("?! ")
    return question if 1 < len(question.split()) and len(question) <= _MAX_QUESTION else None


def answered(question: str, sentences: Sequence[str]) -> list[Said]:
    """The sentences of the answer, the first one completed by the question where it cannot stand alone."""
    begun = next((at for at, one in enumerate(sentences) if not chatter.is_phatic(one)), len(sentences))
    rest = [Said(sentence) for sentence in sentences[begun:]]
    if not rest or rest[0].text.rstrip().endswith("?"):
        return rest
    first = rest[0].text
    if inverted := _yes_or_no(question, first, sentences[begun + 1 : begun + 2]):
        return [Said(inverted), *rest[1:]]
    bare = leads.strip_lead(first).rstrip(".! ")
    went = _WENT.match(question)
    if went and _THAT.match(bare) and not chatter.asks(bare):
        what = re.sub(
            r"^(?:your|that)\b", "my" if went["what"].lower().startswith("your") else "the", went["what"]
        )
        return [Said(f"My {what.split(' ', 1)[1]} {_predicate(bare)}"), *rest[1:]]
    if not _is_short(bare):
        return rest
    for pattern, statement in _WH:
        match = pattern.match(question)
        if match:
            return [Said(match.expand(statement).replace("{}", _article(statement, bare))), *rest[1:]]
    any_ = _HAVE_ANY.match(question)
    if any_ and not _NO.match(first):
        return [
            Said(f"I have {bare[:1].lower() + bare[1:] if not bare.isupper() else bare} ({any_['what']})"),
            *rest[1:],
        ]
    return [Said(bare, asked=question), *rest[1:]] if _is_of_hearer(question) else rest


def echoed(sentence: str, before: str) -> str | None:
    """As in "Me too!" after "I love hiking.": the other's words, now the speaker's own."""
    if not _ECHO.match(sentence):
        return None
    last = [part for part in re.split(r"(?<=[.!?])\s+", before.strip()) if part]
    return (
        last[-1]
        if last and last[-1].startswith(("I ", "I'm ", "I've ")) and not last[-1].endswith("?")
        else None
    )


def taken_up(sentences: Sequence[str], own: str) -> list[Said]:
    """The sentences of a turn whose first takes up the speaker's own words of before ("Actually it's Tuesday")."""
    rest = [Said(sentence) for sentence in sentences]
    last = next(
        (
            part
            for part in reversed(re.split(r"(?<=[.!?])\s+", own.strip()))
            if part and not part.endswith("?")
        ),
        "",
    )
    if not rest or not last:
        return rest
    first = rest[0].text
    right = _IT_IS.match(first)
    if right:
        subject = subject_of(last)
        words = last.split()[: subject.predicate]
        if subject.head == 0 and subject.kind in (Kind.OWN, Kind.DEFINITE, Kind.NAMED) and 0 < len(words) < 8:
            what = " ".join(words)
            return [
                Said(
                    f"{right['lead']}{what[0].lower() if subject.kind is not Kind.NAMED else what[0]}{what[1:]} is {right['is']}"
                ),
                *rest[1:],
            ]
    bare = dropped.with_subject(leads.strip_lead(first)).rstrip(".! ")
    if _OF_IT.match(bare) and len(bare.split()) <= 8:
        return [Said(bare, of=leads.strip_lead(last).rstrip(".! ")), *rest[1:]]
    return rest


def _yes_or_no(question: str, first: str, following: Sequence[str]) -> str | None:
    """As in "Are you still with Marcus?" "No, that's over": "I'm no longer with Marcus, that's over"."""
    match = _INVERTED.match(question) or _YOURS.match(question)
    yes, no = _YES.match(first), _NO.match(first)
    if match is None or not (yes or no):
        return None
    said = first[(yes or no).end() :].lstrip(" ,.!-–—") if (yes or no) else ""
    said = re.sub(
        r"^(?:i|we) (?:did|do|am|have|was|will|can|didn't|don't|haven't)\b[ ,.!]*(?:$|(?<=[,.!] ))",
        "",
        said,
        flags=re.IGNORECASE,
    )
    subject = subject_of(said) if said else None
    if subject and subject.kind in (Kind.FIRST, Kind.OWN) and not _THAT.search(said):
        return None
    if not said and following and subject_of(following[0]).kind is Kind.FIRST:
        return None  # the answer goes on in full: "Yes, I did! I tried surfing"
    if re.search(r"\bany", match["rest"]) and not no:
        return None
    if "what" in match.groupdict():
        whose = match["rest"].replace("your", "my")
        statement = f"{match['what']} {match['aux'].lower()} {'not ' if no else ''}{whose}"
    else:
        statement = _declared(match["aux"].lower(), match["rest"], no is not None)
    if statement is None:
        return None
    behind = said.rstrip(".! ")
    return f"{statement}, {behind}" if behind and len(behind.split()) <= _MAX_ANSWER else statement


def _declared(aux: str, rest: str, denied: bool) -> str | None:
    rest = rest.replace("your", "my").replace(" you ", " me ")
    still = rest.lower().startswith("still ")
    rest = rest[6:] if still else re.sub(r"^(?:ever|also|already|any) ", "", rest)
    if len([word for word in rest.lower().split() if word not in lexicon.FUNCTION]) < (
        1 if aux in ("are", "have", "do") else 2
    ):
        return None
    if not denied:
        adverb = "still " if still else ""
        return f"I {adverb}{rest}" if aux == "do" else f"I {_HELD[aux]}{adverb}{rest}"
    if still:
        return (
            f"I {'' if aux == 'do' else _HELD[aux]}no longer {rest}"
            if aux != "do"
            else f"I don't {rest} any more"
        )
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


def _predicate(bare: str) -> str:
    words = bare.split()
    head = words[0].lower()
    if head in ("it's", "that's"):
        return "is " + " ".join(words[1:])
    return " ".join(words[1:]) if head in ("it", "that") else bare


def _is_short(bare: str) -> bool:
    """A phrase without a subject of its own, or one that says "it"."""
    words = bare.split()
    if not 0 < len(words) <= _MAX_ANSWER or chatter.is_phatic(bare) or chatter.asks(bare):
        return False
    if subject_of(bare).kind in (Kind.OWN, Kind.FIRST) and not _THAT.search(bare):
        return False
    subject = subject_of(bare.partition(",")[0])
    if subject.kind in (Kind.FIRST, Kind.OWN, Kind.SECOND):
        return subject.kind is Kind.FIRST and _THAT.search(bare) is not None and len(words) <= 8
    news = [word for word in subject.words if word not in lexicon.HOLLOW or word[0].isdigit()]
    if not news:
        return False
    return (
        subject.predicate >= len(subject.words)
        or subject.kind in (Kind.FRAGMENT, Kind.ORDER)
        or words[0][0].isdigit()
    )


def _is_of_hearer(question: str) -> bool:
    words = question.lower().split()
    return "you" in words or "your" in words or " or " in question or words[0] in ("is", "when", "where")


def _article(statement: str, bare: str) -> str:
    """As in "I work as a plumber": a job has its article, a place and a number have none."""
    lower = bare[:1].lower() + bare[1:] if bare[1:2].islower() and statement.startswith("I work as") else bare
    if statement.startswith("I work as") and not re.match(r"(?:an?|the|in|at|for|i|as)\b", lower):
        return ("an " if lower[:1] in "aeiou" else "a ") + lower
    return (
        re.sub(r"^(?:in|at|to)\s", "", bare)
        if statement.endswith("in {}") or statement.endswith("to {}")
        else bare
    )

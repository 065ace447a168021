# ruff: noqa: RUF001 (dashes are what people type)
"""What goes back to one's own words: "My appointment is on Thursday." ... "Actually it's Tuesday"."""

import re
from collections.abc import Sequence

from memcube.plaintext.extract import dropped, leads
from memcube.plaintext.extract.said import Said, parts_of
from memcube.plaintext.extract.subject import Kind, subject_of

# "Actually it's Tuesday" puts right what "it" was called in the turn before.
_IT_IS = re.compile(
    r"(?P<lead>(?:(?:actually|no|nope|sorry|wait|oh|oops|correction|update|i (?:said|wrote) \w+)"
    r"\b[,:.!\s–—-]*)+)(?:it's|it is"
    r"|it was|that's|they're)(?: now| actually)? (?P<is>.+)$",
    re.IGNORECASE,
)
_OF_IT = re.compile(
    r"(?:i'm|i am|i|we're|we)\b(?= .*\b(?:not|no longer|won't|didn't|don't|cancelled|canceled|quit|stopped"
    r"|after all|done with)\b)"
    r".*\b(?:it|that|so|them)\b",
    re.IGNORECASE,
)


def taken_up(sentences: Sequence[str], own: str) -> list[Said]:
    """The sentences of a turn, the first one with what its "it" is called in the speaker's words before."""
    rest = [Said(sentence) for sentence in sentences]
    last = next((part for part in reversed(parts_of(own)) if not part.endswith("?")), "")
    if not rest or not last:
        return rest
    first = rest[0].text
    if (righted := _righted(first, last)) is not None:
        return [Said(righted), *rest[1:]]
    bare = dropped.with_subject(leads.strip_lead(first)).rstrip(".! ")
    if _OF_IT.match(bare) and len(bare.split()) <= _SHORT:
        return [Said(bare, of=leads.strip_lead(last).rstrip(".! ")), *rest[1:]]
    return rest


# A longer sentence says itself what it is about.
_SHORT = 8


def _righted(first: str, last: str) -> str | None:
    match = _IT_IS.match(first)
    if match is None:
        return None
    subject = subject_of(last)
    words = last.split()[: subject.predicate]
    if subject.predicate >= len(subject.words):  # a note: "dentist on Tuesday 9:40"
        words = re.split(r"[,:]? (?:on|at|in|this|next|tomorrow|today|is)\b|[,:]", last)[0].split()
    if (
        subject.head
        or subject.kind not in (Kind.OWN, Kind.DEFINITE, Kind.NAMED, Kind.GENERIC)
        or not 0 < len(words) < _SHORT
    ):
        return None
    what = " ".join(words)
    what = what if subject.kind is Kind.NAMED else what[0].lower() + what[1:]
    return f"{match['lead']}{what} is {match['is']}"

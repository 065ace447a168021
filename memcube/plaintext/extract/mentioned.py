"""Who and what the sentences of a turn spoke of, for "she" and "it" in the next one."""

import re

from memcube.plaintext.extract.kin import MANY, ONE_EACH, PETS
from memcube.plaintext.extract.subject import Kind, subject_of

# Whom "she" in the next sentence of a turn means: a relative, a pet, or who was with the speaker.
_SUBJECT = re.compile(
    rf"(?P<who>my (?:[a-z]+ )?(?:{ONE_EACH}|{MANY}|{PETS})(?: (?-i:[A-Z])\w+)?)(?! and )\b"
    rf"|(?P<name>[A-Z]\w+) and (?:I|me)\b"
    r"|(?:her|his|its) name(?:'s| is) (?P<called>(?-i:[A-Z])\w+)",
    re.IGNORECASE,
)
_RELATIVE = re.compile(rf"\b(my (?:[a-z]+ )?(?:{ONE_EACH}|{MANY}|{PETS})(?: [A-Z]\w+)?)\b(?!'s| and )")
_COMPANY = re.compile(r"\b(?:with|and|called|named|met|from) (?P<name>[A-Z][a-z]+)\b(?! and| [A-Z])")
_PRONOUN = re.compile(r"(?:She|He)(?P<is>'s)?(?= )")
# "We had to postpone the wedding. It's on 12 September now."
_MOVED = re.compile(
    r"\b(?:postpone|move|push|reschedule|delay|shift|bring)(?:d|s|ed|ing)? (?:back )?"
    r"(?P<what>(?:the|my|our) (?:[a-z]+ )?[a-z]+)\b(?= because| for| as| since| to|,|\.|!|$)"
)
_IT_IS = re.compile(r"^It(?:'s| is| will be|'ll be)(?= (?:now |going to be )?(?:on|in|at) )")
_IT = re.compile(r"(?<=\w )(?:it|them)\b(?!')")


class Mentioned:
    """Who and what the sentences so far spoke of, for "she" and "it" in the next."""

    def __init__(self) -> None:
        self._who = ""
        self._what = ""
        self._moved = ""

    def resolved(self, sentence: str) -> str:
        """The sentence with the one mentioned before in place of "she" or "it"."""
        if self._who and _PRONOUN.match(sentence):
            sentence = _PRONOUN.sub(lambda match: self._who + (match["is"] or ""), sentence, count=1)
        if self._what and sentence.startswith(("I ", "I'm ", "We ", "I've ")):
            sentence = _IT.sub(self._what, sentence, count=1)
        if self._moved:
            sentence = _IT_IS.sub(f"{self._moved} is", sentence, count=1)
        return sentence

    def introduced(self, sentence: str, who: str) -> str:
        """The sentence with whom a turn before named in place of "she", who is meant from here on."""
        self._who = who
        resolved = self.resolved(sentence)
        return resolved[:1].upper() + resolved[1:]

    def note(self, sentence: str) -> None:
        """Remember whom and what a sentence was about, kept or not."""
        named = _SUBJECT.match(sentence)
        company = list(_COMPANY.finditer(sentence))
        if named:
            self._who = named["who"] or named["name"] or named["called"]
        elif company:
            self._who = company[-1]["name"]
        elif " my " in sentence and len(relatives := set(_RELATIVE.findall(sentence))) == 1:
            self._who = relatives.pop()
        subject = subject_of(sentence)
        about = subject.words[subject.head : subject.predicate]
        self._what = ""
        moved = _MOVED.search(sentence)
        self._moved = moved["what"][:1].upper() + moved["what"][1:] if moved else ""
        if subject.kind in (Kind.GENERIC, Kind.NAMED) and subject.predicate < len(subject.words):
            first = subject.words[subject.predicate]
            if not about and first.endswith("'s"):
                about = (first.removesuffix("'s"),)
            if first in ("is", "are") or first.endswith("'s"):
                self._what = " ".join(about) if len(about) <= 3 else ""

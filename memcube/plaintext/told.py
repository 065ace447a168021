# ruff: noqa: RUF001 (dashes and the apostrophe are what people type)
"""The clauses of a turn in the third person, each with its subject, whether or not they make a memory.

"Sold the Volvo at last, and good news: my parents have moved to Trieste" tells two things. Many clauses are
no memory of their own and still say that something is over. What is asked, wished, supposed, quoted or meant
as a joke is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from memcube.plaintext.extract import dropped, leads, person, sentences, slots
from memcube.plaintext.extract.chatter import MATERIAL, UNMEANT
from memcube.plaintext.extract.person import SPEAKER

# A deed is told in a line or two. A pasted page tells of everybody's.
_LONGEST: Final = 600
_SUPPOSED: Final = re.compile(
    r"\b(?:imagine|suppose|supposing|pretend|if only|what if|if (?:i|we|my|he|she|they|it|you|the)|wish"
    r"|dream(?:t|ed|s)?"
    r"|would|could|should|might|(?-i:may)|maybe|perhaps|joking|kidding|hypothetically|unless|once i|when i)\b"
    r"|\b(?:n't|not|never) (?:\w+ )?(?:really|actually)\b|['’]d\b|(?:^|\s)/s\b|\b(?:jk|lol jk)\b"
    r"|\byeah,? right\b|[\"“”]",
    re.IGNORECASE,
)
_ASIDE: Final = re.compile(
    r"^(?:[^:]{2,60}: |(?:since|after|before|as of|from|this|last|two|three|a few|in|on|at|with) [^,]{2,40}, "
    r"|(?:since|after|before|with|from|this|last|thanks to|because of) [^,.:]{3,40}? (?=(?:i|i'm|i've|i'd"
    r"|my|we|we've|we're"
    r"|our|they|he|she)\b)"
    r"|(?:so|well|and|but|also|then|now|finally|anyway|oh|ok|okay|yes|sadly|unfortunately|luckily"
    r"|thankfully|turns out"
    r"|guess what|you won't believe it|believe it or not|big news|good news|bad news|update"
    r"|confession time)[,!]? |no, )+",
    re.IGNORECASE,
)
_JOINT: Final = re.compile(
    r"; | [–—-] |: |, (?:and|but|so|which means|because|since|then|as) |, (?=(?:i|i'm|i've|we|we're|we've"
    r"|he|she|they|it|he's|she's|it's"
    r"|they're|they've|my|our|the)\b)| (?:and|but|so|because|as|since) (?=(?:i|i'm|i've|we|we're|we've|he"
    r"|she|they|it|he's|she's"
    r"|it's|they're|they've|my|our|the|now|then|just|finally|am|is|are|was|were|have|has|had|moved|sold"
    r"|bought|got|left|quit"
    r"|started|stopped|gave|went|joined|finished|switched|cancelled|canceled|took|began|changed"
    r"|no longer)\b)",
    re.IGNORECASE,
)
# Keeps "Tom and I" together while a sentence is cut at its conjunctions.
_AND_I: Final = "\ue001"
_TOGETHER: Final = re.compile(r"(?<=\w) and (?=(?:I|me)\b(?! (?:then|now|just|also|still)\b))")
_PAIR: Final = re.compile(r"^(?:(?:so|but|and|well|oh),? )?(?:[A-Z]\w+|[Mm]y [\w -]{2,25}?) and I\b")
_NOUN: Final = r"(?:my|our|the|his|her|their) (?:[\w-]+ ){0,2}?[\w-]+(?: (?-i:[A-Z])[\w-]+)?"
_SUBJECT: Final = re.compile(
    rf"^(?P<who>{_NOUN}|(?-i:[A-Z])[\w-]+(?:{_AND_I}I|(?: and (?-i:[A-Z])\w+))?|I|We|You|They|He|She|It)"
    r"(?=(?:'s|'ve|'re|'m)? ?(?:\b(?:is|are|was|were|am|has|have|had|did|does|do|will|just|finally|also"
    r"|still|now|both|all"
    r"|recently|already|got|went|left|quit|broke|gave|took|told|sold|lost|found|bought|began|came|said|made"
    r"|put|rang|ran|won"
    r"|\w+ed|\w{2,}[^s\W]s)\b))",
    re.IGNORECASE,
)
_PRONOUN: Final = re.compile(r"^(?P<who>he|she|they|it)(?P<is>'s|'ve|'re)?(?= )", re.IGNORECASE)
_EXPANDED: Final = {"'s": " is", "'ve": " have", "'re": " are"}
# What somebody did to a thing makes it what "it" is: "had to postpone the wedding. It's on 12 September now".
_HANDLED: Final = re.compile(
    r"\b(?:postpone[ds]?|move[ds]?|moving|reschedule[ds]?|push(?:ed)?|put|rais(?:e|ed)|increas(?:e|ed)"
    r"|chang(?:e|ed)|lower(?:ed)?"
    r"|cut|shift(?:ed)?|delay(?:ed)?|bring|brought|swap(?:ped)?|rebook(?:ed)?) (?P<what>(?:the|my"
    r"|our) (?:[\w-]+ )??[\w-]+)"
    r"(?= (?:up|down|back|forward|off|again|because|since|to|by|from|until|for)\b|[.,;!]|$)",
    re.IGNORECASE,
)
# "Mum's finally left", "Lisbon's been pushed": has.
_HAS: Final = re.compile(
    r"(?<=\w)['’]s (?=(?:(?:finally|just|now|already|recently|also|officially) )*(?:been|gone|left|moved"
    r"|got|started|had|sold|quit"
    r"|become|given|taken|switched|changed|joined|stopped|retired|passed|died|lost|found|bought|broken|come"
    r"|closed|ended|finished"
    r"|dropped|cancell?ed|outgrown|turned|grown|decided|resigned|resumed|begun)\b)"
)
_GOT_RID: Final = re.compile(
    r"\b(?P<verb>sold|returned|cancell?ed|quit|dropped|gave up|given up|lost|stopped|finished|rehomed"
    r"|scrapped|donated|binned|ended"
    r"|closed|left) (?:it|them|him|her)\b",
    re.IGNORECASE,
)
_OBJECT: Final = re.compile(
    r"\b(?:the|my|our) (?!(?:same|first|other|new|end|next"
    r"|last)\b)[\w-]+(?: [A-Z][\w-]+)*"
)
_NO_SUBJECT: Final = re.compile(
    r"^(?:am|is|are|was|were|have|has|had|moved|sold|bought|got|left|quit|started|stopped|gave|went|joined"
    r"|finished|switched|cancell?ed|took|began|changed|no longer)\b",
    re.IGNORECASE,
)


_PRONOUNS: Final = re.compile(r"I|We|You|He|She|It|They", re.IGNORECASE)


class Clause(msgspec.Struct, frozen=True):
    """A clause. `resolved`: the same, with a sign in the place of the speaker's name."""

    text: str
    resolved: str
    speaker: str

    def filled(self) -> tuple[str, str] | None:
        """The functional slot that it fills, with whose it is, and the value."""
        found = slots.slot_of(self.resolved, None, ahead=False)
        if found is None or found.value is None or slots.ends(self.resolved):
            return None
        return f"{(found.about or self.speaker).casefold()}/{found.slot}", found.value


def told(text: str, speaker: str) -> tuple[Clause, ...]:
    """What a turn tells, clause by clause: "Ada's parents have sold the house"."""
    text = sentences.clean(text)
    if len(text) > _LONGEST or sentences.is_program(text) or MATERIAL.search(text):
        return ()
    telling = _Telling()
    found = [
        _clause(_first_capital(person.resolve(clause)), speaker)
        for sentence in sentences.split(text)
        if not ("?" in sentence or _SUPPOSED.search(sentence) or UNMEANT.search(sentence))
        for clause in telling.clauses(sentence)
    ]
    return tuple(dict.fromkeys(found))


class _Telling:
    """Who and what the clauses so far spoke of, for those that leave it out or say "she" or "it"."""

    def __init__(self) -> None:
        self._other = self._thing = self._handled = ""

    def clauses(self, sentence: str) -> Iterator[str]:
        """Each with its subject, in the words of its speaker."""
        bare = leads.strip_lead(sentence)
        if _PAIR.match(bare):
            bare = _TOGETHER.sub(_AND_I, bare, count=1)
        subject = ""
        for part in _JOINT.split(bare):
            clause = dropped.with_subject(_first_capital(_ASIDE.sub("", part.strip(" ,.!")).strip(" ,.!")))
            if not clause:
                continue
            clause = self._named(clause)
            if subject and _NO_SUBJECT.match(part.strip()):
                clause = f"{subject} {part.strip(' ,.!')}"
            if named := _SUBJECT.match(clause):
                subject = named["who"]
            self._note(clause, subject)
            yield clause.replace(_AND_I, " and ")

    def _named(self, clause: str) -> str:
        clause = _HAS.sub(" has ", _with_noun(clause, self._other, self._handled))
        if self._thing and (rid := _GOT_RID.search(clause)):
            return f"{clause[: rid.start()]}{rid['verb']} {self._thing}{clause[rid.end() :]}"
        return clause

    def _note(self, clause: str, subject: str) -> None:
        if subject and not _PRONOUNS.fullmatch(subject):
            self._other = subject
        if objects := _OBJECT.findall(clause):
            self._thing = objects[-1]
        if handled := _HANDLED.search(clause):
            self._handled = handled["what"]


def _clause(resolved: str, speaker: str) -> Clause:
    return Clause(resolved.replace(SPEAKER, speaker), resolved, speaker)


def _with_noun(clause: str, other: str, thing: str) -> str:
    """The clause with what its "she" or "it" was called before."""
    match = _PRONOUN.match(clause)
    if match is None:
        return clause
    noun = thing if match["who"].lower() == "it" else other
    if not noun:
        return clause
    return f"{noun}{_EXPANDED.get(match['is'] or '', '')}{clause[match.end() :]}"


def _first_capital(text: str) -> str:
    return text[:1].upper() + text[1:]

# ruff: noqa: RUF001 (dashes and the apostrophe are what people type)
"""The clauses of a turn in the third person, each with its subject, whether or not they make a memory.

"Sold the Volvo at last, and good news: my parents have moved to Trieste" tells two things. Many clauses are no
memory of their own and still say that something is over. What is asked, wished, supposed, quoted or meant as a
joke is left out.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from memcube.plaintext.extract import dropped, leads, person, sentences, slots
from memcube.plaintext.extract.chatter import MATERIAL, UNMEANT
from memcube.plaintext.extract.person import SPEAKER

# A deed is told in a line or two. A pasted page tells of everybody's.
_LONGEST: Final = 600
_SUPPOSED: Final = re.compile(
    r"\b(?:imagine|suppose|supposing|pretend|if only|what if|if (?:i|we|my|he|she|they|it|you|the)|wish|dream(?:t|ed|s)?"
    r"|would|could|should|might|(?-i:may)|maybe|perhaps|joking|kidding|hypothetically|unless|once i|when i)\b"
    r"|\b(?:n't|not|never) (?:\w+ )?(?:really|actually)\b|['’]d\b|(?:^|\s)/s\b|\b(?:jk|lol jk)\b|\byeah,? right\b|[\"“”]",
    re.IGNORECASE,
)
_ASIDE: Final = re.compile(
    r"^(?:[^:]{2,60}: |(?:since|after|before|as of|from|this|last|two|three|a few|in|on|at|with) [^,]{2,40}, "
    r"|(?:since|after) (?:that|the|my|our) \w+ (?=(?:i|i'm|i've|my|we)\b)"
    r"|(?:so|well|and|but|also|then|now|finally|anyway|oh|ok|okay|yes|sadly|unfortunately|luckily|thankfully|turns out"
    r"|guess what|you won't believe it|believe it or not|big news|good news|bad news|update|confession time)[,!]? |no, )+",
    re.IGNORECASE,
)
_JOINT: Final = re.compile(
    r"; | [–—-] |: |, (?:and|but|so|which means|because|since|then|as) |, (?=(?:i|i'm|i've|we|we're|we've|he|she|they|it|he's|she's|it's"
    r"|they're|they've|my|our|the)\b)| (?:and|but|so|because|as|since) (?=(?:i|i'm|i've|we|we're|we've|he|she|they|it|he's|she's"
    r"|it's|they're|they've|my|our|the|now|then|just|finally|am|is|are|was|were|have|has|had|moved|sold|bought|got|left|quit"
    r"|started|stopped|gave|went|joined|finished|switched|cancelled|canceled|took|began|changed|no longer)\b)",
    re.IGNORECASE,
)
# Keeps "Tom and I" together while a sentence is cut at its conjunctions.
_AND_I: Final = "\ue001"
_TOGETHER: Final = re.compile(r"(?<=\w) and (?=(?:I|me)\b(?! (?:then|now|just|also|still)\b))")
_PAIR: Final = re.compile(r"^(?:(?:so|but|and|well|oh),? )?(?:[A-Z]\w+|[Mm]y [\w -]{2,25}?) and I\b")
_NOUN: Final = r"(?:my|our|the|his|her|their) (?:[\w-]+ ){0,2}?[\w-]+(?: (?-i:[A-Z])[\w-]+)?"
_SUBJECT: Final = re.compile(
    rf"^(?P<who>{_NOUN}|(?-i:[A-Z])[\w-]+(?:{_AND_I}I|(?: and (?-i:[A-Z])\w+))?|I|We|You|They|He|She|It)"
    r"(?=(?:'s|'ve|'re|'m)? ?(?:\b(?:is|are|was|were|am|has|have|had|did|does|do|will|just|finally|also|still|now|both|all"
    r"|recently|already|got|went|left|quit|broke|gave|took|told|sold|lost|found|bought|began|came|said|made|put|rang|ran|won"
    r"|\w+ed|\w{2,}[^s\W]s)\b))",
    re.IGNORECASE,
)
_PRONOUN: Final = re.compile(r"^(?P<who>he|she|they|it)(?P<is>'s|'ve|'re)?(?= )", re.IGNORECASE)
_EXPANDED: Final = {"'s": " is", "'ve": " have", "'re": " are"}
# What somebody did to a thing makes it what "it" is: "had to postpone the wedding. It's on 12 September now".
_HANDLED: Final = re.compile(
    r"\b(?:postpone[ds]?|move[ds]?|moving|reschedule[ds]?|push(?:ed)?|put|rais(?:e|ed)|increas(?:e|ed)|chang(?:e|ed)|lower(?:ed)?"
    r"|cut|shift(?:ed)?|delay(?:ed)?|bring|brought|swap(?:ped)?|rebook(?:ed)?) (?P<what>(?:the|my|our) (?:[\w-]+ )??[\w-]+)"
    r"(?= (?:up|down|back|forward|off|again|because|since|to|by|from|until|for)\b|[.,;!]|$)",
    re.IGNORECASE,
)
# "Mum's finally left", "Lisbon's been pushed": has.
_HAS: Final = re.compile(
    r"(?<=\w)['’]s (?=(?:(?:finally|just|now|already|recently|also|officially) )*(?:been|gone|left|moved|got|started|had|sold|quit"
    r"|become|given|taken|switched|changed|joined|stopped|retired|passed|died|lost|found|bought|broken|come|closed|ended|finished"
    r"|dropped|cancell?ed|outgrown|turned|grown|decided|resigned|resumed|begun)\b)"
)
_GOT_RID: Final = re.compile(
    r"\b(?P<verb>sold|returned|cancell?ed|quit|dropped|gave up|given up|lost|stopped|finished|rehomed|scrapped|donated|binned|ended"
    r"|closed|left) (?:it|them|him|her)\b",
    re.IGNORECASE,
)
_OBJECT: Final = re.compile(r"\b(?:the|my|our) (?!(?:same|first|other|new|end|next|last)\b)[\w-]+(?: [A-Z][\w-]+)*")
_NO_SUBJECT: Final = re.compile(r"^(?:am|is|are|was|were|have|has|had|moved|sold|bought|got|left|quit|started|stopped|gave|went|joined"
                                r"|finished|switched|cancell?ed|took|began|changed|no longer)\b", re.IGNORECASE)  # fmt: skip


class Clause(msgspec.Struct, frozen=True):
    """A clause, with the functional slot that it fills and whose that is, if it does."""

    text: str
    slot: str | None = None
    value: str | None = None


def told(text: str, speaker: str) -> tuple[Clause, ...]:
    """What a turn tells, clause by clause: "Ada's parents have sold the house", "Ada's parents moved to Trieste"."""
    text = sentences.clean(text)
    if len(text) > _LONGEST or sentences.is_program(text) or MATERIAL.search(text):
        return ()
    found: list[Clause] = []
    other, thing, last = "", "", ""
    for sentence in sentences.split(text):
        if "?" in sentence or _SUPPOSED.search(sentence) or UNMEANT.search(sentence):
            continue
        subject = ""
        bare = leads.strip_lead(sentence)
        if _PAIR.match(bare):
            bare = _TOGETHER.sub(_AND_I, bare, count=1)
        for part in _JOINT.split(bare):
            clause = dropped.with_subject(_first_capital(_ASIDE.sub("", part.strip(" ,.!")).strip(" ,.!")))
            if not clause:
                continue
            clause = _HAS.sub(" has ", _with_noun(clause, other, thing))
            if last and (rid := _GOT_RID.search(clause)):
                clause = f"{clause[: rid.start()]}{rid['verb']} {last}{clause[rid.end() :]}"
            elif objects := _OBJECT.findall(clause):
                last = objects[-1]
            if subject and _NO_SUBJECT.match(part.strip()):
                clause = f"{subject} {part.strip()}"
            if named := _SUBJECT.match(clause):
                subject = named["who"]
                if not re.match(r"(?:I|We|You|He|She|It|They)$", subject, re.IGNORECASE):
                    other = subject
            if handled := _HANDLED.search(clause):
                thing = handled["what"]
            clause = clause.replace(_AND_I, " and ")
            found.append(_clause(_first_capital(person.resolve(clause)), speaker))
    return tuple(dict.fromkeys(found))


def _clause(resolved: str, speaker: str) -> Clause:
    filled = slots.slot_of(resolved, None, ahead=False)
    text = resolved.replace(SPEAKER, speaker)
    if filled is None or filled.value is None or slots.ends(resolved):
        return Clause(text)
    return Clause(text, f"{(filled.about or speaker).casefold()}/{filled.slot}", filled.value)


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

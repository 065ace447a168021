"""How much news a statement brings, in points: what it names, counts, dates and changes, against talk.

The shape of a sentence says whether it can tell something (`salience`); two sentences of one shape may all
the same be "I adopted a lurcher from Enfield in May" and "I had a little cry in the car". Points are whole
numbers set by reasoning: 1 a hint, 2 a sign, 3 an answer to some question by itself.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from memcube.plaintext.extract import foreign, lexicon, marks, opinion
from memcube.plaintext.extract.slot_table import is_functional
from memcube.plaintext.extract.subject import TIMES, Kind, subject_of

if TYPE_CHECKING:
    from memcube.plaintext.extract.turns import Candidate, Earlier

# What each sign is worth, and why.
WORTH: Final[Mapping[str, int]] = {
    "word": 1,  # each new word beyond praise, feeling and grammar, up to `MOST_WORDS`
    "word again": 1,  # of the turns before: what the talk is about, once
    "name": 2,  # whom or what exactly: one can ask for it by name
    "further name": 1,  # a second one relates two
    "figure": 2,  # 240, 9:30: a price, a size, a time; in words it is often only a manner of speech
    "date": 3,  # answers "when"
    "today": -2,  # now, today, in ten minutes: soon past, so the date is worth less
    "regular": 3,  # "since", "every", "for three years": lasts beyond this talk
    "slot": 3,  # answers a standard question
    "one at a time": 2,  # home, employer, age: what changes by saying so
    "called": 3,  # "her name is Shadow": short for what it gives
    "habit": 2,  # always, never, still
    "plan": 2,  # will be asked about
    "change": 2,  # an end, a return or a correction: an older memory is wrong without it
    "plain": 2,  # "I don't eat fish": no word in it that is not needed; never too short
    "relative": 2,  # people and animals of the speaker come back in talk
    "own": 2,  # my, our: tied to the speaker
    "deed": 2,  # moved, sold, passed, joined: leaves things different
    "taste": 2,  # a preference, a passion, a hobby
    "pursuit": 3,  # "running keeps me sane", "I've been baking": what one does again and again
    "happened": 1,  # the speaker did it or lived through it
    "reason": 1,  # "because", "so I": told, not exclaimed
    "long": 1,  # over 18 words
    "answer": 3,  # completed by its question: short, and yet whole
    "how": -4,  # an answer to "how are you": for company
    "hearer": -3,  # "you": about, or for, the other
    "likeness": -3,  # "like a", "as if": how it seemed
    "general": -1,  # people, life, everything
    "unnamed person": -2,  # he, she, they: whom is not said
    "it": -2,  # it, that, there
    "wonder": -1,  # what, how, why
    "moment": -3,  # sit, laugh, cry, lump in the throat: over with the turn
    "mind": -1,  # think, see, know, feel
    "saying": -3,  # "one learns to be grateful"
    "request": -1,  # I need, I want: on top of an ability, mostly of the assistant and for now
    "ability": -1,  # can, need, want, will: without a date
    "mood": -1,  # is great, is tired
    "short": -1,  # under 9 words
    "very short": -2,  # under 5, on top
}
MOST_WORDS: Final = 5
# What a statement must bring: three words of news, or a date; and where its shape speaks against it. Chosen
# on labelled talk (docs/extraction.md): 4 and 5 are righter, and lose more of what is told in plain words.
LEAST: Final = 3
LEAST_DOUBTED: Final = 7
# Who talks with nobody, or with an assistant, says a plain thing so that it be known: "I keep bees". Between
# people the same sentence is mostly company.
LEAST_TOLD: Final = 0
_ASSISTANTS: Final = frozenset(("assistant", "ai", "bot"))
# What other rules vouch for: an instruction, a correction, a home.
CERTAIN: Final = 8
# Where `salience` is 1: a dated change of a slot, with names.
_FULL: Final = 16

_STEM: Final = 5
# Characters of a turn before: a page that was pasted is not what the talk is about.
_HEARD: Final = 2_000
# Characters: four words of news take more.
_SPARSE: Final = 24
_BARE: Final = str.maketrans("", "", ',.;:!"()')
_LONG, _SHORT, _VERY_SHORT = 18, 9, 5


def heard(before: Iterable["Earlier"]) -> frozenset[str]:
    """How the words begin that the turns before said, and their speakers' names: said again they are no news.

    Five letters stand for a stem here: to stem two turns costs more than all the rest of this module.
    """
    said = " ".join(f"{turn.speaker} {turn.text[:_HEARD]}" for turn in before).lower()
    return frozenset(word[:_STEM] for word in marks.WORD.findall(said) if word not in lexicon.FUNCTION)


def signs(candidate: "Candidate", statement: str, known: frozenset[str], *, answer: bool) -> Sequence[str]:
    """The signs found in a statement, by their names in `WORTH`, in its order.

    `statement`: the candidate as the speaker said it; `known`: what `heard` gives; `answer`: a turn before
    completes it.
    """
    subject = subject_of(statement)
    words = frozenset(subject.words)
    length = len(statement.split())
    content = [
        word
        for word in dict.fromkeys(opinion.content(subject.words))
        if word not in TIMES
        and word not in marks.COMPANY
        and word not in marks.MOMENT
        and not word[0].isdigit()
        and not word.endswith(("'ll", "'d"))
        and not (len(word) > marks.ADVERB and word.endswith("ly"))
    ]
    news = [word for word in content if word.removesuffix("'s")[:_STEM] not in known]
    of_me = not lexicon.MINE.isdisjoint(words)
    names = [
        name for name in marks.NAME.findall(statement) if name.lower().removesuffix("'s")[:_STEM] not in known
    ]
    if subject.kind is Kind.NAMED:
        names.append(subject.words[subject.head])
    slot = (candidate.slot or "").split("/")[0]
    slot_filled = slot not in ("", "plan", "instruction")
    undated = not candidate.dated
    mood = marks.MOOD.match(statement)
    plain = (
        subject.kind in (Kind.FIRST, Kind.OWN)
        and bool(content)
        and all(word in marks.NEEDED or word[0].isdigit() for word in words.difference(content, TIMES))
    )
    pursuit = marks.PURSUIT.search(statement) is not None or (
        subject.kind is Kind.GENERIC
        and of_me
        and marks.OVER.isdisjoint(words)
        and subject.head < subject.predicate < len(subject.words)
        and subject.words[subject.predicate] not in lexicon.MINE
    )
    change = (
        candidate.polarity == "ended"
        or marks.CHANGE.search(statement) is not None
        or (candidate.dated and marks.OTHERWISE.match(candidate.quote) is not None)
    )
    whole = plain or change or pursuit or answer or slot_filled
    found = {
        "word again": len(news) < len(content),
        "name": bool(names),
        "further name": len(names) > 1,
        "figure": any(char.isdigit() for char in statement),
        "date": candidate.dated,
        "today": candidate.dated and marks.TODAY.search(statement) is not None,
        "regular": marks.REGULAR.search(statement) is not None,
        "slot": slot_filled,
        "one at a time": slot in marks.ONE_AT_A_TIME,
        "called": marks.CALLED.search(statement) is not None,
        "habit": not marks.HABIT.isdisjoint(words),
        "plan": candidate.category == "plan",
        "change": change,
        "plain": plain,
        "relative": not {"my", "our", "the"}.isdisjoint(words) and not marks.KIN.isdisjoint(words),
        "own": not {"my", "our", "mine", "ours"}.isdisjoint(words),
        "deed": not marks.DEEDS.isdisjoint(words),
        "taste": candidate.category == "preference" or not marks.TASTE.isdisjoint(words),
        "pursuit": pursuit,
        "happened": subject.kind is Kind.FIRST and candidate.category == "event",
        "reason": marks.REASON.search(statement) is not None,
        "long": length > _LONG,
        "answer": answer,
        "how": marks.HOW.search(candidate.text) is not None,
        "hearer": not lexicon.HEARER.isdisjoint(words) and marks.GIVEN.search(statement) is None,
        "likeness": marks.LIKENESS.search(statement) is not None,
        "general": not marks.GENERAL.isdisjoint(words),
        "unnamed person": subject.kind is Kind.THIRD,
        "it": subject.kind is Kind.DUMMY,
        "wonder": not marks.WONDER.isdisjoint(words),
        "moment": not marks.MOMENT.isdisjoint(words),
        "mind": not marks.MIND.isdisjoint(words),
        "saying": marks.SAYING.match(statement) is not None,
        "request": undated and re.match(r"I (?:need|want)\b", statement) is not None,
        "ability": undated and not whole and not marks.ABILITY.isdisjoint(words),
        "mood": mood is not None and mood["mood"].lower() in lexicon.MOOD,
        "short": length < _SHORT and not whole,
        "very short": length < _VERY_SHORT and not whole,
    }
    return ["word"] * min(len(news), MOST_WORDS) + [name for name, there in found.items() if there]


def points(names: Iterable[str]) -> int:
    return sum(WORTH[name] for name in names)


def is_among_people(speaker: str, before: Iterable["Earlier"]) -> bool:
    """Whether another person than the speaker has said one of the turns before."""
    others = {turn.speaker for turn in before} - {speaker}
    return any(other.lower() not in _ASSISTANTS for other in others)


def weighed(
    candidate: "Candidate",
    statement: str,
    before: Sequence["Earlier"],
    *,
    doubted: bool,
    answer: bool,
    among_people: bool,
) -> "Candidate | None":
    """The candidate with its salience; None if it brings too little.

    `doubted`: its shape speaks against; `answer`: it answers a turn before; `among_people`: see there.
    """
    counted = points(signs(candidate, statement, heard(before), answer=answer))
    if _is_certain(candidate, statement):
        counted = max(counted, CERTAIN)
    least = LEAST if among_people else LEAST_TOLD
    if counted < (LEAST_DOUBTED if doubted else least):
        return None
    return msgspec.structs.replace(candidate, salience=salience(counted))


def salience(counted: int) -> float:
    """0 to 1: points as a share of what a dated change of a named thing brings."""
    return round(min(max(counted, 0), _FULL) / _FULL, 2)


def is_dense(statement: str) -> bool:
    """Whether a sentence may reach `LEAST_DOUBTED`: asked before the rest of the work, which costs more."""
    if statement.endswith("?") or len(statement) < _SPARSE:
        return False
    words = statement.lower().translate(_BARE).split()
    content = sum(word not in lexicon.HOLLOW for word in set(words))
    exact = any(char.isdigit() for char in statement) or marks.NAME.search(statement) is not None
    return content >= (3 if exact else 5)


def _is_certain(candidate: "Candidate", statement: str) -> bool:
    """An instruction, a correction or an ending, a home, an employer, an age; words of another language."""
    return (
        candidate.category == "instruction"
        or candidate.cue is not None
        or (candidate.slot is not None and is_functional(candidate.slot) and candidate.value is not None)
        or foreign.is_foreign(statement, subject_of(statement).words)
    )

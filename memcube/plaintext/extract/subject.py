# ruff: noqa: SIM905, RUF001 (word lists read best as words; wide marks are what people type)
"""Of whom or what a sentence speaks, found from its first words. A tagger costs 50 ms, this 5 µs."""

import re
from enum import StrEnum
from typing import Final

import msgspec

from memcube.plaintext.extract import lexicon, verbs


class Kind(StrEnum):
    """What the head of a sentence is; how much news it must bring depends on it (`salience`)."""

    FIRST = "I, we"
    OWN = "my sister, our flat"
    SECOND = "you, your team"
    THIRD = "he, she, they"
    NAMED = "Tom, Grandpa"
    DEFINITE = "the plumber, two cats"
    DUMMY = "it, that, there"
    GENERIC = "networking, good friends, life"
    FRAGMENT = "so glad, always here"
    ORDER = "check, keep"


class Subject(msgspec.Struct, frozen=True):
    """`words`: all of the sentence in lower case; the head begins at `head`, the rest at `predicate`."""

    kind: Kind
    words: tuple[str, ...]
    head: int
    predicate: int


_TOKEN = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*|,")
_FIRST = frozenset("i i'm i've i'd i'll im ive we we're we've we'll we'd".split())
_SECOND = frozenset("you you're you've you'll you'd your yours u ur y'all ya".split())
_THIRD = frozenset(
    "he he's he'd he'll she she's she'd she'll they they're they've they'll they'd his her their".split()
)
_DUMMY = frozenset(
    "it it's it'd it'll its that that's that'll that'd there'd this these those there there's here here's "
    "everything "
    "something nothing anything all what which who whoever whatever".split()
)
_DETERMINERS = frozenset(
    "the a an some one another each both two three four five six seven eight nine ten several many no "
    "her their".split()
)
_BODIES = frozenset("everyone everybody someone somebody nobody anyone people folks others".split())
# Before the subject: "Last week, we ...", "Since the surgery I ...", "Unfortunately, my ...".
_OPENERS = frozenset(
    "and but so also plus then still now lately recently currently today tonight tomorrow yesterday usually "
    "sometimes often finally eventually later once again anyway besides meanwhile instead maybe perhaps "
    "too even just honestly apparently earlier afterwards "
    "afterward no yes yeah originally initially previously nowadays".split()
)
_ADVERBIAL = frozenset(
    "in on at during since after before until till while when whenever as because although though if unless "
    "with without for from by every last next this two three four five six ten a despite besides within "
    "around about over through like to between".split()
)
TIMES = frozenset(
    "week weekend month year night morning evening afternoon day days weeks months years summer winter "
    "spring "
    "autumn fall monday tuesday wednesday thursday friday saturday sunday ago".split()
)
_KIN = frozenset(
    "mum mom dad mama papa grandma grandpa granny gran granddad nana auntie mummy daddy mother father".split()
)
_FRAGMENT = frozenset(
    "so such really very too always never long no not just how what only more less proud glad sorry way "
    "totally absolutely definitely super pretty quite kudos props hats congrats congratulations".split()
)
_FINITE = verbs.AUXILIARIES - {"be", "been", "being"}
_AFTER_IS = lexicon.EVALUATIVE | lexicon.FUNCTION | verbs.ADVERBS
_REACH: Final = 24


def subject_of(sentence: str) -> Subject:
    tokens = _TOKEN.findall(sentence)
    words = tuple(token.lower() for token in tokens)
    at = _past_openers(words)
    if at >= len(words):
        return Subject(Kind.FRAGMENT, words, 0, 0)
    return _judge(tokens, words, at)


def is_finite(word: str) -> bool:
    """Whether the word alone makes a sentence of what stands before it."""
    if word in _FINITE or word.endswith(verbs.CONTRACTED_ENDINGS):
        return True
    return (
        (verbs.is_past(word) or verbs.is_verb(word))
        and not word.endswith("ing")
        and word not in verbs.ALSO_NOUNS
    )


def _past_openers(words: tuple[str, ...]) -> int:
    at = 0
    while at < len(words):
        word = words[at]
        if word in _FIRST:
            break
        if word == "," or word in _OPENERS or (word.endswith("ly") and at + 1 < len(words) and len(word) > 4):
            at += 1
        elif (begun := _behind_adverbial(words, at) or _begins_behind_comma(words, at)) is not None:
            at = begun
        else:
            break
    return at


def _begins_behind_comma(words: tuple[str, ...], at: int) -> int | None:
    """As in "Money-wise, I ...", "Last season, my ...": a few words that only set the scene."""
    for index in range(at + 1, min(len(words) - 1, at + 5)):
        if words[index] == ",":
            return index + 1 if words[index + 1] in _FIRST or words[index + 1] in ("my", "our") else None
    return None


def _behind_adverbial(words: tuple[str, ...], at: int) -> int | None:
    """Where the clause begins behind "Last week", "Since the surgery in 2022", "two years ago"; else None."""
    if words[at] not in _ADVERBIAL and not (words[at].isdigit() and "ago" in words[at : at + 3]):
        return None
    if words[at] in (
        "this",
        "a",
        "every",
        "last",
        "next",
        "two",
        "three",
        "four",
        "five",
        "six",
        "ten",
    ) and not (TIMES.intersection(words[at + 1 : at + 4])):
        return None
    if (
        words[at] in ("this", "every")
        and words[at + 1] in ("day", "week", "morning")
        and (at + 2 < len(words) and words[at + 2] in ("is", "was", "has"))
    ):
        return None
    clause = words[at] in ("when", "while", "as", "because", "although", "though", "if", "unless", "whenever")
    for index in range(at + 1, min(len(words), at + _REACH)):
        if words[index] == ",":
            return index + 1
        if (
            index > at + 1
            and not clause
            and (words[index] in _FIRST or (words[index] in ("my", "our") and words[index - 1] in TIMES))
        ):
            return index
    return None


def _judge(tokens: list[str], words: tuple[str, ...], at: int) -> Subject:  # noqa: C901, PLR0911, PLR0912 (a decision list)
    word = words[at]
    after = words[at + 1] if at + 1 < len(words) else ""

    def told(kind: Kind, predicate: int) -> Subject:
        return Subject(kind, words, at, min(predicate, len(words)))

    if word in _FIRST:
        return told(Kind.FIRST, at + 1)
    if word in ("my", "our", "me", "myself") and (joined := _joined(words, at)) is not None:
        return told(Kind.FIRST, joined)
    if word in ("my", "our", "mine", "ours"):
        return told(Kind.OWN, _verb(words, at + 1))
    if word in _SECOND:
        return told(Kind.SECOND, at + 1)
    if word in _THIRD:
        return told(Kind.THIRD, _verb(words, at + 1) if word in ("his", "her", "their") else at + 1)
    if word in _BODIES:
        return told(Kind.GENERIC, at + 1)
    if (
        word in ("that", "this", "these", "those")
        and after
        and not is_finite(after)
        and not verbs.is_adverb(after)
    ):
        return told(Kind.DEFINITE, _verb(words, at + 1))
    if word in _DUMMY or word in ("might", "may", "could", "would", "should", "must"):
        return told(Kind.DUMMY, at + 1)
    if word in _DETERMINERS or word.isdigit():
        return told(Kind.DEFINITE, _verb(words, at + 1))
    if word in _KIN or word.removesuffix("'s") in _KIN:
        return told(Kind.NAMED, _verb(words, at))
    if word in lexicon.FEELING and (after == "to" or word not in lexicon.EVALUATIVE):
        return told(Kind.FRAGMENT, len(words))
    if word in _FRAGMENT or word in lexicon.MOOD:
        verb = _verb(words, at + 1)
        return told(Kind.GENERIC if 0 < verb - at <= 3 and verb < len(words) else Kind.FRAGMENT, verb)
    if word.endswith("ing") and len(word) > 4 and word not in verbs.ING_NOUNS:
        return told(Kind.GENERIC, _verb(words, at + 1))
    bare = word.removesuffix("'s")
    if (
        (word in verbs.BASE or word in ("gotta", "lemme", "don't"))
        and not word[0].isdigit()
        and not (after and is_finite(after) and word in verbs.ALSO_NOUNS)
    ):
        return told(Kind.ORDER, at + 1)
    if tokens[at][0].isupper() and _is_name(bare, after, word):
        return told(Kind.NAMED, at if word.endswith("'s") else _verb(words, at + 1))
    return told(Kind.GENERIC, _verb(words, at))


def _joined(words: tuple[str, ...], at: int) -> int | None:
    """Behind "my ex and I", "me and my sister": the place of the verb that both do."""
    for index in range(at + 1, min(len(words) - 2, at + 6)):
        if words[index] == "and" and words[index + 1] in ("i", "me", "myself"):
            return index + 2
        if is_finite(words[index]) or words[index] == ",":
            return None
    return None


def _verb(words: tuple[str, ...], at: int) -> int:
    """The place of the first finite verb from `at` on, or of a word with a contracted "is"; else the end."""
    for index in range(at, min(len(words), at + _REACH)):
        word = words[index]
        if is_finite(word) or (
            word.endswith("'s") and index + 1 < len(words) and _follows_is(words[index + 1])
        ):
            return index
    return len(words)


def _follows_is(word: str) -> bool:
    return word.endswith(("ing", "ed")) or word in _AFTER_IS


def _is_name(bare: str, after: str, word: str) -> bool:
    """As in "Tom says", "Tilly helps", "Torben's lending": one capital word in the singular before a verb."""
    if bare in lexicon.ABSTRACT or bare.endswith(lexicon.ABSTRACT_ENDINGS):
        return False
    if (
        bare.endswith("s")
        and word == bare
        and (after in ("are", "were", "have", "do") or after in verbs.BASE)
    ):
        return False
    return (
        word.endswith("'s")
        or is_finite(after)
        or after in ("and", ",")
        or verbs.is_third_person(after)
        or after in verbs.ADVERBS
    )

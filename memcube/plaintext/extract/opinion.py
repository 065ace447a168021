# ruff: noqa: SIM905 (word lists read best as words)
"""Whether words say how one finds a thing, or something of it: "was so amazing", "opens at nine"."""

from typing import Final

from memcube.plaintext.extract import lexicon, verbs
from memcube.plaintext.extract.subject import TIMES

OBJECT_PRONOUNS = frozenset("it them that this those these".split())
ARTICLES: Final = frozenset(("the", "a", "an", "my", "our", "her", "his", "their"))
# "I changed my mind", "I did my best": mine, and yet nothing is told.
_INNER: Final = frozenset("mind heart best part thing way word head eyes time day life moment".split())
_NOUNS_TOO: Final = (
    frozenset("show talk hit walk run build reach stand push love".split()) - lexicon.LIGHT_NOUNS
)
_DETERMINED: Final = (
    ARTICLES | frozenset("every all this that some any these those next last".split()) | lexicon.EVALUATIVE
)


def is_object_light(verb: str, rest: tuple[str, ...], content: list[str], at: int) -> bool:
    """As in "I finished something", "I treasure every memory": done to what stands for anything."""
    told = next((word for word in rest[at + 1 :] if word not in _DETERMINED), "")
    mine = not {"my", "our"}.isdisjoint(rest[at + 1 : at + 4]) and told not in _INNER
    thing = told in lexicon.LIGHT_NOUNS and told not in TIMES and not mine
    return content == [verb] and (thing or any(word in OBJECT_PRONOUNS for word in rest[at + 1 : at + 2]))


def is_hollow(verb: str, rest: tuple[str, ...]) -> bool:
    """As in "Yesterday I had an experience that changed everything": dated, and yet nothing is told."""
    first = next((word for word in rest if word not in lexicon.FUNCTION), "")
    return verb in ("had", "have", "having", "got", "did", "made") and first in lexicon.OPINION


def is_something(verb: str, rest: tuple[str, ...]) -> bool:
    """As in "I did something new", "I had an experience that changed my view": what it was is not said."""
    first = next((word for word in rest if word not in _DETERMINED), "")
    return verb in ("had", "have", "did", "do", "got") and first in ("something", "experience", "things")


def is_evaluation(verb: str, rest: tuple[str, ...]) -> bool:
    """As in "I had a great time chatting", "I find it so calming", "I'm doing my best"."""
    first = next((word for word in rest if word not in lexicon.FUNCTION), "")
    if verb in ("find", "found"):
        return rest[:1] != () and rest[0] in OBJECT_PRONOUNS
    if verb in ("had", "have", "having"):
        return first in lexicon.ENJOYED or (
            first in lexicon.EVALUATIVE and not lexicon.LIGHT_NOUNS.isdisjoint(rest)
        )
    told = next((word for word in rest if not verbs.is_adverb(word) and word not in ("so", "my")), "")
    return verb == "doing" and told in lexicon.MOOD


def is_deed(words: tuple[str, ...]) -> bool:
    """As in "Helping out at the shelter made me feel useful": the speaker did so."""
    return len(words) > 1 and words[0].endswith("ing") and len(content(words)) > 1


def is_opinion(rest: tuple[str, ...]) -> bool:
    """As in "was so amazing", "must have been hard", "makes me feel calm", "looks great"."""
    verb = rest[0].rpartition("'")[2] if rest[0].endswith("'s") else rest[0]
    if verb in ("need", "needs", "deserve", "deserves"):
        return True
    if verb in ("looks", "look", "looked", "sounds", "seems", "feels"):
        return True
    if verb in ("must", "would", "could", "should", "may", "might", "can"):
        return True
    if verb in (
        "is",
        "s",
        "are",
        "was",
        "were",
        "has",
        "have",
        "isn't",
        "wasn't",
        "looks",
        "look",
        "looked",
        "sounds",
        "feels",
        "felt",
        "seems",
    ):
        first = next(
            (word for word in rest[1:] if word not in lexicon.FUNCTION and word not in ("been", "be")), ""
        )
        return first in lexicon.OPINION or first.endswith(("able", "ible", "ful"))
    return verb in (
        "made",
        "make",
        "makes",
        "give",
        "gives",
        "gave",
        "remind",
        "reminds",
        "keep",
        "keeps",
    ) and not (content(rest))


def is_praise_of(whom: str, rest: tuple[str, ...]) -> bool:
    """As in "She's so sweet": the verb may hide in the pronoun."""
    told = rest if whom.endswith(("'s", "'re")) else rest[1:] if rest[:1] in (("is",), ("are",)) else ()
    first = next((word for word in told if word not in lexicon.FUNCTION), "")
    return first in lexicon.EVALUATIVE and not is_of_speaker(told)


def is_of_speaker(words: tuple[str, ...]) -> bool:
    """As in "keeps me sane", "fires up my creativity"; not "is a goldmine for me", "the things I love"."""
    return any(
        word in ("my", "mine", "myself")
        or (word == "me" and words[at - 1] not in ("for", "to", "with", "of"))
        for at, word in enumerate(words)
    )


def content(words: tuple[str, ...]) -> list[str]:
    """The words that say more than anyone could; behind an article "show" and "talk" are nouns."""
    return [
        word
        for at, word in enumerate(words)
        if len(word) > 1
        and (word not in lexicon.HOLLOW or (at and words[at - 1] in ARTICLES and word in _NOUNS_TOO))
    ]

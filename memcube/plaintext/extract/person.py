# ruff: noqa: SIM905 (word lists read best as words)
"""First person to third: "I've moved and my sister likes it" said by Ada is "Ada has moved and Ada's
sister likes it".

"We" becomes "Ada and others" (who they are the sentence does not say), "our" stays Ada's. Quoted speech "
"and "you"
are left alone. Names are repeated rather than turned into he, she or they: a memory is read out of context.
"""

import re

from memcube.plaintext.extract import verbs
from memcube.plaintext.extract.sentences import quotes

# Stands for the speaker until the very end, so that a speaker called April is not taken for a date and a
# pattern
# over resolved text need not be compiled for every name. Private use: `sentences.clean` takes it out of any
# input.
SPEAKER = "\ue000"

_TOKEN = re.compile(
    r"\ue000|(?:https?://|www\.)\S+|[\w.+-]+@\S+|[^\W\d_\ue000]+(?:['-][^\W\d_]+)*|\d[\d.,:]*\w*|\s+|.",
    re.DOTALL,
)
_NUMERAL_BEFORE = frozenset(
    "war part type chapter class phase volume tier stage level book act elizabeth charles".split()
)
_CONJUNCTIONS = frozenset(("and", "but", "or", "then"))
_OPENERS = frozenset(
    "a an the my our his her their your this that some any two it he she they you we at in on for as with "
    "to from every "
    "about around near until till up out over into by so too much very not there here home".split()
)
_PRONOUNS = {
    "me": SPEAKER, "my": SPEAKER + "'s", "mine": SPEAKER + "'s", "myself": "themself",
    "us": SPEAKER + " and others", "our": SPEAKER + "'s", "ours": SPEAKER + "'s",
    "ourselves": "themselves",
    "we": SPEAKER + " and others", "we're": SPEAKER + " and others are",
    "we've": SPEAKER + " and others have",
    "we'll": SPEAKER + " and others will",
    "we'd": SPEAKER + " and others would",
}  # fmt: skip
_HABIT = re.compile(r"\b(?:every|usually|often|always|sometimes|each|most|regularly|never)\b", re.IGNORECASE)


def resolve(sentence: str) -> str:
    """The sentence in the third person, with `SPEAKER` where the speaker's name belongs."""
    return "".join(_Walk(sentence).run())


def conjoined(sentence: str) -> list[tuple[int, int]]:
    """Where a second predicate of "I" begins, as offsets: (end of the first clause, start of the verb)."""
    walk = _Walk(sentence)
    walk.run()
    offsets = [0]
    for token in walk.tokens:
        offsets.append(offsets[-1] + len(token))
    return [(offsets[conjunction], offsets[verb]) for conjunction, verb in walk.joints]


class _Walk:
    """One pass over the tokens; `agreeing` is on while a bare verb would belong to a present-tense "I"."""

    def __init__(self, sentence: str) -> None:
        self.tokens: list[str] = _TOKEN.findall(sentence)
        self.lower = [token.lower() for token in self.tokens]
        self.habit = bool(_HABIT.search(sentence))
        self.out = list(self.tokens)
        self.agreeing = False
        self.ours = False
        self.joints: list[tuple[int, int]] = []

    def run(self) -> list[str]:
        quoted = quotes("".join(self.tokens))
        offset = 0
        for at, word in enumerate(self.lower):
            if not any(begin <= offset < end for begin, end in quoted):
                self._word(at, word)
            offset += len(self.tokens[at])
        return self.out

    def _word(self, at: int, word: str) -> None:
        if word == "i" and not self._numeral(at):
            self._subject(at, "")
        elif word in ("i'm", "i've", "i'd", "i'll", "i'am"):
            self._subject(at, word[2:])
        elif word in _PRONOUNS:
            self.out[at] = _PRONOUNS[word]
            if word.startswith("we"):
                self.agreeing, self.ours = False, False
        elif word in _CONJUNCTIONS and self.ours:
            self._conjunction(at)
        elif word == "to" and self.agreeing and self._next(at) in verbs.BASE:
            self.agreeing = False  # "want to live there and work": work is an infinitive as well

    def _subject(self, at: int, contracted: str) -> None:
        several = self._several(at)
        verb_at = self._verb_after(at)
        verb = self.lower[verb_at] if verb_at is not None else ""
        self.ours, self.agreeing = not several, not several and contracted in ("", "m", "ve")
        self.out[at] = SPEAKER + _expanded(contracted, several, verb)
        before = self._previous(at)
        if contracted:
            return
        if before is not None and self.lower[before] in ("am", "have", "do", "don't", "haven't"):
            self.out[before] = verbs.third_person(self.tokens[before])
        elif verb_at is not None and not several:
            self._agree(verb_at)

    def _agree(self, at: int) -> None:
        word = self.lower[at]
        said_of_the_past = word in verbs.SAME_IN_PAST and not self.habit
        bare = word in verbs.BASE  # "I run", "I come", "I bring"
        ended = (verbs.is_past(word) or word.endswith("ing")) and not bare
        if word in verbs.MODALS or said_of_the_past or ended:
            self.agreeing = False
        elif word not in verbs.AUXILIARIES or word in ("am", "have", "haven't", "do", "don't", "ain't"):
            self.out[at] = verbs.third_person(self.tokens[at])
            # After "do" and "don't" comes an infinitive.
            self.agreeing = word not in ("do", "don't")

    def _conjunction(self, at: int) -> None:
        verb_at = self._verb_after(at)
        if verb_at is None:
            return
        word, after = self.lower[verb_at], self._next(verb_at)
        if word in ("am", "have", "haven't", "don't") or (self.agreeing and self._is_bare_verb(word, after)):
            self._agree(verb_at)
            self.joints.append((at, verb_at))
        elif verbs.is_past(word) and word in verbs.IRREGULAR_PAST | {
            "moved",
            "started",
            "joined",
            "worked",
            "lived",
        }:
            self.joints.append((at, verb_at))
        elif word in _OPENERS or word in _PRONOUNS:
            self.agreeing = self.ours = False  # another subject begins

    @staticmethod
    def _is_bare_verb(word: str, after: str) -> bool:
        if word not in verbs.BASE:
            return False
        return word not in verbs.ALSO_NOUNS or after in _OPENERS or after.endswith("ing")

    def _verb_after(self, at: int) -> int | None:
        """The next word that is no adverb, over one aside in commas ("I, however, live")."""
        commas = 0
        for index in range(at + 1, min(at + 16, len(self.tokens))):
            word = self.lower[index]
            if word == ",":
                commas += 1
            elif word[0].isalpha() and commas != 1 and not verbs.is_adverb(word):
                return index
            elif not (word.isspace() or word[0].isalpha()):
                return None
        return None

    def _several(self, at: int) -> bool:
        """As in "My sister and I": a noun phrase without a verb before the "and", so the verb is plural."""
        conjunction = self._previous(at)
        if conjunction is None or self.lower[conjunction] != "and":
            return False
        before = [word for word in self.lower[:conjunction] if word[0].isalpha() or word == ","]
        clause = before[len(before) - before[::-1].index(",") :] if "," in before else before
        return 0 < len(clause) <= 6 and not any(_surely_verb(word) for word in clause)

    def _numeral(self, at: int) -> bool:
        """As in "World War I" is no speaker."""
        before = self._previous(at)
        return (
            before is not None and self.lower[before] in _NUMERAL_BEFORE and self.tokens[before][0].isupper()
        )

    def _previous(self, at: int) -> int | None:
        index = at - 1
        while index >= 0 and self.tokens[index].isspace():
            index -= 1
        return index if index >= 0 else None

    def _next(self, at: int) -> str:
        for word in self.lower[at + 1 : at + 3]:
            if not word.isspace():
                return word
        return ""


def _surely_verb(word: str) -> bool:
    return (
        word in verbs.AUXILIARIES
        or (verbs.is_verb(word) and word not in verbs.ALSO_NOUNS)
        or word in ("i", "we")
    )


def _expanded(contracted: str, several: bool, verb: str) -> str:
    if contracted in ("m", "am"):
        return " is" if not several else " are"
    if contracted == "ve":
        return " has" if not several else " have"
    if contracted == "d":
        return " had" if verb == "better" or verbs.is_past(verb) else " would"
    return " will" if contracted == "ll" else ""

# ruff: noqa: RUF001, ISC004 (the apostrophe that people type; a pattern in lines)
"""Commands to the memory in plain words: "remember that…", "forget what I said about…", "that's wrong".

Only a whole turn, or its first sentence, is a command, and only in the forms below: to forget on a
misreading is worse than to be asked twice. "Forget it" and "never mind" are none. What else asks to forget
is no command either, but says so (`unclear`).
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from memcube.plaintext.extract import sentences

Wish = Literal["remember", "forget-about", "forget-that", "unclear", "wrong", "outdated", "not-called"]


class Spoken(msgspec.Struct, frozen=True):
    """A command. `words`: what is to be remembered or forgotten, the name not to be used, or, behind a
    judgement, what is said instead ("that's wrong, I live in Bergen"). `rest`: the sentences behind it.
    """

    wish: Wish
    words: str = ""
    rest: str = ""


_POLITE: Final = (
    r"^(?:(?:please|pls|ok|okay|hey|hi|so|and|also|now|well|actually|no|thanks"
    r"|(?:can|could|would|will) you|(?:i want|i'd like|i would like|i need) you to|you (?:can|should|may))"
    r"[,.!]? +)*(?:please )?"
)
_FORGET: Final = r"(?:forget|delete|erase|remove)"
_SAYING: Final = r"i(?:'ve| have| just| had)? (?:ever )?(?:said|told you|mentioned|wrote|shared|asked)"
_KNOWN: Final = rf"(?:{_SAYING}|you (?:know|remember|have stored|have saved|saved|stored|learned))"
_FORMS: Final[tuple[tuple[Wish, str], ...]] = (
    (
        "forget-about",
        rf"{_FORGET} (?:what(?:ever)?|everything|all|anything|the (?:things?|part|bit))(?: that)? {_KNOWN}"
        r" (?:about|on|regarding|concerning) (?P<words>.{2,200}?)",
    ),
    (
        "forget-about",
        rf"{_FORGET} (?:that|the fact that) (?P<words>(?:i|i'm|i've|my|we|we're|our)\b.{{2,200}}?)",
    ),
    # Of one thing alone, in a word or three: more words may tell of it.
    ("forget-about", r"(?:forget|delete|erase)(?: about)? my (?P<words>[\w'-]+(?: [\w'-]+){0,2})"),
    (
        "forget-that",
        rf"{_FORGET} (?:that|this|what {_SAYING}|the last (?:thing|message)(?: {_SAYING})?)"
        r"(?: again| please|, please)?",
    ),
    (
        "not-called",
        r"(?:don't|do not|never|stop) call(?:ing)? me (?P<words>[\w'-]{1,40})(?: any ?more| again)?",
    ),
    (
        "remember",
        r"(?:remember|(?:don't|do not|never) forget|keep in mind|bear in mind|(?:make|take) (?:a )?note"
        r"|note(?: down)?)(?: that|:|,) (?P<words>.{2,2000})",
    ),
)
_PATTERNS: Final = tuple(
    (wish, re.compile(f"{_POLITE}{pattern}[.!?]*$", re.IGNORECASE)) for wish, pattern in _FORMS
)
_UNCLEAR: Final = re.compile(
    rf"{_POLITE}(?:forget|delete|erase)\b(?! (?:about )?it\b| to\b| not\b)", re.IGNORECASE
)
_THAT: Final = (
    r"^(?:(?:no|nope|hey|sorry|wait|um|uh|hmm|but|well|actually|oh)[,.!]* +)*"
    r"(?:that|this|it|you|what you said|your answer)(?:'s| is| are|'re| was)(?: just| simply| all)? "
)
_TRUE: Final = r"(?:true|right|correct|accurate|valid|so|the case)"
_OUTDATED: Final = re.compile(
    rf"(?:{_THAT}(?:no longer {_TRUE}|not {_TRUE} (?:any ?more|any longer)|outdated|out of date|old news)"
    rf"|^(?:no[,.]? +)?(?:that|this|it) (?:isn't|ain't) {_TRUE} (?:any ?more|any longer))(?=[.,!;]|$)",
    re.IGNORECASE,
)
# "This is wrong, people should not litter" judges no answer: behind a comma stands what is true instead.
_INSTEAD: Final = (
    r"(?=[.!;]|$|, (?:(?:actually|in fact|sorry|because) )?(?:i|i'm|i've|i'd|my|we|we're|we've|our|it's"
    r"|it is|he|he's|she|she's|they|they're)\b"
    r"(?! (?:know|think|thought|guess|suppose|mean|feel|felt|find|wish|hope"
    r"|believe|swear|admit|agree|said|told)\b))"
)
_WRONG: Final = re.compile(
    rf"{_THAT}(?:not {_TRUE}|wrong|incorrect|false|untrue|mistaken|a mistake|nonsense){_INSTEAD}"
    rf"|^(?:no[,.]? +)?(?:that|this|it) (?:isn't|ain't|wasn't) {_TRUE}{_INSTEAD}"
    r"|^(?:wrong|incorrect|not true|false)(?=[.!]|$)",
    re.IGNORECASE,
)


def command(text: str) -> Spoken | None:
    """What a turn asks of the memory, if it does."""
    said = " ".join(text.replace("’", "'").split())
    if len(said) > 2_500:
        return None
    first, rest = _first_sentence(said)
    for wish, pattern in _PATTERNS:
        # What is to be remembered may take several sentences.
        whole = wish == "remember"
        if found := pattern.match(said if whole else first):
            words = (found.groupdict().get("words") or "").strip(" .,!?\"'")
            return Spoken(wish, words, "" if whole else rest)
    if _UNCLEAR.match(first) and not first.endswith("?"):
        return Spoken("unclear")
    if found := _OUTDATED.search(said):
        return Spoken("outdated", said[found.end() :].lstrip(" .,!;"))
    found = _WRONG.search(said)
    return Spoken("wrong", said[found.end() :].lstrip(" .,!;")) if found else None


def _first_sentence(said: str) -> tuple[str, str]:
    """The first sentence that says something, and what follows it: "Ok. Forget that." is one."""
    first = ""
    for sentence in sentences.split(said):
        if not said.startswith(sentence, len(first)):
            break  # a list, a table, a program: no sentences
        first = said[: len(first) + len(sentence)]
        if not re.fullmatch(_POLITE, f"{first} ", re.IGNORECASE):
            return first, said[len(first) :].strip()
        first = f"{first} "
    return said, ""

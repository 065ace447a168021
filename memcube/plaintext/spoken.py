# ruff: noqa: RUF001, ISC004 (the apostrophe that people type; a pattern in lines)
"""Commands to the memory in plain words: "remember that…", "forget what I said about…", "that's wrong".

Only a whole turn, or its first sentence, is a command, and only in the forms below: to forget on a
misreading is worse than to be asked twice. "Forget it" and "never mind" are none.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

Wish = Literal["remember", "forget-about", "forget-that", "wrong", "outdated", "not-called"]


class Spoken(msgspec.Struct, frozen=True):
    """A command. `words`: what is to be remembered or forgotten, the name not to be used, or, behind a
    judgement, what is said instead ("that's wrong, I live in Bergen").
    """

    wish: Wish
    words: str = ""


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
_WRONG: Final = re.compile(
    rf"{_THAT}(?:not {_TRUE}|wrong|incorrect|false|untrue|mistaken|a mistake|nonsense)"
    r"(?=[.,!;]|$)"
    rf"|^(?:no[,.]? +)?(?:that|this|it) (?:isn't|ain't|wasn't) {_TRUE}(?=[.,!;]|$)"
    r"|^(?:wrong|incorrect|not true|false)(?=[.!]|$)",
    re.IGNORECASE,
)


def command(text: str) -> Spoken | None:
    """What a turn asks of the memory, if it does."""
    said = " ".join(text.replace("’", "'").split())
    if len(said) > 2_500:
        return None
    for wish, pattern in _PATTERNS:
        if found := pattern.match(said):
            return Spoken(wish, (found.groupdict().get("words") or "").strip(" .,!?\"'"))
    if found := _OUTDATED.search(said):
        return Spoken("outdated", said[found.end() :].lstrip(" .,!;"))
    found = _WRONG.search(said)
    return Spoken("wrong", said[found.end() :].lstrip(" .,!;")) if found else None

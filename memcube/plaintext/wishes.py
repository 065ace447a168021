"""What a standing wish to the assistant is about, so that a new one takes the place of the old one."""

from __future__ import annotations

import re
from typing import Final

_LANGUAGES: Final = (
    r"English|German|French|Spanish|Italian|Portuguese|Dutch|Swedish|Norwegian|Danish|Finnish|Polish|Czech|Greek"
    r"|Turkish|Russian|Ukrainian|Arabic|Hebrew|Hindi|Chinese|Japanese|Korean|Vietnamese|Thai|Indonesian|Welsh|Irish"
)
# One wish of each kind holds at a time. What is in none of them stands beside the others.
_TOPICS: Final = tuple(
    (topic, re.compile(pattern, re.IGNORECASE))
    for topic, pattern in (
        (
            "language",
            rf"\b(?:answer|reply|respond|write|speak|talk|address)\b.{{0,40}}\bin (?:{_LANGUAGES})\b",
        ),
        (
            "length",
            r"\b(?:short|brief|briefly|concise|concisely|shorter|long|longer|detailed|verbose|in detail)\b",
        ),
        ("tone", r"\b(?:formal|formally|informal|informally|casual|casually)\b"),
        ("units", r"\b(?:metric|imperial|celsius|fahrenheit|kilomet(?:re|er)s|miles)\b"),
        ("emoji", r"\bemojis?\b"),
    )
)
_WISH: Final = re.compile(r"^(?P<who>.{1,256})'s wish: ")


def topic(text: str) -> str | None:
    """Whose wish it is and what it is about ("Ada/language"), or None for what is none or of no such kind."""
    wish = _WISH.match(text)
    if wish is None:
        return None
    for name, pattern in _TOPICS:
        if pattern.search(text, wish.end()):
            return f"{wish['who']}/{name}"
    return None

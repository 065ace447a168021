"""The ready context: what fits a budget of tokens, as dated lines with ids, in the order of time.

    [2026-03-01] Anna lives in Lisbon (1b9d6bcd-...)
    [2026-03-02 to 2026-04-18] Ben: I am off to Porto. (9b1deb4d-...)

Memories are data, whoever wrote them: a text makes neither another line nor another id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from unicodedata import category

import msgspec

from memcube.cube import Form
from memcube.plaintext.memory import Memory

Count = Callable[[Sequence[str]], Sequence[int]]
"""The tokens of each text, line ends left out."""

# No tokenizer spends less on prose. A line with more characters than this for each token that is left is not
# even counted: a page of 256 kB takes a quarter of a second.
MOST_CHARACTERS_A_TOKEN: Final = 8
_UNSEEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, separators
# They turn what follows around, or are letters that only a model sees.
_TURNING: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_FALSE_ID: Final = re.compile(
    r"\(([^()\w]*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}[^()\w]*)\)", re.IGNORECASE
)


class Context(msgspec.Struct, frozen=True):
    """`text`: the lines, each with its end; empty if nothing fits.

    tokens: of the text, a line end counted as one. memories: those in it, best first.
    """

    text: str
    tokens: int
    memories: tuple[Memory, ...]


def render(memories: Sequence[Memory], max_tokens: int, count: Count) -> Context:
    """The best memories that fit, given best first.

    One that is too long for what is left is passed over, and shorter ones behind it may still come in.
    """
    chosen: list[tuple[Memory, str]] = []
    left = max_tokens
    for memory in memories:
        line = _line(memory)
        if len(line) > MOST_CHARACTERS_A_TOKEN * left:
            continue
        tokens = count([line])[0] + 1
        if tokens <= left:
            chosen.append((memory, line))
            left -= tokens
    told = sorted(chosen, key=lambda one: (one[0].valid_from, one[0].id))
    return Context(
        text="".join(f"{line}\n" for _, line in told),
        tokens=max_tokens - left,
        memories=tuple(memory for memory, _ in chosen),
    )


def _line(memory: Memory) -> str:
    text = _harmless(memory.text)
    if memory.provenance:
        speaker = _harmless(memory.provenance[0].speaker)
        # The text of a fact mostly says already who it is about.
        if memory.form is Form.EPISODE or speaker.casefold() not in text.casefold():
            text = f"{speaker}: {text}"
    return f"[{_dates(memory.valid_from, memory.valid_to)}] {text} ({memory.id})"


def _dates(since: datetime, until: datetime | None) -> str:
    """By the clock of who said it: what was said there at night was another day elsewhere."""
    if until is None:
        return since.date().isoformat()
    return f"{since.date().isoformat()} to {until.astimezone(since.tzinfo).date().isoformat()}"


def _harmless(text: str) -> str:
    """On one line, without what is not seen, and without what would pass for an id."""
    if not text.isprintable():
        text = "".join(" " if category(character) in _UNSEEN else character for character in text)
        text = _TURNING.sub("", text)
    return _FALSE_ID.sub(r"[\1]", " ".join(text.split()))

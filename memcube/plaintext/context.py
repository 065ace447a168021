"""The ready context: what fits a budget of tokens, as dated lines with ids, in the order of time.

    [2026-03-01] Anna lives in Lisbon (1b9d6bcd-...)
    [2026-03-02 to 2026-04-18] Ben: I am off to Porto. (9b1deb4d-...)

Memories are data, whoever wrote them: a text makes neither another line nor another id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from memcube.plaintext.lines import told
from memcube.plaintext.memory import Memory

Count = Callable[[Sequence[str]], Sequence[int]]
"""The tokens of each text, line ends left out."""

# No tokenizer spends less on prose. A line with more characters than this for each token that is left is not
# even counted: a page of 256 kB takes a quarter of a second.
MOST_CHARACTERS_A_TOKEN: Final = 8


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
    in_time = sorted(chosen, key=lambda one: (one[0].valid_from, one[0].id))
    return Context(
        text="".join(f"{line}\n" for _, line in in_time),
        tokens=max_tokens - left,
        memories=tuple(memory for memory, _ in chosen),
    )


def _line(memory: Memory) -> str:
    text = told(memory.form, memory.text, memory.provenance)
    return f"[{_dates(memory.valid_from, memory.valid_to)}] {text} ({memory.id})"


def _dates(since: datetime, until: datetime | None) -> str:
    """By the clock of who said it: what was said there at night was another day elsewhere."""
    if until is None:
        return since.date().isoformat()
    return f"{since.date().isoformat()} to {until.astimezone(since.tzinfo).date().isoformat()}"

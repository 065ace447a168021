"""The signals of a recall, each with its weight and the reason for it. docs/recall.md has what each is worth.

Whole and half numbers, set by reasoning and not fitted to any data: a signal that compares a question with
what was said counts 2, a hint of the style of what was said 1 or less, the date, which a question names only
when it matters, 3. Fits to conversations came out within noise of them.
"""

from __future__ import annotations

from typing import Final

import msgspec


class Column(msgspec.Struct, frozen=True):
    """One signal. `scaled`: the least of a question's candidates becomes 0 and the greatest 1."""

    name: str
    weight: float
    scaled: bool


COLUMNS: Final = (
    # Late interaction: words of one meaning find each other ("kids" and "my daughter") without being equal.
    Column("tokens", 2.0, scaled=True),
    # The same, a token of the question being content with the turn before at .9: answers do not repeat
    # the question ("Any pets?" "Two, Momo and Ada").
    Column("tokens_before", 2.0, scaled=True),
    # BM25 of the turn with two on either side: rare words and names, which vectors blur; and a topic is
    # named once in several turns.
    Column("words_around", 2.0, scaled=True),
    # The three best of the session: what was talked about in that hour.
    Column("session", 2.0, scaled=True),
    # Who asks what Ben said means Ben's words more often than what others told him, but not always.
    Column("speaker", 1.0, scaled=False),
    # Few turns are of the month that a question names, and words hardly tell them apart.
    Column("date", 3.0, scaled=False),
    # A question asks for what an answer tells.
    Column("is_question", -1.0, scaled=False),
    # "When" and "how long" are answered with a time.
    Column("tells_time", 1.0, scaled=False),
    # What people ask about is mostly what somebody told of themselves, not what was wished or praised.
    Column("first_person", 0.5, scaled=False),
)
# What a token of the question keeps of the turn before.
BEFORE: Final = 0.9
# Turns on either side that share their words.
REACH: Final = 2
SESSION_BEST: Final = 3

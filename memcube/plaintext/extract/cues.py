# ruff: noqa: RUF001 (dashes and wide marks are what people type)
"""Words that say how a statement stands to an older one: it corrects it, or it ends it."""

import re
from typing import Literal

Cue = Literal["correction", "ending"]

_CORRECTION = re.compile(
    r"""^(?:(?:oh|ah|oops|sorry|so|well|hmm|no|wait|hang\son|my\sbad|my\smistake)[,!.\s–—-]*)*
        (?:actually\s*,|actually\s+(?:it|the|my|i'm|it's|i\s(?:live|work|moved|meant|was)|we)\b
          |correction\b|scratch\sthat
          |i\smeant\b(?!\sto\b)|i\smisspoke|i\sgot\s.{1,30}\swrong|i\smixed\sup|no,\s+(?:it|its|it's|the|my
            |i|i'm|we|that)\b)
      |\b(?:sorry|oops|wait|no|correction)\b[,!.\s–—-]+(?:\w+\s){0,2}?(?:i\smeant|it's\sactually|actually)\b
      |^(?:no|nope)\s*[,–—-]+\s*(?:it|its|it's|the|my|i|i'm|we)\b
      |\b(?:it's|is|was|are|am|i'm|said)\s+not\s+(?:\S+\s+){1,4}but\s
      |\bnot\s+(?:on\s|in\s|at\s)?[A-Z]\w+\s+but\s
      |,\s*not\s+(?:on\s|in\s|at\s|the\s|a\s)?(?:\w+\s?){1,2}(?:[.,!)]|$)
      |\b(?:i\ssaid|i\swrote|i\stold\syou)\b.{3,60}\b(?:but\sit's|but\sit\sis|wrong|a\smistake)\b
      |\bI\smeant\s(?!to\b|that\sas\b|it\b|well\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_ENDING = re.compile(
    r"""\bno\slonger\b|\bnot?\s(?:\w+\s){0,5}any\s?(?:more|longer)\b|n't\s(?:[\w'-]+\s){0,8}any\s?(?:more
      |longer)\b
      |\b(?:i|we|he|she|they|[a-z]+)\s(?:\w+ly\s|just\s|have\s|has\s|'ve\s)?(?:quit|resigned|gave\sup
        |given\sup)\b
      |\b(?<!am\s)(?<!'m\s)(?<!is\s)(?<!are\s)(?<!get\s)(?<!got\s)(?<!be\s)(?<!was\s)(?<!getting\s)used\sto\s(?!it\b|the\b|my\b|this\b|that\b|\w+ing\b)
      |\bstopped\s(?!by\b|at\b|in\b|for\b|over\b|off\b|to\b)|\bgave\sup\b
      |\b(?:cancell?ed|called\soff|fell\sthrough|broke\sup|split\sup|is\soff\b(?!\swork)|over\sand\sdone
        |isn't\shappening)""",
    re.IGNORECASE | re.VERBOSE,
)


def cue_of(sentence: str) -> Cue | None:
    """The cue of a sentence as said, with its lead ("No, it's on Thursday")."""
    if _ENDING.search(sentence):
        return "ending"
    return "correction" if _CORRECTION.search(sentence) else None

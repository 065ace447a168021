"""How a deed is described: by whom, to what, and what is over or begins with it."""

from __future__ import annotations

import re
from typing import Final

import msgspec

WHO: Final = r"^(?P<who>[^,;:.()]{2,60}?)"
WHO2: Final = r"^(?P<who2>[^,;:.()]{2,60}?)"
AUX: Final = (
    r"(?:(?: and others)? (?:has|have|had|was|were|is|are|got|just|finally|recently|officially|already|now"
    r"|also"
    r"|sadly|only|actually|since|been|completely|both|all|at last))*"
)
POSS: Final = r"(?:(?:the|an?|some|another|[\w]+'s|his|her|their|our|its) )?(?:(?:new|old|first|own|very) )*"
X: Final = rf"{POSS}(?P<x>[^,;:()]{{2,60}}?)"
END: Final = (
    r"(?= (?:on|at|last|yesterday|today|because|since|after|before|this|and|but|so|when|while"
    r"|again|now"
    r"|in (?:\d|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|spring|summer|autumn|winter|the (?:spring"
    r"|summer"
    r"|autumn|winter|end))|a (?:week|month|year|few|couple|while) ago|\w+ (?:days|weeks|months|years) ago)\b"
    r"|[.,;:(!]|$)"
)
NEAR: Final = (
    r"(?= (?:in|on|at|for|with|near|from|to|of|last|yesterday|today|this|and|but|so|after)\b"
    r"|[.,;:(!]|$)"
)


class Deed(msgspec.Struct, frozen=True):
    """A pattern over a clause, with groups `who`, `x` and `y`, and the lines that they are put into.

    over: hold no longer. holds: hold now. empties: slots. leaves_off: nothing is done with `x` any more.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    over: tuple[str, ...]
    holds: tuple[str, ...]
    empties: tuple[str, ...]
    leaves_off: bool


# Words that many sentences have, so that they would not spare the pattern.
_NO_HINTS: Final = frozenset(
    """
    the has have his her their our for and some with was were been are had ies not
    """.split()  # noqa: SIM905 -- a word list reads best as words
)


def deed(
    pattern: str, *over: str, holds: tuple[str, ...] = (), empties: str = "", leaves_off: bool = False
) -> Deed:
    bare = pattern
    for part in (WHO, WHO2, AUX, X, END, NEAR, POSS):
        bare = bare.replace(part, " ")
    # No deed without one of its verbs: a cheap look before the pattern.
    found = re.findall(r"(?<![?\\P<])([a-z]{3,})(\??)(?![>\w])", bare)
    hints = {word[:-1] if optional else word for word, optional in found} - _NO_HINTS
    return Deed(tuple(sorted(hints)), re.compile(pattern), over, holds, tuple(empties.split()), leaves_off)

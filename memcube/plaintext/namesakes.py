"""Two people of one name: "Ada's sister Anna" is not "Ada's boss Anna"."""

from __future__ import annotations

import re
from collections.abc import Sequence


def role(text: str, name: str) -> str | None:
    """As what a person of this name is spoken of: "sister" in "Ada's sister Anna lives in Bergen".

    A friend's sister is another: "friend's sister".
    """
    if not name:
        return None
    found = re.search(
        # "Ben's email is ben@old.example" names nobody.
        rf"'s (?P<of>(?:[a-z-]+'s )*)(?:[\w-]+ )?(?P<role>(?!(?:is|was|and|or|with)\b)[a-z]+),?"
        rf" {re.escape(name)}\b(?!@)",
        text,
        re.IGNORECASE,
    )
    return f"{found['of']}{found['role']}".lower() if found else None


def may_be_one(text: str, others: Sequence[str], name: str) -> list[bool]:
    """Of each of the other texts, whether it may speak of the person of that name whom `text` speaks of.

    Where several are known by that name and `text` does not say who is meant, none is.
    """
    mine, theirs = role(text, name), [role(other, name) for other in others]
    known = {one for one in theirs if one is not None}
    if mine is None:
        return [len(known) < 2] * len(theirs)
    return [one is None or one == mine for one in theirs]

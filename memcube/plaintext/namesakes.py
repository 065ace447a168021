"""Two people of one name: "Ada's sister Anna" is not "Ada's boss Anna"."""

from __future__ import annotations

import re


def role(text: str, name: str) -> str | None:
    """As what a person of this name is spoken of: "sister" in "Ada's sister Anna lives in Bergen"."""
    if not name:
        return None
    found = re.search(rf"'s (?:[\w-]+ )?(?P<role>[a-z]+),? {re.escape(name)}\b", text, re.IGNORECASE)
    return found["role"].lower() if found else None

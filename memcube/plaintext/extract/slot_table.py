"""Every slot, and whether it holds one value at a time (a new one replaces it) or many (they add up)."""

from typing import Final

# One home, one employer at a time. "favourite_<noun>" and "<pet>_name" are functional for each noun,
# "plan/<event>" for each event.
FUNCTIONAL: Final = frozenset(
    (
        "lives_in",
        "address",
        "works_at",
        "studies_at",
        "job",
        "name",
        "age",
        "birthday",
        "phone",
        "email",
        "partner",
        "diet",
    )
)
LISTED: Final = frozenset(
    ("likes", "dislikes", "owns", "allergic_to", "language", "hobby", "pet", "child", "sibling", "friend",
     "health", "avoids", "plan", "instruction")
)  # fmt: skip


def is_functional(slot: str) -> bool:
    """Whether a new value of the slot takes the place of the old one. "lives_in/sister" is the sister's."""
    base, _, key = slot.partition("/")
    if base == "plan":
        return bool(key)
    return base in FUNCTIONAL or base.startswith("favourite_") or base.endswith("_name")

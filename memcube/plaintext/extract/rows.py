"""Values in a row behind one verb, each a statement of its own: "I speak Czech and Slovak" is two.

Only of rows whose members are known for what they are: languages, allergies, animals with their names.
"""

import re
from typing import Final

from memcube.plaintext.extract.listed_slots import LANGUAGES

_JOINT: Final = r"(?:,? (?:and|or|as well as|plus) |, )"
# What the row hangs on, what parts it, and what each of its members must be.
_ROWS: Final = tuple(
    (re.compile(head), re.compile(_JOINT + ahead), re.compile(member))
    for head, ahead, member in (
        (
            r"\b(?:speaks?|fluent in|knows?|understands?|learn(?:s|ing|t|ed)?|languages are|studying) ",
            rf"(?=(?:[a-z]+ ){{0,3}}(?:{LANGUAGES})\b)",
            rf"^(?:[a-z]+ ){{0,3}}(?:{LANGUAGES})\b(?!.*\b(?:{LANGUAGES})\b)",
        ),
        (
            r"\ballergic to (?:both )?",
            r"",
            (
                r"^(?!(?:not|but|so|carry|carries|have|has|had|is|are|was|got|need|needs|can|can't|[A-Z]|my|I)\b)"
                r"(?:[\w'-]+ ?){1,3}[.!]*$"
            ),
        ),
        (
            r"\b(?:have|has|got|adopted) (?=an? )",
            r"(?=an? (?:[\w-]+ )?[\w-]+ (?:called|named) )",
            r"\b(?:called|named) [A-Z]",
        ),
    )
)


def apart(statement: str) -> list[str]:
    """The statement once for each value in its row; alone, where it has no row."""
    for head, joint, member in _ROWS:
        begins = head.search(statement)
        if begins is None:
            continue
        values = joint.split(statement[begins.end() :])
        if len(values) > 1 and all(member.search(value) for value in values):
            return [statement[: begins.end()] + value for value in values]
    return [statement]

"""What a turn says it is about, for what it tells then: "The mentoring goes well! I've met two boys"."""

import re

from memcube.plaintext.extract.subject import Kind, subject_of

# "I wanted to tell you about my school event": it announces, what follows tells.
_ANNOUNCED = re.compile(
    r"(?:I|we) (?:(?:just|also|really) )*(?:wanted|want|have|had|need|got) to "
    r"(?:tell (?:you|everyone)(?: all)?|share(?: with you)?) about "
    r"(?P<what>(?:my|our|the|an?|this) [^,.!?;:()]{3,60})[.! ]*$",
    re.IGNORECASE,
)
# "The mentoring is going great": named only to be praised or lamented.
_PRAISED = re.compile(
    r"(?P<what>(?:the|my|our|this) (?:[\w'-]+ ){1,3}?)(?:is|are|was|were|went|has been|have been)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]{4,}")
# Behind these the turn has come to something else.
_REACH = 2


class Topic:
    """What the last sentence announced or praised, and for how many statements more it holds."""

    def __init__(self) -> None:
        self._what = ""
        self._left = 0

    def announced(self, sentence: str) -> bool:
        """Whether the sentence only announces what the next ones tell; its topic is remembered."""
        match = _ANNOUNCED.match(sentence)
        if match is not None:
            self._what, self._left = match["what"].strip(), _REACH
        return match is not None

    def note(self, sentence: str, *, told: bool) -> None:
        """Remember what a sentence that told nothing was about; one that told something is about itself."""
        match = None if told else _PRAISED.match(sentence)
        if match is not None:
            self._what, self._left = match["what"].strip(), _REACH

    def added(self, statement: str) -> str:
        """What "I" or "we" did, with what it belongs to in brackets."""
        if not self._left or subject_of(statement).kind is not Kind.FIRST:
            return statement
        self._left -= 1
        named = _WORD.findall(self._what.lower())
        if not named or any(word[:5] in statement.lower() for word in named):
            return statement
        what = self._what[:1].lower() + self._what[1:]
        return f"{statement.rstrip(' .!')} ({what})"

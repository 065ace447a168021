"""What others say: kept as theirs where it tells of somebody, not where it is a saying or a text's."""

import re
from typing import Final

from memcube.plaintext.extract.sentences import quotes

_SAYS: Final = (
    r"(?:says?|said|saying|told|claims?|reckons?|swears?|insists?|believes?|goes|mentions?|mentioned|describes?"
    r"|described|explains?|explained|talks? about|shows?|warns?|warned)"
)
_SAY: Final = re.compile(rf"\b(?:{_SAYS}|say|taught)\b")
# A text or a broadcast speaks to everybody.
_TEXT: Final = re.compile(
    r"(?:\w+ ){0,3}?(?:horoscope|book|novel|song|lyrics?|article|paper|film|movie|show|episode|podcast"
    r"|quote|sign"
    r"|poster|poem|ad|advert|headline|proverb|saying|card|cookie|app|website|site|page|news|forecast|study"
    r"|studies|experts|scientists|research|report|character|narrator|hero|heroine|email|letter|text|caption|phone|watch|clock|thermometer"
    r"|label|menu|manual|recipe|blog|post|tweet|video|mug|t-shirt|sticker|they|people|everyone|everybody"
    rf"|someone|somebody|some|folks)'?s? (?:(?:always|just|also|really|once|often) )*{_SAYS}\b",
    re.IGNORECASE,
)
# "My gran always said never trust a thin cook": repeated because it is a saying.
_SAYING: Final = re.compile(
    rf"[^,.;]{{2,40}}? (?:(?:always|often|never|once|famously) {_SAYS}|used to say|likes to say|would say"
    r"|(?:always )?(?:taught|told) (?:me|us) (?:that|to|never|always))\b(?! (?:I|I'm|my|me|we|he|she)\b)",
    re.IGNORECASE,
)
# Behind "says": an order, or what holds of everybody.
_GENERAL: Final = re.compile(
    rf"(?!(?:I|we|I've|we've)\b).{{2,50}}? {_SAYS}(?: that| to (?:me|us))?,? (?:never|always|don't|do|be"
    rf"|you|we're all|we are all|we all"
    r"|people|life|love|everyone|everything|nothing|nobody|things)\b",
    re.IGNORECASE,
)
# "In the show, Rachel moves to Paris": a story's people. Who writes it tells of themself.
_FICTION: Final = re.compile(
    r"in (?:the|this|that|my) (?:\w+ ){0,2}?(?:show|series|movie|film|book|novel|game|story|episode|dream"
    r"|play|song"
    r"|lyrics|comic|manga|anime|poem)\b(?! (?:I'm|I am|we're) (?:writing|making|shooting|working))",
    re.IGNORECASE,
)
_OUTSIDE: Final = re.compile(r"\w+")


def is_general(text: str) -> bool:
    """Whether the words of another that the sentence gives are said of nobody in particular."""
    if _FICTION.match(text):
        return True
    return _SAY.search(text) is not None and (
        _TEXT.match(text) is not None or _SAYING.match(text) is not None or _GENERAL.match(text) is not None
    )


def is_quote(text: str) -> bool:
    """Whether nearly all of the sentence stands between quotation marks: no words of the speaker's own."""
    inside = [span for span in quotes(text) if span[1] - span[0] > _TITLE]
    if not inside:
        return False
    outside = (
        text[: inside[0][0]]
        + " "
        + " ".join(
            text[end:begin]
            for (_, end), (begin, _) in zip(inside, [*inside[1:], (len(text), 0)], strict=True)
        )
    )
    return len(_OUTSIDE.findall(outside)) <= _FEW and re.search(rf"\b{_SAYS}\b", outside) is None


# Characters: shorter ones are names of books, songs and shops.
_TITLE: Final = 24
# "or something like that", "as she put it"
_FEW: Final = 4

"""The numbers of a text, in digits or in words, in one spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

# A minus sign only where no word or number ends before it: 3-5 is a range, -5 is not.
NUMBER: Final = r"(?:(?<![\w)])-)?\d+(?:[.,:]\d+)*"

_TOKEN: Final = re.compile(rf"{NUMBER}|[^\W\d_]+")
_THOUSANDS: Final = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SMALL: Final = {
    word: value
    for value, words in enumerate(
        (
            *(
                "zero",
                "one first once",
                "two second twice",
                "three third thrice",
                "four fourth",
                "five fifth",
            ),
            *("six sixth", "seven seventh", "eight eighth", "nine ninth", "ten tenth", "eleven eleventh"),
            *("twelve twelfth dozen", "thirteen thirteenth", "fourteen fourteenth", "fifteen fifteenth"),
            *("sixteen sixteenth", "seventeen seventeenth", "eighteen eighteenth", "nineteen nineteenth"),
        )
    )
    for word in words.split()
}
_TENS: Final = {
    word: 10 * value
    for value, stem in enumerate(("twent", "thirt", "fort", "fift", "sixt", "sevent", "eight", "ninet"), 2)
    for word in (f"{stem}y", f"{stem}ieth")
}
_SCALES: Final = {
    name + ending: value
    for name, value in {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}.items()
    for ending in ("", "s", "th")
}
# "half" and the like are values too, but of no arithmetic here.
_FRACTIONS: Final = frozenset({"half", "quarter", "quarters", "double", "triple"})
# Longer runs of digits are identifiers; multiplying them by a scale means nothing.
_COUNTABLE: Final = 12


def numbers(text: str) -> tuple[str, ...]:
    """Every number of the text in order: "two cats, 1,000 fish" gives ("2", "1000")."""
    return tuple(_values(_TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())))


def is_number_word(word: str) -> bool:
    """Whether a word, or its stem, is a number by itself: "2", "twelve", but not "half"."""
    return word[:1].isdecimal() or word in _SMALL or word in _TENS or word in _SCALES


def _values(tokens: list[str]) -> Iterator[str]:
    number = _Words()
    for token in tokens:
        if number.take(token):
            continue
        yield from number.finished()
        if token in _FRACTIONS:
            yield token
        elif token[-1].isdecimal():
            *whole, last = _spelled(token)
            yield from whole
            if not number.take_digits(last):
                yield last
        else:
            number.take(token)
    yield from number.finished()


def _spelled(token: str) -> list[str]:
    if _THOUSANDS.fullmatch(token):
        token = token.replace(",", "")
    sign = "-" if token.startswith("-") else ""
    parts = []
    for part in re.split("[:,]", token.lstrip("-")):
        whole, dot, rest = part.partition(".")
        rest = rest if "." in rest else rest.rstrip("0")
        parts.append((whole.lstrip("0") or "0") + (dot + rest if rest else ""))
    return [sign + parts[0], *parts[1:]]


class _Words:
    """A number that is being read from words, such as "two hundred and five" or "3 million"."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._total = 0
        self._group: int | None = None
        self._from_digits = False

    def take(self, word: str) -> bool:
        """Whether the word goes on with the number, or starts one where none is."""
        if word == "and":
            return self._group is not None and (self._group >= 100 or self._total > 0)
        if scale := _SCALES.get(word):
            self._multiply(scale)
            return True
        value = _SMALL.get(word, _TENS.get(word))
        if value is None:
            return False
        if self._group is None or (self._group == 0 and self._total):
            self._group = value
            return True
        after_hundreds = self._group > 0 and self._group % 100 == 0
        after_tens = self._group % 100 >= 20 and self._group % 10 == 0 and value < 10
        if self._from_digits or value == 0 or not (after_hundreds or after_tens):
            return False
        self._group += value
        return True

    def take_digits(self, digits: str) -> bool:
        """Whether the digits may be counted in thousands and millions by the next word."""
        if not digits.isdecimal() or len(digits) > _COUNTABLE:
            return False
        self._group, self._from_digits = int(digits), True
        return True

    def finished(self) -> Iterator[str]:
        """The number read so far, if there is one; the next token starts anew."""
        if self._group is not None:
            yield str(self._total + self._group)
        self._clear()

    def _multiply(self, scale: int) -> None:
        counted, self._from_digits = (self._group or 1) * scale, False
        if scale == 100:
            self._group = counted
        else:
            self._total, self._group = self._total + counted, 0

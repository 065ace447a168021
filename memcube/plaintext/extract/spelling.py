"""Chat spelling as English is written otherwise: "dont" is "don't", "tmrw" is "tomorrow", "cos" is "because".

Only what stands for one word, whatever the sentence: "ill", "were" and "its" may be words of their own.
"""

import re
from typing import Final

from memcube.plaintext.extract import foreign

_NOT: Final = (
    "do does did ca could wo would is are was were have has had should must need ai might"  # and "nt"
)
_WRITTEN: Final = {
    **{f"{verb}nt": f"{verb}n't" for verb in _NOT.split()},
    "ive": "I've", "youre": "you're", "theyre": "they're", "youve": "you've", "weve": "we've",
       "theyve": "they've", "thats": "that's", "whats": "what's", "theres": "there's", "hes": "he's",
       "shes": "she's", "whos": "who's", "wheres": "where's", "hows": "how's",
    "u": "you", "ur": "your", "cos": "because", "cuz": "because", "coz": "because", "bc": "because",
       "tmrw": "tomorrow", "tmr": "tomorrow", "tmw": "tomorrow", "tomoz": "tomorrow", "yday": "yesterday",
       "bday": "birthday", "abt": "about", "ppl": "people", "tho": "though", "prob": "probably",
       "probs": "probably", "obvs": "obviously", "rly": "really",
       "plz": "please", "pls": "please", "w/": "with", "w/o": "without", "mins": "minutes",
       "hrs": "hours", "yrs": "years", "appt": "appointment", "hubby": "husband", "bf": "boyfriend",
       "gf": "girlfriend", "bestie": "best friend",
}  # fmt: skip
# "Dont" is French as well.
_FRENCH: Final = r"(?! (?:je|j'|tu|il|elle|on|nous|vous|ils|elles|le|la|les|l'|un|une|des|ce|mon|ma|mes)\b)"
_CHAT: Final = re.compile(
    r"(?<![\w'.@/#-])(?:"
    + "|".join(sorted(map(re.escape, _WRITTEN), key=len, reverse=True))
    + rf")(?![\w'/@(]|\.\w){_FRENCH}",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[a-z/']+")
_FOUND: Final = frozenset(_WRITTEN) | {"im"}
_NEGATED: Final = re.compile(rf"\b(?:{_NOT.replace(' ', '|')})nt\b{_FRENCH}", re.IGNORECASE)
# "Im" is German too, where no English participle, article or preposition follows.
_IM: Final = re.compile(
    r"(?<![\w'])[Ii]m(?= (?:a|an|the|not|so|in|at|on|from|going|allergic|now|still|also|really|very|too|off"
    r"|\w+ing|\w+ed)\b)"
)


def written(text: str) -> str:
    """The text of a turn with its chat spellings written out; capitals at the start of a word stay.

    One without any small word of English stays as it is: "u" is Dutch for "you".
    """
    words = frozenset(_WORD.findall(text.lower()))
    if words.isdisjoint(_FOUND) or (foreign.ENGLISH.isdisjoint(words) and _NEGATED.search(text) is None):
        return text
    return _IM.sub("I'm", _CHAT.sub(_out, text))


def _out(match: re.Match[str]) -> str:
    said = match.group()
    if said.isupper():
        return said  # "BC", "U Thant"
    out = _WRITTEN[said.lower()]
    return out[:1].upper() + out[1:] if said[0].isupper() else out

"""What counts as a word when memories are judged. Frozen: never change it together with what it judges.

The analyser of recall (`memcube.plaintext.words`) is there to be tuned: a synonym more, a stop word less.
Were the judge to use it as well, each such change would also move what counts as found, and two versions
could no longer be compared. So this is a copy, cut down to what is needed: Snowball's English stemmer, the
stop words of the day on which it was made, no synonyms, no irregular forms.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import Stemmer

_FUNCTION_WORDS: Final = """
    a an the this that these those some any each every either neither such both all most other another same
    own i me my mine myself you your yours yourself yourselves he him his himself she her hers herself it its
    itself we us our ours ourselves they them their theirs themselves who whom whose which what when where why
    how am is are was were be been being do does did doing done have has had having can could shall should
    will would must might ought cannot let lets
    and or but nor so yet if then than because while although though unless until as of at by for with about
    against between into through during to from in out on off over under again further once here there
    not no never only just too very really quite also even still already ever else one ones
    oh ah um uh hmm yes yeah yep nope ok okay hi hello hey please thanks thank well
    im ive id ill youre youve hes shes weve theyre theyve thats whats dont doesnt didnt isnt arent
    wasnt werent wont wouldnt couldnt shouldnt cant havent hasnt hadnt
    s t d m re ve ll th st nd rd
"""
STOP_WORDS: Final = frozenset(_FUNCTION_WORDS.split())

# Scripts that put no spaces between words: each sign counts as one.
_SPACELESS: Final = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD: Final = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+(?:'[^\W_{_SPACELESS}]+)*")
_APOSTROPHES: Final = str.maketrans("\u2018\u2019\u02bc", "'''")


def folded(text: str) -> str:
    """One spelling for what looks alike, and one blank between words."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES).split())


def stems(text: str) -> tuple[str, ...]:
    """The stemmed content words in order, repeats kept; none for function words or emoji alone."""
    found: list[str] = []
    for word in _WORD.findall(folded(text)):
        if "'" in word:
            found += _without_clitics(word)
        elif word not in STOP_WORDS:
            found.append(word)
    # A stemmer of its own each time: one that is shared keeps a cache and is not safe for threads.
    return tuple(Stemmer.Stemmer("english", 0).stemWords(found))


def _without_clitics(word: str) -> list[str]:
    """`caroline's` is Caroline, `o'brien` Brien, `doesn't` nothing."""
    if word.endswith("n't"):
        return []
    return [part for part in word.split("'") if len(part) > 1 and part not in STOP_WORDS]

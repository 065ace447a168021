"""English words that hold a sentence together and say nothing by themselves."""

from __future__ import annotations

from typing import Final

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
FUNCTION_WORDS: Final = frozenset(_FUNCTION_WORDS.split())

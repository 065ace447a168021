# ruff: noqa: SIM905 (word lists read best as words)
"""English verbs: which word is one, in which tense, and its third person. Word lists, because a tagger
costs 50 ms.

A list errs on rare words only; a wrong guess costs one clumsy ending in a memory, never the memory.
"""

IRREGULAR_PAST = frozenset(
    "died lied tied was were had did went got met bought made took came saw said told gave found left felt "
    "kept knew "
    "thought ran "
    "sold lost broke spent wrote ate drank drove flew swam sang began became brought built caught chose "
    "drew fell "
    "forgot grew heard held led lent meant paid rode rose sent sat slept spoke stood stole swept taught "
    "threw tore "
    "understood woke won wore won't fought froze hid hung laid lit rang sank shook shot showed sought "
    "sprang stuck "
    "struck swore withdrew overheard outgrew rebuilt redid dreamt learnt burnt spelt bit blew dug fed fled "
    "forgave "
    "dealt bent bound bred crept shone slid spun split wept".split()
) - {"won't", "split"}

# The past looks like the present; a habit word ("every day") decides.
SAME_IN_PAST = frozenset(
    "quit put cut set hit let hurt beat shut split cast bet read spread cost burst".split()
)

_ED_IS_PRESENT = frozenset(
    "need feed speed breed bleed shed wed embed succeed proceed exceed heed weed seed".split()
)
_PARTICIPLES = frozenset(
    "been gone done seen taken given eaten driven flown written known grown shown broken chosen forgotten "
    "spoken "
    "begun become come run swum sung drunk worn torn thrown stolen woken ridden fallen hidden frozen".split()
)

BASE = frozenset(
    "motivate inspire encourage succeed brighten calm focus boost fuel fill amaze surprise excite spark lift "
    "connect express explore achieve reduce increase improve protect survive chase embrace shape form "
    "provide "
    "face fight dream score train coach raise donate mentor foster adopt rescue hurt ache snore bark bite "
    "chew "
    "graduate major enroll enrol apply audition perform compose edit publish review film record sketch sew "
    "knit "
    "bake grill brew roast skate surf climb camp fish hunt jog stretch lift recover heal cope deserve "
    "vanish blow "
    "commute relocate renovate decorate assemble design sponsor sign invest budget retire resign hire fire "
    "promote "
    "babysit tutor lecture research experiment analyse analyze program code debug "
    "accept add adopt agree am apply arrange arrive ask attend avoid bake be believe belong book borrow "
    "bring build "
    "buy call can care carry celebrate change clean climb close coach collect come commute cook cost count "
    "cycle "
    "dance decide design develop dislike do draw drink drive earn eat enjoy enter exercise expect fear "
    "feed feel "
    "find finish fix fly follow forget garden get give go grow hate have hear help hike hold host hurt "
    "intend "
    "invest join keep knit know land lead learn leave like listen live look lose love make manage marry "
    "meet mind "
    "miss move need notice open order organise organize own paint park pay pick plan plant play practise "
    "practice "
    "prefer prepare pretend promise provide pull push put quit raise reach read receive record refuse "
    "regret rehearse "
    "relax remember rent repair reply require rest return ride run sail save say search see seem sell send "
    "serve "
    "share shop show sing sit ski sleep smell smoke speak spend stand start stay stop struggle study "
    "suffer suggest "
    "support surf swim take talk taste teach tell tend think train translate travel try turn understand "
    "use visit "
    "volunteer wait wake walk want wash watch wear weigh win wish work worry write begin become eat happen "
    "include "
    "sound offer produce depend consist contain remain appear belong cover deal end last mean".split()
)
# Nouns as well: after "and" they are taken for verbs only when an object or a preposition follows.
ALSO_NOUNS = frozenset(
    "book call care change clean climb close coach cook cost count cycle dance design drink drive exercise "
    "fear feed "
    "fix garden hike host hurt land lead look love mind move need open order paint park pay pick plan "
    "plant play "
    "practice push record rent repair reply rest return ride run sail save search sell share shop show ski "
    "sleep "
    "smell smoke sound stand start stay stop struggle study support surf swim talk taste train travel try "
    "turn use visit "
    "volunteer wait wake walk wash watch wear wish work worry cover deal end last bake".split()
)

MODALS = frozenset(
    "can can't cannot could couldn't will won't would wouldn't shall should shouldn't may might must "
    "mustn't ought "
    "did didn't had hadn't was wasn't were weren't used".split()
)
AUXILIARIES = MODALS | frozenset(
    "am is isn't are aren't be been being has hasn't have haven't do does don't doesn't ain't".split()
)
CONTRACTED_ENDINGS = ("'m", "'re", "'ve", "'ll", "'d", "n't")
ADVERBS = frozenset(
    "also just really never always still usually often sometimes both now then actually finally already "
    "only even "
    "rarely seldom recently currently probably soon once ever quite kinda sorta maybe perhaps definitely "
    "hardly barely too mostly mainly very totally honestly sadly luckily later eventually no longer myself "
    "first almost again today yesterday".split()
)
ING_NOUNS = frozenset(
    "during thanksgiving morning evening something everything nothing anything king ring spring string wing "
    "thing building wedding "
    "meeting ceiling clothing feeling bring sing".split()
)
_NEVER_VERBS = frozenset("during morning evening something everything nothing anything".split())
_LY_VERBS = frozenset("apply reply rely fly supply multiply comply ally imply".split())
_AGREED = {
    "am": "is", "have": "has", "haven't": "hasn't", "havent": "hasn't", "do": "does", "don't": "doesn't",
    "dont": "doesn't", "ain't": "isn't", "be": "is", "go": "goes",
    "wanna": "wants to", "gotta": "has to",
}  # fmt: skip


def is_adverb(word: str) -> bool:
    return word in ADVERBS or (word.endswith("ly") and len(word) > 4 and word not in _LY_VERBS)


def is_past(word: str) -> bool:
    """A finite past form or a participle: "moved", "went", "been"."""
    if word in IRREGULAR_PAST or word in _PARTICIPLES:
        return True
    return word.endswith("ed") and len(word) > 4 and word not in _ED_IS_PRESENT


def is_verb(word: str) -> bool:
    """Whether an English reader would take the lower-case `word` for a verb form, out of context."""
    if word in AUXILIARIES or word in BASE or word in SAME_IN_PAST or is_past(word):
        return True
    if word.endswith(CONTRACTED_ENDINGS) or (
        word.endswith("ing") and len(word) > 5 and word not in _NEVER_VERBS
    ):
        return True
    return is_third_person(word)


def is_third_person(word: str) -> bool:
    return word.endswith("s") and not BASE.isdisjoint((word[:-1], word[:-2], word[:-3] + "y"))


def third_person(verb: str) -> str:
    """Live -> lives, study -> studies, have -> has; keeps the case of a shouted verb."""
    lower = verb.lower()
    if lower in _AGREED:
        agreed = _AGREED[lower]
    elif lower.endswith(("s", "x", "z", "ch", "sh", "o")):
        agreed = lower + "es"
    elif lower.endswith("y") and lower[-2:-1] not in "aeiou":
        agreed = lower[:-1] + "ies"
    else:
        agreed = lower + "s"
    return agreed.upper() if verb.isupper() and len(verb) > 1 else agreed

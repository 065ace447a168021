# ruff: noqa: SIM905, RUF001 (word lists read best as words; curved apostrophes are what people type)
"""The words and turns of phrase by which `news` tells what brings news from what keeps company."""

import re
from typing import Final

WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
NAME: Final = re.compile(
    r"(?<=[\w,] )(?!(?:I|OMG|LOL|OK|OMFG|TV|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February"
    r"|March|April|May|June|July|August|September|October|November|December)\b)[A-Z][\w'’-]+"
    r"(?: [A-Z][\w'’-]+)*"
)
REGULAR: Final = re.compile(
    r"\bsince\b|\bfor (?:\w+ ){0,2}(?:years?|months?|weeks?)\b"
    r"|\b(?:every|once a|twice a|each) (?:\w+day|week|month|day|morning|evening|night|year|summer|winter)s?\b"
    r"|\bon (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days\b",
    re.IGNORECASE,
)
HOW: Final = re.compile(
    r', asked "(?:And |So )?How(?! (?:many|much|old|long|often|far|tall|big)\b)', re.IGNORECASE
)
LIKENESS: Final = re.compile(
    r"\b(?:is|are|was|feels?|felt|looks?|looked|sounds?|it's|that's|be|just|being|\w+ing|more) like\b"
    r"|\blike (?:a|an|the|some|when|you|it|that|I|my|we|they)\b|\bas if\b|\bas \w+ as\b",
    re.IGNORECASE,
)
REASON: Final = re.compile(
    r"\b(?:because|so (?:I|we|my)|which|who|after|when|until|till|before)\b", re.IGNORECASE
)
MOOD: Final = re.compile(
    r"[\w' ]{1,30}?(?:\b(?:is|are|was|were|am)|'s|'m|'re) "
    r"(?:(?:so|such|really|very|too|pretty|quite|just|all|an?|the|honestly|still|always|more|most) )*"
    r"(?P<mood>[\w-]+)",
    re.IGNORECASE,
)
KIN: Final = frozenset(
    "mum mom dad mother father sister brother wife husband partner boyfriend girlfriend son daughter "
    "kid kids child children cousin aunt uncle gran grandma grandpa nan nana niece nephew boss "
    "neighbour neighbor dog cat dogs cats doctor landlord fiance fiancee".split()
)
DEEDS: Final = frozenset(
    "bought sold moved started quit joined signed booked adopted finished lost won broke married "
    "engaged born died passed promoted hired fired graduated enrolled applied retired diagnosed "
    "learning learned learnt teach teaches work works working live lives own owns allergic play plays "
    "played run runs named called studying volunteer volunteering volunteered".split()
)
CHANGE: Final = re.compile(
    r"\bback (?:to|at|in|with|on)\b(?! (?:19|20)\d\d)"
    r"|\b(?!bottom |myself |me |of )\w+ again\b|\bI (?:meant|was wrong)\b",
    re.IGNORECASE,
)
OTHERWISE: Final = re.compile(r"(?:no|nope|sorry|oops|wait)\b,? ", re.IGNORECASE)
# What a plain statement has beside its words of news.
NEEDED: Final = frozenset(
    "i i'm i've we we're am are do don't have haven't not no never only always can can't cannot a an "
    "the some any and or in at to for of on with from my our now again back more anymore longer work "
    "want use live love like hate learn see seeing being keep need has had was took take up going go "
    "thinking about getting get plan plans visited joined won saving next this last one two three "
    "four five six seven eight nine ten is will won't it usually big part life saw got new early me m "
    "having doing reading".split()
)
GENERAL: Final = frozenset(
    "people everyone everybody nobody someone somebody anyone anybody thing things life world "
    "anything everything nothing ever whole".split()
)
TASTE: Final = frozenset(
    "passion passions passionate fan hobby hobbies fave faves favourite favorite favourites favorites "
    "go-to outlet outlets therapy".split()
)
PURSUIT: Final = re.compile(
    r"\b(?:I've|I have|we've|we have) (?:\w+ ){0,2}been \w+ing\b"
    r"|\b(?:brings?|keeps?|gets?|helps?|lets?|calms?|inspires?|gives?|giving) (?:me|us)\b",
    re.IGNORECASE,
)
TODAY: Final = re.compile(
    r"\b(?:today|tonight|now|minutes|hours?|this (?:morning|evening|afternoon))\b", re.IGNORECASE
)
SAYING: Final = re.compile(
    r"(?:and |but )?one (?:does|learns|must|cannot|gets|never|always|tries|wonders)\b", re.IGNORECASE
)
CALLED: Final = re.compile(r"\b(?:(?:name(?:'s| is)|called|named) [A-Z]|pronouns are\b)")
OVER: Final = frozenset(("was", "were"))
# Letters: "family" and "fly" are none.
ADVERB: Final = 6
HABIT: Final = frozenset("always usually often never still".split())
# "the dog you gave me": of the speaker, by the hearer.
GIVEN: Final = re.compile(r"\byou (?:gave|got|bought|made|sent|lent|taught) (?:me|us)\b", re.IGNORECASE)
# Said to the other, or to oneself, whatever one tells.
COMPANY: Final = frozenset(
    "thank god goodness dear darling haha ha hah hahaha bro mate girl lol lmao rn ngl tbh im ive dont "
    "cant thats ones how's exactly honest serious forget".split()
)
WONDER: Final = frozenset("what how why whatever".split())
MOMENT: Final = frozenset(
    "sit sits sat sitting laugh laughs laughed laughing cry cries cried crying weep wept tear tears "
    "grin grinning grinned scream screamed screaming yell yelled yelling shout shouted jump jumped "
    "jumping blink breath breathe breathing throat mouth lump stare staring stared melt melted "
    "melting welling sob sobbing sobbed giggle giggling snort snorted choked teary goosebumps blush "
    "blushing dying hug hugs hugging squeal squealed kiss wink".split()
)
MIND: Final = frozenset(
    "hear heard saw see seen notice noticed look looks looked thought think thinks thinking remember "
    "forgot feel feels feeling know knew knows seem seems keep keeps believe reckon suppose guess "
    "swear promise wonder".split()
)
ABILITY: Final = frozenset(
    "can can't cannot could couldn't need needs want wants wanna should would wouldn't might may must "
    "try trying gotta will won't shall gonna i'll we'll".split()
)
ONE_AT_A_TIME: Final = frozenset("lives_in works_at job name age birthday partner studies_at".split())

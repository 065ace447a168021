# ruff: noqa: ISC004 (a pattern in lines)
"""What a deed says of a state without naming it: who finished reading Dune is no longer reading it.

Each deed implies sentences that hold no longer, or hold now, said as if the person had said them; only a fact
of the very same frame ends by them. A deed may also empty slots ("moved out of Haifa", "was fired"), or leave
a thing off ("switched from Firefox to Brave"). What is only wished, planned or denied implies nothing.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from memcube.plaintext.frames import without_dates

_ANY: Final = ""


class Emptied(msgspec.Struct, frozen=True):
    """Slots of a person that hold this value no longer; without a value, none."""

    who: str
    slots: tuple[str, ...]
    value: str | None


class LeftOff(msgspec.Struct, frozen=True):
    """A thing that somebody does nothing with any more: uses it, takes it, drinks it."""

    who: str
    what: str


class Implied(msgspec.Struct, frozen=True):
    """over: sentences that hold no longer. holds: sentences that hold now."""

    over: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    emptied: tuple[Emptied, ...] = ()
    left_off: tuple[LeftOff, ...] = ()


class _Deed(msgspec.Struct, frozen=True):
    pattern: re.Pattern[str]
    over: tuple[str, ...]
    holds: tuple[str, ...]
    empties: tuple[str, ...]
    leaves_off: bool


_WHO: Final = r"^(?P<who>[^,;:.()]{2,60}?)"
_WHO2: Final = r"^(?P<who2>[^,;:.()]{2,60}?)"
_AUX: Final = (
    r"(?:(?: and others)? (?:has|have|had|was|were|is|are|got|just|finally|recently|officially|already|now|also"
    r"|sadly|only|actually|since|been|completely|both|all|at last))*"
)
_POSS: Final = r"(?:(?:the|an?|some|another|[\w]+'s|his|her|their|our|its) )?(?:(?:new|old|first|own|very) )*"
_X: Final = rf"{_POSS}(?P<x>[^,;:()]{{2,60}}?)"
_END: Final = (
    r"(?=(?: [\w-]+)? (?:on|at|last|yesterday|today|because|after|before|this|and|but|so|when|while|again|now"
    r"|in (?:\d|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|spring|summer|autumn|winter|the (?:spring|summer"
    r"|autumn|winter|end))|a (?:week|month|year|few|couple|while) ago|\w+ (?:days|weeks|months|years) ago)\b"
    r"|[.,;:(!]|$)"
)
_NEAR: Final = r"(?= (?:in|on|at|for|with|near|from|to|of|last|yesterday|today|this|and|but|so|after)\b|[.,;:(!]|$)"
_NO_DEED: Final = re.compile(
    r"\b(?:might|may|maybe|perhaps|almost|nearly|wish\w*|hop\w+|want\w*|would|could|should|will|going to|plan\w*"
    r"|think\w*|consider\w*|if|not|never|dream\w*|pretend\w*|asked|suggest\w*|jok\w+|unless|until|about to"
    r"|tomorrow|next)\b|n't\b|\?",
    re.IGNORECASE,
)


def _deed(
    pattern: str, *over: str, holds: tuple[str, ...] = (), empties: str = "", leaves_off: bool = False
) -> _Deed:
    return _Deed(re.compile(pattern), over, holds, tuple(empties.split()), leaves_off)


_SEEKING: Final = (
    "{who} looking for {x}", "{who} searching for {x}", "{who} hunting for {x}", "{who} saving for {x}",
    "{who} saving up for {x}", "{who} waiting for {x}", "{who} needs {x}", "{who} wants {x}",
    "{who} wants to buy {x}", "{who} wants to get {x}", "{who} is {x} hunting", "{who} in the market for {x}",
)  # fmt: skip
_NO_WORK: Final = (
    "{who} unemployed", "{who} out of work", "{who} jobless", "{who} between jobs", "{who} looking for work",
    "{who} looking for a job", "{who} looking for a new job", "{who} job hunting", "{who} applying for jobs",
)  # fmt: skip
_BROKEN: Final = (
    "{x} is broken", "{x} is out of order", "{x} is in repair", "{x} is being repaired", "{x} is leaking",
    "{x} is dead", "{x} is at the garage", "{x} is in the garage", "{x} is at the mechanic", "{x} is faulty",
    "{x} is in the workshop", "{x} is at the workshop", "{x} is in the shop", "{x} is at the shop",
)  # fmt: skip
_ILL: Final = (
    "{who} is sick", "{who} is ill", "{who} is unwell", "{who} is in hospital", "{who} is in the hospital",
    "{who} has the flu", "{who} has flu", "{who} has a cold", "{who} has covid", "{who} is off sick",
    "{who} is on sick leave",
)  # fmt: skip
_WITH_IT: Final = (
    "{who} has {x}", "{who} owns {x}", "{who} drives {x}", "{who} rides {x}", "{who} rents {x}", "{who} uses {x}",
    "{who} plays {x}", "{who}'s car is {x}",
)  # fmt: skip
_PREPARING: Final = (
    "{who} training for {x}", "{who} preparing for {x}", "{who} studying for {x}", "{who} revising for {x}",
    "{who} practising for {x}", "{who} rehearsing for {x}", "{who} learning for {x}", "{who} nervous about {x}",
)  # fmt: skip
_DOING: Final = (
    "{who} {x}", "{who} reading {x}", "{who} writing {x}", "{who} watching {x}", "{who} working on {x}",
    "{who} taking {x}", "{who} doing {x}", "{who} playing {x}", "{who} building {x}", "{who} knitting {x}",
    "{who} studying {x}", "{who} listening to {x}", "{who} attending {x}", "{who} doing a {x}", "{who} renovating {x}",
    "{who} painting {x}", "{who} in the middle of {x}",
)  # fmt: skip
_BELONGING: Final = (
    "{who} plays in {x}", "{who} plays for {x}", "{who} sings in {x}", "{who} is in {x}", "{who} is on {x}",
    "{who} is a member of {x}", "{who} is member of {x}", "{who} volunteers at {x}", "{who} works at {x}",
    "{who} works for {x}", "{who} belongs to {x}", "{who} runs {x}", "{who} is part of {x}", "{who} is at {x}",
)  # fmt: skip
_SUBSCRIBED: Final = (
    "{who} has {x}", "{who} is subscribed to {x}", "{who} subscribes to {x}", "{who} pays for {x}", "{who} uses {x}",
    "{who} is a member of {x}", "{who} is a member at {x}", "{who} has a {x} subscription", "{who} has a {x} membership",
    "{who} has a subscription to {x}", "{who} has a membership at {x}", "{who} is signed up for {x}",
    "{who} signed up for {x}",
)  # fmt: skip
_SACKED: Final = (
    r"(?:laid off|made redundant|fired|sacked|let go|dismissed|unemployed|jobless|out of work|out of a job"
    r"|between jobs)"
)
_WORK: Final = "works_at job"

_DEEDS: Final = (
    # Found, bought, came: the search, the wish and the lack are over.
    _deed(
        rf"{_WHO}{_AUX} (?:found|bought|purchased|received|adopted|ordered|landed|rented|got) {_X}{_NEAR}",
        *_SEEKING,
        holds=("{who} has {x}", "{who} owns {x}"),
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:found|landed|accepted|got|started|starts|began|has)"
        rf"(?: (?:working|work)\b|(?: \w+'s| an?| the| some)?(?: [\w-]+){{0,3}} (?:job|position|work|role)\b)",
        *_NO_WORK,
    ),
    _deed(rf"{_WHO}{_AUX} (?:hired|joined|employed|working (?:at|for|as))\b", *_NO_WORK),
    _deed(r"\bhired (?P<who>[A-Z]\w+)\b", *_NO_WORK),
    # Work and study that ended.
    _deed(
        rf"{_WHO}{_AUX} (?:changed|switched|moved) (?:jobs|employers?|compan(?:y|ies)|careers?)\b"
        rf"|{_WHO2}{_AUX} (?:started|begun|began|got|has|accepted) (?:a|\w+'s|his|her|the) new (?:job|position|role)\b",
        empties=_WORK,
    ),
    _deed(r"^(?i:(?:my )?first|second) (?:day|week|month) (?:in|at|of) (?:the|a|\w+'s) (?:new )?(?:job|work|office)\b", empties=_WORK),
    _deed(
        r"^(?P<x>[A-Z][\w&' -]{1,40}?) (?:has |have |just |finally |suddenly )*(?:folded|went (?:bust|under|bankrupt|out of business)"
        r"|gone (?:bust|under|bankrupt|out of business)|closed (?:down|its doors)|shut down|collapsed)\b",
        empties="works_at",
    ),
    _deed(rf"{_WHO}{_AUX} {_SACKED}\b(?! (?:from|by|of|at) )", empties=_WORK),
    _deed(rf"{_WHO}{_AUX} {_SACKED} (?:from|by|at) {_X}{_END}", empties=_WORK),
    _deed(rf"{_WHO}{_AUX} retired\b(?! (?:early )?(?:to bed|the|my|his|her|\w+'s))", empties=_WORK),
    _deed(
        rf"{_WHO}{_AUX} (?:quit|left|resigned from|walked out of|parted ways with|stopped working (?:at|for)"
        rf"|done with|finished at|dropped out of|retired from|stepped down from|stopped volunteering at) {_X}{_END}",
        *_BELONGING,
        empties=f"{_WORK} studies_at",
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:resigned|stepped down|quit|gave up)(?: \w+'s job)? as (?:an? |the )?(?P<x>[^,;:.()]{{2,50}}?){_END}",
        "{who} is {x}",
        empties="job",
    ),
    _deed(rf"{_WHO}{_AUX} (?:quit|resigned)(?= (?:in|last|yesterday|today|on|for good|already|this|after)\b|$)", empties=_WORK),
    _deed(
        rf"^(?P<who>[A-Z]\w+)'s (?:contract|job|time|internship|apprenticeship|stint|gig) (?:at|with) (?:the )?(?P<x>[^,;:.()]{{2,50}}?)"
        rf" (?:has |is |was |just )*(?:ran out|run out|ended|over|up|expired|finished|come to an end|came to an end|not renewed){_END}",
        *_BELONGING,
        empties=f"{_WORK} studies_at",
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:eats?|eating|started eating|begun eating|eating|back to eating|had|tried) (?P<x>[a-z]+)(?: (?:again|now|these days))",
        empties="diet",
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:graduated|dropped out|(?:finished|completed|got|earned|received|defended)"
        r" (?:\w+'s |the |a |his |her )?(?:studies|degree|diploma|PhD|bachelor's?|master's?|thesis))\b(?! of )",
        "{who} is a student",
        "{who} is studying",
        empties="studies_at",
    ),
    # Homes that were left.
    _deed(
        rf"{_WHO}{_AUX} (?:moved (?:out of|away from|on from)|left|vacated) {_X}(?: for good| behind){_END}",
        "{who} lives in {x}",
        empties="lives_in",
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:moved (?:out of|away from)|vacated|given up|gave up) {_X}{_END}",
        "{who} lives in {x}",
        "{who} lives at {x}",
        "{who} rents {x}",
        "{who} renting {x}",
        empties="lives_in",
    ),
    _deed(
        rf"{_WHO}{_AUX} moved out\b(?! of)",
        "{me} lives with {who}",
        "{me} shares a flat with {who}",
        "{who} lives with {me}",
        "{who} is {me}'s flatmate",
        "{me}'s flatmate is {who}",
        "{who} is {me}'s roommate",
        "{me}'s roommate is {who}",
        "{who} lives with {who}'s parents",
    ),
    _deed(
        rf"{_WHO}{_AUX} moved into? (?:\w+'s |an? |the |his |her |their )?(?:own|new)\b",
        "{who} lives with {who}'s parents",
        "{who} lives with his parents",
        "{who} lives with her parents",
    ),
    _deed(
        rf"{_WHO}{_AUX} moved in with (?P<x>[^,;:.()]{{2,40}}?){_END}",
        "{who} lives alone",
        "{x} lives alone",
        "{who} lives on {who}'s own",
        "{who} lives by themself",
    ),
    # Who belongs together.
    _deed(
        rf"{_WHO}{_AUX} (?:dating|seeing|engaged|married|together with|in a relationship|going out with)\b",
        "{who} is single",
    ),
    _deed(rf"{_WHO}{_AUX}(?: (?:an?|\w+'s|met|found|new))* (?:boyfriend|girlfriend|partner|husband|wife|fianc[ée]e?)\b(?! of)", "{who} is single"),
    _deed(
        rf"^(?P<x>[A-Z]\w+) and (?P<who>[A-Z]\w+){_AUX} (?:got )?married\b",
        "{who} is engaged to {x}", "{who} is dating {x}", "{x} is engaged to {who}", "{who} and {x} are engaged",
        "{x} and {who} are engaged", "{who} is engaged", "{x} is {who}'s fiance", "{x} is {who}'s fiancé",
    ),
    _deed(
        rf"{_WHO}{_AUX} married (?:to )?(?P<x>[A-Z]\w+)",
        "{who} is engaged to {x}", "{who} is dating {x}", "{who} is engaged",
    ),
    # What a body goes through.
    _deed(
        rf"{_WHO}{_AUX} (?:gave birth|given birth|had (?:(?:\w+'s|an?|the) )?(?:baby|twins|boy|girl))\b",
        "{who} is pregnant",
        "{who} is expecting",
        "{who} is expecting a baby",
        "{who} is expecting twins",
    ),
    _deed(
        rf"^(?P<me>.+?)'s (?:son|daughter|baby|twins|little (?:boy|girl)|child)\b[^.,;]{{0,20}} (?:was|were|is|are) born\b",
        "{me} is pregnant",
        "{me} and others are pregnant",
        "{me}'s wife is pregnant",
        "{me} is expecting",
        "{me} is expecting a baby",
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:(?:healthy|well|fine|better|ok|okay|fit|healed|cured|recovered)\b|recovered\b"
        r"|out of (?:the )?hospital|back from (?:the )?hospital|home from (?:the )?hospital|discharged)",
        *_ILL,
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:got over|gotten over|recovered from|cured of|rid of|free of|over) {_X}{_END}",
        "{who} has {x}",
        "{who} is sick with {x}",
        "{who} is down with {x}",
        "{who} suffers from {x}",
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:outgrown|outgrew|lost|cured of) (?:\w+'s |the |an? |his |her )?(?P<x>[\w -]{{2,30}}?) allergy\b",
        "{who} is allergic to {x}",
        empties="allergic_to",
    ),
    _deed(
        r"^(?P<who>.{2,40}?)'s (?P<x>[\w -]{2,30}?) allergy (?:has |is |went )?(?:gone|cured|away|disappeared|over)\b",
        "{who} is allergic to {x}",
        empties="allergic_to",
    ),
    _deed(
        rf"\b(?:took|taken|put) (?P<who>[A-Z]\w+) off (?:the |\w+'s |his |her )?(?P<x>[^,;:.()]{{2,40}}?){_END}",
        "{who} takes {x}", "{who} is on {x}", "{who} is taking {x}",
    ),
    # Tastes that turned.
    _deed(
        rf"{_WHO}{_AUX} (?:(?:went|gone|goes)(?: right| completely| totally| rather)? off|sick of|fed up with|sick and tired of"
        rf"|tired of|bored of|over|lost (?:\w+'s |his |her |the )?(?:taste|love|interest) (?:for|in|of)) {_X}{_END}",
        "{who} loves {x}", "{who} likes {x}", "{who} is into {x}", "{who} is a fan of {x}", "{who} is crazy about {x}",
        "{who} drinks {x}", "{who} eats {x}",
        empties="likes hobby",
    ),
    # Mended and given back.
    _deed(
        rf"^(?P<x>[^,;:.()]{{2,60}}?){_AUX} (?:fixed|repaired|mended|(?:works?|working|running|up and running)"
        r" (?:again|now|fine))\b",
        *_BROKEN,
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:fixed|repaired|mended) (?P<x>[^,;:()]{{2,60}}?){_END}",
        *_BROKEN,
    ),
    _deed(rf"{_WHO}{_AUX} (?:got|had|picked) (?P<x>[^,;:()]{{2,60}}?) (?:fixed|repaired|mended|back|up)\b", *_BROKEN),
    # Done with.
    _deed(rf"{_WHO}{_AUX} (?:finished|completed|done with|through with|wrapped up) {_X}{_END}", *_DOING),
    _deed(
        rf"{_WHO}{_AUX} (?:passed|failed|ran|run|sat|took|completed|finished|had|held|gave|won|did) {_X}{_END}",
        *_PREPARING,
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:passed (?:\w+'s |the |his |her )?driving (?:test|exam)|(?:got|has) (?:\w+'s |the |a |his |her )?"
        r"driv(?:ing|er's) licen[cs]e)\b",
        "{who} is learning to drive",
        "{who} is taking driving lessons",
        "{who} takes driving lessons",
        "{who} has driving lessons",
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:cancell?ed|terminated|unsubscribed from|dropped|ended|let lapse|let go of) {_X}{_END}",
        *_SUBSCRIBED,
        *_DOING,
    ),
    _deed(rf"{_WHO}{_AUX} (?:given up on|gave up on|dropped|abandoned|scrapped|shelved) {_X}{_END}",
          "{who} wants {x}", "{who} wants to {x}", "{who} plans {x}", "{who} is {x}", "{who} wants to move to {x}",
          "{who} wants to go to {x}", "{who} plans to move to {x}", "{who} plans to go to {x}", "{who} is moving to {x}",
          "{who} wants to buy {x}", "{who} wants to get {x}", "{who} wants to learn {x}", "{who} plans to buy {x}",
          "{who} is planning {x}", *_DOING),
    _deed(rf"{_WHO}{_AUX} (?:off|come off|came off|weaned off|finished taking) {_X}{_END}",
          "{who} is on {x}", "{who} is taking {x}", "{who} takes {x}"),
    _deed(
        rf"{_WHO}{_AUX} (?:sold|given away|gave away|got rid of|gotten rid of|lost|scrapped|returned|given back|gave back"
        rf"|sold off|traded in|donated|crashed|totalled|wrote off) (?:the|\w+'s|his|her|their|our) (?:old )?"
        rf"(?P<x>[^,;:()]{{2,40}}?){_NEAR}",
        *_WITH_IT,
    ),
    _deed(
        rf"^(?P<me>[^,;:.()]{{2,40}}?)'s (?P<x>[\w' -]{{2,40}}?){_AUX} (?:stolen|totalled|wrecked|scrapped|sold|towed away)\b",
        "{me} has {x}", "{me} owns {x}", "{me} drives {x}", "{me} rides {x}",
    ),
    # Whatever one did with a thing, it is over.
    _deed(
        rf"{_WHO}{_AUX} (?:had to |decided to |finally )?(?:sold|returned|handed back|gave (?:back|up|away)|given (?:back|up|away)|give up"
        rf"|cancell?ed|cancel|dropped|drop|quit|stopped|ended|finished|got rid of|gotten rid of|get rid of|let go of|parted with|rehomed?"
        rf"|donated?|passed on|lost|ditched|binned|threw (?:out|away)|thrown (?:out|away)|scrapped|abandoned|closed|terminated"
        rf"|done with|through with|off|had enough of|no more|wrapped up|packed in|jacked in|retired from|shut down) {_X}{_NEAR}",
        leaves_off=True,
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:had to |decided to )?(?:handed|hand|gave|give|given|threw|thrown|sent|took|taken|packed) {_X}"
        rf" (?:back|up|away|out|in){_END}",
        leaves_off=True,
    ),
    _deed(
        rf"^(?:(?i:the|this|that) |(?P<who>[A-Z]\w+)'s )?(?P<x>[^,;:.()]{{2,50}}?) (?:(?:is|are|was|were|has|have|has been|got|finally|all|now)"
        rf" )*(?:over|gone|finished|done with|history|no more|stolen|sold|expired|ran out|run out|ended|discontinued|a thing of the past"
        rf"|closed down|wound up|behind (?:me|\w+)|lapsed)(?= (?:from|by|at|in|on|for|to|last|yesterday|today|now|because|after|this)\b|[.,;:(!]|$)",
        leaves_off=True,
    ),
    # Another one in its place.
    _deed(
        rf"{_WHO}{_AUX} (?:switched|changed|moved over|moved|went|gone|converted|migrated)"
        rf"(?: over)? from {_X} to (?P<y>[^,;:.()]{{2,40}}?){_END}",
        leaves_off=True,
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:replaced|swapped|exchanged|traded(?: in)?|ditched|dropped|given up|gave up|left) {_X}"
        rf" (?:with|by|for|in favou?r of) (?P<y>[^,;:.()]{{2,40}}?){_END}",
        leaves_off=True,
    ),
    _deed(rf"{_WHO} .{{2,60}}? (?:instead of|rather than|in place of) {_X}{_END}", leaves_off=True),
    _deed(
        rf"^(?i:no more|goodbye|bye bye|bye|farewell(?: to)?|so long) (?P<x>[A-Z][^,;:.()]{{1,40}}?)"
        rf"(?: for (?P<who>[A-Z]\w+)(?: and others)?)?{_END}",
        "{who} is in {x}",
        empties="lives_in works_at",
        leaves_off=True,
    ),
    _deed(
        rf"^(?:The )?(?P<x>[^,;:.()]{{2,40}}?) is (?:back )?on(?: again| after all)?{_END}",
        "The {x} is off", "{x} is off", "The {x} trip is off", "The {x} is cancelled", "The trip to {x} is off",
        "The {x} trip is cancelled", "The {x} was cancelled", "The {x} got cancelled",
    ),
    # Plans that come to nothing, or to another day.
    _deed(
        rf"^(?:Turns out |Sadly |Unfortunately )?(?:(?i:the|this|that)|\w+'s) (?P<x>[^,;:.()]{{2,50}}?){_AUX}"
        rf" (?:(?:cancell?ed|called off|scrapped|postponed|put off|put on hold|off(?! to\b)|rained off|no longer happening)\b|fell through)",
        empties="plan",
    ),
    _deed(
        rf"{_WHO}{_AUX} (?:had to |decided to )?(?:cancel(?:l?ed)?|call(?:ed)? off|postponed?|put off|push(?:ed)? back|scrap(?:ped)?"
        rf"|reschedule[d]?|pull(?:ed)? out of|back(?:ed)? out of|drop(?:ped)? out of) (?:the|\w+'s|his|her|our|their) (?P<x>[^,;:()]{{2,40}}?){_END}",
        empties="plan",
    ),
    # Begun, or begun again.
    _deed(
        rf"{_WHO}{_AUX} (?:started|began|begun|resumed|taken up|took up|gone back to|went back to|back to|back|got back into"
        r"|gotten back into|returned to|picked up)(?: with)? (?P<x>(?!at\b|with\b|from\b|in\b)[^,;:.()]{3,50})",
        holds=("{who} now {x}", "{who} now do {x}"),
    ),
    _deed(rf"{_WHO} is (?P<x>\w+ing [^,;:.()]{{0,40}}?)again\b", holds=("{who} {x}",)),
    # Given another value.
    _deed(
        rf"{_WHO}{_AUX} changed (?P<x>[^,;:.()]{{3,50}}?) to (?P<y>[^,;:()]{{2,40}}?){_END}",
        holds=("{x} is now {y}", "The {x} is now {y}"),
    ),
    _deed(
        rf"^(?P<x>[^,;:.()]{{3,60}}?){_AUX} (?:changed|went up|gone up|went down|gone down|increased|rose|risen|dropped|fell"
        r"|fallen|raised|lowered|cut|reduced|reset|set)(?: from [^,;]{1,20}?)? to (?P<y>[^,;:()]{1,40}?)"
        rf"{_END}",
        holds=("{x} is now {y}",),
    ),
    _deed(rf"^(?P<x>[^,;:.()]{{3,60}}?){_AUX} (?:moved|relocated) to (?P<y>[A-Z][\w -]{{2,40}}?){_END}",
          holds=("{x} is now in {y}",)),
)


# "The Canada idea" is Canada, "the loft keys" stand for the loft.
_IDEA: Final = re.compile(r"(?<=\w) (?:idea|plans?|thing|project|dream|keys|lease|contract|subscription|membership|account)$")


def implied(text: str, speaker: str | None) -> Implied:
    """What a statement in the third person implies; nothing where it tells of no deed."""
    text = without_dates(text).strip(" .!")
    if _NO_DEED.search(text):
        return Implied()
    over: list[str] = []
    holds: list[str] = []
    emptied: list[Emptied] = []
    left_off: list[LeftOff] = []
    for deed in _DEEDS:
        found = deed.pattern.search(text)
        if found is None:
            continue
        words = {"me": speaker or _ANY, "who": _ANY, "x": _ANY, "y": _ANY, **found.groupdict()}
        words["x"] = _IDEA.sub("", words["x"])
        who = words["who"] or words.pop("who2", None) or speaker or _ANY
        words["who"] = who.removesuffix(" and others")
        over += [line.format(**words) for line in deed.over]
        if words["x"].startswith("the ") and speaker:
            own = {**words, "x": f"{speaker}'s {words['x'].removeprefix('the ')}"}
            over += [line.format(**own) for line in deed.over if line.startswith("{x}")]
        holds += [line.format(**words) for line in deed.holds]
        if deed.empties:
            emptied.append(Emptied(words["who"], deed.empties, words["x"] or None))
        if deed.leaves_off:
            left_off.append(LeftOff(words["who"], words["x"]))
    return Implied(tuple(over), tuple(holds), tuple(emptied), tuple(left_off))

# ruff: noqa: ISC004 (a pattern in lines)
"""Deeds of people: work, homes, partners, health and tastes."""

from __future__ import annotations

from typing import Final

from memcube.plaintext.deed import AUX, END, WHO, WHO2, X, deed

_ILL: Final = (
    "{who} is sick", "{who} is ill", "{who} is unwell", "{who} is in hospital", "{who} is in the hospital",
    "{who} has the flu", "{who} has flu", "{who} has a cold", "{who} has covid", "{who} is off sick",
    "{who} is on sick leave",
)  # fmt: skip
_BELONGING: Final = (
    "{who} plays in {x}", "{who} plays for {x}", "{who} sings in {x}", "{who} is in {x}", "{who} is on {x}",
    "{who} is a member of {x}", "{who} is member of {x}", "{who} volunteers at {x}", "{who} works at {x}",
    "{who} works for {x}", "{who} belongs to {x}", "{who} runs {x}", "{who} is part of {x}", "{who} is at"
        " {x}",
)  # fmt: skip
_SACKED: Final = (
    r"(?:laid off|made redundant|fired|sacked|let go|dismissed|unemployed|jobless|out of work|out of a job"
    r"|between jobs)"
)
_WORK: Final = "works_at job"

OF_LIFE: Final = (
    deed(
        rf"{WHO}{AUX} (?:own|my own) (?:place|flat|apartment|house|studio|home)\b",
        "{who} lives with {who}'s parents",
        "{who} lives with his parents",
        "{who} lives with her parents",
    ),
    deed(rf"{WHO}{AUX} promoted(?: to (?:an? |the )?(?P<y>[\w -]+?){END})?", empties="job"),
    deed(rf"{WHO}{AUX}(?: (?:an?|\w+'s))* new (?:phone |mobile |cell )?number\b(?! of)", empties="phone"),
    deed(rf"{WHO}{AUX}(?: (?:an?|\w+'s))* new e-?mail(?: address)?\b", empties="email"),
    # What others did: "they let me go", "the Krone poached me".
    deed(
        r"\b(?:let (?P<who>[A-Z]\w+) go|(?:laid|lays) (?P<who3>[A-Z]\w+) off"
        r"|made (?P<who4>[A-Z]\w+) redundant)\b",
        empties=_WORK,
    ),
    deed(
        r"\b(?:fired|sacked|dismissed|poached|headhunted) (?P<who>[A-Z]\w+)(?! from| at| by)(?= |[.,]|$)",
        empties=_WORK,
    ),
    deed(
        rf"{WHO}{AUX} (?:went|gone|turned|become|became|going|is)(?: \w+)? (?P<y>vegan|vegetarian"
        rf"|pescatarian|keto)\b",
        empties="diet",
    ),
    deed(
        rf"{WHO}{AUX} (?:hates?|detests?|loathes?|dislikes?) {X}{END}",
        "{who} loves {x}",
        "{who} likes {x}",
        "{who} enjoys {x}",
        empties="likes",
    ),
    # Work and study that ended.
    deed(
        rf"{WHO}{AUX} (?:changed|switched|moved) (?:jobs|employers?|compan(?:y|ies)|careers?)\b"
        rf"|{WHO2}{AUX} (?:started|begun|began|got|has|accepted) (?:a|\w+'s|his|her|the) new (?:job"
        rf"|position|role)\b(?! (?:offer|opening|opportunity|ad|advert|interview|application)s?\b)",
        empties=_WORK,
    ),
    deed(
        r"^(?i:(?:my )?first|second) (?:day|week|month) (?:in|at|of) (?:the|a|\w+'s) (?:new )?(?:job|work"
        r"|office)\b",
        empties=_WORK,
    ),
    deed(
        r"^(?P<x>[A-Z][\w&' -]{1,40}?) (?:has |have |just |finally |suddenly )*(?:folded|went (?:bust|under"
        r"|bankrupt|out of business)"
        r"|gone (?:bust|under|bankrupt|out of business)|closed (?:down|its doors)|shut down|collapsed)\b",
        empties="works_at",
    ),
    deed(rf"{WHO}{AUX} {_SACKED}\b(?! (?:from|by|of|at) )", empties=_WORK),
    deed(rf"{WHO}{AUX} {_SACKED} (?:from|by|at) {X}{END}", empties=_WORK),
    deed(rf"{WHO}{AUX} retired\b(?! (?:early )?(?:to bed|the|my|his|her|\w+'s))", empties=_WORK),
    deed(
        rf"{WHO}{AUX} (?:quit|left|resigned from|walked out of|parted ways with|stopped working (?:at|for)"
        rf"|done with|finished at|dropped out of|retired from|stepped down from"
        rf"|stopped volunteering at) {X}{END}",
        *_BELONGING,
        empties=f"{_WORK} studies_at",
    ),
    deed(
        rf"{WHO}{AUX} (?:resigned|stepped down|quit|gave up)(?: \w+'s job)? as (?:an? "
        rf"|the )?(?P<x>[^,;:.()]{{2,50}}?){END}",
        "{who} is {x}",
        empties="job",
    ),
    deed(
        rf"{WHO}{AUX} (?:quit|resigned)(?= (?:in|last|yesterday|today|on|for good|already|this|after)\b|$)",
        empties=_WORK,
    ),
    deed(
        rf"^(?P<who>[A-Z]\w+)'s (?:contract|job|time|internship|apprenticeship|stint|gig) (?:at"
        rf"|with) (?:the )?(?P<x>[^,;:.()]{{2,50}}?)"
        rf" (?:has |is |was |just )*(?:ran out|run out|ended|over|up|expired|finished|come to an end"
        rf"|came to an end|not renewed){END}",
        *_BELONGING,
        empties=f"{_WORK} studies_at",
    ),
    deed(
        rf"{WHO}{AUX} (?:eats?|eating|started eating|begun eating|eating|back to eating|had"
        rf"|tried) (?P<x>[a-z]+)(?: (?:again|now|these days))",
        empties="diet",
    ),
    deed(
        rf"{WHO}{AUX} (?:graduated|dropped out|(?:finished|completed|got|earned|received|defended)"
        r" (?:\w+'s |the |a |his |her )?(?:studies|degree|diploma|PhD|bachelor's?|master's?"
        r"|thesis))\b(?! of )",
        "{who} is a student",
        "{who} is studying",
        empties="studies_at",
    ),
    # Homes that were left.
    deed(
        rf"{WHO}{AUX} (?:moved (?:out of|away from|on from)|left|vacated) {X}(?: for good| behind){END}",
        "{who} lives in {x}",
        empties="lives_in",
    ),
    deed(
        rf"{WHO}{AUX} (?:moved (?:out of|away from)|vacated|given up|gave up) {X}{END}",
        "{who} lives in {x}",
        "{who} lives at {x}",
        "{who} rents {x}",
        "{who} renting {x}",
        empties="lives_in",
        leaves_off=True,
    ),
    deed(
        rf"{WHO}{AUX} moved out\b(?! of)",
        "{me} lives with {who}",
        "{me} shares a flat with {who}",
        "{who} lives with {me}",
        "{who} is {me}'s flatmate",
        "{me}'s flatmate is {who}",
        "{who} is {me}'s roommate",
        "{me}'s roommate is {who}",
        "{who} lives with {who}'s parents",
    ),
    deed(
        rf"{WHO}{AUX} moved into? (?:\w+'s |an? |the |his |her |their )?(?:own|new)\b",
        "{who} lives with {who}'s parents",
        "{who} lives with his parents",
        "{who} lives with her parents",
    ),
    deed(
        rf"{WHO}{AUX} moved in with (?P<x>[^,;:.()]{{2,40}}?){END}",
        "{who} lives alone",
        "{x} lives alone",
        "{who} lives on {who}'s own",
        "{who} lives by themself",
    ),
    # Who belongs together.
    deed(
        rf"{WHO}{AUX} (?:dating|seeing|engaged|married|together with|in a relationship|going out with)\b",
        "{who} is single",
    ),
    deed(
        rf"{WHO}{AUX}(?: (?:an?|\w+'s|met|found|new))* (?:boyfriend|girlfriend|partner|husband|wife"
        rf"|fianc[ée]e?)\b(?! of)",
        "{who} is single",
    ),
    deed(
        rf"^(?P<x>[A-Z]\w+) and (?P<who>[A-Z]\w+){AUX} (?:got )?married\b",
        "{who} is engaged to {x}",
        "{who} is dating {x}",
        "{x} is engaged to {who}",
        "{who} and {x} are engaged",
        "{x} and {who} are engaged",
        "{who} is engaged",
        "{x} is {who}'s fiance",
        "{x} is {who}'s fiancé",
    ),
    deed(
        rf"{WHO}{AUX} married (?:to )?(?P<x>[A-Z]\w+)",
        "{who} is engaged to {x}",
        "{who} is dating {x}",
        "{who} is engaged",
    ),
    deed(
        rf"{WHO}{AUX} moved in with [^,;:.()]{{2,40}}? in (?P<y>[A-Z][\w' -]{{2,40}}?){END}",
        empties="lives_in",
    ),
    # What a body goes through.
    deed(
        rf"{WHO}{AUX} (?:gave birth|given birth|had (?:(?:\w+'s|an?|the) )?(?:baby|twins|boy|girl))\b",
        "{who} is pregnant",
        "{who} is expecting",
        "{who} is expecting a baby",
        "{who} is expecting twins",
    ),
    deed(
        r"^(?P<me>.+?)'s (?:son|daughter|baby|twins|little (?:boy|girl)|child)\b[^.,;]{0,20} (?:was|were"
        r"|is|are) born\b",
        "{me} is pregnant",
        "{me} and others are pregnant",
        "{me}'s wife is pregnant",
        "{me} is expecting",
        "{me} is expecting a baby",
        "{me} and others are expecting a baby",
        "{me} and others are expecting",
        "{me} and others are having a baby",
        "{me} is having a baby",
    ),
    deed(
        rf"{WHO}{AUX} (?:(?:healthy|well|fine|better|ok|okay|fit|healed|cured|recovered)\b|recovered\b"
        r"|out of (?:the )?hospital|back from (?:the )?hospital|home from (?:the )?hospital|discharged)",
        *_ILL,
    ),
    deed(
        rf"{WHO}{AUX} (?:got over|gotten over|recovered from|cured of|rid of|free of|over) {X}{END}",
        "{who} has {x}",
        "{who} is sick with {x}",
        "{who} is down with {x}",
        "{who} suffers from {x}",
    ),
    deed(
        rf"{WHO}{AUX} (?:outgrown|outgrew|lost|cured of) (?:\w+'s |the |an? |his "
        rf"|her )?(?P<x>[\w -]{{2,30}}?) allergy\b",
        "{who} is allergic to {x}",
        empties="allergic_to",
    ),
    deed(
        r"^(?P<who>.{2,40}?)'s (?P<x>[\w -]{2,30}?) allergy (?:has |is |went )?(?:gone|cured|away"
        r"|disappeared|over)\b",
        "{who} is allergic to {x}",
        empties="allergic_to",
    ),
    deed(
        rf"\b(?:took|taken|put) (?P<who>[A-Z]\w+) off (?:the |\w+'s |his "
        rf"|her )?(?P<x>[^,;:.()]{{2,40}}?){END}",
        "{who} takes {x}",
        "{who} is on {x}",
        "{who} is taking {x}",
    ),
    # Tastes that turned.
    deed(
        rf"{WHO}{AUX} (?:(?:went|gone|goes)(?: right| completely| totally| rather)? off|sick of|fed up with"
        rf"|sick and tired of"
        rf"|tired of|bored of|over|lost (?:\w+'s |his |her |the )?(?:taste|love|interest) (?:for|in"
        rf"|of)) {X}{END}",
        "{who} loves {x}",
        "{who} likes {x}",
        "{who} is into {x}",
        "{who} is a fan of {x}",
        "{who} is crazy about {x}",
        "{who} drinks {x}",
        "{who} eats {x}",
        empties="likes hobby",
    ),
)

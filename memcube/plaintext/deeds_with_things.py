# ruff: noqa: ISC004 (a pattern in lines)
"""Deeds with things and plans: found, mended, finished, given up, begun again."""

from __future__ import annotations

from typing import Final

from memcube.plaintext.deed import AUX, END, NEAR, WHO, X, deed

_SEEKING: Final = (
    "{who} looking for {x}", "{who} searching for {x}", "{who} hunting for {x}", "{who} saving for {x}",
    "{who} saving up for {x}", "{who} waiting for {x}", "{who} needs {x}", "{who} wants {x}",
    "{who} wants to buy {x}", "{who} wants to get {x}", "{who} is {x} hunting", "{who} in the market for {x}",
)  # fmt: skip
_NO_WORK: Final = (
    "{who} unemployed", "{who} jobless", "{who} looking for work",
    "{who} looking for a job", "{who} looking for a new job", "{who} job hunting", "{who} applying for jobs",
)  # fmt: skip
_BROKEN: Final = (
    "{x} is broken", "{x} is out of order", "{x} is in repair", "{x} is being repaired", "{x} is leaking",
    "{x} is dead", "{x} is at the garage", "{x} is in the garage", "{x} is at the mechanic", "{x} is faulty",
    "{x} is in the workshop", "{x} is at the workshop", "{x} is in the shop", "{x} is at the shop",
)  # fmt: skip
_WITH_IT: Final = (
    "{who} has {x}", "{who} owns {x}", "{who} drives {x}", "{who} rides {x}", "{who} rents {x}",
    "{who} uses {x}",
    "{who} plays {x}", "{who}'s car is {x}",
)  # fmt: skip
_PREPARING: Final = (
    "{who} training for {x}", "{who} preparing for {x}", "{who} studying for {x}", "{who} revising for {x}",
    "{who} practising for {x}", "{who} rehearsing for {x}", "{who} learning for {x}", "{who} nervous about"
        " {x}",
)  # fmt: skip
_DOING: Final = (
    "{who} {x}", "{who} reading {x}", "{who} writing {x}", "{who} watching {x}", "{who} working on {x}",
    "{who} taking {x}", "{who} doing {x}", "{who} playing {x}", "{who} building {x}", "{who} knitting {x}",
    "{who} studying {x}", "{who} listening to {x}", "{who} attending {x}", "{who} doing a {x}",
    "{who} renovating {x}",
    "{who} painting {x}", "{who} in the middle of {x}",
)  # fmt: skip
_SUBSCRIBED: Final = (
    "{who} has {x}", "{who} is subscribed to {x}", "{who} subscribes to {x}", "{who} pays for {x}",
    "{who} uses {x}",
    "{who} is a member of {x}", "{who} is a member at {x}", "{who} has a {x} subscription", "{who} has a"
        " {x} membership",
    "{who} has a subscription to {x}", "{who} has a membership at {x}", "{who} is signed up for {x}",
    "{who} signed up for {x}",
)  # fmt: skip

WITH_THINGS: Final = (
    # Found, bought, came: the search, the wish and the lack are over.
    deed(
        rf"{WHO}{AUX} (?:found|bought|purchased|received|adopted|ordered|landed|rented|got) {X}{NEAR}",
        *_SEEKING,
        holds=("{who} has {x}", "{who} owns {x}"),
    ),
    deed(
        rf"{WHO}{AUX} (?:found|landed|accepted|got|started|starts|began|has)"
        rf"(?: (?:working|work)\b|(?: \w+'s| an?| the| some)?(?: [\w-]+){{0,3}} (?:job|position|work"
        rf"|role)\b)",
        *_NO_WORK,
    ),
    deed(rf"{WHO}{AUX} (?:hired|joined|employed|working (?:at|for|as))\b", *_NO_WORK),
    deed(r"\bhired (?P<who>[A-Z]\w+)\b", *_NO_WORK),
    # Mended and given back.
    deed(
        rf"^(?P<x>[^,;:.()]{{2,60}}?){AUX} (?:fixed|repaired|mended|(?:works?|working|running|up and running)"
        r" (?:again|now|fine))\b",
        *_BROKEN,
    ),
    deed(
        rf"{WHO}{AUX} (?:fixed|repaired|mended) (?P<x>[^,;:()]{{2,60}}?){END}",
        *_BROKEN,
    ),
    deed(
        rf"{WHO}{AUX} (?:got|had|picked) (?P<x>[^,;:()]{{2,60}}?) (?:fixed|repaired|mended|back|up)\b",
        *_BROKEN,
    ),
    # Done with.
    deed(rf"{WHO}{AUX} (?:finished|completed|done with|through with|wrapped up) {X}{END}", *_DOING),
    deed(
        rf"{WHO}{AUX} (?:passed|failed|ran|run|sat|took|completed|finished|had|held|gave|won|did) {X}{END}",
        *_PREPARING,
    ),
    deed(
        rf"{WHO}{AUX} (?:passed (?:\w+'s |the |his |her )?driving (?:test|exam)|(?:got|has) (?:\w+'s |the "
        rf"|a |his |her )?"
        r"driv(?:ing|er's) licen[cs]e)\b",
        "{who} is learning to drive",
        "{who} is taking driving lessons",
        "{who} takes driving lessons",
        "{who} has driving lessons",
    ),
    deed(
        rf"{WHO}{AUX} (?:cancell?ed|terminated|unsubscribed from|dropped|ended|let lapse|let go of) {X}{END}",
        *_SUBSCRIBED,
        *_DOING,
    ),
    deed(
        rf"{WHO}{AUX} (?:given up on|gave up on|dropped|abandoned|scrapped|shelved) {X}{END}",
        "{who} wants {x}",
        "{who} wants to {x}",
        "{who} plans {x}",
        "{who} is {x}",
        "{who} wants to move to {x}",
        "{who} wants to go to {x}",
        "{who} plans to move to {x}",
        "{who} plans to go to {x}",
        "{who} is moving to {x}",
        "{who} wants to buy {x}",
        "{who} wants to get {x}",
        "{who} wants to learn {x}",
        "{who} plans to buy {x}",
        "{who} is planning {x}",
        *_DOING,
    ),
    deed(
        rf"{WHO}{AUX} (?:off|come off|came off|weaned off|finished taking) {X}{END}",
        "{who} is on {x}",
        "{who} is taking {x}",
        "{who} takes {x}",
    ),
    deed(
        rf"{WHO}{AUX} (?:sold|given away|gave away|got rid of|gotten rid of|lost|scrapped|returned"
        rf"|given back|gave back"
        rf"|sold off|traded in|donated|crashed|totalled|wrote off) (?:the|\w+'s|his|her|their|our) (?:old )?"
        rf"(?P<x>[^,;:()]{{2,40}}?){NEAR}",
        *_WITH_IT,
    ),
    deed(
        rf"^(?P<me>[^,;:.()]{{2,40}}?)'s (?P<x>[\w' -]{{2,40}}?){AUX} (?:stolen|totalled|wrecked|scrapped"
        rf"|sold|towed away)\b",
        "{me} has {x}",
        "{me} owns {x}",
        "{me} drives {x}",
        "{me} rides {x}",
    ),
    # Whatever one did with a thing, it is over.
    deed(
        rf"{WHO}{AUX} (?:had to |decided to |finally )?(?:sold|returned|handed back|gave (?:back|up|away)"
        rf"|given (?:back|up|away)|give up"
        rf"|cancell?ed|cancel|dropped|drop|quit|stopped|ended|finished|got rid of|gotten rid of|get rid of"
        rf"|let go of|parted with|rehomed?"
        rf"|donated?|passed on|lost|ditched|binned|threw (?:out|away)|thrown (?:out|away)|scrapped"
        rf"|abandoned|closed|terminated"
        rf"|done with|through with|off|had enough of|no more|wrapped up|packed in|jacked in|retired from"
        rf"|shut down) {X}{NEAR}",
        leaves_off=True,
    ),
    deed(
        rf"{WHO}{AUX} (?:had to |decided to )?(?:handed|hand|gave|give|given|threw|thrown|sent|took|taken"
        rf"|packed) {X}"
        rf" (?:back|up|away|out|in){END}",
        leaves_off=True,
    ),
    deed(
        r"^(?:(?i:the|this|that) |(?P<who>[A-Z]\w+)'s )?(?P<x>[^,;:.()]{2,50}?) (?:(?:is|are|was|were"
        r"|has|have|has been|got|finally|all|now)"
        r" )*(?:over|gone|finished|done with|history|no more|stolen|sold|expired|ran out|run out|ended"
        r"|discontinued|a thing of the past"
        r"|closed down|wound up|behind (?:me|\w+)|lapsed)(?= (?:from|by|at|in|on|for|to|last|yesterday"
        r"|today|now|because|after|this)\b|[.,;:(!]|$)",
        leaves_off=True,
    ),
    deed(
        rf"{WHO}{AUX} (?:had to |decided to )?(?:pull(?:ed)? out of|drop(?:ped)? out of|back(?:ed)? out of"
        rf"|withdr[ae]wn?"
        rf" from|cancel(?:l?ed)?) {X}{END}",
        *_PREPARING,
        "{who} is signed up for {x}",
    ),
    # Another one in its place.
    deed(
        rf"\b(?:switched|moved|changed|swapped) (?P<who>[A-Z]\w+) from {X} (?:to"
        rf"|onto) (?P<y>[^,;:.()]{{2,40}}?){END}",
        leaves_off=True,
    ),
    deed(
        rf"{WHO}{AUX} (?:switched|changed|moved over|moved|went|gone|converted|migrated)"
        rf"(?: over)? from {X} to (?P<y>[^,;:.()]{{2,40}}?){END}",
        leaves_off=True,
    ),
    deed(
        rf"{WHO}{AUX} (?:replaced|swapped|exchanged|traded(?: in)?|ditched|dropped|given up|gave up|left) {X}"
        rf" (?:with|by|for|in favou?r of) (?P<y>[^,;:.()]{{2,40}}?){END}",
        leaves_off=True,
    ),
    deed(rf"{WHO} .{{2,60}}? (?:instead of|rather than|in place of) {X}{END}", leaves_off=True),
    deed(
        rf"^(?i:no more|goodbye|bye bye|bye|farewell(?: to)?|so long) (?P<x>[^,;:.()]{{1,40}}?)"
        rf"(?: for (?P<who>[A-Z]\w+)(?: and others)?)?{END}",
        "{who} is in {x}",
        empties="lives_in works_at",
        leaves_off=True,
    ),
    deed(
        rf"^(?:The )?(?P<x>[^,;:.()]{{2,40}}?) is (?:back on|on again|on after all){END}",
        "The {x} is off",
        "{x} is off",
        "The {x} trip is off",
        "The {x} is cancelled",
        "The trip to {x} is off",
        "The {x} trip is cancelled",
        "The {x} was cancelled",
        "The {x} got cancelled",
    ),
    # Plans that come to nothing, or to another day.
    deed(
        rf"^(?:Turns out |Sadly |Unfortunately )?(?:(?i:the|this|that)|\w+'s) (?P<x>[^,;:.()]{{2,50}}?){AUX}"
        rf" (?:(?:cancell?ed|called off|scrapped|postponed|put off|put on hold|off(?! to\b)|rained off"
        rf"|no longer happening)\b|fell through)",
        empties="plan",
    ),
    deed(
        rf"{WHO}{AUX} (?:had to |decided to )?(?:cancel(?:l?ed)?|call(?:ed)? off|postponed?|put off"
        rf"|push(?:ed)? back|scrap(?:ped)?"
        rf"|reschedule[d]?|pull(?:ed)? out of|back(?:ed)? out of|drop(?:ped)? out of) (?:the|\w+'s|his|her"
        rf"|our|their) (?P<x>[^,;:()]{{2,40}}?){END}",
        empties="plan",
    ),
    # Begun, or begun again.
    deed(
        rf"{WHO}{AUX} (?:started|began|begun|resumed|taken up|took up|gone back to|went back to|back to"
        rf"|back|got back into"
        r"|gotten back into|returned to|picked up)(?: with)? (?P<x>(?!at\b|with\b|from\b"
        r"|in\b)[^,;:.()]{3,50})",
        holds=("{who} now {x}", "{who} now do {x}"),
    ),
    deed(rf"{WHO} is (?P<x>\w+ing [^,;:.()]{{0,40}}?)again\b", holds=("{who} {x}",)),
    # Given another value.
    deed(
        rf"{WHO}{AUX} changed (?P<x>[^,;:.()]{{3,50}}?) to (?P<y>[^,;:()]{{2,40}}?){END}",
        holds=("{x} is now {y}", "The {x} is now {y}"),
    ),
    deed(
        rf"^(?P<x>[^,;:.()]{{3,60}}?){AUX} (?:changed|went up|gone up|went down|gone down|increased|rose"
        rf"|risen|dropped|fell"
        r"|fallen|raised|lowered|cut|reduced|reset|set)(?: from [^,;]{1,20}?)? to (?P<y>[^,;:()]{1,40}?)"
        rf"{END}",
        holds=("{x} is now {y}",),
    ),
    deed(
        rf"^(?P<x>[^,;:.()]{{3,60}}?){AUX} (?:moved|relocated) to (?P<y>[A-Z][\w -]{{2,40}}?){END}",
        holds=("{x} is now in {y}",),
    ),
)

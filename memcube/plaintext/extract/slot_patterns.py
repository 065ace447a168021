# ruff: noqa: ISC004 (word lists; a pattern in lines)
"""The patterns of functional slots, over resolved sentences in which `SPEAKER` stands for who said them.

Groups: `v` the value; whose it is: `me`, or `kin` ("sister") with an optional `kin_name`, or `named`; `not`:
denied.
"""

import re

from memcube.plaintext.extract.kin import COUPLES, MANY, ONE_EACH, PETS, RANK
from memcube.plaintext.extract.person import SPEAKER

_ME = SPEAKER
_WHO = (
    rf"(?:(?:[^,;:]{{1,40}} and )?(?P<me>{_ME})(?: and others)?(?!')"
    rf"|{_ME}'s (?P<kin>(?:{RANK}[ -])?(?:{ONE_EACH}|{MANY}|{COUPLES}))"
    rf"(?:,? (?P<kin_name>[A-Z][\w-]+),?)?(?!')"
    rf"|(?P<named>(?!The\b|It\b|That\b|This\b|He\b|She\b|They\b|You\b|There\b)[A-Z][\w-]+))"
)
_START = (
    rf"^(?:[^,]{{1,40}}, |(?:{_ME} (?:thinks|said|meant) (?:that )?)|(?:now|today|currently"
    rf"|[Ss]ince (?:\w+ ){{1,3}}?)(?:(?<= )| )|(?:and|but|so) )?"
)
_OFTEN = (
    r"(?: (?:now|currently|still|just|also|actually|really|recently|finally|already|only|officially"
    r"|permanently|both))*"
)
_NOT = r"(?P<not> no longer| doesn't| does not| isn't| is not| don't| used to| stopped| has stopped)?"
_NAME = r"(?:(?:St|Mr|Mrs|Ms|Dr)\.? )?[A-Z][\w'&.-]*(?<![.'])"
_NO_PLACE = (
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|June|July|August|September"
    r"|October|November"
    r"|December|Plan|Linux|Windows|Mac|macOS|Python|Rust|Android|Google|Notion|Slack|Level|Phase|Chapter"
    r"|Step|Next|New(?= (?:flat"
    r"|place|job|home|house)))\b"
)
_PLACE = (
    rf"(?P<v>(?:the (?=Hague|Netherlands|UK|US\b|USA|Algarve|Bronx|Philippines|Czech))?(?!{_NO_PLACE}){_NAME}"
    rf"(?: (?:(?:de|do|da|del|of|the|upon|am|la) )*(?!{_NO_PLACE}){_NAME}){{0,3}}(?:, {_NAME})?)"
)
_FIRM = rf"(?P<v>(?!{_NO_PLACE}){_NAME}(?: (?:(?:of|and|&|the|for) )*{_NAME}){{0,4}})"
_HOME = r"(?:flat|apartment|house|place|home|studio|room|cottage|address)"
_DETERMINED = rf"(?:(?:a|an|the|our|their|{_ME}'s)(?: [\w-]+){{0,2}} {_HOME} (?:in|near) )"
_ROLE_END = (
    r"(?=\s*(?:[.,;:!?()]|$| (?:at|for|in|with|and|but|now|since|on|from|by|who|these days|here|last"
    r"|this|next|yesterday|today)\b))"
)
_JOB = (
    r"(?P<v>(?:[\w-]+ ){0,2}?(?:nurse|chef|cook|doctor|lawyer|baker|pilot|clerk|coach|vet|judge|architect"
    r"|dentist|therapist|"
    r"student|postdoc|intern|freelancer|electrician|musician|technician|physician|librarian|politician"
    r"|mechanic|accountant|"
    r"consultant|assistant|scientist|artist|journalist|pharmacist|psychologist|biologist|economist|florist"
    r"|receptionist|analyst|"
    r"engineer|developer|designer|teacher|writer|manager|programmer|photographer|lecturer|researcher"
    r"|carpenter|painter|plumber|"
    r"translator|editor|professor|director|actor|actress|author|illustrator|tailor|paramedic|officer"
    r"|barista|firefighter|gardener|"
    r"farmer|driver|producer|product owner|midwife|surgeon|head of [\w ]{2,25}?|tutor|waiter|waitress"
    r"|bartender|administrator|guard|cleaner|builder|roofer|welder|butcher|barber|hairdresser|nanny|carer"
    r"|cashier|courier|soldier|sailor|captain|detective|banker|broker|auditor|trader|recruiter|solicitor"
    r"|barrister|paralegal|chemist|physicist|statistician|mathematician|historian|curator|archivist|sculptor"
    r"|singer|dancer|drummer|guitarist|composer|comedian|blogger|model|stylist|nutritionist|dietitian|physio"
    r"|physiotherapist|optician|paediatrician|pediatrician|social worker|headteacher|principal|janitor"
    r"|contractor|entrepreneur|founder|ceo|trainee|apprentice|worker|[a-z]+(?:keeper|maker|smith|ologist|ographer|wright)|supervisor|secretary|salesman|planner))"
)
_NUMBER = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen"
    r"|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?)"
)
_KNOWN_AS = r"(?:is|'s|was) (?:called|named)"

# Slot, what every match must contain (a cheap test before the pattern), pattern over the resolved sentence.
TABLE: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (slot, tuple(hints.split("|")), re.compile(pattern))
    for slot, hints, pattern in (
        (
            "lives_in",
            " live| living| based",
            rf"{_START}{_WHO}{_OFTEN}{_NOT}{_OFTEN} (?:lives?|living|(?:is|are){_OFTEN} (?:living|based)"
            rf"|ha(?:s|ve){_OFTEN} (?:been living|lived(?=.* (?:since|for) ))){_OFTEN} (?:in|near)"
            rf" {_DETERMINED}?{_PLACE}",
        ),
        (
            "lives_in",
            "moved|relocated|settled|emigrated",
            rf"{_START}{_WHO}(?: has| have)?{_OFTEN} (?:moved|relocated|settled|emigrated){_OFTEN}"
            rf"(?: back| over| down| away| from {_NAME}"
            rf"| in with (?:{_NAME}|{_ME}'s \w+))*{_OFTEN} (?:to|in to|into"
            rf"|in) {_DETERMINED}?{_PLACE}(?!\w| \(an? (?![^)]*(?:city|town|village|suburb)))",
        ),
        (
            "lives_in",
            " back |not in|no longer in",
            rf"{_START}{_WHO}{_OFTEN} (?:(?:came|moved|is|has moved|went) (?:back|home) (?:to|in)"
            rf"|is(?P<not> not| no longer) in)"
            rf" {_PLACE}(?=[.,;:!?()]|$| (?:any ?more|now|at|in|for good|last|this|yesterday|and|but)\b)",
        ),
        (
            "lives_in",
            "address|home|flat|apartment|house|place|studio",
            rf"{_START}(?P<me>{_ME})'s (?:new |current )?{_HOME}(?: address)? is{_OFTEN} in {_PLACE}",
        ),
        (
            "address",
            "address",
            rf"(?P<me>{_ME})'s (?:new |current |home |postal )*address is{_OFTEN}"
            r" (?P<v>(?=[^.]*\d)[^.!?()@]{5,80})",
        ),
        (
            "works_at",
            " work",
            rf"{_START}{_WHO}{_OFTEN}{_NOT}{_OFTEN} (?:works?|working|(?:is|are){_OFTEN} working"
            rf"|ha(?:s|ve){_OFTEN} (?:worked|been working)(?=.* (?:since|for) )){_OFTEN}"
            rf"(?: (?:as (?:an?|the) [\w -]{{2,40}}?|part-time|full-time|remotely))? (?:at"
            rf"|for) (?:the )?{_FIRM}",
        ),
        (
            "works_at",
            " work",
            rf"{_START}{_WHO}{_OFTEN}{_NOT}{_OFTEN} (?:works?|working|(?:is"
            rf"|are){_OFTEN} working)(?: \w+)?{_OFTEN} (?:at|for) "
            r"(?:the|an?) (?P<v>(?!moment|time|while|minute|day|week|month|year|living"
            r"|same)[\w' -]{3,30}?)(?=[.,;:!?()]|$| (?:and|but|so|now|since|in|on|as|with|these)\b)",
        ),
        (
            "works_at",
            "start|join|job",
            rf"{_START}{_WHO}(?: has)?{_OFTEN} (?:(?:started|starts){_OFTEN}"
            rf"(?: (?:working|work|(?:a |{_ME}'s )?(?:new )?job|as (?:an?|the) [\w -]{{2,40}}?))? (?:at"
            rf"|for)|joined"
            rf"|(?:got|has|took|accepted|landed)(?: \w+){{0,3}} job (?:at|with)) (?:the )?{_FIRM}",
        ),
        (
            "works_at",
            " job is",
            rf"{_START}(?P<me>{_ME})'s (?:new )?job is{_OFTEN} (?:at|with) (?:the )?{_FIRM}",
        ),
        (
            "works_at",
            "employer|company",
            rf"{_START}(?P<me>{_ME})'s (?:new )?(?:employer|company) is(?: called)? {_FIRM}",
        ),
        (
            "works_at",
            " job",
            rf"{_START}{_WHO}(?: has| have)?{_OFTEN} (?P<not>quit|left|lost) (?:{_ME}'s|the|her|his)"
            rf"(?: old| current)? job(?: (?:at|with) (?:the )?{_FIRM})?(?P<tail>)",
        ),
        (
            "works_at",
            "quit|resigned|fired|laid off|let go|redundant",
            rf"{_START}{_WHO}(?: has| have| was| been| got)*{_OFTEN}"
            rf" (?P<not>quit|resigned|fired|laid off|let go|made redundant)"
            rf"(?: (?:from |by |at )?(?:the )?{_FIRM}|(?=[.,;:!?]|$| (?:in|on|last|this|yesterday|today)\b))",
        ),
        (
            "studies_at",
            " stud",
            rf"{_START}{_WHO}{_OFTEN}{_NOT}{_OFTEN} (?:studies|studying|(?:is|are){_OFTEN} studying)"
            rf"(?: [\w -]{{2,40}}?)? at (?:the )?{_FIRM}",
        ),
        (
            "diet",
            "vega|vegetarian|pescatarian",
            rf"{_START}{_WHO} (?:is|has (?:been|gone|become|turned)|went|became|turned|are)"
            rf"(?P<not> no longer| not)?{_OFTEN}(?: fully| completely| totally| entirely| strictly| mostly)?"
            rf"(?: an?)? (?P<v>vegan|vegetarian|pescatarian)\b",
        ),
        (
            "job",
            " a | an | the |promot",
            rf"{_START}{_WHO}{_OFTEN}{_NOT}{_OFTEN} (?:is{_OFTEN} (?:an?|the)"
            rf"|(?:works|is{_OFTEN} working|started(?: working)?|retrained)(?: [a-z-]+){{0,2}} as (?:an?"
            rf"|the)|an?"
            rf"|(?:(?:was|got|has been)(?: just)? promoted|got a promotion) to|(?:has been"
            rf"|became) (?:an?|the))"
            rf" {_JOB}{_ROLE_END}",
        ),
        (
            "job",
            "title|job|profession|role",
            rf"(?P<me>{_ME})'s (?:new |current )?(?:job title|job|profession|role|title) is (?:an? |the )?"
            rf"{_JOB}{_ROLE_END}",
        ),
        (
            "name",
            " name is |call",
            rf"{_START}(?:{_ME}'s (?:full |real |first )?name is(?: spel(?:led|t))?|{_ME} is called"
            rf"|(?:people|friends|everyone|everybody) calls? {_ME}) (?P<v>{_NAME}(?: {_NAME}){{0,3}})",
        ),
        (
            "name",
            " name is | called | named ",
            rf"{_START}{_ME}'s (?P<kin>(?:{RANK}[ -])?(?:{ONE_EACH}|{MANY}))(?:'s name is"
            rf"| {_KNOWN_AS}) (?P<v>{_NAME})",
        ),
        (
            "age",
            " is | turned ",
            rf"{_START}{_WHO}(?: is{_OFTEN}|{_OFTEN} turned) (?P<v>[1-9]\d{{0,2}})"
            r"(?= years old|\s*[.,!)](?!\d)|$| (?:now|and|but|today|last|this|yesterday|already|on)\b)",
        ),
        (
            "age",
            " is | turned ",
            rf"{_START}{_WHO}(?: is{_OFTEN}|{_OFTEN} turned) (?P<v>{_NUMBER}(?: and a half)?(?: months"
            rf"| weeks)?)"
            r"(?= years old|\s*[.,!)]|$| (?:now|and|but|today|yesterday|last|already)\b)",
        ),
        (
            "birthday",
            "birthday|born on",
            rf"(?:(?:{_ME}|{_ME}'s (?P<kin_of>{ONE_EACH}|{MANY}))'s birthday is(?: on)?(?: the)?"
            rf"|{_WHO} was born on)"
            r" (?P<v>(?:the )?\d{1,2}(?:st|nd|rd|th)?(?: of)? [A-Z][a-z]+|[A-Z][a-z]+ \d{1,2})",
        ),
        (
            "phone",
            "number|phone",
            rf"(?P<me>{_ME})'s (?:new |mobile |cell |phone |work |current )*(?:number|phone) is{_OFTEN}"
            r" (?P<v>\+?\d[\d ()/.-]{4,20}\d)",
        ),
        (
            "phone",
            "number|phone|reach|call|text|ring",
            rf"(?:\b(?:[Cc]all|[Rr]each|[Rr]ing|[Tt]ext|contact|[Pp]hone) (?P<me>{_ME}) (?:at|on|under)"
            rf"|{_ME}'s (?:\w+ )?(?:number|phone)(?: has)? changed to"
            rf"|{_ME} (?:changed {_ME}'s|has a new|got a new) (?:\w+ )?(?:number|phone)(?: to|,|:| -))"
            r" (?P<v>\+?\d[\d ()/.-]{4,20}\d)",
        ),
        (
            "email",
            "@",
            rf"(?:\b(?:[Ee]-?mail|[Rr]each|[Cc]ontact|[Ww]rite to) (?P<me>{_ME}) (?:at|on|under)"
            rf"|{_ME}'s (?:\w+ )?e-?mail(?: address)?(?: has)? changed to"
            rf"|{_ME} (?:changed {_ME}'s|has a new|got a new) (?:\w+ )?e-?mail(?: address)?(?: to|,|:| -))"
            r" (?P<v>[\w.+-]+@[\w.-]+\w)",
        ),
        (
            "email",
            "@",
            rf"(?P<me>{_ME})'s (?:new |work |private |current )*e-?mail(?: address)? is{_OFTEN}"
            r" (?P<v>[\w.+-]+@[\w.-]+\w)",
        ),
        (
            "partner",
            "partner|husband|wife|friend|fianc",
            rf"{_START}(?P<me>{_ME})'s (?:new )?(?:partner|husband|wife|girlfriend|boyfriend|fianc[ée]e?)"
            r"(?:'s name is| is called| is named| is) "
            rf"(?P<v>(?!\w+(?:ese|ish|ian|can|man|utch|ench|reek|wiss)\b){_NAME})(?=[.,!]|$| and| who| from)",
        ),
        (
            "partner",
            "dating|married|engaged|together with|broke up|split up|broken up",
            rf"{_START}(?P<me>{_ME})(?: is| has been| has| got)?{_OFTEN} (?:(?P<not>broken? up with"
            rf"|split up with)"
            rf"|dating|married(?: to)?|engaged to|together with) (?P<v>{_NAME})",
        ),
        ("partner", " single", rf"{_START}(?P<me>{_ME}) is{_OFTEN} (?P<v>single)(?= now| again|[.,!]|$)"),
    )
)

FAVOURITE = re.compile(
    rf"(?:(?P<me>{_ME})|{_ME}'s (?P<kin>{ONE_EACH}|{MANY})|(?P<named>[A-Z][\w-]+))'s (?:new "
    rf"|all-time )?favou?rite (?P<noun>[a-z]+(?: [a-z]+)?) "
    rf"(?:is|are){_OFTEN} (?P<v>[^.,;!?()]{{1,60}})"
)
# "Harry Potter is my favourite book", the other way round.
FAVOURED = re.compile(
    rf"^(?P<v>[^.,;:!?()]{{2,60}}?) (?:is"
    rf"|are) {_ME}'s (?:all-time )?favou?rite (?P<noun>[a-z]+(?: (?!now\b|again\b)[a-z]+)?)"
    r"(?: now| again)?(?=[.,;!]|$)"
)
PET = re.compile(
    rf"{_ME}(?:'s|'s and others) (?P<noun>(?:(?:old|new|little|big|other|second"
    rf"|first) )?(?:{PETS}))(?:'s name is| {_KNOWN_AS}|,) (?P<v>{_NAME})(?=[.,! ]|$)"
    rf"|{_ME}(?: and others)? (?:has|have|got|adopted"
    rf"|bought)(?: \w+){{0,2}} a(?: [\w-]+){{0,2}} (?P<noun2>{PETS}) (?:called|named) (?P<v2>{_NAME})"
    rf"|{_ME}(?: and others)? (?:called|named|renamed) (?:the|{_ME}'s|our) (?P<noun3>{PETS}) (?P<v3>{_NAME})"
)

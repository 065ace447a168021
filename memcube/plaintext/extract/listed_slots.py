# ruff: noqa: ISC004 (a pattern in lines)
"""Slots that hold many values at once: likes, languages, pets, allergies. A new value joins the old ones.

Patterns read the resolved sentence, like those of `slot_patterns`. Group `v` is the value; `not` says
that the sentence denies it, `over` that it ended.
"""

import re
from typing import Final

from memcube.plaintext.extract.kin import MANY, ONE_EACH, PETS
from memcube.plaintext.extract.person import SPEAKER

_RANKED = r"(?:(?:older|younger|elder|big|little|baby|eldest|oldest|youngest|twin|half|step)[ -])?"
# Whose it is: the speaker, a relative with or without a name, or a third person by name.
_WHO = (
    rf"(?:{SPEAKER}(?: and others)?(?!')|{SPEAKER}'s (?P<kin>{_RANKED}(?:{ONE_EACH}"
    rf"|{MANY}))(?:,? (?P<kin_name>[A-Z][\w-]+),?)?(?!')"
    r"|(?P<named>(?!The\b|It\b|That\b|This\b|He\b|She\b|They\b|You\b|There\b)[A-Z][\w-]+))"
)
_OFTEN = (
    r"(?: (?:now|currently|still|just|also|actually|really|always|already|both|absolutely|totally|so|too"
    r"|mostly|usually|recently|finally|do|does|can|has|have))*"
)
_V = (
    r"(?P<v>[^.,;:!?()]{2,60}?)(?= (?:and (?:others )?(?:is|are|has|have|was|but)|but|because|since|when"
    r"|although|so|that|who|which|on|with|any ?more|any longer)\b|[.,;:!?()]|$)"
)
_COUNT = r"(?:an?|one|two|three|four|five|six|seven|several|some|no|any|\d+|a couple of|a new|another|the)"
LANGUAGES = (
    "English|German|French|Spanish|Italian|Portuguese|Dutch|Flemish|Swedish|Norwegian|Danish|Finnish|Icelandic|Irish|Welsh"
    "|Gaelic|Polish|Czech|Slovak|Slovene|Slovenian|Hungarian|Romanian|Bulgarian|Greek|Turkish|Russian|Ukrainian|Serbian"
    "|Croatian|Bosnian|Albanian|Estonian|Latvian|Lithuanian|Catalan|Basque|Galician|Arabic|Hebrew|Persian|Farsi|Kurdish"
    "|Hindi|Urdu|Bengali|Punjabi|Tamil|Telugu|Marathi|Chinese|Mandarin|Cantonese|Japanese|Korean|Thai|Vietnamese"
    "|Indonesian|Malay|Tagalog|Swahili|Amharic|Yoruba|Igbo|Hausa|Zulu|Afrikaans|Latin|Esperanto|Sign"
)
_INSTRUMENTS = (
    r"(?:violin|piano|guitar|banjo|drums|cello|flute|trumpet|sax(?:ophone)?|clarinet|harp|ukulele|bass"
    r"|accordion|organ|viola)"
)
_PASTIMES = (
    r"(?:yoga|pilates|pottery|ceramics|painting|drawing|knitting|crochet|sewing|gardening|hiking|climbing"
    r"|bouldering|cycling"
    r"|running|jogging|swimming|surfing|skiing|sailing|fishing|birdwatching|baking|cooking|photography"
    r"|chess|karate|judo"
    r"|boxing|dancing|tango|salsa|ballet|woodworking|camping|kayaking|golf|tennis|football|basketball"
    r"|volleyball|badminton|kickboxing|aerobics|zumba|crossfit|weightlifting|archery|fencing|rowing|canoeing"
    r"|skating|skateboarding|snowboarding|horse(?:back)? riding|diving|calligraphy|origami|embroidery"
    r"|quilting"
    r"|blogging|acting|singing|improv|stargazing|beekeeping|brewing|foraging|gaming)"
)
_NO = (
    r"(?P<not> doesn't| don't| didn't| did not| does not| isn't| is not| hasn't| haven't| no longer| never"
    r"| can't| won't)?"
)

# Slot, cheap test, pattern. The first that matches names the statement: allergies before likes.
TABLE: Final = tuple(
    (slot, tuple(hints.split("|")), re.compile(pattern))
    for slot, hints, pattern in (
        (
            "allergic_to",
            "llerg",
            rf"{_WHO}{_OFTEN}(?: is| are)?{_OFTEN}{_NO}(?: is| are)?{_OFTEN} (?:allergic to"
            rf"|intolerant to) (?P<v>[^.;:!?()]{{2,60}})",
        ),
        (
            "allergic_to",
            "allergy",
            rf"{_WHO}{_OFTEN}{_NO}(?: has| have)?(?: got| developed| developing"
            rf"|(?P<over> outgrown| grown out of))(?: an?| any| some| {SPEAKER}'s| his| her| their)?"
            rf"(?: (?:bad|severe|mild|serious|slight|strong|terrible))? (?P<v>[\w -]{{2,30}}?) allergy\b",
        ),
        (
            "allergic_to",
            "allergy",
            rf"{_WHO}{_OFTEN}{_NO}(?: has| have) (?:an?|any|some) (?:(?:bad|severe|mild|serious|slight|strong"
            rf"|terrible) )?(?P<v>[\w -]{{2,30}}?) allergy\b",
        ),
        ("allergic_to", "llerg", r"'s allerg(?:y|ies)(?: is| are)(?: to)? (?P<v>[^.;:!?()]{2,60})"),
        ("allergic_to", "ntoleran", rf"{_WHO}{_OFTEN} is (?P<v>\w+)[ -]intolerant"),
        (
            "language",
            "speak|fluent|knows|learning|languages|grew up|picked up|understand|reads",
            rf"{_WHO}{_OFTEN}{_NO}{_OFTEN} (?:speaks?|grew up (?:with|speaking)|picked up|understands?"
            rf"|reads?|is fluent in|are fluent in|(?:knows?"
            rf"|started learning|is learning"
            rf"|learned|learnt|learns|studies)(?: (?:how to speak|a bit of|a little|some|enough"
            rf"|to speak))*)[^.,;:!?]{{0,30}}?\b(?P<v>{LANGUAGES})\b",
        ),
        ("language", "languages", rf"'s (?:native )?languages? (?:is|are) (?P<v>{LANGUAGES})"),
        (
            "avoids",
            "eat|drink|dairy|gluten|meat|fish|pork|halal|kosher|diet",
            rf"{_WHO}{_OFTEN}(?P<not> doesn't| don't| can't| cannot| never| no longer| stopped"
            rf"| is not allowed to) (?:eat|eats|eating|have|drink|drinks"
            rf"|drinking) (?P<v>(?!(?:last|this|in|on|at|for|since|from|any|until)\b)[^.,;:!?()]{{2,40}})",
        ),
        (
            "likes",
            " off | lost |fallen|tired|sick of|bored|used to|no longer|any|stopped|fed up",
            rf"{_WHO}{_OFTEN}(?P<over> (?:gone|went)(?: right| completely| totally| really)? off"
            r"| lost (?:all |any )?interest in"
            rf"| lost (?:{SPEAKER}'s|the|her|his|all) (?:taste|love|passion) for| (?:fallen"
            rf"|fell) out of love with"
            r"| (?:is|are|was|got|grew|grown)(?: \w+)? (?:tired of|sick of|bored with|bored of|fed up with)"
            r"| (?:used to|no longer) (?:really )?(?:love|like|enjoy|adore)s?| stopped (?:liking|loving"
            r"|enjoying)"
            r"| (?:used to be|is no longer) (?:into|(?:a (?:\w+ )?)?fan of|fond of|keen on)"
            r"| (?:doesn't|don't)(?: really)? (?:like|love|enjoy)(?=.* any ?(?:more|longer)\b)"
            rf"| is(?: not|n't) (?:into|fond of|keen on)(?=.* any ?(?:more|longer)\b)) {_V}",
        ),
        (
            "dislikes",
            "hate|stand|dislike|loathe|not a fan|n't like|detest",
            rf"{_WHO}{_OFTEN}(?P<over> no longer| used to)? (?:hates?|dislikes?|loathes?|detests?"
            rf"|can't stand|cannot stand|(?:doesn't"
            rf"|don't|never)(?: really)?(?: like| enjoy| love)d?|(?:is|are) not a(?: big"
            rf"| huge)? fan of) {_V}",
        ),
        (
            "likes",
            "love|like|enjoy|adore|fan "
            "of|passionate|into|obsess|fond|prefer|keen|crazy|mad |interested|inspired|rather",
            rf"{_WHO}{_OFTEN} (?:(?:loves?d?|likes?d?|enjoys?|enjoyed|adores?d?|prefers?)|(?:is"
            rf"|are)(?: \w+)? (?:(?:a(?: \w+)? )?fan of|passionate about|obsessed with|fond of"
            rf"|interested in|inspired by"
            rf"|crazy about|mad about(?! (?:the|this|that|it|what|how|him|her|them|being)\b)"
            rf"|keen on|into)|would(?: always| usually)? rather (?:have|be|eat|drink|take)) {_V}",
        ),
        (
            "hobby",
            "'s ",
            rf"^(?P<v>[A-Z][\w' -]{{2,40}}?)(?:'s| is| are| has been"
            rf"| was)(?: [a-z]+){{0,4}} {SPEAKER}'s (?:\w+ ){{0,2}}"
            rf"(?:passion|passions|hobby|hobbies|outlets?|escape|stress relief|stress fix|pastime|go-to"
            rf"|life)\b",
        ),
        (
            "likes",
            f" {SPEAKER}",
            rf"^(?P<v>[A-Z][^.,;:!?()\ue000]{{2,50}}?) (?:(?:really|totally|always|just) )*(?:inspires?"
            rf"|calms?|relaxes|relax"
            rf"|soothes?|delights?|(?:brings?|gives?) {SPEAKER} (?:\w+ ){{0,2}}(?:joy|happiness|peace"
            rf"|comfort|calm))"
            rf"(?: {SPEAKER})?(?=\W|$)",
        ),
        (
            "hobby",
            "play|took up|gave up|quit|used to|stopped|does |goes |practi|start|learn",
            rf"{_WHO}{_OFTEN}(?:(?P<over> used to (?:play|do)| gave up(?: on)?| quit| stopped(?: playing"
            rf"| doing)?)| plays?"
            rf"| is playing| took up| takes up| does"
            rf"| goes| practi[sc]es| started(?: playing| learning)?| (?:is learning|learns|learned"
            rf"|learnt)(?: how to play| to play)?)"
            rf"(?: the)? (?P<v>{_INSTRUMENTS}|{_PASTIMES})\b",
        ),
        ("hobby", "hobb", r"'s hobb(?:y|ies) (?:is|are) (?P<v>[^.;:!?()]{2,60})"),
        (
            "hobby",
            " writing | writes ",
            rf"{_WHO}{_OFTEN} (?:is|are) (?P<v>writing (?:a|another|my|the) (?:novel|book|memoir"
            rf"|screenplay|script|blog))",
        ),
        (
            "pet",
            "dog|cat|pup|kitten|rabbit|hamster|parrot|horse|pony|tortoise|turtle|fish|bird|snake|hen|pet|guinea",
            rf"{_WHO}{_OFTEN}{_NO}(?: has| have| had| got| adopted| rescued| bought| owns| own"
            rf"| is keeping| are getting"
            rf"| is getting) (?:{_COUNT} )?(?:[\w-]+ ){{0,2}}(?P<v>{PETS.replace('|boat|car', '')}"
            rf"|puppies|pet)s?\b",
        ),
        (
            "pet",
            "dog|cat|pup|kitten|rabbit|hamster|parrot|horse|turtle",
            rf"{SPEAKER}'s (?:[\w-]+ )?(?P<v>{PETS.replace('|boat|car', '')})\b",
        ),
        (
            "child",
            "son|daughter|kid|child|baby|twins|pregnant|expecting",
            rf"{_WHO}{_OFTEN}{_NO}(?: has| have| had| got| is having| are having| is expecting"
            rf"| are expecting) (?:{_COUNT} )?(?:[\w-]+ ){{0,2}}(?P<v>sons?|daughters?|kids?"
            rf"|child(?:ren)?|bab(?:y|ies)|twins)\b",
        ),
        (
            "sibling",
            "sister|brother|sibling|only child",
            rf"{_WHO}{_OFTEN}{_NO}(?: has| have| had) (?:{_COUNT} )?(?:[\w-]+ ){{0,2}}(?P<v>sisters?"
            rf"|brothers?|siblings?)\b",
        ),
        (
            "partner",
            " with |dating|seeing|single|married|divorced|engaged|broke|split up|separated",
            rf"{_WHO}{_OFTEN}(?: is| are| got| has| was)?(?P<not> not)?(?: been)?(?: (?:dating"
            rf"|seeing anyone|single|married|engaged)"
            r"|(?P<over> broken? up| no longer| split up| divorced| separated))\b(?: (?:with"
            r"|to) (?P<v>[A-Z]\w+))?",
        ),
        (
            "friend",
            "friend",
            rf"(?:{SPEAKER} (?:has|met|made) (?:\w+ ){{1,2}}|grateful for {SPEAKER}'s |(?:is"
            rf"|are) {SPEAKER}'s )(?P<v>(?:best |close |old |good |new |supportive )?friends?)\b",
        ),
        (
            "health",
            "diagnos|surgery|blood|pressure|medication|injur|broke|sprain|asthma|diabet|migraine|sober|pain|deaf|hear|sick|doctor|hip|knee|back|therap|insulin|pills|blockers|anxiety|depress",
            r"\b(?P<v>diagnosed with [\w ]{3,30}|surgery|blood pressure|medication|injur(?:y|ed)|(?:broke"
            r"|sprained|tore|twisted|hurt) (?:\S+ )?(?:arm|leg|wrist|ankle|hand|foot|knee|shoulder|back"
            r"|hip|rib)|asthma|diabet\w+|migraines?|sober|chronic pain|off sick|beta blockers|insulin"
            r"|can't hear|deaf|hip(?!-)|anxiety|depression)\b",
        ),
        (
            "owns",
            "bought|owns|own |got|has|have|bike|car|purchased|sold",
            rf"{_WHO}{_OFTEN}(?P<over> sold)?(?: bought| owns| own| purchased| got)?(?: {SPEAKER}'s"
            rf"| {_COUNT})(?: (?:second-?hand|used|new|old|own|small|little|big|red|blue|green|black"
            rf"|white))* (?P<v>(?!new job\b|job\b|lot\b|bit\b|chance\b|call\b|meeting\b"
            rf"|idea\b)[\w' -]{{2,40}}?)(?= (?:on|for|from|in|at|last|yesterday|today|and|to|with|this"
            rf"|since)\b|[.,;:!?()]|$)",
        ),
    )
)
# "has a" says too little to be a possession; these say it.
OWNING: Final = re.compile(
    r"\b(?:bought|owns?|purchased|sold)\b|\bgot (?:an?|some|\ue000's) (?:brand )?new (?!job|idea|role"
    r"|boss)\w+|\b(?:has|have|got) (?:an?|two|three) (?:[\w-]+ )?(?:car|bike"
    r"|bicycle|boat|house|flat|van|motorbike|camera|guitar|piano|caravan|cabin|necklace)\b"
)

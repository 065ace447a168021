# ruff: noqa: RUF001 (dashes and wide marks are what people type)
"""Talk that states nothing: questions, requests of the moment, wishes, small talk, code."""

import re

_QUESTION = re.compile(
    r"(?:(?:who|whose|where|which|why|how)\b|what\b(?!\s(?:i|we)\b)|when\s(?:is|are|do|does|did|will|can"
    r"|was|were)\b"
    r"|(?:can|could|would|will|do|does|did|is|are|was|were|have|has|should|shall|may|am|don't|isn't|aren't"
    r"|won't"
    r"|can't|couldn't|wouldn't|haven't|didn't|any)\s+"
    r"(?:you|we|i|he|she|they|it|the|my|your|our|there|this|that|anyone|anybody|someone|it's|ideas|tips"
    r"|chance|luck)\b"
    r"|(?:was|were|is|are|do|does|did)\s\w+\s?\w*\b.*\?$|any\s(?:news|plans|recommendations)\b)",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"(?:please|pls|remind\sme|tell\s(?:me|us)|show\s(?:me|us)|give\s(?:me|us)|help\s(?:me|us)"
    r"|let\sme\s(?:know|think|see"
    r"|check)|send\sme|call\sme\s(?:if|when|back|later|tomorrow|tonight|asap)|recommend|suggest|explain"
    r"|translate|summari[sz]e|grade|proofread|rewrite|rephrase|paraphrase|correct|shorten|improve"
    r"|write\s(?:me|a|an|the)|find\s(?:me|a|an|us)|book\s(?:me|a|an|us|the)|look\sup|search\s|list\s(?:all"
    r"|the|some)|make\s"
    r"(?:me|sure|a\slist)|add\s(?:it|that|this)|check\s|compare\s|draft\s|keep\s(?:me|us|up|it|on|going|at"
    r"|being)\b|have\sa"
    r"|take\s(?:care|your|a)|go\sfor"
    r"|don't\s(?:worry|forget|be|let|tell|give|stop|get)|never\s(?:mind|give|stop)|let's(?!.*\()"
    r"|i\sneed\syou|i\sneed\s(?:some\s)?help"
    r"|i'd\slike\syou|for\s(?:this|now)\b(?:\sone)?,?\s\w+\s"
    r"|i\swant\syou|you\s(?:should|could|can|must|have\sto|need\sto|might|may|'d\sbetter)|try\s|ask\s"
    r"|enjoy\s|say\s(?:hi|hello)|hold\son|hang\sin|stay\s|believe\sin\syour|surprise\sme"
    r"|save\sme|bring\s(?:me|a|the|your))\b",
    re.IGNORECASE,
)
_JOINTLY = re.compile(r",\slet's\b(?!.*\()", re.IGNORECASE)
# Material to work on follows: nothing behind it is the speaker's own statement.
MATERIAL = re.compile(
    r"(?:^|(?<=[.!?]\s))(?:(?:please|pls|can\syou|could\syou|now|ok|so)[,\s]+)*(?:translate|grade"
    r"|proofread|rewrite|rephrase"
    r"|paraphrase|summari[sz]e|correct|shorten|improve|edit|polish|fix|explain|analy[sz]e|classify|continue"
    r"|complete|review|check|format|convert)\b[^.!?\n]{0,80}:",
    re.IGNORECASE,
)
# A text is asked for whose people are made up, or the text that follows is to be worked on.
_TASK = re.compile(
    r"(?:^|(?<=[.!?,]\s))(?:(?:please|can\syou|could\syou|now|ok|so|help\sme)[,\s]+)*(?:"
    r"(?:write|draft|create|generate|compose|tell|make\sup|continue|finish|invent|imagine|come\sup\swith)\b[^.!?\n]{0,60}"
    r"\b(?:story|scene|script|screenplay|novel|novella|chapter|character|dialogue|monologue|backstory|plot"
    r"|persona|fanfic|sketch|fable|fairy\stale|essay\squestion|example|sample|riddle)\b"
    r"|(?:sort|format|reformat|convert|translate|proofread|rewrite|rephrase|paraphrase|summari[sz]e|correct|shorten"
    r"|grade|polish|parse|fix|check|review|read|analy[sz]e|explain|tidy\sup|clean\sup|turn)\b[^.!?\n]{0,20}\b(?:this|these|the\sfollowing|that\stext)\b"
    r"|(?:pretend|role-?play|act\sas)\b|(?:just\s|only\s|this\sis\sa\s)?test(?:ing)?\b)",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\bif\s(?:only|you)\b|^if\s(?:anyone|someone|somebody)\b|\bwhat\sif\b|^in\s(?:my|a)\sdream\b|\bi\sdream(?:t|ed)\s(?:that|i|of)\b|\basked\s(?:me\s)?(?:if|whether)\b|\bi\swish\b|\bi'd\s(?:love|like"
    r"|rather|kill)\b"
    r"|\bi\swould\s(?:love|like|rather)\b|\bwould\sbe\s(?:nice|great|lovely|fun|cool|awesome|amazing)"
    r"|^imagine\b|^suppose\b"
    r"|^(?:let's\s)?(?:say|pretend|assume|assuming)\s(?:that\s)?(?:i|we|my)\b|\bi\shope\b(?!\sto\b)"
    r"|\bhopefully\b"
    r"|\bfingers\scrossed|\bcrossing\smy\sfingers|\blet's\shope"
    r"|\bif\b(?=.*(?:\bwould\b|\bcould\b|\bmight\b|i'd\b|we'd\b|it'd\b|she'd\b|he'd\b|they'd\b))"
    r"|\bwould\b.{3,60}\bif\s(?:i|we|she|he|they|you)\b"
    r"|^if\s(?:i|we)\b(?!.*(?:'ll|\bwill\b|going\sto|\bi'm\b|\bwe're\b))",
    re.IGNORECASE,
)
_TASTE = re.compile(
    r"(?:i'd|i\swould)\s(?:always\s|usually\s)?rather\s.*(?:\b(?:always|any\sday|than)\b|,\s(?:always|usually)\b)",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"(?:unless|maybe|perhaps|whether|(?:i|we)\s(?:should|could|would|ought)\b|not\ssure\b"
    r"|i'm\snot\ssure\b|(?:i'd|we'd)\b(?!\s(?:been|had|better|already|never))"
    r"|no\sidea|i\sdon't\sknow|i\swonder|i\sguess\b(?!\sso)|i\ssuppose)",
    re.IGNORECASE,
)
_PHATIC = re.compile(
    r"""(?:(?:talk|speak|see|catch|write|chat)\s(?:to\s|with\s)?(?:you|u|ya|y'all|everyone|up)?\s*(?:soon
      |later|then|there|tomorrow
        |tonight|around|on\s\w+|next\sweek|at\s\w+)|(?:good|nice|great|lovely|have\sa|safe|happy|merry|best
          |all\sthe)\s
        (?:night|morning|day|evening|weekend|weather|one|luck|job|idea|point|birthday|christmas|trip|flight
          |travels|wishes|best
        |to\s(?:hear|see|know|meet)|work|news|question|call|try|catch)\b
      |(?:thanks|thank\syou|thx|ty|cheers|congrat\w*|bye|goodbye|goodnight|welcome|you're\swelcome
        |no\s(?:problem|prob|worries|way|doubt|kidding)
        |sounds\s|works\sfor\sme|got\sit|gotcha|will\sdo|on\smy\sway|brb|ttyl|same\shere|me\s(?:too|neither
          |either)
          |so\sdo\si|neither\sdo\si|likewise|ditto
        |fair\senough|makes\ssense|can't\swait|long\s(?:day|time)|poor\s(?:you|thing)|lucky\syou
          |how\s(?:nice|lovely
          |sweet|funny|cool)
        |what\sa\b|such\sa\b|love\s(?:that|it|this|the|your|how\syou)\b|miss\syou|hugs|xo+|my\s(?:pleasure
          |bad|goodness)
          |oh\smy|speak\s|way\sto\sgo|(?:no|little)\swonder|time\sflies|rest\sin\speace|cheers\sto
            |here's\sto|shout\s?out)
      |(?:a\slot(?:'s)?|so\smuch|(?:some\s)?(?:big\s|new\s|good\s|great\s)?things|lots)(?:\shas
        |\shave)?(?:\sbeen)?\s(?:happened|changed|going\son|happening)
      |(?:something|a\slot|so\smuch)\s(?:\w+\s){0,2}happened\b
      |(?:since|when)\s(?:we|i)\slast\s(?:spoke|talked|chatted|met|saw)[^,]*(?:$|,\s(?:a\slot|so\smuch|lots
        |things|some|big)\b)
      |(?:(?:i|we)\s)?(?:haven't|have\snot)\s(?:really\s)?(?:talked|spoken|chatted|met|caught\sup|seen\syou
        |seen\seach\sother|heard\sfrom\syou)\b
      |i\sgot\sit\b|i've\sgot\s(?:\w+\s)?news|i\sremember\W*$|i\s(?:has|have)\sbeen\sa\swhile
      |i\s(?:know|see|agree|understand|guess|think\sso|hear\syou|feel\syou|don't\smind|mean\sit|love\s(?:it
        |that|this|you)
        |miss\syou|did|do|will|have|am|had\sa\slaugh|owe\syou)(?:\s(?:so|that|it|right|too|now|the\sfeeling
          |you|one|much))*\W*$
      |i\s(?:can't|cannot|could(?:n't|\snot)?)\s(?:wait|believe|imagine|beat|thank|agree|help\sbut
        |stop\s\w+ing|get\senough)\b(?!.*\()
      |(?:i'm|i\sam|we're|i've\sbeen|i\swas)\s(?:\w+\s){0,2}looking\sforward\b|i\slook\sforward\b
      |i\s(?:promise|swear|totally\sget|get\s(?:it|you|that|what|how|where))\b
      |i\s(?:can|could)\s(?:only\s|just\s|totally\s)?(?:imagine|picture\syou|relate|see\s(?:why|how|that)|tell)\b
      |i(?:'m|\sam)\s(?:always\s|right\s)?here\s(?:to|for|if|whenever)\b|always\s(?:here|there)\b
      |i(?:'ll|\swill|\swon't|'m\snot\sgonna|'m\snot\sgoing\sto)\s(?:never\s|always\s|not\s)?(?:quit
        |give\sup|stop|forget|let)\b(?!\ssmoking|\sdrinking|\smy\sjob)
      |need\s(?:help|advice|some|any)\b
      |i'll\s(?:\w+ly\s|always\s|just\s)?(?:let\s(?:you|u|ya)|keep\s(?:you|ya|it|that|them|on|at|going|trying
        |pushing|working)|be\s(?:there|here|sure|back|waiting|rooting)|reach\sout|see\s(?:you|what)|talk
        |check\s(?:it|that|them|this|out)|make\ssure|think\sabout\sit|do\s(?:it|that|my|so)|try\s(?:it|that
          |my)|get\sback|give\sit|take\s(?:it|that|you)|look\sinto|remember\s(?:that|it)|never\sforget)\b
      |(?:we|we're|we've|we'll|i)\s(?:can|will|'ll|got|gotta|all|both|should|must|need\sto
        |have\sto)?\s?(?:do\s(?:this|it)|got\s(?:this|it)|make\s(?:a\sdifference|it\shappen))\b
      |i\s(?:really\s|truly\s|so\s|totally\s|absolutely\s|just\s|do\s)*(?:love|like|adore
        |appreciate)\s(?:it|that|this|these|those|your|you|the\s(?:\w+\s)?(?:colou?rs?|vibes?|design|look
        |style|pic|photo|picture|way|idea|energy|atmosphere|details?)|how\s(?:you|it|they|that|this|the)
        |when\syou)\b
      |(?:just\s)?(?:kidding|joking|saying|checking)\b
      |(?:ouch|bummer|sorry\s(?:to\shear|about|for))\b
      |here(?:'s|\sis|\sare)\s(?:an?|the|my|some|another)\s(?:\w+\s)?(?:pic|photo|picture|shot|snap)s?\b
      |much\sappreciated\b|(?:\w+\s){1,3}works(?:\s(?:fine|great|for\sme))?\W*$
      |no\sneed\b|not\s(?:bad|yet|really|too\smuch|much|at\sall)\W*$
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# Asked of a text that stands beside it: what it is about is not the speaker.
_ABOUT = re.compile(
    r"\b(?:this|these|the following|(?:text|email|mail|letter|chat|conversation|essay|message|poem|list"
    r"|code|error"
    r"|table|json|draft|note|article|passage|transcript|paragraph|quote|lyrics|review|story|log"
    r"|ad) (?:above|below))\b"
    r"|\b(?:this|the|an?|that|my) (?:\w+ )?(?:email|mail|letter|chat|conversation|essay|poem|code|json"
    r"|draft|passage"
    r"|transcript|paragraph|article|lyrics|log|cv|resume|cover letter|statement)\b",
    re.IGNORECASE,
)
_SIGN = re.compile(r"[^\w\s]")
_CODE = re.compile(
    r"[{};]\s*$|=>|\)\s*[{:]\s*$|^\s*(?:import \w+$|from \w+ import|def \w+\(|class \w+[:(]|const "
    r"|let \w+ =|var \w+ =|select .+ from "
    r"|return |#include|public |sudo |pip install|npm |git )|^\W*\$ |\w+\(\w*\)\s*$|^[\w.]+\s*[+*/-]?=\s",
    re.IGNORECASE,
)
# Said not to be meant: the sentence, or the one before where the mark stands alone.
UNMEANT = re.compile(
    r"(?:^|\s)/s\b|#sarcasm|\bsarcasm\b|\b(?:just|only)\s(?:kidding|joking)\b|\b(?:i'm|im|am)\s(?:kidding"
    r"|joking)\b|\bjk\b"
    r"|\bsaid\sno\s?(?:one|body)\sever\b|\byeah,?\sright\b|\b(?:ironie|sarkasmus)\b(?:\s(?:aus|off))?"
    r"|\bbrb\b|\bttyl\b|\b(?:sure|right|yeah),?\sand\s(?:i'm|i\sam|my|pigs)\b|\bas\sif!|[.,]\snot!$"
    r"|^not!$|\bgotcha!\s*april\sfool|\bapril\sfools?\b|\bin\smy\sdreams\b",
    re.IGNORECASE,
)


def asks(text: str) -> bool:
    """A question, or a request for this moment."""
    return (
        text.rstrip("\"'”) ").endswith(("?", "？"))
        or _QUESTION.match(text) is not None
        or _REQUEST.match(text) is not None
        or _JOINTLY.search(text) is not None
    )


def sets_task(text: str) -> bool:
    """Whether what follows in the turn is made up, or material to work on."""
    return MATERIAL.search(text) is not None or _TASK.search(text) is not None


def wishes(text: str) -> bool:
    """A wish, a hypothesis, or something left open; what one would always rather have is a taste."""
    if _TASTE.match(text):
        return False
    return _WISH.search(text) is not None or _UNSURE.match(text) is not None


def is_about_material(text: str) -> bool:
    """Whether the first or last line of a text asks for something to be done with the lines beside it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return len(lines) > 1 and any(
        _ABOUT.search(line) and (asks(line) or sets_task(line)) for line in (lines[0], lines[-1])
    )


def is_phatic(text: str) -> bool:
    """Said for company: thanks, praise, parting, "a lot has happened"."""
    return _PHATIC.match(text) is not None or UNMEANT.search(text) is not None


def is_code(text: str) -> bool:
    return len(_SIGN.findall(text)) > 0.4 * len(text) or _CODE.search(text) is not None

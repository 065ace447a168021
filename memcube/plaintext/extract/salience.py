# ruff: noqa: SIM905, RUF001 (word lists read best as words; dashes and wide marks are what people type)
"""What is worth remembering: statements; no greetings, thanks, questions, requests, wishes or filler."""

import re

from memcube.plaintext.extract import verbs

_LEAD = re.compile(
    r"""(?:
      (?:hi|hey|hello|hiya|dear|good\s(?:morning|evening|afternoon)|morning|thanks|thank\syou|cheers|sorry
        |congrats)
        (?:\s(?:so\smuch|a\slot|again|there|all|everyone|for\s[\w\s']{2,40}|[A-Z]\w+)){0,2}\s*[,!.:–—-]+\s*
    | (?:oh|ah|aw|ooh|wow|well|yeah|yep|yes|no|nope|ok|okay|right|sure|hm+|um+|uh|haha+|hehe|lol|omg|so
      |anyway|btw|fyi
        |great|cool|nice|perfect|true|exactly|ha|ugh|phew|yay|damn|argh|honestly|guess\swhat|update
          |quick\supdate|news
        |good\snews|bad\snews|big\snews|small\snews|fun\sfact|reminder|p\.?s|look|listen|you\sknow|of\scourse
        |by\sthe\sway|as\s(?:I|you)\s(?:said|know)|like\sI\ssaid|the\sthing\sis|for\sthe\srecord|oh\sand
          |oh\sno
        |no\sworries|correction|wait|actually)\s*[,!:–—-]+\s*
    | (?:oh|well|lol|haha+|btw|fyi|yeah|anyway|so|and|but)\s(?=(?:I|I'm|I've|I'll|my|we|we're|our|the|that
      |he|she|i)\b)
    | (?:also|actually|btw|by\sthe\sway)\s(?=(?:I|my|we|our|the)\b)
    | (?:(?:and|but|so)\s)?(?:please\s)?(?:remember|note|keep\sin\smind|don't\sforget|just\sso\syou\sknow
      |fyi)\s
        (?:that\s|,\s*)?(?=(?:I|I'm|I've|I'll|my|we|we're|our|the|that)\b)
    | I\smeant\s(?:that\s)?(?=(?:I|I'm|I've|my|we|our|the|it's)\s)
    | I\s(?:forgot|meant|wanted|just\swanted|have|need)\sto\s(?:say|mention|tell\s(?:you
      |everyone))\s(?:that\s)?
        (?=(?:I|I'm|I've|my|we|our|the)\b)
    | (?:did\sI\s(?:tell|mention(?:\sto)?)\syou\s(?:that\s)?)(?=(?:I|my|we)\b)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_TAG = re.compile(
    r",?\s*(?:right|remember|you know|did i (?:tell you|mention(?: that| it)?)|huh|ok|okay|yeah|no|eh"
    r"|can you believe it"
    r"|isn't it|won't it|doesn't it|didn't (?:i|we)|have i told you|in case you (?:forgot|wondered)"
    r"|what about you"
    r"|how about you|and you|you|any (?:tips|ideas|recommendations))\s*\?+$",
    re.IGNORECASE,
)
# A wish, a hope, a request or a question at the end of a statement; the statement before it stays.
_TAIL = re.compile(
    r",?\s+(?:and\s|but\s|so\s|because\s|-\s|–\s|—\s)?(?=(?:i'd\s(?:love|like|rather)\b|i\swould\s(?:love"
    r"|like)\b|i\s(?:wish|hope)\b"
    r"|hopefully\b|fingers\scrossed|let\sme\sknow\b|(?:can|could|would|will|do|did|are|have)\syou\b|(?:can"
    r"|could|should)\s(?:i|we)\b"
    r"|please\b|what\sdo\syou|what\sabout|how\sabout|how\scan|wish\sme)).*$",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:(?:who|whose|where|which|why|how)\b|what\b(?!\s(?:i|we)\b)|when\s(?:is|are|do|does|did|will|can"
    r"|was|were)\b"
    r"|(?:can|could|would|will|do|does|did|is|are|was|were|have|has|should|shall|may|am|don't|isn't|aren't"
    r"|won't"
    r"|can't|couldn't|wouldn't|haven't|didn't|any)\s+"
    r"(?:you|we|i|he|she|they|it|the|my|your|our|there|this|that|anyone|anybody|someone|it's|ideas|tips"
    r"|chance|luck)\b"
    r"|any\s(?:news|plans|recommendations)\b)",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"(?:please|pls|remind\sme|tell\s(?:me|us)|show\s(?:me|us)|give\s(?:me|us)|help\s(?:me|us)"
    r"|let\sme\s(?:know|think|see"
    r"|check)|send\sme|call\sme\s(?:if|when|back|later|tomorrow|tonight|asap)|recommend|suggest|explain"
    r"|translate|summari[sz]e"
    r"|write\s(?:me|a|an|the)|find\s(?:me|a|an|us)|book\s(?:me|a|an|us|the)|look\sup|search\s|list\s(?:all"
    r"|the|some)|make\s"
    r"(?:me|sure|a\slist)|add\s(?:it|that|this)|check\s|compare\s|draft\s|keep\sme\sposted|keep\sus|have\sa"
    r"|take\scare|go\sfor"
    r"|don't\s(?:worry|forget|be|let|tell)|never\smind|let's(?!.*\()|i\sneed\syou|i\sneed\s(?:some\s)?help"
    r"|i'd\slike\syou"
    r"|i\swant\syou|you\s(?:should|could|can|must|have\sto|need\sto|might|may|'d\sbetter)|try\s|ask\s"
    r"|enjoy\s|say\s(?:hi|hello)"
    r"|save\sme|bring\s(?:me|a|the|your))\b",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(?:if\s+(?:only\b|i|we|you)|what\sif|i\swish|i'd\s(?:love|like|rather|kill)\b|i\swould\s(?:love"
    r"|like|rather)\b"
    r"|would\sbe\s(?:nice|great|lovely|fun|cool)|imagine\b|suppose\b|i\shope\b|hopefully\b|fingers\scrossed"
    r"|let's\shope)",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"(?:if|unless|maybe|perhaps|whether|(?:i|we)\s(?:should|could|might|may|would|ought)\b|not\ssure\b"
    r"|i'm\snot\ssure\b"
    r"|no\sidea|i\sdon't\sknow|i\swonder|i\sguess|i\ssuppose|i'd\b(?!\s(?:been|had|better|already|never)))",
    re.IGNORECASE,
)
_SMALL_TALK = re.compile(
    r"""(?:(?:talk|speak|see|catch|write|chat)\s(?:to\s|with\s)?(?:you|u|ya|y'all|everyone|up)?\s*(?:soon
      |later|then|there|tomorrow
        |tonight|around|on\s\w+|next\sweek|at\s\w+)|(?:good|nice|great|lovely|have\sa|safe|happy|merry|best
          |all\sthe)\s
        (?:night|morning|day|evening|weekend|weather|one|luck|job|idea|point|birthday|christmas|trip|flight
          |travels|wishes|best
        |to\s(?:hear|see|know|meet)|work|news|question|call|try|catch)\b
      |(?:thanks|thank\syou|thx|ty|cheers|congrat\w*|bye|goodbye|goodnight|welcome|you're\swelcome
        |no\s(?:problem|worries|way)
        |sounds\s|works\sfor\sme|got\sit|will\sdo|on\smy\sway|brb|ttyl|same\shere|me\s(?:too|neither)
          |so\sdo\si|neither\sdo\si
        |fair\senough|makes\ssense|can't\swait|long\sday|poor\s(?:you|thing)|lucky\syou|how\s(?:nice|lovely
          |sweet|funny|cool)
        |what\sa\b|such\sa\b|love\s(?:that|it|this)\b|miss\syou|hugs|xo+|my\s(?:pleasure|bad|goodness)
          |oh\smy|speak\s)
      |(?:it|that|this|everything|all|things)(?:'s|\sis|\swas|'ll\sbe|\swill\sbe|\ssounds|\slooks|\sseems
        |\sfeels|\sworks|\shelps)
        \s(?!on\b|at\b|in\b|called\b|not\b).{0,60}$
      |i'm\s(?:(?:so|really|all|just|very|quite|still|feeling|doing)\s)?(?:fine|good|ok|okay|great|well
        |here|back|sorry|so\s(?:happy|glad|sorry|proud)|happy\sfor|glad|jealous|tired
        |exhausted|bored|hungry|starving|sleepy|in$|done$|on\smy\sway|kidding|joking|sure
          |afraid)\b(?!.*\bfor\syears\b)
      |i\sgot\sit\b|i've\sgot\s(?:\w+\s)?news|i\sremember\W*$
      |i\s(?:know|see|agree|understand|guess|think\sso|hear\syou|feel\syou|don't\smind|mean\sit|love\s(?:it
        |that|this|you)
        |miss\syou|did|do|will|have|am|had\sa\slaugh|owe\syou)(?:\s(?:so|that|it|right|too|now|the\sfeeling
          |you|one|much))*\W*$
      |i\s(?:can't\swait|can't\sbelieve|promise|swear)\b
      |(?:just\s)?(?:kidding|joking|saying|checking)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_CODE = re.compile(
    r"[{};]\s*$|=>|\)\s*[{:]\s*$|^\s*(?:import \w+$|from \w+ import|def \w+\(|class \w+[:(]|const "
    r"|let \w+ =|var \w+ =|select .+ from "
    r"|return |#include|public |sudo |pip install|npm |git )|^\W*\$ |\w+\(\w*\)\s*$|^[\w.]+\s*[+*/-]?=\s",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7a3]{4}")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")

_FIRST = frozenset("i i'm i've i'd i'll my me mine we we're we've we'll we'd our us ours myself".split())
_ENGLISH = _FIRST | frozenset(
    "the is are and of was have has you this that with for it it's not but your his her their from were "
    "will be been "
    "ok cool yeah thanks hello hey hi lol today tomorrow yesterday tonight good nice great well really "
    "very soon too "
    "people before after over one two three four five six seven eight nine ten "
    "stuff day week weekend night morning sure right same here there same everyone what how all just so "
    "much".split()
)
_CONTRACTED = ("'s", *verbs.CONTRACTED_ENDINGS)
_FILLER = _ENGLISH | frozenset(
    "a an in on at to as by or if he she they them him do does did am had can could would should may might "
    "must shall "
    "oh ah haha now then again later maybe also only quite pretty bit lot lots thing things something "
    "anything nothing "
    "know see think agree hope guess love like happy glad fine wait believe sorry mean say said get got go "
    "going one "
    "fun funny lovely awesome amazing wonderful perfect beautiful sweet weather hot cold sunny rainy huh "
    "eh wow yes no "
    "done sounds looks feel feels back out up about more some any when where who why which than can't "
    "don't didn't "
    "doesn't isn't won't that's there's he's she's they're you're let's let me".split()
)


def strip_lead(sentence: str) -> str:
    """The sentence without "Oh, hi Ada, by the way, ..." and without a question tag at its end."""
    for _ in range(5):
        match = _LEAD.match(sentence)
        if match is None:
            break
        sentence = sentence[match.end() :]
    if sentence.endswith("?"):
        tag = _TAG.search(sentence)
        if tag and len(sentence[: tag.start()].split()) >= 4:
            sentence = sentence[: tag.start()].rstrip(" ,") + "."
    tail = _TAIL.search(sentence)
    if tail and len(sentence[: tail.start()].split()) >= 3:
        sentence = sentence[: tail.start()].rstrip(" ,")
    return sentence[:1].upper() + sentence[1:]


def is_statement(sentence: str, dated: bool) -> bool:  # noqa: PLR0911 (one line a reason)
    """Whether a sentence, stripped of its lead, says something to remember. `dated`: it gives a date."""
    text = _URL.sub(" ", sentence).strip()
    words = [word.lower() for word in _WORD.findall(text)]
    if not words or _CODE.search(text) or _mostly_symbols(text):
        return False
    if _is_foreign(words):
        return _is_foreign_statement(text, words)
    if text.rstrip("\"'”)").endswith(("?", "？")) or _QUESTION.match(text):
        return False
    if _REQUEST.match(text) or _WISH.search(text) or _UNSURE.match(text) or _SMALL_TALK.match(text):
        return False
    content = [word for word in words if word not in _FILLER and len(word) > 1]
    numbers = any(char.isdigit() for char in text)
    first = not _FIRST.isdisjoint(words)
    if not any(verbs.is_verb(word) or word.endswith("'s") for word in words):
        return numbers and len(content) >= 2
    if first:
        return bool(content) or numbers
    if not any(_is_finite(word) for word in words):
        return False  # "Coffee first, talk later"
    if words[0] in ("it", "it's", "that", "that's", "this", "there", "there's") and not (dated or numbers):
        return words[0] == "it" and len(content) >= 3
    return len(content) >= 2 or (bool(content) and (dated or numbers))


def _is_finite(word: str) -> bool:
    return (
        word not in verbs.ALSO_NOUNS
        and not word.endswith("ing")
        and (verbs.is_verb(word) or word.endswith("'s"))
    )


def _mostly_symbols(text: str) -> bool:
    shown = sum(char.isalnum() or char.isspace() for char in text)
    return shown < 0.6 * len(text)


def _is_foreign(words: list[str]) -> bool:
    """No word an English sentence leans on, and no English verb."""
    if any(word in _ENGLISH or word.endswith(_CONTRACTED) for word in words):
        return False
    return not any(word in verbs.AUXILIARIES or word in verbs.BASE or verbs.is_verb(word) for word in words)


def _is_foreign_statement(text: str, words: list[str]) -> bool:
    if text.endswith(("?", "？")):
        return False
    return len(words) >= 3 or _UNSPACED.search(text) is not None  # scripts without spaces are one long word

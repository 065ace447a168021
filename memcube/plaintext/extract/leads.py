# ruff: noqa: SIM905, RUF001 (dashes and wide marks are what people type)
"""What stands before and behind a statement without belonging: greetings, names called, tags, asides."""

import re
from collections.abc import Set as AbstractSet

from memcube.plaintext.extract import asides, chatter

_LEAD = re.compile(
    r"""(?:
      (?:hi|hey|hello|hiya|dear|good\s(?:morning|evening|afternoon)|morning|thanks|thank\syou|cheers|sorry
        |congrats)
        (?:\s(?:so\smuch|a\slot|again|there|all|everyone|for\s[\w\s']{2,40}|[A-Z]\w+)){0,2}\s*[,!.:–—-]+\s*
    | (?:oh|ah|a+w+|ooh|wow|woah|whoa|woohoo|gosh|geez|dude|man|well|yeah|yep|yup|yes|no|nope|nah|ok|okay
      |right
      |sure|hm+|um+|uh|haha+|hehe|lol|omg|so
      |anyway|btw|fyi
        |same\shere|me\stoo|me\sneither|likewise|what\selse|no\sjoke|true\sstory|long\sstory(?:\sshort)?
        |great|cool|nice|perfect|true|exactly|ha|ugh|phew|yay|damn|argh|honestly|guess\swhat|update
          |quick\supdate|news
        |(?:good|bad|big|small|great)\snews(?:\sfrom\s[\w\s']{2,30}(?=:))?|(?:weird|funny|strange|odd)\sthing|fun\sfact|reminder|p\.?s|look|listen|you\sknow|of\scourse
        |by\sthe\sway|as\s(?:I|you)\s(?:said|know)|like\sI\ssaid|the\sthing\sis|for\sthe\srecord|oh\sand
          |oh\sno
        |no\sworries|correction|wait|actually)(?:,?\s(?-i:[A-Z][a-z]+)(?=\s*[,!]))?\s*[,!:–—-]+\s*
    | (?:(?:ok|okay|so|right|quick|small|big|life|another)\s){0,3}update\s*[,!:–—-]+\s*
    | (?:my\s)?dear(?:est)?(?:\s(?-i:[A-Z])\w+)?,\s+
    | (?:my|old|dear)\s(?:old\s|dear\s|good\s)*(?:friend|love|darling|girl|boy|man)(?:\s(?-i:[A-Z])\w+)?,\s+
        (?=(?:I|I'm|I've|I'll|my|you|you've|you're|it|it's|that|that's|the|what|how|when|we)\b)
    | (?-i:[A-Z])\w+\s(?:dear|darling|girl|love|my\s(?:dear|friend|love|darling)),\s+
    | (?:since|when)\s(?:we|i)\slast\s(?:spoke|talked|chatted|met|saw\seach\sother|hung\sout
      |caught\sup),?\s(?=i\b|i'|my\b|we\b)
    | (?:in\sthe\smeantime|on\s(?:another|a\sdifferent|a\sside)\snote|other\sthan\sthat|apart\sfrom\sthat
      |speaking\sof\swhich),\s
    | (?:oh|well|lol|haha+|btw|fyi|yeah|yep|nope|nah|ok|okay|right|ugh|argh|hmm|wow|omg|dude|bro|guys|ah
      |um|anyway|so
      |and|but
      |because|though|plus|like)(?:\s(?:so|and|but|then|no|yes|btw|yeah))?\s(?=(?:I|I'm|I've|I'll|I'd|my|we
      |we're|we've|our|the|that|he|she|i|it's|\d+|never|not)\b)
    | (?:also|actually|btw|by\sthe\sway)\s(?=(?:I|my|we|our|the)\b)
    | (?:(?:and|but|so)\s)?(?:please\s)?(?:remember|note|keep\sin\smind|don't\sforget|just\sso\syou\sknow
      |fyi)\s
        (?:that\s|,\s*)?(?=(?:I|I'm|I've|I'll|my|we|we're|our|the|that)\b)
    | I\smeant\s(?:that\s)?(?=(?:I|I'm|I've|my|we|our|the|it's)\s)
    | (?:(?:I|we)\s)?haven't\s(?:talked|spoken|chatted)\s[^,.!?]{0,30},\s(?=(?:I|I'm|I've|wanted|my)\b)
    | (?:I\s)?(?:forgot|meant|wanted|just\swanted|have|need)\sto\s(?:say|mention|let\syou\sknow|tell\s(?:you
      |ya|everyone))\s(?:that\s)?
        (?=(?:I|I'm|I've|my|we|our|the)\b)
    | (?:as\s)?you\sknow,?\s(?:that\s)?(?=(?:I|I'm|I've|my|we|our)\b)
    | (?:did\sI\s(?:tell|mention(?:\sto)?)\syou\s(?:that\s)?)(?=(?:I|my|we)\b)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_TAG = re.compile(
    r"(?:,\s*|\s+)(?:right|remember|you know|did i (?:tell you|mention(?: that| it)?)|huh|ok|okay|yeah|no|eh"
    r"|can you believe it"
    r"|isn't it|won't it|doesn't it|didn't (?:i|we)|have i told you|in case you (?:forgot|wondered)"
    r"|what about you"
    r"|how about you|and you|you|any (?:tips|ideas|recommendations))\s*\?+$",
    re.IGNORECASE,
)
_MARKS = (
    "tbh", "lol", "lmao", "rofl", "haha", "hahaha", "hehe", "btw", "imo", "imho", "ngl", "fyi", "smh", "omg",
    "xd", "thanks", "thx", "cheers", "anyway", "anyways",
)  # fmt: skip
_MARK = re.compile(rf"(?:[\s,]+(?:{'|'.join(_MARKS)}))+(?=[.!?]*$)", re.IGNORECASE)
# A wish, a hope, a request or a question at the end of a statement; the statement before it stays.
_TAIL = re.compile(
    r",?\s+(?:and\s|but\s|so\s|because\s|-\s|–\s|—\s)?(?=(?:i'd\s(?:love|like|rather)\b|i\swould\s(?:love"
    r"|like)\b|i\s(?:wish|hope)\b"
    r"|hopefully\b|fingers\scrossed|let\sme\sknow\b|(?:can|could|would|will|do|did|are|have)\syou\b|(?:can"
    r"|could|should)\s(?:i|we)\b"
    r"|please\b|what\sdo\syou|what\sabout|how\sabout|how\scan|wish\sme)).*$",
    re.IGNORECASE,
)


# "Maria, that's ...", "Woah Joanna, I won": whom one speaks to. A day or an adverb there says when.
_CALLED = re.compile(
    r"(?:(?:oh|a+w+|wow|woah|whoa|hey|hi|yeah|yep|yup|man|so|well|and|but)\s)?(?P<name>[A-Z][a-z]+),\s"
    r"(?=(?:i|i'm|i've|i'll|i'd|you|you're|it|it's|they|they're|that|that's|this|we|we're|we've|my|your"
    r"|what|how|thanks|the|so"
    r"|after|before|while"
    r"|a|awesome|great|glad|just|when|if|let's|not|as|since|really|no|yes|sorry|can|could|do|is|have|with"
    r"|every)\b)",
    re.IGNORECASE,
)
_NOT_CALLED = frozenset(
    "yesterday today tonight tomorrow lately recently sometimes usually often now then also plus still "
    "besides "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august "
    "september october november december summer winter spring autumn fall christmas easter eventually "
    "finally "
    "luckily sadly anyway meanwhile instead later afterwards first second last next otherwise however".split()
)


# How a sentence that changes something begins, without saying what.
_ANNOUNCING = re.compile(
    r"(?:(?<=^)|(?<=[.!?] ))(?:(?:no|oh)?,? ?wait,? (?:no,? )?(?=actually)"
    r"|(?:it |as it )?turns out,? (?:that )?|from now on,? (?=please|always|never|don't|do))(?P<first>\w)",
    re.IGNORECASE,
)


# "Pip, my hamster": who is named is introduced, not called.
_INTRODUCED = re.compile(r"my (?:\w+ )?\w+[.! ]*$", re.IGNORECASE)


def unannounced(text: str) -> str:
    """A turn without "turns out that" and the like before its sentences, each with a capital again."""
    return _ANNOUNCING.sub(lambda lead: lead["first"].upper(), text)


def _uncalled(sentence: str) -> str:
    match = _CALLED.match(sentence)
    if match is None or not match["name"][0].isupper():
        return sentence
    if _INTRODUCED.match(sentence, match.end()):
        return sentence
    name = match["name"].lower()
    return sentence if name in _NOT_CALLED or name.endswith("ly") else sentence[match.end() :]


def uncalled_at_end(sentence: str, hearers: AbstractSet[str]) -> str:
    """The sentence without the name of who is spoken to at its end: "I'm getting there, Caroline!"."""
    body, comma, name = sentence.rstrip(".! ").rpartition(", ")
    called = comma and len(name) > _NICK and any(hearer.startswith(name) for hearer in hearers)
    return f"{body}." if called else sentence


# Letters: fewer are no short form of a name.
_NICK = 2


def opened(sentence: str) -> str:
    """The sentence from where it begins to say something: without greetings and names called."""
    for _ in range(5):
        sentence = _uncalled(sentence)
        match = _LEAD.match(sentence)
        if match is None:
            break
        sentence = sentence[match.end() :]
    return sentence


def strip_lead(sentence: str) -> str:
    """The sentence without "Oh, hi Ada, by the way, ..." and without a question tag at its end."""
    sentence = opened(sentence)
    if sentence.rpartition(" ")[2].strip(".!?").lower() in _MARKS:
        sentence = _MARK.sub("", sentence)
    told = asides.unasked(sentence)
    if told != sentence and not chatter.asks(sentence.rstrip("?")):
        sentence = told
    if sentence.endswith("?"):
        tag = _TAG.search(sentence)
        if tag and len(sentence[: tag.start()].split()) >= 4:
            sentence = sentence[: tag.start()].rstrip(" ,") + "."
    tail = _TAIL.search(sentence)
    if tail and len(sentence[: tail.start()].split()) >= 3:
        sentence = sentence[: tail.start()].rstrip(" ,")
    return sentence[:1].upper() + sentence[1:]

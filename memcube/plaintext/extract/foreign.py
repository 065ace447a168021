# ruff: noqa: SIM905, RUF001 (word lists read best as words; wide marks are what people type)
"""Sentences of other languages: kept as said if they state something. No rule here reads their grammar."""

import re

from memcube.plaintext.extract import verbs

_CONTRACTED = ("'s", *verbs.CONTRACTED_ENDINGS)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7a3]{4}")
# Greetings, thanks and exclamations of the languages most written after English. Others keep theirs: a
# greeting too many is better than a memory lost.
_PHATIC = re.compile(
    r"(?:(?:ja|ha|he|ah|rs){2,}|k{3,}|w{3,}|[хаЗз]{4,}|(?:mdr|ptdr|lol)\b|¡|¿|qué\s|hola\b|gracias|buen[oa]s\s|de\snada|hasta\s|claro\b|felicidades|merci|bonjour|bonsoir"
    r"|salut"
    r"|coucou|d'accord|à\s(?:bientôt|demain|plus)|quel(?:le)?\s|comme\sc'est|bravo|danke|hallo|guten\s"
    r"|tsch[üu]ss|bis\s(?:bald"
    r"|dann|morgen|später)|alles\s(?:klar|gute)|wie\s(?:schön|toll)|das\sist\s(?:toll|super|schön|gut)"
    r"|sehr\sgerne"
    r"|ciao|grazie|buon\w*\s|prego|che\s(?:bello|bella)|obrigad[oa]|olá|bom\sdia|boa\s|tchau|hoi\b"
    r"|dank\s?je|bedankt"
    r"|goede\w*\s|tot\s(?:ziens|straks|morgen)|tack\b|hej\b|cześć|dziękuję|спасибо|привет|пока\b|здравствуйте"
    r"|谢谢|你好|再见|好的|ありがとう|こんにちは|おはよう|감사|안녕)",
    re.IGNORECASE,
)
ENGLISH = frozenset(
    "i i'm i've i'd i'll my mine we we're we've we'll we'd our us ours myself "
    "the is are and of was have has you this that with for it it's not but your his her their from were "
    "will be been ok cool yeah thanks hello hey hi lol today tomorrow yesterday tonight good nice great "
    "well really "
    "very soon too people before after over two three four five six seven eight nine ten "
    "stuff day week weekend night morning sure right same here there everyone what how all just so much "
    "always never no yes long time glad happy who they she he said says to".split()
)


# Without an accent to betray it, a sentence is foreign by its small words: one that English lacks, or two.
_OWN_WORDS = frozenset(
    "ich und ist nicht wir mein meine bin habe haben wird je suis mon mes nous est avec chez yo soy tengo mi "
    "mis está estoy tiene io sono mio mia ho abbiamo eu sou meu minha tenho minhas quero estou ik mijn niet "
    "heb wij jag och mitt min är jeg jestem nie mam moja mój mieszkam "
    "minun olen asun minulla benim".split()
)
_ONLY_ENGLISH = ENGLISH - frozenset("i no well so of was me for will has".split())
_SHARED_WORDS = frozenset(
    "der die das mit ein eine seit auf bei zu ma les une et pas dans sur avec mis el la los una es en con "
    "sin muy "
    "il che non lo gli uma nao em ben een het min har er det som w z na ja ve bir de du le un".split()
)


def is_foreign(text: str, words: tuple[str, ...]) -> bool:
    """No word an English sentence leans on, and no English verb."""
    # "No" and "me" are small words of half of Europe: more of one's own than of English ones decide.
    own = _OWN_WORDS.intersection(words)
    if own and len(own) > len(_ONLY_ENGLISH.intersection(words)):
        return True
    if any(word in ENGLISH or word.endswith(_CONTRACTED) for word in words):
        return False
    if any(word in verbs.AUXILIARIES or word in verbs.BASE or verbs.is_verb(word) for word in words):
        return False
    if any(char.isalpha() and not char.isascii() for char in text):
        return True
    return len(_SHARED_WORDS.intersection(words)) >= 2


def is_statement(text: str, words: tuple[str, ...]) -> bool:
    if text.endswith(("?", "？")) or _PHATIC.match(text.lstrip("\"'«„")):
        return False
    said = sum(word.isalpha() for word in words)
    return said >= 3 or _UNSPACED.search(text) is not None  # scripts without spaces are one long word

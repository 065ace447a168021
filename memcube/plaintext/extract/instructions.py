"""Standing instructions to the assistant: how to answer, what to call somebody, what never to suggest.

A request is for this moment unless it says always or never, or asks for a manner rather than a thing.
"""

import re

# What an assistant does, and friends do not ask of each other: so "never give up" is none.
_MANNER = (
    r"(?:answer|reply|respond|write|speak|talk|call|address|refer|suggest|recommend|propose|include"
    r"|mention|use|using|add"
    r"|give\s(?:me|us|prices|units|numbers|dates|times|amounts|answers|sources)|show\sme|send\sme|ask|assume|format|quote|cite|offer|start|end|keep\s(?:it|your|the|all|replies|answers)|make|explain|sign|greet|book|order"
    r"|schedule"
    r"|calling|suggesting|recommending|mentioning|including|sending|asking|adding|writing|answering"
    r"|replying|assuming|offering"
    r"|giving|showing|reminding|remind|translate|round|convert|spell|avoid)"
)
_STANDING = re.compile(
    rf"(?:please,?\s|pls\s|and\s|so\s|but\s|also,?\s)*(?:"
    r"(?:(?:for|when|with|in|on|at)\s[^,.!?]{3,40},?\s)?(?:please\s)?(?=(?:always|never)\s(?:put|cc|copy|use|attach|sign"
    r"|leave|skip|write|send|add|include|book|ask)\b)(?:always|never)\b"
    rf"|(?:always|never|from\snow\son,?|in\s(?:the\s)?future,?|going\sforward,?|by\sdefault,?"
    rf"|whenever\syou\s\w+,?"
    rf"|every\stime\syou\s\w+,?|if\syou\s(?:answer|reply|write)\w*,?)\s(?:please\s)?(?:do\snot\s|don't\s"
    rf"|always\s|never\s)?{_MANNER}\b"
    rf"|(?:stop|avoid|quit)\s(?:{_MANNER}|(?:apologi[sz]|repeat|hedg|flatter|prais|summari[sz]|lectur|rambl|thank)ing)\b"
    rf"|(?:do\snot|don't|no\sneed\sto)\s(?:ever\s)?(?:suggest|recommend|propose|book|call\sme|use|mention"
    rf"|offer|schedule|include|assume|send\sme|"
    r"write\sto\sme|remind\sme)\b"
    r"|(?:reply|answer|respond|speak|talk|write)(?:\s(?:to|me))*\s(?:only\s)?(?:in\s(?!a\s(?:minute|bit"
    r"|moment))|with(?:out)?\s|briefly|shortly|concisely)"
    r"|be\s(?:brief|concise|succinct|terse|(?:less|more)\s(?:formal|direct|brief))\W*$"
    r"|keep\s(?:(?:your|the|all)\s)?(?:answers?|replies|reply|responses?|messages?)\b"
    r"|call\sme\s[A-Za-z]\w*(?:\sinstead)?(?:[.,!]|$)|use\s(?:the\s)?(?:metric|imperial|celsius|fahrenheit"
    r"|they|he|she|my|british|american|simple|plain|short)\b"
    r"|(?:when|whenever)\syou\s(?:reply|answer|write|respond)\b)",
    re.IGNORECASE,
)
_MOMENT = re.compile(
    r"\b(?:this\s(?:one|time|text|letter|mail|email|message|draft|once)|for\snow|right\snow|today|tonight"
    r"|just\sonce|first)\b"
    r"|\bcall\sme\s(?:if|when|back|later|tomorrow|tonight|asap|maybe|anytime|crazy|old)\b|\?$",
    re.IGNORECASE,
)
# As the end of a statement: "I work nights, so don't suggest breakfast meetings".
TRAILING = re.compile(
    r",?\s(?:so|and)\s(?:please\s)?(?=(?:don't|never|always|do\snot|stop)\s)", re.IGNORECASE
)


def is_standing(text: str) -> bool:
    """Whether a sentence tells the assistant how to behave from now on."""
    return _STANDING.match(text) is not None and _MOMENT.search(text) is None

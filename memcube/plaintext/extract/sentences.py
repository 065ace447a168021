# ruff: noqa: RUF001 (dashes and wide marks are what people type)
"""A turn's text cut into sentences; abbreviations, ellipses, emoji, lists, code, tables and URLs are safe."""

import re

# A turn is scanned this far: about 3,500 words. The raw turn is kept whole as an episode, so what lies beyond
# is still recallable; without the limit 5 MB of text would hold its partition for a minute.
MAX_SCANNED = 20_000
# Longer ones are lists or logs in disguise; a memory must fit one embedding window (about 256 tokens).
MAX_SENTENCE = 600

_FENCE = re.compile(r"(```|~~~).*?(?:\1|\Z)", re.DOTALL)
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ue000-\uf8ff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CAPTION = re.compile(
    r"\[(?:image|photo|picture|video|gif|sticker|audio|voice|file|attachment)\b[^\]\n]{0,400}\]",
    re.IGNORECASE,
)
# What stands between quotation marks is one thing said: no sentence ends inside it.
_QUOTED = re.compile(
    r"[\"“«][^\"”»\n]{3,400}[\"”»]"
    r"|(?:(?<=[\s:(])|^)'(?=\w)[^'\n]{1,200}(?:'(?=\w)[^'\n]{1,60}){0,2}[.!?,]?'(?!\w)"
)
_BULLET = re.compile(r"^\s*(?:[-*+•–]\s+|\(?\d{1,2}[.)]\s+|#{1,6}\s+|\[[ xX]\]\s+)+")
_EMOJI = "\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d"
_EMOJI_ENDS = re.compile(rf"^[\s{_EMOJI}]+|[\s{_EMOJI}]+$")
_TABLE_ROW = re.compile(r"^\s*\|.*\||^[^|]*\|[^|]*\|")
_BOUNDARY = re.compile(
    rf"(?P<stop>[.!?…]+[\"'”’)\]]*)(?=\s|[{_EMOJI}]|$)|(?P<wide>[。！？]+[」』”]*)|(?P<semi>;)\s"
    rf"|(?P<emoji>[{_EMOJI}]+)\s+(?=[A-Z])"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'])(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|approx|ca|no|nr|fig|dept|est|inc|ltd|co|corp|gen"
    r"|sen|rev|"
    r"e\.g|i\.e|a\.m|p\.m|u\.s|u\.k|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|(?<!')[a-z])$",
    re.IGNORECASE,
)
# These end a sentence at times ("at 5 p.m. We left"): a capital after them is a new sentence.
_MAY_END = re.compile(r"(?:etc|a\.m|p\.m|inc|ltd|co|corp|jr|sr)$", re.IGNORECASE)
# Chat without capitals: a new sentence begins with who it is about.
_SMALL_START = re.compile(
    r"(?:i|i'm|im|i've|ive|my|our|we|we're|she|he|they|it|it's|the|now|also|anyway"
    r"|how|what|why|where|can|could|do|does|any|then|oh|that|this|there|not|no|please|maybe|so|but|thanks)\s"
)
# Who begins a turn in small letters begins each sentence so.
_SMALL = re.compile(r"^\W*[^\W\d_A-Z]|\bi(?:'m)? [a-z]")
_CLAUSE_END = re.compile(r"[,;:–—](?=\s)|\s-\s|\s(?=(?:and|but|because|so|which|although)\s)")
_JOINED_LINE = re.compile(r"^\s*[a-z(]")


# Runs that a removed character leaves; line ends stay, since they part sentences.
_SPACES = re.compile(r"[ \t]{2,}")


def clean(text: str) -> str:
    """What cannot be shown becomes a space, lone surrogates the replacement sign (they cannot be encoded)."""
    text = _SURROGATE.sub("\ufffd", text[:MAX_SCANNED])
    return _SPACES.sub(" ", _UNSEEN.sub(" ", text)).replace("’", "'").replace("‘", "'")


def uncaptioned(text: str) -> str:
    """A cleaned text without the descriptions of what was attached to it."""
    return _CAPTION.sub("", text).strip()


def quotes(line: str) -> list[tuple[int, int]]:
    """Where quoted words begin and end."""
    if not any(mark in line for mark in "\"“«'"):
        return []
    return [match.span() for match in _QUOTED.finditer(line)]


# Lines of a program or a table: two of them, and they are what the turn is.
_PROGRAM = re.compile(
    r"[{};]\s*$|^\s*(?:def|class|import|from \w+ import|return|elif"
    r"|else:|try:|except|print\(|const|var|function"
    r"|public|private|#include|SELECT|INSERT|FROM|WHERE|<\w+)\b"
    r"|^\s*(?:if|for|while|with)\b.*:\s*$|^\s*[\w.]+\s*[+*/-]?=\s*\S|=>|^\s*File \""
)
_VALUES = re.compile(r"^[^,;\t]*(?:[,;\t](?=\S)[^,;\t]*)+$")
# "Anna: are you coming?" A key of one's own data is one of a few words.
_TALK = re.compile(
    r"\s*(?:\[?\d{1,2}:\d\d[^\]A-Za-z]*\]?\s*)?"
    r"(?!Name|Age|Job|Phone|Email|Address|Allerg|Diet|Hobb|Language|Pets?|Favou?rite|Update|Note|News|PS|Birthday"
    r"|Occupation|Employer)[A-Z][\w.]{1,15}(?: [A-Z][\w.]{0,15})?: ?\S"
)
_ROW = re.compile(r"^[^,;\t.!?]{0,40}(?:[,;\t](?=\S)[^,;\t!?]{1,40}){2,}$")


def is_program(text: str) -> bool:
    """Whether most lines of a text are code or rows of values."""
    lines = [line for line in text.splitlines() if line.strip()][:200]
    if len(lines) < 2:
        return False
    code = sum(_PROGRAM.search(line) is not None for line in lines)
    return 2 * code > len(lines) or all(_VALUES.match(line) for line in lines)


def split(text: str) -> list[str]:
    """The sentences of a cleaned text, without code, table rows, quoted lines, bullets and outer emoji."""
    found: list[str] = []
    small = _SMALL.search(text) is not None
    for line in _lines(_CAPTION.sub("", _FENCE.sub("\n", text))):
        for sentence in _in_line(line, small=small):
            cut = _fit(_EMOJI_ENDS.sub("", sentence))
            if cut:
                found.append(cut)
    return found


def _lines(text: str) -> list[str]:
    """Paragraph lines; a line that goes on in small letters belongs to the one before (wrapped mail)."""
    joined: list[str] = []
    open_line = False
    lines = text.splitlines()
    rows = {line for line in lines if _ROW.match(line)}
    talk = {line for line in lines if _TALK.match(line)}
    for line in lines:
        if (len(rows) > 1 and line in rows) or (len(talk) > 1 and line in talk):
            continue  # of a table, or of a conversation that was pasted
        bare = _BULLET.sub("", line).strip()
        if not bare or _TABLE_ROW.match(line) or line.lstrip().startswith(">"):
            open_line = False
            continue
        if open_line and bare == line.strip() and _JOINED_LINE.match(bare):
            joined[-1] += " " + bare
        else:
            joined.append(bare)
        # Chat lines are short and unpunctuated: only a line as long as a wrapped one can go on.
        open_line = len(line) > 50 and bare[-1] not in ".!?…:;。"
    return joined


def _in_line(line: str, *, small: bool) -> list[str]:
    parts: list[str] = []
    start = 0
    quoted = quotes(line)
    for match in _BOUNDARY.finditer(line):
        if any(begin < match.start() and match.end() < end for begin, end in quoted):
            continue
        if match["stop"] and not _ends(line, match, small=small):
            continue
        # A semicolon parts two statements, not the items of a list.
        if match["semi"] and (
            len(line[start : match.start()].split()) < 3 or len(line[match.end() :].split()) < 3
        ):
            continue
        end = match.start() if match["semi"] else match.end()
        parts.append(line[start:end].strip())
        start = match.end()
    parts.append(line[start:].strip())
    return [part for part in parts if part]


def _ends(line: str, match: re.Match[str], *, small: bool) -> bool:
    stop, rest = match["stop"], line[match.end() :].lstrip()
    if stop.startswith((".", "…")) and rest[:1].islower():
        return (
            len(stop) == 1
            and "." in stop
            and (small or _SMALL_START.match(rest) is not None)
            and not _ABBREVIATION.search(line[max(0, match.start() - 8) : match.start()])
        )
    if stop[0] != "." or stop.startswith(".."):
        return True
    before = line[max(0, match.start() - 8) : match.start()]
    if not _ABBREVIATION.search(before):
        return True
    return bool(_MAY_END.search(before)) and rest[:1].isupper()


def _fit(sentence: str) -> str:
    """The sentence, cut at its last clause end that fits; nothing when there is none."""
    if len(sentence) <= MAX_SENTENCE:
        return sentence
    ends = [match.start() for match in _CLAUSE_END.finditer(sentence[:MAX_SENTENCE])]
    return sentence[: ends[-1]].strip() if ends and ends[-1] > 20 else ""

"""Documents, Markdown or plain text, in chunks that one embedding can hold.

A chunk of Markdown stays within one section and begins with the path of its headings, so that it says
what it is about on its own. Chunks are the document's own words: the same section gives the same chunk
wherever it stands, which is what importing again compares.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from gateway.cli.imports.reading import Chunk, Reading, decoded
from gateway.cli.place import CliError

if TYPE_CHECKING:
    from markdown_it.token import Token

# MiniLM reads 256 word pieces, some 200 English words; what is behind them is found by its words only.
_WORDS: Final = 200
# Code and lists lose their sense when they are cut, so a block may be this long before it is.
_BLOCK_WORDS: Final = 300
# Scripts without spaces, and lines of encoded data: so many characters count as a word.
_WORD_CHARACTERS: Final = 8
# Every chunk of a section repeats its path.
_TITLE_CHARACTERS: Final = 200
# A line like this in plain text is a title or a remark: it stays with the paragraph behind it.
_SHORT_WORDS: Final = 12

# Only before a first field: a line of dashes is a rule in Markdown.
_FRONT_MATTER: Final = re.compile(
    r"\A---[ \t]*\n(?=[\w-]+[ \t]*:).*?^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE
)
_BLANK: Final = re.compile(r"\n[ \t]*\n\s*")
_SENTENCE: Final = re.compile(r"(?<=[.!?\u2026\u3002])\s+")


class _Block(msgspec.Struct, frozen=True):
    """A paragraph, a list, a table, a piece of code. `parts`: where it may be cut if it must."""

    text: str
    parts: tuple[str, ...]
    prose: bool = True


def markdown(raw: bytes) -> Reading:
    """Chunks by heading. Raises `CliError` when there is no text."""
    text = _text(raw)
    body = _FRONT_MATTER.sub("", text)
    left_out = {"front matter": 1} if body != text else {}
    texts = [chunk for path, blocks in _sections(body) for chunk in _chunks(path, blocks)]
    return Reading("chunk", chunks=_numbered(texts), left_out=left_out)


def plain_text(raw: bytes) -> Reading:
    """Chunks by paragraph. Raises `CliError` when there is no text."""
    paragraphs: list[str] = []
    waiting = ""
    for paragraph in _BLANK.split(_text(raw).strip()):
        waiting = f"{waiting}\n{paragraph}" if waiting else paragraph
        if len(paragraph.split()) >= _SHORT_WORDS:
            paragraphs.append(waiting)
            waiting = ""
    if waiting:
        paragraphs.append(waiting)
    blocks = [_Block(paragraph, tuple(_SENTENCE.split(paragraph))) for paragraph in paragraphs]
    return Reading("chunk", chunks=_numbered([chunk for one in blocks for chunk in _chunks("", [one])]))


def _text(raw: bytes) -> str:
    text = decoded(raw).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise CliError("the file is empty", "name a document with text in it")
    return text


def _numbered(texts: Iterable[str]) -> tuple[Chunk, ...]:
    """The same words twice in one document are one memory."""
    return tuple(Chunk(number, text) for number, text in enumerate(dict.fromkeys(texts), start=1))


def _sections(text: str) -> Iterator[tuple[str, list[_Block]]]:
    """The blocks under each heading, with the path of headings that leads there.

    A heading with nothing under it, neither text nor another heading, is a section without blocks.
    """
    # Costs 30 ms to import: not for --help.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    lines = text.split("\n")
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    path: list[tuple[int, str]] = []
    blocks: list[_Block] = []
    for place, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        if token.type == "heading_open":
            level = int(token.tag[1:])
            if blocks or (path and level <= path[-1][0]):
                yield _path(path), blocks
            blocks = []
            path = [(above, title) for above, title in path if above < level]
            path.append((level, _title(tokens[place + 1])))
        elif token.type != "hr" and not _comment(token):
            blocks.append(_block(tokens, place, lines))
    yield _path(path), blocks


def _path(headings: Sequence[tuple[int, str]]) -> str:
    return " > ".join(title for _, title in headings if title)


def _title(inline: Token) -> str:
    """The words of a heading, without its markup."""
    words = (child.content or " " for child in inline.children or () if not child.hidden)
    return " ".join("".join(words).split())[:_TITLE_CHARACTERS]


def _comment(token: Token) -> bool:
    return token.type == "html_block" and token.content.lstrip().startswith("<!--")


def _block(tokens: Sequence[Token], place: int, lines: Sequence[str]) -> _Block:
    """The block that begins at this token, as it stands in the file."""
    first = tokens[place]
    text = _between(lines, first)
    if first.type == "paragraph_open":
        return _Block(text, tuple(_SENTENCE.split(text)))
    if first.type in ("bullet_list_open", "ordered_list_open", "blockquote_open"):
        inside = _until_closed(islice(tokens, place + 1, None))
        return _Block(text, tuple(_between(lines, token) for token in inside if token.map), prose=False)
    return _Block(text, tuple(text.split("\n")), prose=False)


def _until_closed(tokens: Iterable[Token]) -> Iterator[Token]:
    """The opening tokens one level inside the block whose content this is."""
    for token in tokens:
        if token.level == 0:
            return
        if token.level == 1 and token.nesting >= 0:
            yield token


def _between(lines: Sequence[str], token: Token) -> str:
    start, end = token.map or (0, 0)
    return "\n".join(line.rstrip() for line in lines[start:end]).strip("\n")


def _chunks(path: str, blocks: Iterable[_Block]) -> Iterator[str]:
    """Blocks packed up to the size of a chunk, each under its path; without blocks the path alone."""
    packed: list[_Block] = []
    empty = True
    for block in (piece for whole in blocks for piece in _fitting(whole)):
        if packed and _size(block.text) + sum(_size(one.text) for one in packed) > _WORDS:
            yield _chunk(path, packed)
            packed = []
        packed.append(block)
        empty = False
    if packed:
        yield _chunk(path, packed)
    elif empty and path:
        yield path


def _chunk(path: str, blocks: Sequence[_Block]) -> str:
    body = "\n\n".join(block.text for block in blocks)
    if not path:
        return body
    return f"{path}: {body}" if blocks[0].prose else f"{path}:\n{body}"


def _fitting(block: _Block) -> Iterator[_Block]:
    """The block whole if it may be, else in pieces: at its parts, then at words, then anywhere."""
    if _size(block.text) <= _BLOCK_WORDS:
        if block.text.strip():
            yield block
        return
    between = " " if block.prose else "\n"
    for text in _packed(block.parts, between, lambda part: _packed(part.split(" "), " ", _cut)):
        yield _Block(text, (), prose=block.prose)


def _packed(parts: Iterable[str], between: str, smaller: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """Neighbours joined up to the size of a chunk; what is longer on its own is made smaller."""
    packed = ""
    for part in parts:
        joined = f"{packed}{between}{part}" if packed else part
        if _size(joined) <= _WORDS:
            packed = joined
            continue
        if packed.strip():
            yield packed
        packed = ""
        if _size(part) <= _WORDS:
            packed = part
        else:
            yield from smaller(part)
    if packed.strip():
        yield packed


def _cut(text: str) -> Iterator[str]:
    step = _WORDS * _WORD_CHARACTERS
    yield from (text[start : start + step] for start in range(0, len(text), step))


def _size(text: str) -> int:
    """Words, however the script writes them."""
    return max(len(text.split()), len(text) // _WORD_CHARACTERS)

"""Readers of files, one module a format. Pure: bytes in, a `Reading` out."""

from gateway.cli.imports.formats import DOCUMENTS, NEEDS_SUBJECT, SUFFIXES, Format, detect, read
from gateway.cli.imports.reading import Bad, Chunk, Message, Reading
from gateway.cli.imports.turns import Turn, turns

__all__ = [
    "DOCUMENTS",
    "NEEDS_SUBJECT",
    "SUFFIXES",
    "Bad",
    "Chunk",
    "Format",
    "Message",
    "Reading",
    "Turn",
    "detect",
    "read",
    "turns",
]

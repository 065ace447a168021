"""The files that an import names: read, and each with its format, before anything is sent."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import typer

from gateway.cli.imports import DOCUMENTS, NEEDS_SUBJECT, SUFFIXES, Bad, Format, Reading, detect, read
from gateway.cli.place import CliError

# Read as a whole, and decoded beside it: 200 MB take 0.7 GB of memory and 2 s.
MAX_MB: Final = 256
# As the contract bounds a source_id and a name.
_MAX_NAME: Final = 256
_STDIN: Final = "-"


class Found(msgspec.Struct, frozen=True):
    """One file. `label`: as it was given; `name`: what it is known by, if it is a document."""

    label: str
    name: str
    form: Format
    reading: Reading


def found(
    given: Sequence[str], form: Format, name: str | None, subject: Mapping[str, str], *, recursive: bool
) -> list[Found]:
    """Raises `CliError` for the first file that cannot be imported as a whole: then nothing is."""
    paths = list(_paths(given, form, recursive=recursive))
    files = [_read(label, known_as, form, within) for label, known_as, within in paths]
    documents = [file for file in files if file.form in DOCUMENTS]
    if name is not None:
        if len(files) != 1 or not documents:
            raise typer.BadParameter("--name goes with one document: a Markdown or text file")
        documents = files = [msgspec.structs.replace(files[0], name=name)]
    _check_names(documents)
    for file in files:
        if file.form in NEEDS_SUBJECT and not subject:
            raise CliError(
                f"whose memory? {file.label} ({file.form}) does not say",
                "give one of --user, --agent, --run, --group",
            )
    return files


def _paths(given: Iterable[str], form: Format, *, recursive: bool) -> Iterator[tuple[str, str, bool]]:
    """Label, name as a document, and whether it was found in a folder."""
    for one in given:
        path = Path(one)
        if one == _STDIN or not path.is_dir():
            yield one, "" if one == _STDIN else path.name, False
            continue
        if not recursive:
            what = f"{one} is a folder"
            raise CliError(what, "name files in it, or give --recursive for its Markdown and text documents")
        if form not in {Format.AUTO, *DOCUMENTS}:
            raise CliError(f"{one} is a folder", f"--recursive reads documents: name the {form} file in it")
        inside = sorted(_documents(path))
        if not inside:
            raise CliError(f"{one} holds no documents", f"expected files in {', '.join(SUFFIXES)}")
        for file in inside:
            yield str(file), f"{path.resolve().name}/{file.relative_to(path).as_posix()}", True


def _documents(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if file.suffix.lower() in SUFFIXES and not hidden and file.is_file():
            yield file


def _read(label: str, name: str, form: Format, within: bool) -> Found:
    try:
        raw = _bytes(label)
        chosen = detect(raw, name) if form is Format.AUTO else form
        return Found(label, name, chosen, read(raw, chosen))
    except CliError as error:
        if within:  # one file of a folder that nobody named: the others are imported
            bad = Bad(1, f"{error.what}: {error.remedy}")
            return Found(label, name, form, Reading("file", bad=(bad,)))
        raise CliError(f"{label}: {error.what}", error.remedy) from None


def _bytes(file: str) -> bytes:
    limit = MAX_MB * 1024 * 1024
    try:
        if file == _STDIN:
            raw = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(file).open("rb") as stream:
                raw = stream.read(limit + 1)
    except OSError as error:
        raise CliError(
            f"it cannot be read ({error.strerror})", "name a file, or - for standard input"
        ) from None
    if len(raw) > limit:
        raise CliError(f"it is larger than {MAX_MB} MB", "split it, and import the parts in their order")
    return raw


def _check_names(documents: Iterable[Found]) -> None:
    names = Counter(document.name for document in documents)
    for document in documents:
        name = document.name
        if not name:
            raise CliError("a document from standard input has no name", "give it one with --name")
        if len(name) > _MAX_NAME or not name.isprintable():
            what = f"{document.label} cannot be known by its name ({len(name)} characters)"
            raise CliError(what, f"give another with --name: printable, at most {_MAX_NAME} characters")
        if names[name] > 1:
            what = f"{names[name]} documents are named {name}"
            raise CliError(what, "import them one by one with --name, or their folder with --recursive")

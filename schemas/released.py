"""The versions of the contract that others rely on, and what may still change.

A released version is a folder of the documents as they were. Within a major version nothing may break
programs that know one of its releases; whatever machines can see needs a new minor version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.compatibility import ANNOTATIONS, Direction, breaking_changes

RELEASED: Final = Path(__file__).parent / "released"
ASYNCAPI: Final = "asyncapi.json"
_VERSION: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)", re.ASCII)
_WAYS: Final[Mapping[str, Direction]] = {"receive": "read", "send": "written"}

_NAMED: Final = frozenset({"properties", "$defs", "channels", "operations", "messages"})
_WORDS: Final = ANNOTATIONS - {"default", "$defs"} | {"summary"}

Documents = Mapping[str, bytes]
Version = tuple[int, int, int]


def objections(documents: Documents, version: str, folder: Path) -> list[str]:
    """Why these documents cannot be the contract of this version, given what was released."""
    releases = read_releases(folder)
    current = _parsed(version)
    if not releases:
        return []
    newest = max(releases)
    if current < newest:
        return [f"{version} is older than {_written(newest)}, which is released: raise CONTRACT_VERSION"]
    if current in releases:
        return [
            f"{name} is not as in {version}, which is released: "
            "raise CONTRACT_VERSION in schemas/documents.py (the minor for an addition)"
            for name in sorted(documents.keys() | releases[current].keys())
            if documents.get(name) != releases[current].get(name)
        ]
    wrong = [
        f"breaks programs that know {_written(release)}: {change}"
        for release, before in sorted(releases.items())
        if release[0] == current[0]
        for change in breaking_documents(before, documents)
    ]
    if current[:2] == newest[:2] and _for_machines(documents) != _for_machines(releases[newest]):
        wrong.append(f"{version} differs from {_written(newest)} in more than words: raise the minor version")
    return wrong


def breaking_documents(before: Documents, after: Documents) -> list[str]:
    """All that breaks between two sets of documents: in a type, in a message's headers, on a topic."""
    old, new = msgspec.json.decode(before[ASYNCAPI]), msgspec.json.decode(after[ASYNCAPI])
    return sorted({*_topics(old, new), *_types(before, after, old)})


def read_documents(folder: Path) -> dict[str, bytes]:
    """File name and content of every document in a folder."""
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


def read_releases(folder: Path) -> dict[Version, dict[str, bytes]]:
    """The documents of every released version."""
    return {_parsed(path.name): read_documents(path) for path in folder.iterdir()} if folder.exists() else {}


def keep(documents: Documents, version: str, folder: Path) -> None:
    """Keep these documents as a released version."""
    place = folder / version
    place.mkdir(parents=True, exist_ok=True)
    for name, content in documents.items():
        (place / name).write_bytes(content)


def _types(before: Documents, after: Documents, page: Mapping[str, Any]) -> Iterator[str]:
    for name, direction in _directions(page):
        document = f"{name}.json"
        if document not in after:
            yield f"{name}: the type is gone"
            continue
        old, new = (msgspec.json.decode(documents[document]) for documents in (before, after))
        yield from (f"{name}: {change}" for change in breaking_changes(old, new, direction))


def _directions(page: Mapping[str, Any]) -> Iterator[tuple[str, Direction]]:
    """Every type of the page, and whether MemCube reads or writes it."""
    for operation in page["operations"].values():
        channel = page["channels"][_last(operation["channel"])]
        for message in channel["messages"].values():
            yield _last(message), _WAYS[operation["action"]]


def _topics(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name, before in old["channels"].items():
        after = new["channels"].get(name)
        if after is None or after["address"] != before["address"]:
            yield f"{name}: the topic is gone"
            continue
        for message in before["messages"].keys() - after["messages"].keys():
            yield f"{name}: {message} is gone from the topic"
        yield from _settings(name, before["bindings"]["kafka"], after["bindings"]["kafka"])
    for name, operation in old["operations"].items():
        if {**new["operations"].get(name, {}), "summary": ""} != {**operation, "summary": ""}:
            yield f"operation {name} is not what it was"
    for name, direction in _directions(old):
        if message := new["components"]["messages"].get(name):
            was = old["components"]["messages"][name]
            changes = breaking_changes(was["headers"], message["headers"], direction)
            yield from (f"{name}: headers: {change}" for change in changes)
            key, new_key = (_bare(side["bindings"]["kafka"]["key"]) for side in (was, message))
            if key != new_key:
                yield f"{name}: the record's key was {key}, is {new_key}"


def _settings(topic: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """A topic's settings. For how long it is kept is each operator's own affair, and no promise."""
    if before["partitions"] != after["partitions"]:
        yield f"{topic}: partitions were {before['partitions']}, are {after['partitions']}: subjects move"
    old, new = before["topicConfiguration"], after["topicConfiguration"]
    if old["cleanup.policy"] != new["cleanup.policy"]:
        yield f"{topic}: cleanup.policy was {old['cleanup.policy']}, is {new['cleanup.policy']}"
    if old["max.message.bytes"] > new["max.message.bytes"]:
        yield f"{topic}: largest message was {old['max.message.bytes']}, is {new['max.message.bytes']}"


def _for_machines(documents: Documents) -> dict[str, Any]:
    """The documents without what is said to people only, and without the version itself."""
    pages = {name: msgspec.json.decode(content) for name, content in documents.items()}
    return {name: _bare({**page, "info": None}) for name, page in pages.items()}


def _bare(part: Any) -> Any:
    if isinstance(part, list):
        return [_bare(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        # Below these stand names that someone chose, and no keywords.
        name: {key: _bare(one) for key, one in value.items()} if name in _NAMED else _bare(value)
        for name, value in part.items()
        if name not in _WORDS
    }


def _last(reference: Mapping[str, str]) -> str:
    return reference["$ref"].rsplit("/", 1)[1]


def _parsed(version: str) -> Version:
    if (match := _VERSION.fullmatch(version)) is None:
        raise ValueError(f"not a version: {version!r}; write three numbers, like 1.2.0")
    major, minor, patch = (int(number) for number in match.groups())
    return major, minor, patch


def _written(version: Version) -> str:
    return ".".join(map(str, version))

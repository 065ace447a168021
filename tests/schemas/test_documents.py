"""The committed documents are those of the types, and break nobody who knows a released version."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.documents import CONTRACT_VERSION, FOLDER, documents, stale
from schemas.released import RELEASED, Documents, keep, objections, read_documents, read_releases

WRITTEN = dict(documents())


def test_the_committed_documents_are_those_of_the_types() -> None:
    assert not stale(), "\n".join(stale())


def test_the_contract_breaks_nobody_who_knows_a_released_version() -> None:
    found = objections(WRITTEN, CONTRACT_VERSION, RELEASED)
    assert not found, "\n".join(found)


def test_there_is_a_release_to_compare_with() -> None:
    assert all("asyncapi.json" in release for release in read_releases(RELEASED).values())
    assert (1, 0, 0) in read_releases(RELEASED)


def test_a_document_that_differs_is_missing_or_is_left_over_is_stale(tmp_path: Path) -> None:
    for name, content in WRITTEN.items():
        (tmp_path / name).write_bytes(content)
    assert stale(tmp_path) == []
    (tmp_path / "asyncapi.json").write_bytes(b"{}")
    (tmp_path / "memcube.command.pin.v1.json").unlink()
    (tmp_path / "memcube.command.gone.v1.json").write_bytes(b"{}")
    found = stale(tmp_path)
    assert [line.split(": ")[1].rsplit("/", 1)[1] for line in found] == [
        "asyncapi.json",
        "memcube.command.gone.v1.json",
        "memcube.command.pin.v1.json",
    ]
    assert all("python -m schemas.documents --write" in line for line in found)


Change = Callable[[dict[str, Any]], object]


def changed(name: str, change: Change) -> dict[str, bytes]:
    """The documents, one of them changed."""
    document = msgspec.json.decode(WRITTEN[name])
    change(document)
    return {**WRITTEN, name: msgspec.json.encode(document)}


def without(name: str) -> Change:
    return lambda document: document.pop(name)


PROMPT = "memcube.conversation.prompt.v1.json"
UPDATED = "memcube.cube.updated.v1.json"
PAGE = "asyncapi.json"


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A folder in which the documents are version 1.0.0."""
    keep(WRITTEN, "1.0.0", tmp_path)
    return tmp_path


def test_what_was_released_does_not_change_under_its_version(released: Path) -> None:
    assert objections(WRITTEN, "1.0.0", released) == []
    reworded = changed(PROMPT, lambda document: document.update(description="Other words."))
    [found] = objections(reworded, "1.0.0", released)
    assert PROMPT in found
    assert "raise CONTRACT_VERSION" in found
    assert len(objections({**WRITTEN, "new.json": b"{}"}, "1.0.0", released)) == 1


def test_words_may_change_in_a_patch_and_fields_be_added_in_a_minor_version(released: Path) -> None:
    reworded = changed(PROMPT, lambda document: document.update(description="Other words."))
    assert objections(reworded, "1.0.1", released) == []
    more = changed(PROMPT, lambda document: document["properties"].update(mood={"type": "string"}))
    assert objections(more, "1.1.0", released) == []
    [found] = objections(more, "1.0.1", released)
    assert "minor" in found


def test_a_type_may_be_added(released: Path) -> None:
    def add(page: dict[str, Any]) -> None:
        page["channels"]["memory.events"]["messages"]["memcube.command.new.v1"] = {
            "$ref": "#/components/messages/memcube.command.new.v1"
        }
        page["components"]["messages"]["memcube.command.new.v1"] = {"headers": {}}

    more = {**changed(PAGE, add), "memcube.command.new.v1.json": b'{"type": "object"}'}
    assert objections(more, "1.1.0", released) == []


def test_nothing_may_break_before_the_next_major_version(released: Path) -> None:
    broken = changed(PROMPT, lambda document: document["required"].append("source_id"))
    [found] = objections(broken, "1.1.0", released)
    assert found.startswith("breaks programs that know 1.0.0: memcube.conversation.prompt.v1: $.source_id")
    assert objections(broken, "2.0.0", released) == []


def test_a_field_of_any_released_version_stays_not_only_of_the_first(released: Path) -> None:
    more = changed(UPDATED, lambda document: document["properties"].update(mood={"type": "string"}))
    keep(more, "1.1.0", released)
    assert objections(more, "1.2.0", released) == []
    [found] = objections(WRITTEN, "1.2.0", released)
    assert "1.1.0" in found
    assert "mood" in found


def test_the_version_does_not_go_back(released: Path) -> None:
    [found] = objections(WRITTEN, "0.9.0", released)
    assert "older than 1.0.0" in found
    with pytest.raises(ValueError, match=r"not a version: '1\.0'"):
        objections(WRITTEN, "1.0", released)


def kafka(page: dict[str, Any], topic: str = "memory.events") -> dict[str, Any]:
    found: dict[str, Any] = page["channels"][topic]["bindings"]["kafka"]
    return found


def message(page: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = page["components"]["messages"][name]
    return found


UPDATE, TURN = UPDATED.removesuffix(".json"), PROMPT.removesuffix(".json")


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("memory.recalls: the topic is gone", lambda p: p["channels"].pop("memory.recalls")),
        ("the topic is gone", lambda p: p["channels"]["memory.events"].update(address="memcube.events")),
        ("is gone from the topic", lambda p: p["channels"]["memory.events"]["messages"].pop(TURN)),
        ("partitions were 12, are 24", lambda p: kafka(p).update(partitions=24)),
        ("cleanup.policy", lambda p: kafka(p)["topicConfiguration"].update({"cleanup.policy": ["compact"]})),
        ("largest message", lambda p: kafka(p)["topicConfiguration"].update({"max.message.bytes": 1000})),
        ("operation follow", lambda p: p["operations"]["follow"].update(action="receive")),
        ("operation publish", lambda p: p["operations"].pop("publish")),
        ("the record's key", lambda p: message(p, UPDATE)["bindings"]["kafka"]["key"].pop("pattern")),
        ("headers: $.ce_extra", lambda p: message(p, TURN)["headers"]["required"].append("ce_extra")),
        ("headers: $.ce_subject", lambda p: message(p, UPDATE)["headers"]["required"].remove("ce_subject")),
        (
            "headers: $.ce_id",
            lambda p: message(p, TURN)["headers"]["properties"]["ce_id"].update(maxLength=36),
        ),
    ],
)
def test_a_topic_key_or_header_that_others_rely_on_stays(what: str, change: Change, released: Path) -> None:
    found = objections(changed(PAGE, change), "1.1.0", released)
    assert any(what in line for line in found), found


def test_a_type_that_others_rely_on_stays(released: Path) -> None:
    fewer: Documents = {name: content for name, content in WRITTEN.items() if name != PROMPT}
    assert any("the type is gone" in line for line in objections(fewer, "1.1.0", released))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: kafka(p)["topicConfiguration"].update({"retention.ms": 1}),
        lambda p: kafka(p)["topicConfiguration"].update({"max.message.bytes": 2**21}),
        lambda p: message(p, TURN)["headers"]["properties"].update(ce_mood={"type": "string"}),
        lambda p: message(p, TURN)["bindings"]["kafka"]["key"].update(description="Other words."),
        lambda p: p["operations"]["follow"].update(summary="Other words."),
        lambda p: p["channels"].update({"memory.new": {**p["channels"]["memory.audit"]}}),
    ],
)
def test_what_nobody_relies_on_may_change(change: Change, released: Path) -> None:
    assert objections(changed(PAGE, change), "1.1.0", released) == []


def pointers(part: Any) -> list[str]:
    if isinstance(part, list):
        return [found for one in part for found in pointers(one)]
    if not isinstance(part, dict):
        return []
    own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
    return own + [found for one in part.values() for found in pointers(one)]


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.json")))
def test_every_reference_leads_somewhere(name: str) -> None:
    committed = read_documents(FOLDER)
    for pointer in pointers(json.loads(committed[name])):
        document, _, inside = pointer.partition("#")
        target: Any = json.loads(committed[document.removeprefix("./") or name])
        for step in inside.split("/")[1:]:
            target = target[step]


def test_the_page_has_what_asyncapi_3_requires() -> None:
    """By the specification; its official JavaScript parser is no part of these tests."""
    page = json.loads(WRITTEN[PAGE])
    assert page["asyncapi"] == "3.0.0"
    assert page["info"]["title"]
    assert page["info"]["version"] == CONTRACT_VERSION
    assert page.keys() <= {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}
    for name, channel in page["channels"].items():
        assert channel["address"] == name
        assert channel.keys() <= {"address", "description", "messages", "bindings"}
    for operation in page["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in page["channels"]
    used = {
        one["$ref"].rsplit("/", 1)[1]
        for channel in page["channels"].values()
        for one in channel["messages"].values()
    }
    assert used == page["components"]["messages"].keys()
    for name, described in page["components"]["messages"].items():
        assert described["name"] == name
        assert described["headers"]["type"] == "object"
        assert described["payload"] == {"$ref": f"./{name}.json"}
    # In AsyncAPI `discriminator` is a name; what OpenAPI means by it does not pass its parser.
    assert all(b"discriminator" not in content for content in WRITTEN.values())

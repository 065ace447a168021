"""Each kind of change is judged as those feel it who know the old schema: writers on one side, readers on
the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from schemas.compatibility import breaking_changes

READ: Final = "read"
WRITTEN: Final = "written"
TEXT: Final = {"type": "string"}
PLAIN: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"kind": {"enum": ["plain"]}, "text": TEXT},
    "required": ["kind", "text"],
}
SEALED: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"kind": {"enum": ["sealed"]}, "nonce": {"type": "string", "contentEncoding": "base64"}},
    "required": ["kind", "nonce"],
}
VIDEO: Final = {"type": "object", "properties": {"kind": {"enum": ["video"]}}, "required": ["kind"]}


def field(schema: Any, *, required: bool = True) -> dict[str, Any]:
    """An object with one field `x`."""
    return {"type": "object", "properties": {"x": schema}, "required": ["x"] if required else []}


def optional(schema: Any) -> dict[str, Any]:
    return field(schema, required=False)


def nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def union(*names: str, **defs: Any) -> dict[str, Any]:
    """A field that is one of some `$defs`."""
    known = {"Plain": PLAIN, "Sealed": SEALED, "Video": VIDEO, **defs}
    return {
        **field({"anyOf": [{"$ref": f"#/$defs/{name}"} for name in names]}),
        "$defs": {name: known[name] for name in names},
    }


def limited(**bounds: Any) -> dict[str, Any]:
    return field({"type": "string", **bounds})


NOTHING: Final[dict[str, Any]] = {"type": "object", "properties": {}, "required": []}

# before, after, whether it breaks writers of what is read, whether it breaks readers of what is written
CHANGES: Final[dict[str, tuple[Any, Any, bool, bool]]] = {
    # fields
    "nothing": (field(TEXT), field(TEXT), False, False),
    "a new optional field": (NOTHING, optional(TEXT), False, False),
    "a new required field": (NOTHING, field(TEXT), True, False),
    "a field gone": (optional(TEXT), NOTHING, True, True),
    "a required field gone": (field(TEXT), NOTHING, True, True),
    "a field renamed": (
        optional(TEXT),
        {"type": "object", "properties": {"y": TEXT}},
        True,
        True,
    ),
    "optional, then required": (optional(TEXT), field(TEXT), True, False),
    "required, then optional": (field(TEXT), optional(TEXT), False, True),
    "another default": (
        optional({"type": "boolean", "default": True}),
        optional({"type": "boolean", "default": False}),
        True,
        True,
    ),
    "a default of another type that Python holds equal": (
        optional({"default": 1}),
        optional({"default": True}),
        True,
        True,
    ),
    "a default that nobody sees": (
        field({"type": "boolean", "default": True}),
        field({"type": "boolean", "default": False}),
        False,
        False,
    ),
    "words": (field({**TEXT, "description": "a"}), field({**TEXT, "title": "B"}), False, False),
    # types
    "another type": (field(TEXT), field({"type": "integer"}), True, True),
    "an integer, then a number": (field({"type": "integer"}), field({"type": "number"}), False, True),
    "a number, then an integer": (field({"type": "number"}), field({"type": "integer"}), True, False),
    "may be null now": (field(TEXT), field(nullable(TEXT)), False, True),
    "null no longer": (field(nullable(TEXT)), field(TEXT), True, False),
    "null in a list of types": (field(nullable(TEXT)), field({"type": ["string", "null"]}), False, False),
    "one more in a list of types": (field(TEXT), field({"type": ["string", "integer"]}), False, True),
    "anything, then a text": (field({}), field(TEXT), True, False),
    "a text, then anything": (field(TEXT), field(True), False, True),
    "a text, then nothing at all": (field(TEXT), field(False), True, False),
    # values
    "a value more": (field({"enum": ["up"]}), field({"enum": ["up", "down"]}), False, True),
    "a value less": (field({"enum": ["up", "down"]}), field({"enum": ["up"]}), True, False),
    "values in another order": (field({"enum": ["a", "b"]}), field({"enum": ["b", "a"]}), False, False),
    "a value as const": (field({"enum": ["up"]}), field({"const": "up"}), False, False),
    "another const": (field({"const": 1}), field({"const": True}), True, True),
    "values, then any text": (field({"enum": ["up"]}), field(TEXT), False, True),
    "any text, then values": (field(TEXT), field({"enum": ["up"]}), True, False),
    # limits
    "a longer text": (limited(maxLength=10), limited(maxLength=20), False, True),
    "a shorter text": (limited(maxLength=20), limited(maxLength=10), True, False),
    "no longest text": (limited(maxLength=20), limited(), False, True),
    "a first longest text": (limited(), limited(maxLength=20), True, False),
    "at least more": (limited(minLength=1), limited(minLength=2), True, False),
    "at least less": (limited(minLength=2), limited(minLength=1), False, True),
    "a range": (
        field({"type": "integer", "minimum": 1, "maximum": 5}),
        field({"type": "integer", "minimum": 0, "maximum": 6}),
        False,
        True,
    ),
    "another bound": (
        field({"type": "integer", "minimum": 1}),
        field({"type": "integer", "exclusiveMinimum": 1}),
        True,
        True,
    ),
    "fewer items": (
        field({"type": "array", "maxItems": 9}),
        field({"type": "array", "maxItems": 8}),
        True,
        False,
    ),
    "a first format": (limited(), limited(format="date-time"), True, False),
    "no format": (limited(format="date-time"), limited(), False, True),
    "another format": (limited(format="date"), limited(format="time"), True, True),
    "another pattern": (limited(pattern="^a"), limited(pattern="^b"), True, True),
    "no two alike": (
        field({"type": "array"}),
        field({"type": "array", "uniqueItems": True}),
        True,
        False,
    ),
    "bytes, then a text": (limited(contentEncoding="base64"), limited(), True, True),
    "a keyword not known here": (limited(), limited(contentMediaType="text/html"), True, True),
    "an unknown keyword that stays": (limited(not_=1), limited(not_=1), False, False),
    "an unknown keyword that points to what changes": (
        {**field({"allOf": [{"$ref": "#/$defs/A"}]}), "$defs": {"A": TEXT}},
        {**field({"allOf": [{"$ref": "#/$defs/A"}]}), "$defs": {"A": {"type": "integer"}}},
        True,
        True,
    ),
    # inside
    "items of another type": (
        field({"type": "array", "items": TEXT}),
        field({"type": "array", "items": {"type": "integer"}}),
        True,
        True,
    ),
    "items that may be null": (
        field({"type": "array", "items": TEXT}),
        field({"type": "array", "items": nullable(TEXT)}),
        False,
        True,
    ),
    "items of any kind now": (
        field({"type": "array", "items": TEXT}),
        field({"type": "array"}),
        False,
        True,
    ),
    "a field deep inside": (field(field(field(TEXT))), field(field(field({"type": "null"}))), True, True),
    "what a reference points to": (
        {**field({"$ref": "#/$defs/A"}), "$defs": {"A": field(TEXT)}},
        {**field({"$ref": "#/$defs/A"}), "$defs": {"A": optional(TEXT)}},
        False,
        True,
    ),
    "the name of a reference": (
        {**field({"$ref": "#/$defs/A"}), "$defs": {"A": field(TEXT)}},
        {**field({"$ref": "#/$defs/B"}), "$defs": {"B": field(TEXT)}},
        False,
        False,
    ),
    "a reference written out": (
        {**field({"$ref": "#/$defs/A"}), "$defs": {"A": field(TEXT)}},
        field(field(TEXT)),
        False,
        False,
    ),
    "a type that holds itself": (
        {**field({"$ref": "#/$defs/A"}), "$defs": {"A": optional(nullable({"$ref": "#/$defs/A"}))}},
        {**field({"$ref": "#/$defs/A"}), "$defs": {"A": optional(nullable({"$ref": "#/$defs/A"}))}},
        False,
        False,
    ),
    "a type that held itself": (
        {**field({"$ref": "#/$defs/A"}), "$defs": {"A": optional(nullable({"$ref": "#/$defs/A"}))}},
        {**field({"$ref": "#/$defs/A"}), "$defs": {"A": optional(nullable(TEXT))}},
        True,
        True,
    ),
    # unions
    "an alternative more": (union("Plain", "Sealed"), union("Plain", "Sealed", "Video"), False, True),
    "an alternative less": (union("Plain", "Sealed"), union("Sealed"), True, False),
    "alternatives in another order": (union("Plain", "Sealed"), union("Sealed", "Plain"), False, False),
    "a field that an alternative requires": (
        union("Plain", "Sealed"),
        union("Plain", "Sealed", Sealed={**SEALED, "required": ["kind", "nonce", "tag"]}),
        True,
        False,
    ),
    "a field gone from an alternative": (
        union("Plain", "Sealed"),
        union("Plain", "Sealed", Plain={**PLAIN, "properties": {"kind": {"enum": ["plain"]}}}),
        True,
        True,
    ),
    "another tag": (
        union("Plain"),
        union("Plain", Plain={**PLAIN, "properties": {**PLAIN["properties"], "kind": {"enum": ["clear"]}}}),
        True,
        True,
    ),
    # fields that nobody named
    "closed now": (NOTHING, {**NOTHING, "additionalProperties": False}, True, False),
    "open now": ({**NOTHING, "additionalProperties": False}, NOTHING, False, True),
    "a new field where others are refused": (
        {**NOTHING, "additionalProperties": False},
        {**optional(TEXT), "additionalProperties": False},
        False,
        True,
    ),
    "a map of other values": (
        {"type": "object", "additionalProperties": TEXT},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        True,
        True,
    ),
    "a map with a named field of its kind": (
        {"type": "object", "additionalProperties": TEXT},
        {**optional(TEXT), "additionalProperties": TEXT},
        False,
        False,
    ),
    "a map with a named field of another kind": (
        {"type": "object", "additionalProperties": TEXT},
        {**optional({"type": "integer"}), "additionalProperties": TEXT},
        True,
        True,
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_what_is_read_breaks_writers_or_does_not(what: str) -> None:
    before, after, breaks, _ = CHANGES[what]
    found = breaking_changes(before, after, READ)
    assert bool(found) == breaks, found


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_what_is_written_breaks_readers_or_does_not(what: str) -> None:
    before, after, _, breaks = CHANGES[what]
    found = breaking_changes(before, after, WRITTEN)
    assert bool(found) == breaks, found


def test_the_message_says_where_and_what() -> None:
    before = {**field({"type": "array", "items": union("Plain", "Sealed")}), "$defs": {}}
    before["$defs"] = union("Plain", "Sealed")["$defs"]
    after = {**before, "$defs": {**before["$defs"], "Plain": {**PLAIN, "required": ["kind", "text", "name"]}}}
    assert breaking_changes(before, after, READ) == [
        "$.x[].x.name: the field is required now, and those who know the old schema may leave it out"
    ]
    assert breaking_changes(field({"enum": ["up"]}), field({"enum": ["up", "no"]}), WRITTEN) == [
        '$.x: "no" may be written now, and those who know the old schema do not expect it'
    ]
    assert breaking_changes(limited(maxLength=20), limited(maxLength=10), READ) == [
        "$.x: maxLength was 20, is 10"
    ]

"""Whether programs that know an old schema still get along when it changes.

What MemCube *reads* (`memory.events`) is written by programs that know the old schema: the new one must
take all that they send. What it *writes* (updates, recalls, audit) is read by programs that know the old
one: the new one may not allow anything that they did not expect. So one question answers both: does the
reader's schema take everything that the writer's allows? Readers ignore fields that they do not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

Schema = Mapping[str, Any] | bool
Direction = Literal["read", "written"]
_Pairs = frozenset[tuple[str, str]]

# They tell people something and machines nothing. `$defs` is followed where it is pointed to, and
# `default` compared where it counts: at fields that may be left out.
ANNOTATIONS: Final = frozenset(
    {"$schema", "$id", "$comment", "$defs", "title", "description", "examples", "deprecated", "default"}
)
_LOWER_BOUNDS: Final = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_UPPER_BOUNDS: Final = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
# A reader without one of them takes any.
_RESTRICTIONS: Final = frozenset({"format", "pattern", "multipleOf", "uniqueItems"})
_STRUCTURE: Final = frozenset({"type", "const", "required", "properties", "additionalProperties", "items"})
_UNDERSTOOD: Final = ANNOTATIONS | _LOWER_BOUNDS | _UPPER_BOUNDS | _RESTRICTIONS | _STRUCTURE


def breaking_changes(before: Mapping[str, Any], after: Mapping[str, Any], direction: Direction) -> list[str]:
    """What programs that know `before` trip over in `after`; empty when none of them need be touched.

    A keyword that is not understood here counts as soon as it changes.
    """
    writer, reader = (before, after) if direction == "read" else (after, before)
    comparison = _Comparison(_Side(writer), _Side(reader), direction)
    return sorted(set(comparison.schemas(writer, reader, "$", frozenset())))


class _Comparison(msgspec.Struct, frozen=True):
    """Walks through both sides at once; each method yields what the reader would not take.

    `sent` is always the writer's part, `taken` the reader's at the same place.
    """

    writer: _Side
    reader: _Side
    direction: Direction

    def schemas(self, sent: Schema, taken: Schema, at: str, above: _Pairs) -> Iterator[str]:
        """Every alternative of the writer must fit one of the reader's."""
        pair = (_shown(sent), _shown(taken))
        if pair in above:  # a type that holds itself: already being compared
            return
        known = self.reader.alternatives(taken)
        for one in self.writer.alternatives(sent):
            alike = [other for other in known if _is_kind(one, other)]
            tries = [list(self._alternatives(one, other, at, above | {pair})) for other in alike]
            if not tries:
                yield f"{at}: {self._stranger(_kind(one))}"
            elif all(tries):
                yield from min(tries, key=len)

    def _alternatives(
        self, sent: Mapping[str, Any], taken: Mapping[str, Any], at: str, above: _Pairs
    ) -> Iterator[str]:
        yield from self._fields(sent, taken, at, above)
        yield from self._left_out(sent, taken, at)
        if "items" in taken or "items" in sent:
            yield from self.schemas(sent.get("items", True), taken.get("items", True), f"{at}[]", above)
        for name in sorted((sent.keys() | taken.keys()) - ANNOTATIONS - _STRUCTURE):
            one, other = self.writer.expanded(sent.get(name)), self.reader.expanded(taken.get(name))
            if not _fits(name, one, other):
                before, after = (one, other) if self.direction == "read" else (other, one)
                yield f"{at}: {name} was {_shown(before)}, is {_shown(after)}"

    def _fields(
        self, sent: Mapping[str, Any], taken: Mapping[str, Any], at: str, above: _Pairs
    ) -> Iterator[str]:
        given, known = sent.get("properties", {}), taken.get("properties", {})
        others_given, others_known = (side.get("additionalProperties", True) for side in (sent, taken))
        for name in given.keys() - known.keys():
            if self.direction == "read":
                yield f"{at}.{name}: the field is gone"
            elif others_known is not True:
                yield from self.schemas(given[name], others_known, f"{at}.{name}", above)
        for name in known.keys() - given.keys():
            if self.direction == "written":
                yield f"{at}.{name}: the field is gone"
            elif not isinstance(others_given, bool):
                yield from self.schemas(others_given, known[name], f"{at}.{name}", above)
        if others_known is not True:
            yield from self.schemas(others_given, others_known, f"{at}.*", above)
        for name in given.keys() & known.keys():
            yield from self.schemas(given[name], known[name], f"{at}.{name}", above)

    def _left_out(self, sent: Mapping[str, Any], taken: Mapping[str, Any], at: str) -> Iterator[str]:
        given, known = sent.get("properties", {}), taken.get("properties", {})
        needed, always = (frozenset(side.get("required", ())) for side in (taken, sent))
        for name in needed - always:
            yield f"{at}.{name}: {self._missing()}"
        for name in given.keys() & known.keys() - needed - always:
            one, other = self.writer.default(given[name]), self.reader.default(known[name])
            if one != other:
                yield f"{at}.{name}: left out, it means {one} to writers and {other} to readers"

    def _stranger(self, kind: str) -> str:
        if self.direction == "read":
            return f"{kind} is sent by those who know the old schema, and refused now"
        return f"{kind} may be written now, and those who know the old schema do not expect it"

    def _missing(self) -> str:
        if self.direction == "read":
            return "the field is required now, and those who know the old schema may leave it out"
        return "the field may be left out now, and those who know the old schema rely on it"


class _Side:
    """One side's document: its references followed, its unions laid out."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def alternatives(self, schema: Schema) -> list[Mapping[str, Any]]:
        """The schema as a choice between schemas that leave no choice of kind or of value."""
        if isinstance(schema, bool):
            return [{}] if schema else []
        node = self._followed(schema)
        if "anyOf" in node and not node.keys() - ANNOTATIONS - {"anyOf"}:
            return [one for part in node["anyOf"] for one in self.alternatives(part)]
        if "enum" in node:
            rest = {name: part for name, part in node.items() if name not in {"enum", "type"}}
            return [{**rest, "const": value} for value in node["enum"]]
        if isinstance(node.get("type"), list):
            return [one for name in node["type"] for one in self.alternatives({**node, "type": name})]
        return [{"const": None}] if node.get("type") == "null" else [node]

    def default(self, schema: Schema) -> str:
        """What a field means when it is left out."""
        node = {} if isinstance(schema, bool) else self._followed(schema)
        return _shown(node["default"]) if "default" in node else "nothing"

    def expanded(self, part: Any, above: frozenset[str] = frozenset()) -> Any:
        """A part with what it points to put in place; what points back to itself stays as it is."""
        if isinstance(part, list):
            return [self.expanded(one, above) for one in part]
        if not isinstance(part, dict):
            return part
        reference = part.get("$ref")
        if isinstance(reference, str) and reference not in above:
            return self.expanded(self._followed(part), above | {reference})
        return {name: self.expanded(value, above) for name, value in part.items()}

    def _followed(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        node = dict(schema)
        while reference := node.pop("$ref", None):
            target: Any = self._document
            for step in reference.removeprefix("#").split("/")[1:]:
                target = target[step]
            node = {**target, **node}
        return node


def _is_kind(sent: Mapping[str, Any], taken: Mapping[str, Any]) -> bool:
    """Whether a value of the one can be one of the other, seen from afar."""
    if "const" in taken:
        return "const" in sent and _shown(sent["const"]) == _shown(taken["const"])
    one, other = _type(sent), _type(taken)
    return other is None or one == other or (one, other) == ("integer", "number")


def _type(schema: Mapping[str, Any]) -> str | None:
    if "const" not in schema:
        return schema.get("type")
    value = schema["const"]
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _kind(schema: Mapping[str, Any]) -> str:
    """What an alternative is, in a message."""
    return _shown(schema["const"]) if "const" in schema else f"type {schema.get('type', 'any')}"


def _fits(keyword: str, sent: Any, taken: Any) -> bool:
    """Whether what this keyword lets a writer send is what it lets a reader take."""
    if _shown(sent) == _shown(taken):
        return True
    if keyword not in _UNDERSTOOD:
        return False
    if taken is None or taken is False:
        return True
    if keyword in _RESTRICTIONS or sent is None:
        return False
    return bool(sent >= taken if keyword in _LOWER_BOUNDS else sent <= taken)


def _shown(value: Any) -> str:
    """JSON, so that 1 and true differ, as they do for others."""
    return json.dumps(value, sort_keys=True)

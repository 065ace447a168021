"""What is declared compatible is read: old and new types at random, by msgspec's own encoder and decoder."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.compatibility import Direction, breaking_changes
from schemas.documents import json_schema


class Plain(msgspec.Struct, tag="plain", frozen=True):
    text: str


class PlainWithName(msgspec.Struct, tag="plain", frozen=True, omit_defaults=True):
    text: str
    name: str | None = None


class Sealed(msgspec.Struct, tag="sealed", frozen=True):
    nonce: bytes


class Node(msgspec.Struct, frozen=True):
    size: int
    next: Node | None = None


class WiderNode(msgspec.Struct, frozen=True):
    size: float
    next: WiderNode | None = None


# Far below 2^53, beyond which a number is no longer the same as an integer.
_INTEGERS: Final = st.integers(-1000, 1000)
_FLOATS: Final = st.floats(allow_nan=False, allow_infinity=False)
_PLAINS: Final = st.builds(Plain, st.text(max_size=3))
_NAMED: Final = st.builds(PlainWithName, st.text(max_size=3), st.none() | st.text(max_size=3))
_SEALED: Final = st.builds(Sealed, st.binary(max_size=3))
_SHORT, _SHORTER = Annotated[str, msgspec.Meta(max_length=5)], Annotated[str, msgspec.Meta(max_length=3)]

# Types that lie close to one another, each with values of its own: most pairs differ in one respect only.
TYPES: Final[list[tuple[Any, st.SearchStrategy[Any]]]] = [
    (str, st.text(max_size=8)),
    (_SHORT, st.text(max_size=5)),
    (_SHORTER, st.text(max_size=3)),
    (str | None, st.none() | st.text(max_size=8)),
    (bytes, st.binary(max_size=4)),
    (int, _INTEGERS),
    (float, _FLOATS),
    (Annotated[int, msgspec.Meta(ge=0)], st.integers(0, 1000)),
    (int | str, _INTEGERS | st.text(max_size=8)),
    (bool, st.booleans()),
    (Literal["a", "b"], st.sampled_from(["a", "b"])),
    (Literal["a", "b", "c"], st.sampled_from(["a", "b", "c"])),
    (Annotated[datetime, msgspec.Meta(tz=True)], st.datetimes(timezones=st.timezones())),
    (tuple[int, ...], st.lists(_INTEGERS, max_size=3).map(tuple)),
    (tuple[float, ...], st.lists(_FLOATS, max_size=3).map(tuple)),
    (tuple[int | None, ...], st.lists(st.none() | _INTEGERS, max_size=3).map(tuple)),
    (tuple[int, str], st.tuples(_INTEGERS, st.text(max_size=3))),
    (dict[str, int], st.dictionaries(st.text(max_size=2), _INTEGERS, max_size=2)),
    (dict[str, float], st.dictionaries(st.text(max_size=2), _FLOATS, max_size=2)),
    (Plain, _PLAINS),
    (PlainWithName, _NAMED),
    (Plain | Sealed, _PLAINS | _SEALED),
    (PlainWithName | Sealed, _NAMED | _SEALED),
    (Node, st.recursive(st.builds(Node, _INTEGERS), lambda more: st.builds(Node, _INTEGERS, more))),
    (
        WiderNode,
        st.recursive(st.builds(WiderNode, _FLOATS), lambda more: st.builds(WiderNode, _FLOATS, more)),
    ),
]
_DEFAULTS: Final[dict[Any, list[Any]]] = {
    str: ["", "x"],
    int: [0, 1],
    float: [0.0, 1.0],
    bool: [True, False],
    str | None: [None, "x"],
}

Field = tuple[int, Any]
Shape = tuple[dict[str, Field], bool]


@st.composite
def fields(draw: st.DrawFn) -> Field:
    """A type, by its place in the list, and a default or ... for none."""
    number = draw(st.integers(0, len(TYPES) - 1))
    return number, draw(st.sampled_from([..., *_DEFAULTS.get(TYPES[number][0], [])]))


@st.composite
def changes(draw: st.DrawFn) -> tuple[Shape, Shape]:
    """A struct before and after: some fields stay, some change, come or go."""
    before = draw(st.dictionaries(st.sampled_from("abc"), fields(), max_size=3))
    after = {}
    for name, was in before.items():
        kept, gone = draw(st.tuples(st.integers(0, 2), st.integers(0, 9)))
        if gone:
            after[name] = was if kept else draw(fields())
    if draw(st.booleans()):
        after["d"] = draw(fields())
    closed = draw(
        st.sampled_from([(False, False), (False, False), (True, True), (True, False), (False, True)])
    )
    return (before, closed[0]), (after, closed[1])


def struct(shape: Shape) -> type[msgspec.Struct]:
    known, closed = shape
    rows = [
        (name, TYPES[n][0]) if default is ... else (name, TYPES[n][0], default)
        for name, (n, default) in known.items()
    ]
    return msgspec.defstruct("Case", rows, kw_only=True, omit_defaults=True, forbid_unknown_fields=closed)


def values(shape: Shape) -> st.SearchStrategy[dict[str, Any]]:
    """What a writer gives: every field without a default, and any of the others."""
    needed = {name: TYPES[n][1] for name, (n, default) in shape[0].items() if default is ...}
    free = {name: TYPES[n][1] for name, (n, default) in shape[0].items() if default is not ...}
    return st.fixed_dictionaries(needed, optional=free)


def agree(sent: Any, read: Any) -> bool:
    """Whether the reader has what was sent, as far as it knows the fields."""
    if isinstance(sent, msgspec.Struct):
        names = set(sent.__struct_fields__) & set(read.__struct_fields__)
        return all(agree(getattr(sent, name), getattr(read, name)) for name in names)
    # As JSON has it: a time that is read as a text is still what was sent.
    return bool(msgspec.to_builtins(sent) == msgspec.to_builtins(read))


def test_what_is_declared_compatible_is_read() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=400, deadline=None)
    @given(changes(), st.sampled_from(["read", "written"]), st.data())
    def holds(change: tuple[Shape, Shape], direction: Direction, data: st.DataObject) -> None:
        before, after = change
        found = breaking_changes(json_schema(struct(before)), json_schema(struct(after)), direction)
        seen["breaking" if found else "the same" if before == after else "compatible"] += 1
        if not found:
            writer, reader = (before, after) if direction == "read" else (after, before)
            sent = struct(writer)(**data.draw(values(writer)))
            assert agree(sent, msgspec.json.decode(msgspec.json.encode(sent), type=struct(reader)))

    holds()
    assert min(seen["breaking"], seen["compatible"]) > 20, seen

"""A cube as the index keeps it: bytes, of which only what is shown or removed is made into an object again.

As objects 100,000 cubes take twice the memory, most of it for the headers of small strings, and a load has
to make and a search to pass by all of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from memcube.cube import Decision, Form, Kind, MemCube, Payload, State

# All fields of a cube, in their order, without their names.
_Fields = tuple[
    str,
    str,
    int,
    int,
    Kind,
    Form,
    State,
    datetime,
    datetime | None,
    datetime,
    Payload | None,
    float,
    bool,
    datetime | None,
    Decision,
    str,
    str,
    str,
]
# JSON and not msgpack, which would turn all times to UTC, and the speaker's offset is lost.
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_Fields).decode


def kept(cube: MemCube) -> bytes:
    """Gives `cube` again by `opened`."""
    return _encode(msgspec.structs.astuple(cube))


def opened(content: bytes) -> MemCube:
    return MemCube(*_decode(content))

"""Resume tokens: where a stream of updates stood, in a few printable characters that the client keeps."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from zlib import crc32

import msgspec

_VERSION: Final = 1
# Tells a token of another stream, not an attacker: a forged one shows nobody more than their own updates.
_TAG_BYTES: Final = 4
_CRC_BYTES: Final = 4
# Twelve partitions at offsets of nine bytes each come to 180 characters.
_MAX_CHARACTERS: Final = 512


class NotOurs(ValueError):
    """The text is no token, or one of another stream."""


class _Token(msgspec.Struct, frozen=True, array_like=True):
    version: int
    record: bytes
    scope: bytes
    positions: dict[int, int]


_decode = msgspec.msgpack.Decoder(_Token).decode


class Resume:
    """Makes and reads the tokens of one scope of one record. `record_id`: a new system has a new one."""

    def __init__(self, record_id: str, scope: str, partitions: frozenset[int]) -> None:
        self._record = _tag(record_id)
        self._scope = _tag(scope)
        self._partitions = partitions

    def token(self, positions: Mapping[int, int]) -> str:
        """`positions`: the offset to be read next, by partition."""
        raw = msgspec.msgpack.encode(_Token(_VERSION, self._record, self._scope, dict(positions)))
        return urlsafe_b64encode(raw + crc32(raw).to_bytes(_CRC_BYTES, "big")).rstrip(b"=").decode()

    def positions(self, text: str) -> Mapping[int, int] | None:
        """Where the token stands; None if the record was made anew since. Raises `NotOurs`."""
        token = _parsed(text)
        if token.scope != self._scope:
            raise NotOurs("it belongs to the updates of another subject or tenant")
        if token.positions.keys() != self._partitions or any(at < 0 for at in token.positions.values()):
            raise NotOurs("its positions are not those of this topic")
        return token.positions if token.record == self._record else None


def _parsed(text: str) -> _Token:
    if len(text) > _MAX_CHARACTERS or not text.isascii():
        raise NotOurs("it is no token")
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        body, crc = raw[:-_CRC_BYTES], raw[-_CRC_BYTES:]
        if crc != crc32(body).to_bytes(_CRC_BYTES, "big"):
            raise NotOurs("it is no token, or was cut")
        token = _decode(body)
    except (binascii.Error, msgspec.DecodeError):
        raise NotOurs("it is no token") from None
    if token.version != _VERSION:
        raise NotOurs(f"its version is {token.version}, and this gateway knows {_VERSION}")
    return token


def _tag(text: str) -> bytes:
    return sha256(text.encode()).digest()[:_TAG_BYTES]

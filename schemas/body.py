"""What was said, plain or sealed. Our own parts write sealed; plain input from others is accepted."""

from __future__ import annotations

import msgspec


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """The personal part of an event: the words, and the name of who said them."""

    text: str
    name: str | None = None


class Plain(Content, frozen=True, tag="plain", tag_field="kind", omit_defaults=True):
    """Content in the clear."""


class Sealed(msgspec.Struct, frozen=True, tag="sealed", tag_field="kind"):
    """Bytes under the data key `key_id` of the subject, AES-256-GCM (base64 on the wire)."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


Body = Plain | Sealed

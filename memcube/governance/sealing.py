"""Sealing: bodies are ciphertext under their subject's data key, at rest and on the wire."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidTag

from memcube.errors import SealBroken
from memcube.governance.keys import KeyStore, Random
from schemas.body import Body, Content, Plain, Sealed
from schemas.envelope import check_content
from schemas.errors import BadPayload

# NIST SP 800-38D: 96 bits is the nonce that GCM is made for, and random ones are safe for 2**32
# messages under one key, which no subject comes near.
NONCE_BYTES: Final = 12


Opener = Callable[[bytes, bytes, bytes], bytes]
"""From nonce, ciphertext and context to the plain bytes."""


class Sealer(Protocol):
    """Seals and opens under the subject's key. `context` binds the bytes to their place (AAD)."""

    def seal(self, subject: str, plaintext: bytes, context: bytes) -> Sealed:
        """Seal under the subject's current key, made if there is none."""

    def open(self, subject: str, sealed: Sealed, context: bytes) -> bytes:
        """Raises `KeyDestroyed` or `SealBroken`."""

    def opener(self, subject: str, key_id: str) -> Opener:
        """`open` for many bytes under one key, which is looked up now and not again: for one short read.

        Raises `KeyDestroyed` or `SealBroken`; what it returns raises `SealBroken`.
        """

    def digest(self, subject: str, data: bytes) -> str:
        """HMAC-SHA256 (hex) under a key of the subject's own: a plain hash of short texts can be guessed."""

    def current(self, subject: str) -> str:
        """The id of the key that seals now, made if there is none."""

    def rotate(self, subject: str) -> tuple[str, ...]:
        """Make a new current key; returns the ids of all the older ones that still exist."""

    def destroy(self, subject: str, key_ids: tuple[str, ...]) -> None:
        """Overwrite these keys, the current one excepted. Idempotent. What they sealed is gone for ever."""


class SubjectSealer:
    """AES-256-GCM under the keys of a `KeyStore`. Safe from any thread."""

    def __init__(self, keys: KeyStore, *, random: Random = os.urandom) -> None:
        self._keys = keys
        self._random = random

    def seal(self, subject: str, plaintext: bytes, context: bytes) -> Sealed:
        key = self._keys.current(subject)
        nonce = self._random(NONCE_BYTES)
        return Sealed(key.id, nonce, key.cipher.encrypt(nonce, plaintext, _place(subject, key.id, context)))

    def open(self, subject: str, sealed: Sealed, context: bytes) -> bytes:
        return self.opener(subject, sealed.key_id)(sealed.nonce, sealed.ciphertext, context)

    def opener(self, subject: str, key_id: str) -> Opener:
        key = self._keys.key(subject, key_id)
        decrypt, place = key.cipher.decrypt, _place(subject, key.id, b"")

        def opened(nonce: bytes, ciphertext: bytes, context: bytes) -> bytes:
            if len(nonce) != NONCE_BYTES:
                raise SealBroken(f"nonce has {len(nonce)} bytes instead of {NONCE_BYTES}")
            try:
                return decrypt(nonce, ciphertext, place + context)
            except InvalidTag:
                raise SealBroken(
                    f"bytes under key {key.id} of {subject} do not open:"
                    " they were changed, or belong elsewhere"
                ) from None

        return opened

    def digest(self, subject: str, data: bytes) -> str:
        return hmac.digest(self._keys.current(subject).digest_key, data, "sha256").hex()

    def current(self, subject: str) -> str:
        return self._keys.current(subject).id

    def rotate(self, subject: str) -> tuple[str, ...]:
        return self._keys.rotate(subject)

    def destroy(self, subject: str, key_ids: tuple[str, ...]) -> None:
        self._keys.destroy(subject, key_ids)


def event_context(event_type: str, event_id: str) -> bytes:
    """The place of an event's body. Neither part can hold a NUL: the envelope refuses it."""
    return f"event\0{event_type}\0{event_id}".encode()


def seal_content(sealer: Sealer, subject_key: str, content: Content, context: bytes) -> Sealed:
    """The body to send. Raises a `ContractError` for content that no reader would accept."""
    check_content(content)
    words = Content(text=content.text, name=content.name)  # without the tag of a `Plain`
    return sealer.seal(subject_key, msgspec.json.encode(words), context)


def open_body(sealer: Sealer, subject_key: str, body: Body, context: bytes) -> Content:
    """What was said. Raises an `Unopenable`, or a `ContractError` if what was sealed is no content."""
    if isinstance(body, Plain):
        return Content(text=body.text, name=body.name)
    opened = sealer.open(subject_key, body, context)
    try:
        content = msgspec.json.decode(opened, type=Content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"sealed body is not content: {error}") from None
    check_content(content)
    return content


def _place(subject: str, key_id: str, context: bytes) -> bytes:
    return b"%b\0%b\0%b" % (subject.encode(), key_id.encode(), context)

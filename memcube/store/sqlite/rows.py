"""Cubes and vectors as rows: what was said is sealed, the rest are plain columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from memcube.cube import Decision, Form, Kind, MemCube, Payload, State
from memcube.errors import KeyDestroyed, SealBroken, StoreFault
from memcube.governance.sealing import Opener, Sealer
from memcube.store.record import Embedded
from memcube.store.sqlite.packing import packed, unpacked
from memcube.vectors import TokenVectors, Vector

Row = tuple[Any, ...]

# JSON and not msgpack: msgspec writes a datetime to msgpack as UTC, and the speaker's offset is lost.
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Payload).decode
# An enum's own call costs three times as much as a dictionary.
_KINDS: Final = {kind.value: kind for kind in Kind}
_FORMS: Final = {form.value: form for form in Form}
_STATES: Final = {state.value: state for state in State}
_DECISIONS: Final = {decision.value: decision for decision in Decision}


class RowCodec:
    """Rows of `versions` and `vectors`, in the order of their columns."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def version(self, cube: MemCube, *, current: bool) -> Row:
        digest: bytes | None = None
        sealed: tuple[str | None, bytes | None, bytes | None] = (None, None, None)
        if cube.payload is not None:
            digest = self.digest(cube.subject, cube.wording)
            sealed = self._seal(cube.subject, _encode(cube.payload), _payload_place(cube.id, cube.version))
        return (
            cube.subject,
            cube.seq,
            cube.id,
            cube.version,
            int(current),
            cube.kind.value,
            cube.form.value,
            cube.state.value,
            cube.valid_from.isoformat(),
            _iso(cube.valid_to),
            cube.recorded_at.isoformat(),
            cube.trust,
            int(cube.pinned),
            _iso(cube.expires_at),
            cube.decision.value,
            cube.reason,
            cube.cause,
            cube.processor,
            digest,
            *sealed,
        )

    def cube(self, row: Row) -> MemCube:
        """See `Reading.cube`."""
        return self.reading(row[0]).cube(row)

    def reading(self, subject: str) -> Reading:
        """For several rows of one subject, read at one moment."""
        return Reading(self._sealer, subject)

    def sealed_vectors(self, subject: str, known: Embedded) -> Row:
        digest = self.digest(subject, known.text)
        place = _vector_place(digest, known.embedder_id)
        return subject, digest, known.embedder_id, *self._seal(subject, packed(known), place)

    def digest(self, subject: str, wording: str) -> bytes:
        """What names a wording among the subject's rows."""
        return bytes.fromhex(self._sealer.digest(subject, wording.encode()))

    def _seal(self, subject: str, plain: bytes, place: bytes) -> tuple[str, bytes, bytes]:
        sealed = self._sealer.seal(subject, plain, place)
        return sealed.key_id, sealed.nonce, sealed.ciphertext


class Reading:
    """Opens rows of one subject. Keep it for a page of them and no longer: each key is asked for once."""

    def __init__(self, sealer: Sealer, subject: str) -> None:
        self._sealer = sealer
        self._subject = subject
        self._openers: dict[str, Opener | None] = {}
        # Every row brings its own copy of the few words that all of them have.
        self._shared: dict[str, str] = {}

    def cube(self, row: Row) -> MemCube:
        """The cube in a row that starts with the columns of `versions`.

        Without payload if its key was destroyed: an older copy of the record that was put back still
        holds rows of what has been erased since, and the log is about to erase them again.
        """
        _subject, seq, cube_id, version, _current, kind, form, state, valid_from, valid_to = row[:10]
        recorded_at, trust, pinned, expires_at, decision, reason, cause, processor = row[10:18]
        opened = self._open(row[19:22], _payload_place(cube_id, version))
        payload = None if opened is None else _decode(opened)
        parse = datetime.fromisoformat
        return MemCube(
            id=cube_id,
            subject=self._subject,
            version=version,
            seq=seq,
            kind=_KINDS[kind],
            form=_FORMS[form],
            state=_STATES[state],
            valid_from=parse(valid_from),
            valid_to=None if valid_to is None else parse(valid_to),
            recorded_at=parse(recorded_at),
            payload=payload,
            trust=trust,
            pinned=bool(pinned),
            expires_at=None if expires_at is None else parse(expires_at),
            decision=_DECISIONS[decision],
            reason=self._shared.setdefault(reason, reason),
            cause=cause,
            processor=self._shared.setdefault(processor, processor),
        )

    def vectors(
        self, digest: bytes, embedder_id: str, sealed: Row
    ) -> tuple[Vector | None, TokenVectors | None]:
        """Those under key id, nonce and ciphertext; None if there are none or their key was destroyed."""
        if sealed[0] is None:
            return None, None
        opened = self._open(sealed, _vector_place(digest, embedder_id))
        return (None, None) if opened is None else unpacked(opened)

    def _open(self, sealed: Row, place: bytes) -> bytes | None:
        key_id, nonce, ciphertext = sealed
        if key_id is None:
            return None
        try:
            opener = self._openers[key_id] if key_id in self._openers else self._opener(key_id)
            return None if opener is None else opener(nonce, ciphertext, place)
        except SealBroken as error:
            # Not the fault of the event in hand, so nothing that the guard may turn into a dead letter.
            raise StoreFault(
                f"a row of {self._subject} in the record does not open: the key store belongs to another"
                " record, or a file is damaged: restore the key store that was in use with this record"
                f" ({error})"
            ) from error

    def _opener(self, key_id: str) -> Opener | None:
        try:
            opener = self._sealer.opener(self._subject, key_id)
        except KeyDestroyed:
            opener = None
        self._openers[key_id] = opener
        return opener


def _payload_place(cube_id: str, version: int) -> bytes:
    return f"cube\0{cube_id}\0{version}".encode()


def _vector_place(digest: bytes, embedder_id: str) -> bytes:
    return b"vector\0%b\0%b" % (digest, embedder_id.encode())


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memcube.errors import KeyDestroyed, SealBroken
from memcube.governance.keys import KeyStore
from memcube.governance.sealing import SubjectSealer, event_context, open_body, seal_content
from schemas.body import Content, Plain, Sealed
from schemas.errors import BadPayload, TooLarge

ANNA = "default/user:anna"
BEN = "default/user:ben"
PLACE = event_context("memcube.conversation.prompt.v1", "event-1")


@pytest.fixture
def sealer(tmp_path: Path) -> SubjectSealer:
    return SubjectSealer(KeyStore(tmp_path / "keys" / "keys.sqlite"))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=3000), st.binary(max_size=60))
def test_what_was_sealed_opens_as_it_was(sealer: SubjectSealer, plain: bytes, context: bytes) -> None:
    assert sealer.open(ANNA, sealer.seal(ANNA, plain, context), context) == plain


def test_a_sealed_text_shows_nothing_and_never_repeats(sealer: SubjectSealer) -> None:
    one, two = (sealer.seal(ANNA, b"the same words", PLACE) for _ in range(2))
    assert b"words" not in one.ciphertext
    assert (one.nonce, one.ciphertext) != (two.nonce, two.ciphertext)
    assert len(one.nonce) == 12


def test_every_flipped_bit_breaks_the_seal(sealer: SubjectSealer) -> None:
    sealed = sealer.seal(ANNA, b"words", PLACE)
    for field in ("nonce", "ciphertext"):
        original: bytes = getattr(sealed, field)
        for bit in range(len(original) * 8):
            changed = bytearray(original)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises(SealBroken):
                sealer.open(ANNA, msgspec.structs.replace(sealed, **{field: bytes(changed)}), PLACE)


@pytest.mark.parametrize(
    "changes",
    [
        {"key_id": "unknown"},
        {"key_id": ""},
        {"nonce": b""},
        {"nonce": b"x" * 11},
        {"nonce": b"x" * 200},
        {"ciphertext": b""},
        {"ciphertext": b"short"},
    ],
)
def test_sealed_rubbish_is_a_broken_seal(sealer: SubjectSealer, changes: dict[str, str | bytes]) -> None:
    sealed = sealer.seal(ANNA, b"words", PLACE)
    with pytest.raises(SealBroken):
        sealer.open(ANNA, msgspec.structs.replace(sealed, **changes), PLACE)


def test_sealed_bytes_do_not_open_in_another_place(sealer: SubjectSealer) -> None:
    sealed = sealer.seal(ANNA, b"words", PLACE)
    for context in (event_context("memcube.conversation.prompt.v1", "event-2"), b"", PLACE + b"\0"):
        with pytest.raises(SealBroken):
            sealer.open(ANNA, sealed, context)


def test_sealed_bytes_do_not_open_for_another_subject(sealer: SubjectSealer) -> None:
    sealed = sealer.seal(ANNA, b"words", PLACE)
    sealer.seal(BEN, b"words", PLACE)
    with pytest.raises(SealBroken):
        sealer.open(BEN, sealed, PLACE)


def test_older_generations_open_until_they_are_destroyed(sealer: SubjectSealer) -> None:
    old = sealer.seal(ANNA, b"old", PLACE)
    former = sealer.rotate(ANNA)
    new = sealer.seal(ANNA, b"new", PLACE)
    assert former == (old.key_id,)
    assert new.key_id != old.key_id
    assert sealer.open(ANNA, old, PLACE) == b"old"
    sealer.destroy(ANNA, former)
    with pytest.raises(KeyDestroyed):
        sealer.open(ANNA, old, PLACE)
    assert sealer.open(ANNA, new, PLACE) == b"new"


def test_a_digest_is_the_subjects_own(sealer: SubjectSealer, tmp_path: Path) -> None:
    digest = sealer.digest(ANNA, b"yes")
    assert len(bytes.fromhex(digest)) == 32
    assert sealer.digest(ANNA, b"yes") == digest
    assert SubjectSealer(KeyStore(tmp_path / "keys" / "keys.sqlite")).digest(ANNA, b"yes") == digest
    assert sealer.digest(ANNA, b"no") != digest
    assert sealer.digest(BEN, b"yes") != digest
    sealer.rotate(ANNA)
    assert sealer.digest(ANNA, b"yes") != digest


# --- bodies on the wire -----------------------------------------------------------------------------


@pytest.mark.parametrize("content", [Content("hello"), Content("h\u00e9llo \U0001f600\n\0", name="Zo\u00eb")])
def test_a_body_travels_sealed_and_opens_as_content(sealer: SubjectSealer, content: Content) -> None:
    body = seal_content(sealer, ANNA, content, PLACE)
    on_the_wire = msgspec.json.decode(msgspec.json.encode(body), type=Plain | Sealed)
    assert open_body(sealer, ANNA, on_the_wire, PLACE) == content


def test_a_plain_body_needs_no_key_and_is_sealed_without_its_tag(sealer: SubjectSealer) -> None:
    plain = Plain("hello", name="Anna")
    assert open_body(sealer, ANNA, plain, PLACE) == Content("hello", name="Anna")
    sealed = seal_content(sealer, ANNA, plain, PLACE)
    assert sealer.open(ANNA, sealed, PLACE) == b'{"text":"hello","name":"Anna"}'
    assert open_body(sealer, ANNA, sealed, PLACE) == Content("hello", name="Anna")


@pytest.mark.parametrize(
    "opened",
    [b"", b"not json", b"[]", b'{"text":1}', b"{}", b'{"text":"\xff"}', b'{"text":" \\n"}', b"[" * 100_000],
)
def test_what_was_sealed_is_checked_once_it_is_open(sealer: SubjectSealer, opened: bytes) -> None:
    with pytest.raises(BadPayload):
        open_body(sealer, ANNA, sealer.seal(ANNA, opened, PLACE), PLACE)


def test_a_text_over_the_limit_is_refused_at_both_ends(sealer: SubjectSealer) -> None:
    large = Content("x" * (256 * 1024 + 1))
    with pytest.raises(TooLarge):
        seal_content(sealer, ANNA, large, PLACE)
    with pytest.raises(TooLarge):
        open_body(sealer, ANNA, sealer.seal(ANNA, msgspec.json.encode(large), PLACE), PLACE)


def test_a_lone_surrogate_is_refused_before_it_is_sealed(sealer: SubjectSealer) -> None:
    with pytest.raises(BadPayload):
        seal_content(sealer, ANNA, Content("\ud800"), PLACE)

"""Whose updates a reader sees, and which tokens bring them back: for any subject, key and text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.http.cube_updates import Erased, Scope, Updated, told
from gateway.http.resume import NotOurs, Resume
from gateway.log import Record
from memcube.errors import SealBroken
from schemas.body import Plain, Sealed
from schemas.envelope import encode_data
from schemas.errors import BadSubject
from schemas.events import CubeUpdated
from schemas.subject import KINDS, Subject
from schemas.topics import UPDATES

NOW: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Closed:
    """Opens nothing: these bodies are plain."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(name)

    def open(self, subject: str, sealed: Sealed, context: bytes) -> bytes:
        raise SealBroken("no")


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    # Few letters, so that many names are nearly one another's.
    names = st.text(st.sampled_from("ab/:%2F.é"), min_size=1, max_size=5)
    try:
        return Subject(draw(names), draw(st.sampled_from(KINDS)), draw(names))
    except BadSubject:
        assume(False)
        raise


def record(subject: Subject, value: bytes | None, cube_id: str = "c1") -> Record:
    return Record(UPDATES.name, 0, 0, 0, f"{subject.key}/{cube_id}".encode(), (), value)


def update(subject: Subject, cube_id: str = "c1") -> bytes:
    data = CubeUpdated(
        subject=subject.key,
        cube_id=cube_id,
        version=1,
        state="active",
        form="fact",
        decision="add",
        reason="new",
        cause="e1",
        valid_from=NOW,
        recorded_at=NOW,
        body=Plain(text="a secret"),
    )
    return encode_data(data)


@given(subjects(), subjects())
def test_an_update_is_told_to_its_own_subject_and_tenant_only(owner: Subject, reader: Subject) -> None:
    for scope in (Scope(reader.tenant, reader), Scope(reader.tenant)):
        mine = owner == reader if scope.subject else owner.tenant == reader.tenant
        found = told(record(owner, update(owner)), scope, Closed())  # type: ignore[arg-type]
        assert (found is not None) == mine
        if isinstance(found, Updated):
            assert (found.subject, found.text) == (owner.key, "a secret")
        erased = told(record(owner, None), scope, Closed())  # type: ignore[arg-type]
        assert erased == (Erased(owner.key, "c1") if mine else None)


@given(subjects(), subjects())
def test_an_update_under_anothers_key_is_told_to_nobody(owner: Subject, key: Subject) -> None:
    assume(owner != key)
    for reader in (owner, key):
        for scope in (Scope(reader.tenant, reader), Scope(reader.tenant)):
            assert told(record(key, update(owner)), scope, Closed()) is None  # type: ignore[arg-type]


@given(subjects(), st.binary(max_size=40))
def test_a_key_of_any_bytes_raises_nothing(reader: Subject, key: bytes) -> None:
    strange = Record(UPDATES.name, 0, 0, 0, key, (), b"{}")
    assert told(strange, Scope(reader.tenant, reader), Closed()) is None  # type: ignore[arg-type]


positions = st.dictionaries(st.integers(0, 11), st.integers(0, 2**63 - 1), min_size=1)


@given(positions, st.text(), st.text())
def test_a_token_comes_back_as_it_was_made(at: dict[int, int], system: str, scope: str) -> None:
    resume = Resume(system, scope, frozenset(at))
    token = resume.token(at)
    assert token.isascii()
    assert token.isprintable()
    assert resume.positions(token) == at
    assert Resume(system + "x", scope, frozenset(at)).positions(token) is None
    with pytest.raises(NotOurs):
        Resume(system, scope + "x", frozenset(at)).positions(token)
    with pytest.raises(NotOurs):
        Resume(system, scope, frozenset({*at, 99})).positions(token)


@given(positions, st.data())
def test_a_token_that_was_changed_is_refused(at: dict[int, int], data: st.DataObject) -> None:
    resume = Resume("system", "default/", frozenset(at))
    token = resume.token(at)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(max_codepoint=0x2FF))
    changed = token[:place] + other + token[place + 1 :]
    try:
        assert resume.positions(changed) == at  # base64 has bits to spare in its last character
    except NotOurs:
        assert changed != token


@given(st.text())
def test_any_text_is_a_token_or_none(text: str) -> None:
    with pytest.raises(NotOurs):
        Resume("system", "default/", frozenset({0})).positions(text)

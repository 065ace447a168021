from __future__ import annotations

from typing import get_args
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from schemas.errors import BadSubject
from schemas.subject import Address, Others, Subject, SubjectKind

ids = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20).map(
    lambda text: normalize("NFC", text)
)
subjects = st.builds(Subject, tenant=ids, kind=st.sampled_from(get_args(SubjectKind)), id=ids)


@given(subjects)
def test_a_key_names_its_subject(subject: Subject) -> None:
    assert Subject.parse(subject.key) == subject


@given(subjects, subjects)
def test_no_two_subjects_share_a_key(one: Subject, other: Subject) -> None:
    assert (one.key == other.key) == (one == other)


def test_a_slash_in_the_tenant_is_not_a_slash_in_the_id() -> None:
    assert Subject("a/b", "user", "c").key != Subject("a", "user", "b/c").key


def test_a_group_goes_before_its_speaker_and_a_person_before_the_agent() -> None:
    everyone = Address(tenant="t", group_id="g", user_id="u", agent_id="a", run_id="r")
    assert everyone.subject() == Subject("t", "group", "g")
    assert Address(tenant="t", user_id="u", agent_id="a").subject() == Subject("t", "user", "u")
    assert Address(tenant="t", run_id="r", agent_id="a").subject() == Subject("t", "agent", "a")


def test_the_ids_behind_the_subject_are_filters() -> None:
    everyone = Address(tenant="t", group_id="g", user_id="u", agent_id="a", run_id="r")
    assert everyone.filters() == Others(user_id="u", agent_id="a", run_id="r")
    assert Address(tenant="t", user_id="u", run_id="r").filters() == Others(run_id="r")
    assert Address(tenant="t", run_id="r").filters() is None


@given(*[st.builds(Others, **dict.fromkeys(("user_id", "agent_id", "run_id"), st.none() | st.just("x")))] * 2)
def test_ids_agree_with_every_part_of_themselves(ids: Others, wanted: Others) -> None:
    pairs = zip(astuple(wanted), astuple(ids), strict=True)
    assert ids.agree(wanted) == all(one in {None, other} for one, other in pairs)
    assert ids.agree(Others())


@pytest.mark.parametrize("bad", ["", " ", "a\nb", "x" * 257, "e\u0301"])
def test_a_filter_that_no_event_can_have_is_refused(bad: str) -> None:
    address = Address(tenant="t", user_id="u", run_id=bad)
    with pytest.raises(BadSubject, match="run id"):
        address.filters()
    assert address.others() == Others(run_id=bad)  # an event of another writer is taken as it is


@pytest.mark.parametrize("bad", ["", " ", "a\x00b", "a\nb", "\ud800", "x" * 257, "e\u0301"])
def test_an_id_that_cannot_be_used_is_refused(bad: str) -> None:
    with pytest.raises(BadSubject):
        Subject("t", "user", bad)
    with pytest.raises(BadSubject):
        Subject(bad, "user", "u")


@given(st.text(max_size=40))
def test_only_a_key_that_we_made_is_parsed(text: str) -> None:
    try:
        subject = Subject.parse(text)
    except BadSubject:
        return
    assert subject.key == text

"""Events of every type as hypothesis draws them: plain and sealed, with optional fields and without."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, get_args
from unicodedata import normalize

import msgspec
from hypothesis import strategies as st

from schemas.body import Body, Plain, Sealed
from schemas.events import (
    INCOMING,
    OUTGOING,
    Artefact,
    Audited,
    Build,
    Built,
    CubeUpdated,
    Demote,
    Drop,
    Edit,
    Extracted,
    Feedback,
    Forget,
    Incoming,
    JobLine,
    Outgoing,
    Parent,
    Pin,
    Precision,
    Prompt,
    Recalled,
    Remember,
    Reprocess,
    Response,
    Shred,
    Tick,
    Undo,
    Verdict,
)
from schemas.subject import KINDS, Subject

_SEEN: Final = st.characters(categories=["L", "N", "P", "S"])
names = st.text(_SEEN, min_size=1, max_size=12)
ids = names.map(lambda text: normalize("NFC", text))
texts = st.builds(str.__add__, names, st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1000, 1, 2), datetime(8999, 12, 30), timezones=offsets | st.just(UTC))  # noqa: DTZ001
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(Plain, text=texts, name=st.none() | names),
    st.builds(Sealed, key_id=names, nonce=st.binary(max_size=12), ciphertext=st.binary(max_size=40)),
)
lists = st.lists(ids, max_size=3).map(tuple)
parents = st.lists(st.builds(Parent, cube_id=ids, version=st.integers(1, 10**6)), max_size=3).map(tuple)
_ARTEFACTS: Final = st.builds(
    Artefact,
    model=names,
    fingerprint=names,
    tokens=st.integers(1, 10**6),
    bytes=st.integers(1, 10**12),
    precision=st.sampled_from(get_args(Precision)),
    seconds=st.floats(0, 1e4),
)
_OWN: Final[dict[type[Incoming], dict[str, st.SearchStrategy[Any]]]] = {
    Prompt: {"body": bodies, "source_id": st.none() | names},
    Response: {"body": bodies, "source_id": st.none() | names, "used": lists},
    Feedback: {"cube_ids": lists, "verdict": st.sampled_from(get_args(Verdict))},
    Remember: {
        "body": bodies,
        "source_id": st.none() | names,
        "pinned": st.booleans(),
        "expires_at": st.none() | times,
    },
    Edit: {"cube_id": ids, "body": bodies},
    Pin: {"cube_id": ids, "pinned": st.booleans()},
    Forget: {"cube_ids": lists, "everything": st.booleans()},
    Undo: {"event_id": ids},
    Tick: {},
    Reprocess: {"since": st.none() | times, "until": st.none() | times},
    Shred: {"key_ids": lists},
    Extracted: {"parents": parents, "memories": st.lists(bodies, max_size=3).map(tuple), "processor": names},
    Built: {
        "block_id": names,
        "parents": parents,
        "processor": names,
        "reason": names,
        "artefact": st.none() | _ARTEFACTS,
    },
    Demote: {"block_id": names, "reason": names},
}
assert _OWN.keys() == set(INCOMING.values()), "an event type is missing here"
addresses = st.fixed_dictionaries({"tenant": ids}, optional={f"{kind}_id": ids for kind in KINDS}).filter(
    lambda given: len(given) > 1
)


class Said(msgspec.Struct, frozen=True):
    """The attributes of an event that are its writer's own."""

    id: str
    source: str
    time: datetime


said = st.builds(Said, id=names, source=names, time=times)


@st.composite
def incoming(draw: st.DrawFn) -> Incoming:
    """What may stand on `memory.events`."""
    struct = draw(st.sampled_from(sorted(_OWN, key=lambda one: one.__name__)))
    fields: dict[str, Any] = {**draw(addresses), **draw(st.fixed_dictionaries(_OWN[struct]))}
    return struct(**fields)


subjects = st.builds(Subject, tenant=ids, kind=st.sampled_from(KINDS), id=ids)
_KEYS: Final = subjects.map(lambda subject: subject.key)
_LINES: Final = st.builds(
    JobLine, cube_id=ids, version=st.integers(1, 10**6), since=times.map(datetime.date), body=bodies
)
_JOBS: Final[dict[type[Build | Drop], dict[str, st.SearchStrategy[Any]]]] = {
    Build: {
        "block_id": names,
        "lines": st.lists(_LINES, max_size=3).map(tuple),
        "reason": names,
        "budget": st.none() | st.integers(1, 10**6),
    },
    Drop: {"block_id": names, "reason": names},
}


@st.composite
def jobs(draw: st.DrawFn) -> Build | Drop:
    """What may stand on `memory.activation.jobs`."""
    struct = draw(st.sampled_from(sorted(_JOBS, key=lambda one: one.__name__)))
    fields: dict[str, Any] = {**draw(addresses), **draw(st.fixed_dictionaries(_JOBS[struct]))}
    return struct(**fields)


outgoing: st.SearchStrategy[Outgoing] = st.one_of(
    st.builds(
        CubeUpdated,
        subject=_KEYS,
        version=st.integers(1, 10**6),
        valid_from=times,
        valid_to=st.none() | times,
        recorded_at=times,
        body=bodies,
        **dict.fromkeys(("cube_id", "state", "form", "decision", "reason", "cause"), names),
    ),
    st.builds(Recalled, subject=_KEYS, cubes=parents),
    jobs(),
    st.builds(
        Audited,
        subject=_KEYS,
        recorded_at=times,
        version=st.none() | st.integers(1, 10**6),
        **dict.fromkeys(("event_id", "event_type", "decision", "reason", "processor"), names),
        **dict.fromkeys(("cube_id", "state", "digest"), st.none() | names),
    ),
)
assert {CubeUpdated, Recalled, Audited, *_JOBS} == set(OUTGOING.values()), "an event type is missing here"

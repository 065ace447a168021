# ruff: noqa: DTZ001 (the strategies make naive times, the offset is drawn apart)
"""Dates as said on Thursday 12 March 2026, half past ten, two hours east of Greenwich."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.plaintext.extract import Turn, dates, extract

NOW = datetime(2026, 3, 12, 10, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("sentence", "iso", "starts"),
    [
        ("I moved last Tuesday", "2026-03-10", "2026-03-10T00:00+02:00"),
        ("I fly next Friday", "2026-03-20", "2026-03-20T00:00+02:00"),
        ("I fly this Friday", "2026-03-13", "2026-03-13T00:00+02:00"),
        ("I met her on Tuesday", "2026-03-10", "2026-03-10T00:00+02:00"),
        ("I'm meeting her on Tuesday", "2026-03-17", "2026-03-17T00:00+02:00"),
        ("The dinner moved to Friday", "2026-03-13", "2026-03-13T00:00+02:00"),
        ("I saw Tom yesterday", "2026-03-11", "2026-03-11T00:00+02:00"),
        ("I bought a bike two weeks ago", "2026-02-26", "2026-02-26T00:00+02:00"),
        ("My exam is in three days", "2026-03-15", "2026-03-15T00:00+02:00"),
        ("I call Tom tomorrow at 5pm", "2026-03-13 17:00", "2026-03-13T17:00+02:00"),
        ("My flight is on 4 May", "2026-05-04", "2026-05-04T00:00+02:00"),
        ("I met Tom on 4 May", "2025-05-04", "2025-05-04T00:00+02:00"),
        ("We hike this weekend", "2026-03-14", "2026-03-14T00:00+02:00"),
        ("I cook tonight", "2026-03-12", "2026-03-12T00:00+02:00"),
        ("I moved last month", "2026-02", "2026-02-01T00:00+02:00"),
        ("I visit Rome next summer", "2026-06/2026-08", "2026-06-01T00:00+02:00"),
        ("Berlin office closes in June", "2026-06", "2026-06-01T00:00+02:00"),
        ("I was ill last week", "2026-03-02/2026-03-08", "2026-03-02T00:00+02:00"),
        ("In two hours I have a meeting", "2026-03-12 12:30", "2026-03-12T12:30+02:00"),
    ],
)
def test_a_date_is_resolved_in_the_speakers_offset(sentence: str, iso: str, starts: str) -> None:
    (candidate,) = extract(Turn(text=sentence, role="user", speaker="Ada", time=NOW))
    assert f"({iso})" in candidate.text
    assert candidate.dated
    assert candidate.valid_from == datetime.fromisoformat(starts)


@pytest.mark.parametrize(
    "sentence",
    [
        "I meet Tom on 30 February",
        "I meet Tom on 31/31/2026",
        "I swim every Tuesday and Thursday",
        "I live in Porto",
        "I was born 900 years ago in 0000-01-01 style",
        "I gave it to may",
        "My rent is 3.50 more",
        "I meet Tom at 25:00",
    ],
)
def test_no_date_is_made_up(sentence: str) -> None:
    for candidate in extract(Turn(text=sentence, role="user", speaker="Ada", time=NOW)):
        assert "(" not in candidate.text or "year" in sentence


def test_a_speaker_called_april_is_not_a_date() -> None:
    (candidate,) = extract(Turn(text="Tom gave it to me in a box", role="user", speaker="April", time=NOW))
    assert (candidate.text, candidate.dated) == ("Tom gave it to April in a box", False)


_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_PHRASES = st.sampled_from(
    [
        "yesterday",
        "last Tuesday",
        "next Friday",
        "on Sunday",
        "in 999 years",
        "999 years ago",
        "last month",
        "next year",
        "on 29 February",
        "on 31 April",
        "in 3 weeks",
        "this weekend",
        "last winter",
        "tomorrow at 24:00",
        "in May",
        "from Monday to Friday",
        "on 9999-12-31",
        "on 0001-01-01",
        "on 00/13/2026",
        "Friday of next week",
    ]
)


@given(_PHRASES, st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)), _OFFSETS)
def test_any_phrase_at_any_time_resolves_or_is_left_as_said(
    phrase: str, now: datetime, offset: timezone
) -> None:
    now = now.replace(tzinfo=offset)
    (candidate,) = extract(Turn(text=f"I met Tom {phrase}", role="user", speaker="Ada", time=now))
    assert candidate.valid_from.utcoffset() == now.utcoffset()
    assert candidate.valid_from.astimezone(UTC).year >= 1


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),
    st.sampled_from(["Monday", "Thursday", "Sunday"]),
)
def test_last_and_coming_weekdays_lie_within_a_week_of_now(now: datetime, weekday: str) -> None:
    now = now.replace(tzinfo=UTC)
    (last,) = dates.find(f"I met Tom last {weekday}", now)
    (coming,) = dates.find(f"I will meet Tom on {weekday}", now)
    assert timedelta(days=1) <= now.date() - last.at.date() <= timedelta(days=7)
    assert timedelta(days=1) <= coming.at.date() - now.date() <= timedelta(days=7)
    assert f"{last.at:%A}" == f"{coming.at:%A}" == weekday

"""How long a memory is served: every row of the table, and what is in none of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from memcube.plaintext.lifetimes import expires

SAID = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def days(
    text: str,
    category: str | None,
    slot: str | None = None,
    *,
    happens: datetime | None = None,
    until: datetime | None = None,
) -> int | None:
    """After how many days it ends."""
    end = expires(text, category, slot=slot, said=SAID, happens=happens, until=until)
    return None if end is None else (end - SAID).days


@pytest.mark.parametrize(
    ("text", "category", "served"),
    [
        ("Ada plays the cello", "fact", None),
        ("Ada prefers tea to coffee", "preference", None),
        ("Bob is Ada's brother", "relationship", None),
        ("Ada's wish: answer in German", "instruction", None),
        ("Ada saw a whale", "event", 365),
        ("Ada plans to learn Spanish", "plan", 180),
        ("Ada is tired today", "fact", 7),
        ("Ada is in Rome this week", "fact", 7),
        ("As it was given", None, None),
    ],
)
def test_a_statement_is_served_for_as_long_as_its_row_says(
    text: str, category: str | None, served: int | None
) -> None:
    assert days(text, category) == served


def test_a_plan_ends_a_week_after_its_day() -> None:
    happens = SAID + 30 * DAY
    assert days("Ada's exam is on 31 March", "plan", "plan/exam", happens=happens) == 37
    assert days("Ada is in Rome", "plan", happens=happens, until=happens + 3 * DAY) == 40
    assert days("Ada's exam was on 1 February", "plan", "plan/exam", happens=SAID - 28 * DAY) == 7


def test_what_names_its_own_end_lasts_until_then() -> None:
    assert days("Ada is in Rome this week", "fact", until=SAID + 3 * DAY) == 7
    assert days("Ada is in Rome this month", "event", until=SAID + 400 * DAY) == 400


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("Ada moved to Rome this week", "lives_in"),
        ("Ada started working at Initech today", "works_at"),
        ("Ada became vegan last year", "diet"),
        ("Ada adopted a cat called Momo", "cat_name"),
        ("Ada bought a Volvo", "owns"),
        ("Ada was diagnosed with asthma in 2010", "health"),
        ("Ada got a dog", "pet"),
    ],
)
def test_what_answers_a_question_about_somebody_does_not_end_by_time(text: str, slot: str) -> None:
    assert days(text, "event", slot) is None


def test_a_feeling_of_a_pet_ends_though_the_pet_has_a_slot() -> None:
    assert days("Ada's cat is sick", "fact", "pet") == 7


@pytest.mark.parametrize(
    "text",
    [
        "Ada's daughter Lea was born in 2019",
        "Ada's father died in 2001",
        "Ada got married in May",
        "Ada was diagnosed with asthma",
        "Ada had Ada's gallbladder removed",
        "Ada's sister moved to Bonn",
        "Ada graduated from MIT",
        "Ada adopted a girl",
        "Ada quit smoking",
        "Ada changed Ada's name to Kim",
    ],
)
def test_what_makes_a_life_does_not_end_by_time(text: str) -> None:
    assert days(text, "event") is None


@pytest.mark.parametrize(
    "text",
    [
        "Ada has been cold-water swimming for years",
        "Ada is a cold water swimmer",
        "Ada has been ill for many years",
        "Ada is sick of Mondays",
        "Ada is on sick leave",
    ],
)
def test_what_only_sounds_like_a_feeling_is_none(text: str) -> None:
    assert days(text, "fact") is None


@pytest.mark.parametrize(
    "text", ["Ada is cold", "Ada feels sick, and stays in bed", "Ada is nervous about May"]
)
def test_a_feeling_is_of_the_moment(text: str) -> None:
    assert days(text, "fact") == 7


def test_what_is_planned_for_the_end_of_all_calendars_does_not_end() -> None:
    last = datetime(9999, 12, 31, tzinfo=UTC)
    assert days("The archive closes on 9999-12-31", "plan", happens=last) is None
    assert expires("Ada saw a whale", "event", said=last, happens=None, until=None) is None

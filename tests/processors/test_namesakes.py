"""Two of one name, and deeds of others: what is told of one leaves the other's facts alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from memcube.plaintext.namesakes import role
from schemas.body import Plain
from schemas.events import Prompt
from tests.processors.conversation import Conversation

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def told(home: Conversation, *turns: str, name: str = "Ada") -> list[str]:
    for day, turn in enumerate(turns, 1):
        home.say(turn, day=day, name=name)
    return home.facts()


@pytest.mark.parametrize(
    ("turns", "stays", "ends"),
    [
        (
            ("My friend Tom lives in Oslo.", "My cousin Tom lives in Rome.", "My cousin Tom died."),
            "Ada's friend Tom lives in Oslo",
            "Ada's cousin Tom lives in Rome",
        ),
        (
            ("My brother Max lives in Oslo.", "I have a dog called Max.", "Our dog Max died yesterday."),
            "Ada's brother Max lives in Oslo",
            "Ada has a dog called Max",
        ),
        (
            ("My sister Anna lives in Bergen.", "Anna moved to Milan.", "My boss Anna moved to Paris."),
            "Anna moved to Milan",
            "Ada's sister Anna lives in Bergen",
        ),
    ],
)
def test_only_the_one_who_is_meant_changes(
    home: Conversation, turns: tuple[str, ...], stays: str, ends: str
) -> None:
    current = told(home, *turns)
    assert stays in current
    assert ends not in current


@pytest.mark.parametrize(
    ("known", "news"),
    [
        ("My brother Tom lives in Oslo.", "My uncle Tom died last week."),
        ("My brother Tom lives in Oslo.", "My friend's brother Tom died last week."),
        ("I have a dog called Rex.", "My friend's dog Rex died."),
        ("I have a dog called Rex.", "My cat Rex died."),
        ("I have a dog called Rex.", "My brother had to say goodbye to Rex."),
        ("My mother lives in Ulm.", "My friend's mother died."),
        ("I work at Acme.", "I found a new job for my brother."),
        ("I work at Acme.", "I heard that Tom got a new job."),
        ("I work at Acme.", "I got a new job offer."),
        ("I'm married to Paul.", "My parents separated, Paul and I talked about it."),
        ("I'm married to Paul.", "My sister broke up with Paul from work."),
        ("I'm single.", "My sister is dating Paul, I am happy."),
        ("My driving test is on 4 March.", "My brother passed the driving test yesterday."),
        ("My driving test is on 4 March.", "Tom passed the driving test yesterday."),
    ],
)
def test_what_others_did_or_lost_ends_nothing_of_ones_own(home: Conversation, known: str, news: str) -> None:
    home.say(known, day=1)
    before = home.facts()
    assert before
    home.say(news, day=5)
    assert set(before) <= set(home.facts())


@pytest.mark.parametrize(
    ("known", "news"),
    [
        ("My brother Tom lives in Oslo.", "My brother Tom died last week."),
        ("I have a dog called Rex.", "My dog Rex died."),
        ("I have a dog called Rex.", "We had to put Rex down."),
        ("My mother lives in Ulm.", "My mother died."),
        ("I work at Acme.", "I finally got a new job!"),
        ("I work at Acme.", "I landed a new job!"),
        ("I work at Acme.", "I found a new job."),
        ("I'm married to Paul.", "Paul and I separated."),
        ("I'm married to Paul.", "Paul dumped me."),
        ("I'm single.", "I'm dating somebody from work."),
        ("My driving test is on 4 March.", "I passed the driving test yesterday."),
    ],
)
def test_what_one_did_or_lost_oneself_ends(home: Conversation, known: str, news: str) -> None:
    home.say(known, day=1)
    before = home.facts()
    home.say(news, day=5)
    assert not set(before) & set(home.facts())


def test_a_fact_that_names_two_animals_stays_when_one_of_them_dies(home: Conversation) -> None:
    home.say("My dog Rex and my cat Momo sleep in one basket.", day=1)
    both = [fact for fact in home.facts() if "Rex" in fact and "Momo" in fact]
    assert both
    home.say("Rex died.", day=5)
    assert set(both) <= set(home.facts())


def test_of_two_animals_told_in_one_breath_the_dead_one_ends(home: Conversation) -> None:
    home.say("I have a dog called Rex and a cat called Momo.", day=1)
    home.say("Rex died.", day=5)
    has = [fact for fact in home.facts() if fact.startswith("Ada has")]
    assert any("Momo" in fact for fact in has)
    assert not any("Rex" in fact for fact in has)


def test_ones_cousin_of_ones_own_name_is_somebody_else(home: Conversation) -> None:
    assert told(home, "I live in Rome.", "My cousin Tom moved to Paris.", name="Tom") == [
        "Tom lives in Rome",
        "Tom's cousin Tom moved to Paris",
    ]
    home.say("I moved to Bern.", name="Tom", day=4)
    assert home.facts() == ["Tom moved to Bern", "Tom's cousin Tom moved to Paris"]


def test_two_users_of_one_name_have_each_their_home(home: Conversation) -> None:
    def say(text: str, user_id: str, day: int) -> None:
        body = Plain(text=text, name="Tom")
        home.put(Prompt(tenant="t", group_id="home", user_id=user_id, body=body), NOON + timedelta(days=day))

    say("I live in Oslo.", "u1", 1)
    say("I live in Rome.", "u2", 2)
    assert home.facts() == ["Tom lives in Oslo", "Tom lives in Rome"]
    say("I live in Rome.", "u1", 3)
    assert home.facts() == ["Tom lives in Rome", "Tom lives in Rome"]
    say("I moved to Bern.", "u2", 4)
    assert home.facts() == ["Tom lives in Rome", "Tom moved to Bern"]
    home.reprocess()
    assert home.facts() == ["Tom lives in Rome", "Tom moved to Bern"]


@pytest.mark.parametrize(
    ("text", "name", "known_as"),
    [
        ("Ada's sister Anna lives in Bergen", "Anna", "sister"),
        ("Ada's older brother Tom left", "Tom", "brother"),
        ("Ada's friend's brother Tom left", "Tom", "friend's brother"),
        ("Ben's email is ben@old.example", "Ben", None),
        ("Anna lives in Bergen", "Anna", None),
    ],
)
def test_as_what_somebody_is_spoken_of(text: str, name: str, known_as: str | None) -> None:
    assert role(text, name) == known_as

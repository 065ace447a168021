"""What a turn turns into: readable stories of the rule extractor."""

import json
from datetime import datetime, timedelta, timezone
from importlib import resources

import pytest

from memcube.plaintext.extract import Candidate, Turn, extract
from memcube.plaintext.extract.slot_table import is_functional

# A Thursday, in Lisbon's winter time plus one.
NOW = datetime(2026, 3, 12, 10, 30, tzinfo=timezone(timedelta(hours=1)))


def said(text: str, speaker: str = "Ada") -> tuple[Candidate, ...]:
    return extract(Turn(text=text, role="user", speaker=speaker, time=NOW))


def functional_slot(candidate: Candidate) -> str | None:
    return candidate.slot if candidate.slot and is_functional(candidate.slot) else None


def only(text: str) -> Candidate:
    (candidate,) = said(text)
    return candidate


@pytest.mark.parametrize(
    ("sentence", "memory"),
    [
        ("I'm allergic to nuts.", "Ada is allergic to nuts"),
        ("I've moved to Lisbon", "Ada has moved to Lisbon"),
        ("I really like sushi", "Ada really likes sushi"),
        ("My sister and I have two dogs", "Ada's sister and Ada have two dogs"),
        ("I have two dogs and live alone.", "Ada has two dogs and lives alone"),
        ("I want to live in Porto and work remotely", "Ada wants to live in Porto and work remotely"),
        ("I don't own a car because I hate parking", "Ada doesn't own a car because Ada hates parking"),
        ("That red bike in the hall is mine", "That red bike in the hall is Ada's"),
        ("I usually read on the train", "Ada usually reads on the train"),
        ("im allergic to cats", "Ada is allergic to cats"),
        ("Oh, by the way, I study law", "Ada studies law"),
        ("Remember that I'm allergic to nuts", "Ada is allergic to nuts"),
        ("Got a new job at Initech", "Ada got a new job at Initech"),
        ("We live in Oslo", "Ada and others live in Oslo"),
        ("I've moved to Lisbon, can you update my address?", "Ada has moved to Lisbon"),
        (
            "I found it at https://x.org/i.am yesterday.",
            "Ada found it at https://x.org/i.am yesterday (2026-03-11)",
        ),
    ],
)
def test_the_first_person_becomes_the_speaker(sentence: str, memory: str) -> None:
    assert only(sentence).text == memory


@pytest.mark.parametrize(
    "sentence",
    [
        "ok cool",
        "lol",
        "talk soon",
        "nice weather today huh",
        "Hi Jonas!",
        "Thanks a lot!",
        "can you recommend a dentist",
        "Where do you live?",
        "If I moved to Berlin I'd be happy",
        "I wish I had a boat",
        "Please write me a poem",
        "👍🎉",
        "",
        "https://example.com/a?b=c",
        "print('hello')",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "```\nI live in Rome\n```",
        "Me too!",
        "I know, right?",
        "Oh, that's a pity.",
        "Coffee first, talk later.",
    ],
)
def test_small_talk_questions_and_wishes_are_forgotten(sentence: str) -> None:
    assert said(sentence) == ()


def test_an_assistant_gives_no_memories() -> None:
    assert extract(Turn(text="You live in Lisbon.", role="assistant", speaker="Bot", time=NOW)) == ()


@pytest.mark.parametrize(
    ("first", "second", "slot"),
    [
        ("I live in Porto", "I moved to Lisbon", "lives_in"),
        ("i live in porto", "My new address is in Lisbon", "lives_in"),
        ("I work at Acme", "I started at Globex", "works_at"),
        ("I work for the BBC", "I joined Initech as a data engineer", "works_at"),
        ("My dentist appointment is on Tuesday", "The dentist appointment moved to Friday", "plan/dentist"),
        ("Jonas and I are going to Porto in May", "We moved the trip to Porto to June", "plan/trip/porto"),
        ("Anna's wedding is on 20 June", "The wedding of Anna is on 27 June", "plan/wedding/anna"),
        ("My favorite color is blue", "My favourite colour is green now", "favourite_colour"),
        ("My cat is called Pixie", "Sorry, I meant my cat is called Pixel", "cat_name"),
        ("I'm 34", "I turned 35 last week", "age"),
        ("Call me Addie", "My name is Ada Lovelace", "name"),
    ],
)
def test_statements_that_replace_each_other_share_their_slot(first: str, second: str, slot: str) -> None:
    before, after = only(first), only(second)
    assert (before.slot, after.slot) == (slot, slot)
    assert before.value != after.value


@pytest.mark.parametrize(
    "sentence",
    [
        "I moved to the next level",
        "I joined a gym",
        "I like Lisbon",
        "I'm allergic to nuts",
        "I own two bikes",
        "I lived in Rome as a child",
        "My friend lives in Rome",
        "My wife is Portuguese",
        "I have a meeting on Tuesday",
    ],
)
def test_what_retires_nothing_has_no_functional_slot(sentence: str) -> None:
    assert functional_slot(only(sentence)) is None


def test_a_relatives_home_is_not_the_speakers() -> None:
    assert only("My sister lives in Rome").slot == "lives_in/sister"
    named = only("My best friend Eva lives in Milan")
    assert (named.about, named.slot) == ("Eva", "lives_in")


def test_a_sentence_with_two_facts_gives_two_memories_that_end_apart() -> None:
    home, work = said("I live in Porto and work at Acme.")
    assert (home.text, home.slot, work.text, work.slot) == (
        "Ada lives in Porto",
        "lives_in",
        "Ada works at Acme",
        "works_at",
    )


def test_she_in_the_next_sentence_is_the_relative_just_named() -> None:
    _, home = said("My sister Eva hates rain. She lives in Bremen.")
    assert home.text == "Ada's sister Eva lives in Bremen"


@pytest.mark.parametrize(
    ("sentence", "cue", "slot"),
    [
        ("Actually, I live in Faro", "correction", "lives_in"),
        ("Sorry, I meant Thursday", "correction", None),
        ("The cat is not Pixie but Pixel", "correction", None),
        ("I no longer eat meat", "ending", None),
        ("I don't live in Porto any more", "ending", "lives_in"),
        ("I quit my job at Acme", "ending", "works_at"),
        ("The trip to Porto is cancelled", "ending", "plan/trip/porto"),
        ("I'm used to rain", None, None),
        ("I actually like rain", None, None),
    ],
)
def test_cues_tell_corrections_and_endings(sentence: str, cue: str | None, slot: str | None) -> None:
    candidate = only(sentence)
    assert (candidate.cue, functional_slot(candidate)) == (cue, slot)


def test_a_correction_right_after_a_fact_fills_the_same_slot() -> None:
    _, corrected = said("I live in Lagos. Sorry, I meant Faro.")
    assert (corrected.slot, corrected.value, corrected.cue) == ("lives_in", "faro", "correction")


def test_other_languages_are_kept_as_said() -> None:
    assert [c.text for c in said("Ich wohne in Berlin. 我住在北京。")] == [
        "Ich wohne in Berlin",
        "我住在北京",
    ]


def test_the_demo_conversation_reads_well() -> None:
    found: dict[str, tuple[Candidate, ...]] = {}
    for message in json.loads(
        resources.files("gateway.demo").joinpath("conversation.json").read_text("utf-8")
    ):
        time = datetime.fromisoformat(message["timestamp"])
        turn = Turn(
            text=message["content"], role=message["role"], speaker=message.get("name", "assistant"), time=time
        )
        found[message["id"]] = extract(turn)
    candidates = [candidate for of_turn in found.values() for candidate in of_turn]
    homes = [c.value for c in candidates if (c.about, c.slot) == ("Maya", "lives_in")]
    assert homes == ["hamburg", "lisbon", "lisbon"]
    assert len([c for c in candidates if c.slot == "plan/trip/porto"]) == 2
    assert len(candidates) >= 35
    assert found["m010"] == found["m033"][1:] == ()


def test_what_leans_on_the_sentence_before_is_part_of_its_memory() -> None:
    found = said(
        "I started a script about my gran's bakery in May. The actors all liked it at the reading in Cork."
    )
    (one,) = found
    assert one.text == (
        "Ada started a script about Ada's gran's bakery in May (2025-05); "
        "The actors all liked it at the reading in Cork"
    )


def test_a_home_is_not_tied_to_what_is_said_of_it() -> None:
    first, *_ = said("I moved to Lisbon. My aunt Rosa found it by the river in Alfama.")
    assert (first.text, first.slot) == ("Ada moved to Lisbon", "lives_in")

"""What a sentence tells behind, beside and instead of what it praises."""

from datetime import UTC, datetime

import pytest

from memcube.plaintext.extract import Candidate, Earlier, Turn, extract

NOW = datetime(2026, 3, 12, 10, 30, tzinfo=UTC)


def said(text: str, *, asked: str | None = None) -> tuple[Candidate, ...]:
    before = [Earlier(text=asked, speaker="Tom")] if asked else []
    return extract(Turn(text=text, role="user", speaker="Ada", time=NOW), before)


@pytest.mark.parametrize(
    "sentence",
    [
        "Watching my nephews dance was so lovely, and I'm thankful for such evenings.",
        "I'm doing fine, thanks for asking.",
        "I'm sure the bakery will thrive.",
        "I find it so soothing.",
        "We had lots of fun joking around.",
        "Yesterday I had an experience that changed my view of things.",
        "Last weekend I did something new.",
        "I'll start thinking about what we can do.",
        "Gotta make room for singing.",
        "We'll rock the choir!",
        "We're all a bit imperfect.",
        "I love the green roof in this photo.",
        "I need to try knitting that.",
        "I'm amazed by your courage as a climber.",
        "The village needs more places like this.",
        "She's such a wonderful neighbour.",
        "I treasure every memory.",
        "Something exciting happened on Friday!",
        "We haven't talked in ages!",
        "I'll keep ya posted.",
        "Much appreciated!",
        "I love all the red bricks, it looks so cozy.",
        "I've been feeling kinda low on confidence lately.",
        "Here's a picture from last week.",
        "I can picture you all laughing at the stove.",
        "I can write it down for you and post it to you.",
        "By sharing our gardens we can build a caring village.",
        "My small deeds can have a big impact.",
        "I've been keeping busy since we last talked.",
        "We have the power to make a difference in people's lives.",
        "Might be a new favourite snack of mine.",
        "Seeing those mountains, the fresh air - wow.",
        "Enjoy the concert tomorrow!",
        "It was so lovely to see everyone last week.",
    ],
)
def test_what_only_praises_cheers_or_muses_makes_no_memory(sentence: str) -> None:
    assert said(sentence) == ()


@pytest.mark.parametrize(
    ("text", "memory"),
    [
        ("It's been stressful, but gardening keeps me going.", "Gardening keeps Ada going"),
        (
            "People like my hats, so I'm always on the hunt for old felt.",
            "Ada is always on the hunt for old felt",
        ),
        ("Baking is a big part of my life.", "Baking is a big part of Ada's life"),
        ("Chess is wonderful, it brings me joy.", "Chess is wonderful, it brings Ada joy"),
        (
            "Cooking at the night shelter made me feel useful.",
            "Cooking at the night shelter made Ada feel useful",
        ),
        ("I feel a strong urge to serve my village.", "Ada feels a strong urge to serve Ada's village"),
        ("Still chasing my license for boats.", "Ada is still chasing Ada's license for boats"),
        ("You know I love jazz.", "Ada loves jazz"),
        ("We haven't talked in weeks, wanted to let you know I joined a choir!", "Ada joined a choir"),
        ("Thinking about the sea calms me.", "Thinking about the sea calms Ada"),
    ],
)
def test_what_a_sentence_tells_beside_its_praise_is_kept(text: str, memory: str) -> None:
    assert [candidate.text for candidate in said(text)] == [memory]


def test_what_a_turn_announces_is_told_with_its_date() -> None:
    (told,) = said(
        "I wanted to tell you about my school fair last week. It was great! I sold forty jars of jam."
    )
    assert told.text.startswith("Ada sold forty jars of jam (Ada's school fair last week")
    assert told.dated
    assert told.valid_from.date().isoformat() == "2026-03-02"


def test_an_announcement_with_nothing_behind_it_stands_for_itself() -> None:
    (told,) = said("I wanted to tell you about my school fair last week.")
    assert "school fair" in told.text


def test_what_was_praised_says_where_the_next_deed_belongs() -> None:
    (told,) = said("The tutoring is going great! I've met two shy boys.")
    assert told.text == "Ada has met two shy boys (the tutoring)"


def test_a_topic_named_again_is_not_repeated() -> None:
    (told,) = said("The tutoring is going great! I'm tutoring two shy boys.")
    assert told.text == "Ada is tutoring two shy boys"


def test_a_topic_does_not_reach_past_two_statements() -> None:
    told = said("The fair was great! I sold jam. I met a beekeeper. I bought a hive.")
    assert ["(the fair)" in candidate.text for candidate in told] == [True, True, False]


def test_she_is_who_was_named_just_before() -> None:
    assert [one.text for one in said("Her name is Biscuit! She hates the hoover and the postman.")][-1] == (
        "Biscuit hates the hoover and the postman"
    )


def test_a_name_called_answers_no_question() -> None:
    assert said("Yeah Tom!", asked="Have you thought about running a shop?") == ()


def test_pity_answers_no_question() -> None:
    assert said("Ouch, bummer about the leg.", asked="How was your week?") == ()


def test_how_one_feels_answers_no_question_worth_keeping() -> None:
    assert said("I'm so stoked about it!", asked="How are you feeling?") == ()

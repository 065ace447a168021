"""What a person says to an assistant: their own facts, beside the task at hand and what is not theirs."""

from datetime import datetime, timedelta, timezone

import pytest

from memcube.plaintext.extract import Candidate, Earlier, Turn, extract

NOW = datetime(2026, 3, 12, 10, 30, tzinfo=timezone(timedelta(hours=1)))


def said(text: str, *before: tuple[str, str]) -> tuple[Candidate, ...]:
    earlier = [Earlier(text=words, speaker=speaker) for speaker, words in before]
    return extract(Turn(text=text, role="user", speaker="Ada", time=NOW), earlier)


def texts(text: str, *before: tuple[str, str]) -> list[str]:
    return [candidate.text for candidate in said(text, *before)]


@pytest.mark.parametrize(
    ("text", "memories"),
    [
        (
            "i dont eat meat and my bf cant stand fish",
            ["Ada doesn't eat meat", "Ada's boyfriend can't stand fish"],
        ),
        ("gonna see my gran tmrw", ["Ada is gonna see Ada's gran tomorrow (2026-03-13)"]),
        ("my sister is 30. she lives in York", ["Ada's sister is 30", "Ada's sister lives in York"]),
        ("I run five miles a day.", ["Ada runs five miles a day"]),
        ("kunt u mij helpen", []),
        ("Jag bor i Lund och jag heter Anna", ["Jag bor i Lund och jag heter Anna"]),
    ],
)
def test_chat_is_written_out_before_it_is_read(text: str, memories: list[str]) -> None:
    assert texts(text) == memories


@pytest.mark.parametrize(
    ("text", "memories"),
    [
        (
            "Write a birthday card for my wife Clara, she turns 40 on Friday",
            ["Ada's wife Clara turns 40 on Friday (2026-03-13)"],
        ),
        ("Any gift ideas for my son, who loves trains?", ["Ada's son loves trains"]),
        ("My landlord raised the rent to 1450, can he do that?", ["Ada's landlord raised the rent to 1450"]),
        (
            "I have an interview with Arup on Monday, help me prepare",
            ["Ada has an interview with Arup on Monday (2026-03-16)"],
        ),
        ("Can you suggest a cake since I'm allergic to nuts?", ["Ada is allergic to nuts"]),
        ("I have 5 apples and eat 2, how many do I have left?", []),
        ("I've got eggs and flour, any ideas?", []),
    ],
)
def test_a_request_tells_something_beside_what_it_asks(text: str, memories: list[str]) -> None:
    assert texts(text) == memories


@pytest.mark.parametrize(
    "text",
    [
        "My code throws a TypeError on line 12.",
        "I need 3 synonyms for happy",
        "I want to sort a list by date",
        "I prefer the second draft",
        "The tone is too formal",
        "It's 5pm here",
        "The weather in Rome is lovely",
        "The Nile is the longest river in Africa",
        "Python 3.12 was released in October 2023",
        "A man walks into a bar with a duck on his head",
        "I'm on the train",
        "I'm so done today",
        "i'm such an idiot lol",
        "I'm always up for some new recommendations!",
        "Having a furry friend brightens my days",
        "My family is always there for me",
        "We both have similar interests",
        "I adore it, it keeps us going!",
        "haha sure, and I'm the queen of England",
        "lol my phone is at 2% brb",
    ],
)
def test_what_is_of_the_task_of_all_or_of_the_moment_is_no_memory(text: str) -> None:
    assert texts(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "my horoscope says I will come into money this month",
        "My gran always said never trust a thin cook",
        "They say money can't buy happiness",
        "The book mentioned that the crossing took weeks",
        "In the show, Rachel moves to Paris",
        "'I was born allergic to the sea' or something like that",
    ],
)
def test_a_saying_and_a_text_speak_of_nobody(text: str) -> None:
    assert texts(text) == []


def test_what_somebody_told_is_kept_as_theirs() -> None:
    assert texts("My friend Marco says he's moving to Lisbon") == [
        "Ada's friend Marco says he's moving to Lisbon"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "can you fix this email\nDear Mr Hale,\nI have worked in retail for six years and I live in Leeds.",
        "name: Bob\nage: 7\nturn this into json",
        "Anna: are you coming?\nBob: I can't, I live too far away.\nsummarise this chat",
        "sort this by total please\nname,qty,total\nIvan,3,120\nOlga,1,45",
        "Write the opening of a story. My name is Nadia, I live in Malta.",
        "just testing, my name is test and I live in Testville",
    ],
)
def test_what_is_worked_on_is_not_about_the_speaker(text: str) -> None:
    assert texts(text) == []


def test_what_was_just_said_makes_no_second_memory() -> None:
    flight = ("Assistant", "For the 6:55 from Gatwick on the 3rd, be there by 4:45.")
    assert texts("ok so 6:55 from gatwick on the 3rd", flight) == []
    assert texts("I love hiking too", ("Ben", "I love hiking.")) == ["Ada loves hiking too"]
    assert texts("I live in Oslo", ("Ben", "Do you live in Oslo?")) == ["Ada lives in Oslo"]


def test_what_a_statement_leans_on_goes_with_it() -> None:
    (memory,) = said("I'm going to try making it tonight!", ("Ada", "I'll just need the dairy-free recipe"))
    assert memory.text == (
        'Ada is going to try making it tonight (2026-03-12) (of "I\'ll just need the dairy-free recipe")'
    )
    assert memory.completed_by == 0


@pytest.mark.parametrize(
    ("question", "answer", "memory"),
    [
        ("Do you have any pets?", "Yep, I do - Pip, my hamster.", "Ada's hamster is called Pip"),
        ("What concert was it?", "It was Nina Vale", "The concert was Nina Vale"),
        ("Did you have any pets growing up?", "No, I didn't.", "Ada didn't have any pets growing up"),
    ],
)
def test_an_answer_names_what_was_asked(question: str, answer: str, memory: str) -> None:
    assert texts(answer, ("Ben", question)) == [memory]


def test_a_greeting_is_not_answered_with_a_fact() -> None:
    assert texts("So sorry to hear about your loss, Maria", ("Ben", "How are you doing?")) == []


@pytest.mark.parametrize(
    ("text", "memory"),
    [
        ("dad passed away in march", "Dad passed away in march (2026-03)"),
        ("dentist moved to the 14th", "Dentist moved to the 14th (2026-03-14)"),
        ("switched to oat milk", "Ada switched to oat milk"),
        ("my pronouns are they/them", "Ada's pronouns are they/them"),
        ("be brief", "Ada's wish: Be brief"),
        ("always give prices in pounds", "Ada's wish: Always give prices in pounds"),
        ("new number btw 07700 900461", "Ada's new number is 07700 900461"),
        ("I'd rather have a window seat, always", "Ada would rather have a window seat, always"),
        ("Since I lost my job, things have been tough", "Ada lost Ada's job"),
    ],
)
def test_a_note_in_few_words_is_understood(text: str, memory: str) -> None:
    assert texts(text) == [memory]

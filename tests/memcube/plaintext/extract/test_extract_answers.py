"""A question and its short answer; what is taken up from one's own words before."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.plaintext.extract import Candidate, Earlier, Turn, extract

NOW = datetime(2026, 3, 12, 10, 30, tzinfo=timezone(timedelta(hours=1)))


def said(text: str, *before: tuple[str, str]) -> tuple[Candidate, ...]:
    earlier = [Earlier(text=words, speaker=speaker) for speaker, words in before]
    return extract(Turn(text=text, role="user", speaker="Ada", time=NOW), earlier)


@pytest.mark.parametrize(
    ("question", "answer", "memories"),
    [
        ("Any pets?", "Two cats, Momo and Ada.", ["Ada has two cats, Momo and Ada (pets)"]),
        ("Do you have any siblings?", "One brother.", ["Ada has one brother (siblings)"]),
        ("Where do you live?", "Lisbon.", ["Ada lives in Lisbon"]),
        ("Where do you work?", "At the library.", ["Ada works at the library"]),
        ("How old are you?", "34", ["Ada is 34"]),
        ("What do you do for a living?", "Electrician.", ["Ada works as an electrician"]),
        ("What's your name?", "Jonas Weber", ["Ada's name is Jonas Weber"]),
        ("When's your birthday?", "4 May", ["Ada's birthday is 4 May"]),
        ("Are you married?", "Yes, since 2019.", ["Ada is married, since 2019"]),
        ("Are you married?", "No.", ["Ada is not married"]),
        ("Do you smoke?", "No, never.", ["Ada doesn't smoke, never"]),
        ("Do you like sushi?", "Yes!", ["Ada likes sushi"]),
        ("Do you like sushi?", "Not really.", ["Ada doesn't like sushi"]),
        ("Do you speak French?", "A little.", ["Ada speaks French, A little"]),
        (
            "What languages do you speak?",
            "German and some Dutch.",
            ["Ada speaks German", "Ada speaks some Dutch"],
        ),
        ("How did the interview go?", "It went really well!", ["Ada's interview went really well"]),
        ("How was your trip?", "Great, we saw three castles.", ["Ada and others saw three castles"]),
        (
            "Did you finish the book?",
            "Yes, last night.",
            ["Ada did finish the book, last night (2026-03-11)"],
        ),
        ("Have you been to Japan?", "No, not yet.", ["Ada hasn't been to Japan, not yet"]),
        ("Who is your favourite author?", "Le Guin", ["Ada's favourite author is Le Guin"]),
        ("What's your favourite colour?", "Green.", ["Ada's favourite colour is Green"]),
        ("When is the wedding?", "On 20 June.", ["Ada's wedding is on 20 June (2026-06-20)"]),
        (
            "Is it Monday or Tuesday?",
            "Tuesday.",
            ['Ada, asked "Is it Monday or Tuesday?": Tuesday (2026-03-17)'],
        ),
        (
            "Which train do you want, 9:00 or 10:30?",
            "The 10:30 one.",
            ['Ada, asked "Which train do you want, 9:00 or 10:30?": The 10:30 one'],
        ),
        ("What are you reading?", "Dune.", ["Ada is reading Dune"]),
        ("What are you studying?", "Law.", ["Ada is studying Law"]),
        ("How many kids do you have?", "Three.", ["Ada has Three kids"]),
        ("Would you like a receipt?", "Yes please.", []),
        ("How are you?", "Fine, thanks!", []),
        ("What's up?", "Not much.", []),
        ("Can you swim?", "No.", ["Ada can't swim"]),
        (
            "Will you be at the party on Saturday?",
            "Yes, definitely!",
            ["Ada will be at the party on Saturday (2026-03-14), definitely"],
        ),
        (
            "Are you allergic to anything?",
            "Peanuts and cats.",
            ["Ada is allergic to Peanuts", "Ada is allergic to cats"],
        ),
        ("What do you play?", "The cello.", ["Ada plays the cello"]),
        ("Do you drive?", "I don't have a licence.", ["Ada doesn't have a licence"]),
        ("Do you want me to book it?", "Yes.", []),
        ("Shall I translate it?", "Yes please, into German.", []),
        ("Are you still at Acme?", "No, I left in May.", ["Ada left in May (2025-05)"]),
        ("Where are you from?", "Porto.", ["Ada is from Porto"]),
        (
            "Where did you go last summer?",
            "Norway.",
            ["Ada went last summer (2025-06/2025-08) to Norway"],
        ),
        ("I love hiking.", "Me too!", ["Ada loves hiking"]),
        ("I can't stand horror films.", "Same here.", ["Ada can't stand horror films"]),
        ("What should I cook tonight?", "Pasta.", []),
        ("Do you prefer tea or coffee?", "Coffee.", ["Ada prefers Coffee"]),
        (
            "Is your sister older than you?",
            "Yes, two years.",
            ['Ada, asked "Is your sister older than you?": Two years'],
        ),
        ("What's the capital of France?", "Paris.", []),
        ("Could you send me the file?", "Sure, give me a minute.", []),
        ("Isn't it lovely?", "Yes, it is.", []),
        ("Who did you go with?", "My cousin Lena.", ["Ada went with Ada's cousin Lena"]),
        ("What's your dog called?", "Rex.", ["Ada's dog is called Rex"]),
        ("What size shoes do you wear?", "42", ['Ada, asked "What size shoes do you wear?": 42']),
        (
            "Do you still play the banjo?",
            "No, I gave it up.",
            ["Ada doesn't play the banjo any more, Ada gave it up"],
        ),
        ("What time is your flight?", "6:40.", ['Ada, asked "What time is your flight?": 6:40']),
    ],
)
def test_a_short_answer_holds_what_was_asked(question: str, answer: str, memories: list[str]) -> None:
    found = said(answer, ("Bob", question))
    assert [candidate.text for candidate in found] == memories


@pytest.mark.parametrize(
    ("before", "text", "memory"),
    [
        (
            "My dentist appointment is on Monday.",
            "Actually it's Tuesday.",
            "Ada's dentist appointment is Tuesday (2026-03-17)",
        ),
        ("The party is on 20 June.", "Sorry, it's 27 June!", "The party is 27 June (2026-06-27)"),
        (
            "I'll sign up for the choir.",
            "Nah, not doing it after all.",
            'Ada is not doing it after all (of "I\'ll sign up for the choir")',
        ),
        (
            "I think I'll buy the boat.",
            "No, I won't do it.",
            "Ada won't do it (of \"I think I'll buy the boat\")",
        ),
    ],
)
def test_it_is_what_one_spoke_of_before(before: str, text: str, memory: str) -> None:
    found = said(text, ("Ada", before), ("assistant", "Noted."))
    assert [candidate.text for candidate in found] == [memory]
    assert found[0].completed_by == 0


def test_a_full_answer_needs_no_question() -> None:
    [pets] = said("I have two cats.", ("Bob", "Any pets?"))
    assert (pets.text, pets.completed_by) == ("Ada has two cats", None)


def test_thanks_come_before_the_answer() -> None:
    [job] = said("Thanks for asking! Electrician.", ("Bob", "What do you do for a living?"))
    assert (job.text, job.slot, job.value) == ("Ada works as an electrician", "job", "electrician")


def test_what_somebody_else_said_is_not_ones_own() -> None:
    assert said("Great!", ("Bob", "I live in Rome.")) == ()
    assert (
        said("Actually it's Tuesday.", ("Bob", "My appointment is on Monday."))[0].text
        == "Actually it's Tuesday (2026-03-17)"
    )


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_two_turns_are_read_without_an_exception(question: str, answer: str) -> None:
    for candidate in said(answer, ("Bob", question + "?")):
        assert candidate.text.encode()


@pytest.mark.parametrize(
    ("before", "text", "memory"),
    [
        (
            [("Tom", "How's your mum?")],
            "She moved in with us in May.",
            "Ada's mum moved in with Ada and others",
        ),
        (
            [("Tom", "Does Gareth mind the move?")],
            "He works in Leeds now anyway.",
            "Gareth works in Leeds now",
        ),
        (
            [("Ada", "My brother Tyler is great."), ("Tom", "Lucky you!")],
            "He makes violins.",
            "Tyler makes violins",
        ),
        (
            [("Tom", "And that granddaughter of yours?")],
            "She studies law in Bath.",
            "granddaughter studies law",
        ),
        ([("Tom", "How is your mum? And your dad?")], "She moved to Cork in May.", "Ada's mum moved to Cork"),
    ],
)
def test_he_and_she_are_whom_a_turn_before_named(
    before: list[tuple[str, str]], text: str, memory: str
) -> None:
    (found,) = said(text, *before)
    assert memory in found.text
    assert found.completed_by == 0


def test_she_stays_she_where_nobody_who_was_named_can_be_meant() -> None:
    (found,) = said("She moved to Cork in May.", ("Tom", "How is your brother?"))
    assert found.text.startswith("She moved to Cork")
    assert found.completed_by is None

"""What kind of statement it is, which slot it fills, whether it holds, and how exact its date is."""

from datetime import date, datetime, timedelta, timezone

import pytest

from memcube.plaintext.extract import Candidate, Turn, extract
from memcube.plaintext.extract.slot_table import FUNCTIONAL, LISTED, is_functional

NOW = datetime(2026, 3, 12, 10, 30, tzinfo=timezone(timedelta(hours=1)))


def only(text: str) -> Candidate:
    (candidate,) = extract(Turn(text=text, role="user", speaker="Ada", time=NOW))
    return candidate


@pytest.mark.parametrize(
    ("sentence", "slot", "values"),
    [
        ("I speak Hungarian with my gran and Slovak at home.", "language", ["hungarian", "slovak"]),
        ("I'm allergic to nuts, cats and pollen.", "allergic_to", ["nuts", "cats", "pollen"]),
        ("I'm allergic to peanuts, not walnuts.", "allergic_to", ["peanuts, not walnuts"]),
    ],
)
def test_each_value_of_a_row_is_a_statement(sentence: str, slot: str, values: list[str]) -> None:
    found = extract(Turn(text=sentence, role="user", speaker="Ada", time=NOW))
    assert [(one.slot, one.value) for one in found] == [(slot, value) for value in values]


@pytest.mark.parametrize(
    ("sentence", "category", "slot", "value", "polarity"),
    [
        ("I love jazz.", "preference", "likes", "jazz", "holds"),
        ("I really enjoy long walks.", "preference", "likes", "long walks", "holds"),
        ("I'm a big fan of horror films.", "preference", "likes", "horror films", "holds"),
        ("I'm into pottery.", "preference", "likes", "pottery", "holds"),
        ("I hate olives.", "preference", "dislikes", "olives", "holds"),
        ("I can't stand loud music.", "preference", "dislikes", "loud music", "holds"),
        ("I don't like coffee.", "preference", "dislikes", "coffee", "holds"),
        ("I'm passionate about climate policy.", "preference", "likes", "climate policy", "holds"),
        ("I'm allergic to peanuts.", "fact", "allergic_to", "peanuts", "holds"),
        ("My son is allergic to cats.", "fact", "allergic_to/son", "cats", "holds"),
        ("I'm lactose intolerant.", "fact", "allergic_to", "lactose", "holds"),
        ("I don't eat pork.", "fact", "avoids", "pork", "negative"),
        ("I've gone off coffee.", "preference", "likes", "coffee", "ended"),
        ("I've lost interest in chess.", "preference", "likes", "chess", "ended"),
        ("I don't like coffee any more.", "preference", "likes", "coffee", "ended"),
        ("I no longer hate olives.", "preference", "dislikes", "olives", "ended"),
        ("I can't stand jazz any more.", "preference", "dislikes", "jazz", "holds"),
        ("My new number is 555-0192.", "fact", "phone", "5550192", "holds"),
        ("You can reach me at 555-0192.", "fact", "phone", "5550192", "holds"),
        ("I changed my email to ada@example.org.", "event", "email", "ada@example.org", "holds"),
        ("My parents moved to Bergen.", "event", "lives_in/parents", "bergen", "holds"),
        ("I got a promotion to senior manager.", "fact", "job", "senior manager", "holds"),
        ("I got laid off.", "event", "works_at", None, "ended"),
        ("The concert was cancelled.", "plan", "plan/concert", None, "ended"),
        ("The trip is off.", "plan", "plan/trip", None, "ended"),
        ("I'm 1.80 m tall.", "fact", None, None, "holds"),
        ("I'm learning Japanese.", "fact", "language", "japanese", "holds"),
        ("I'm fluent in Dutch.", "fact", "language", "dutch", "holds"),
        ("I play the violin.", "fact", "hobby", "violin", "holds"),
        ("I took up pottery.", "event", "hobby", "pottery", "holds"),
        ("I gave up on the banjo.", "event", "hobby", "banjo", "ended"),
        ("I do yoga every morning.", "fact", "hobby", "yoga", "holds"),
        ("I have two dogs.", "fact", "pet", "dog", "holds"),
        ("We adopted a kitten.", "event", "pet", "kitten", "holds"),
        ("I don't have any pets.", "fact", "pet", "pet", "negative"),
        ("I have a son.", "fact", "child", "son", "holds"),
        ("We have three kids.", "fact", "child", "kids", "holds"),
        ("I have two sisters.", "fact", "sibling", "sisters", "holds"),
        ("I don't have any siblings.", "fact", "sibling", "siblings", "negative"),
        ("I bought a bike.", "event", "owns", "bike", "holds"),
        ("I own a boat.", "fact", "owns", "boat", "holds"),
        ("I sold my car.", "event", "owns", "car", "ended"),
        ("I'm married.", "relationship", "partner", None, "holds"),
        ("I'm single.", "relationship", "partner", "single", "holds"),
        ("We broke up.", "relationship", "partner", None, "ended"),
        ("I'm divorced.", "relationship", "partner", None, "ended"),
        ("I have asthma.", "fact", "health", "asthma", "holds"),
        ("I broke my leg.", "event", "health", "broke leg", "holds"),
        ("I was diagnosed with diabetes.", "event", "health", "diagnosed with diabetes", "holds"),
        ("I'm vegan.", "fact", "diet", "vegan", "holds"),
        ("I'm no longer vegetarian.", "fact", "diet", "vegetarian", "ended"),
        ("I used to smoke.", "fact", None, None, "ended"),
        ("I never drink alcohol.", "fact", "avoids", "alcohol", "negative"),
        ("I live in Oslo.", "fact", "lives_in", "oslo", "holds"),
        ("I'm moving to Rome in May.", "plan", "plan/move", "2026-05", "holds"),
        ("I might apply for the job in Graz.", "plan", "plan", None, "holds"),
        ("I'm thinking about getting a tattoo.", "plan", "plan", None, "holds"),
        ("I'm going to repaint the kitchen.", "plan", "plan", None, "holds"),
        ("I want to learn to sail.", "plan", "plan", None, "holds"),
        ("I plan to retire early.", "plan", "plan", None, "holds"),
        ("I booked a flight to Lima.", "plan", "plan", None, "holds"),
        ("I visited Prague.", "event", None, None, "holds"),
        ("I just finished a novel.", "event", None, None, "holds"),
        ("I've started a new job.", "event", None, None, "holds"),
        ("I won a prize.", "event", None, None, "holds"),
        ("My sister is four.", "fact", "age/sister", "four", "holds"),
        ("My daughter turned three yesterday.", "fact", "age/daughter", "three", "holds"),
        ("My best friend lives in Oslo.", "relationship", "lives_in/best-friend", "oslo", "holds"),
        ("Always answer in French.", "instruction", "instruction", None, "holds"),
        ("Call me Len.", "fact", "name", "len", "holds"),
        ("I work at the harbour office.", "fact", "works_at", "harbour office", "holds"),
        ("I no longer work at Acme.", "fact", "works_at", "acme", "ended"),
        ("My favourite film is Alien.", "preference", "favourite_film", "alien", "holds"),
    ],
)
def test_a_statement_is_sorted(
    sentence: str, category: str, slot: str | None, value: str | None, polarity: str
) -> None:
    found = only(sentence)
    assert (found.category, found.slot, found.value, found.polarity) == (category, slot, value, polarity)


def test_one_table_says_which_slots_hold_one_value() -> None:
    assert all(map(is_functional, FUNCTIONAL))
    assert not any(map(is_functional, LISTED))
    assert is_functional("lives_in/sister")
    assert is_functional("favourite_film")
    assert is_functional("cat_name")
    assert is_functional("plan/dentist")
    assert not FUNCTIONAL & LISTED


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("I met Tom and Anna Weber in Rome.", ("Tom", "Anna Weber", "Rome")),
        ('I loved "Becoming Nicole" by Amy Nutt.', ("Becoming Nicole", "Amy Nutt")),
        ("My sister Eva moved to New York on Monday.", ("Eva", "New York")),
        ("I bought a bike in May.", ()),
    ],
)
def test_the_names_in_it_are_told(sentence: str, names: tuple[str, ...]) -> None:
    assert only(sentence).entities == names


def test_what_fills_a_slot_or_has_a_date_weighs_more() -> None:
    plain, dated, slotted = (
        only(text).salience for text in ("I ran a race.", "I ran a race on 4 May.", "I live in Oslo.")
    )
    assert 0 < plain < dated <= 1
    assert 0 < slotted <= 1


@pytest.mark.parametrize(
    ("sentence", "precision", "first", "until"),
    [
        ("I flew to Rome last week.", "day", "2026-03-02", "2026-03-08"),
        ("I'm away from Monday to Friday.", "day", "2026-03-16", "2026-03-20"),
        ("I painted the kitchen last weekend.", "day", "2026-03-07", "2026-03-08"),
        ("I visited Rome last summer.", "month", "2025-06-01", "2025-08-31"),
        ("I visited Rome in July.", "month", "2025-07-01", None),
        ("I met Tom in March 2019.", "month", "2019-03-01", None),
        ("I met Tom in 2019.", "year", "2019-01-01", None),
        ("I met Tom two years ago.", "year", "2024-01-01", None),
        ("I met Tom yesterday.", "day", "2026-03-11", None),
        ("I met Tom last Tues.", "day", "2026-03-10", None),
        ("I call Tom tomorrow at 5pm.", "minute", "2026-03-13", None),
        ("I came back to Genoa at Christmas.", "day", "2025-12-25", None),
        ("My appointment is on the 22nd.", "day", "2026-03-22", None),
        ("I met Tom on the 5th.", "day", "2026-03-05", None),
        ("I met Tom on the 22nd.", "day", "2026-02-22", None),
        ("I live in Oslo.", None, "2026-03-12", None),
    ],
)
def test_a_date_keeps_the_precision_it_was_said_with(
    sentence: str, precision: str | None, first: str, until: str | None
) -> None:
    found = only(sentence)
    assert found.precision == precision
    assert found.valid_from.date() == date.fromisoformat(first)
    assert (found.until.date() if found.until else None) == (date.fromisoformat(until) if until else None)


@pytest.mark.parametrize(
    ("sentence", "slot", "value", "cue"),
    [
        ("I have a peanut allergy.", "allergic_to", "peanut", None),
        ("I've got a severe nut allergy.", "allergic_to", "nut", None),
        ("After three years of shots I'm no longer allergic to pollen.", "allergic_to", "pollen", "ending"),
        ("Good news from the clinic: I've outgrown my egg allergy.", "allergic_to", "egg", "ending"),
        ("Weird thing: since that flu I've gone right off coffee.", "likes", "coffee", "ending"),
        ("I'm mad about opera.", "likes", "opera", None),
        ("Since March I've been living in Cork.", "lives_in", "cork", None),
        ("I've moved in with Dan in Bath.", "lives_in", "bath", None),
        ("I've moved to Lyon (a big city).", "lives_in", "lyon", None),
        ("I've gone fully vegan since New Year.", "diet", "vegan", None),
        ("Blue is my favourite colour now.", "favourite_colour", "blue", None),
        ("Physio is on Tuesday at 8:30.", "plan/physio", "2026-03-17 08:30", None),
        ("My talk is on 14 May at the conference.", "plan/talk", "2026-05-14", None),
        ("My girlfriend moved in with me.", None, None, None),
        ("I've moved to Monzo (a bank).", None, None, None),
    ],
)
def test_what_people_have_and_leave_fills_its_slot(
    sentence: str, slot: str | None, value: str | None, cue: str | None
) -> None:
    found = only(sentence)
    assert (found.slot, found.value, found.cue) == (slot, value, cue)


def test_a_school_is_studied_at_by_others_and_worked_at_by_who_says_so() -> None:
    assert only("Mila started at Highfield Secondary today.").slot == "studies_at"
    assert only("I started at Highfield Secondary today.").slot == "works_at"


def test_it_is_the_event_that_the_sentence_before_moved() -> None:
    text = "We had to postpone the wedding because of the venue. It's on 12 September now."
    found = extract(Turn(text=text, role="user", speaker="Ada", time=NOW))
    assert (found[-1].slot, found[-1].value) == ("plan/wedding", "2026-09-12")


def test_what_was_called_quits_is_past() -> None:
    assert only("Mateo and I called it quits on Sunday.").valid_from.date() == date(2026, 3, 8)

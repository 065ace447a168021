"""The clauses of a turn, each with its subject."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.plaintext.told import told


def clauses(text: str) -> list[str]:
    return [clause.text for clause in told(text, "Ada")]


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("Sold the Volvo at last.", "Ada sold the Volvo at last"),
        (
            "My parents have sold the house and moved to Trieste.",
            "Ada's parents moved to Trieste",
        ),
        ("My sister changed jobs, she's with a bank now.", "Ada's sister is with a bank now"),
        ("Tom and I are married now.", "Tom and Ada are married now"),
        ("The landlord has put the rent up, it's 840 euros now.", "The rent is 840 euros now"),
        (
            "Good news from the clinic: Emil has outgrown his egg allergy.",
            "Emil has outgrown his egg allergy",
        ),
        ("Mum's finally left Bremen.", "Mum has finally left Bremen"),
    ],
)
def test_a_clause_has_its_subject(text: str, clause: str) -> None:
    assert clause in clauses(text)


@pytest.mark.parametrize(
    "text",
    [
        "Imagine I gave up being a vegetarian and ordered a steak.",
        "If I sold the car I'd walk.",
        "Should I sell the car?",
        "I just love running in the rain /s",
        'He said "I quit my job".',
        "Translate this: I sold my car.",
        "I may move to Rome.",
    ],
)
def test_what_is_not_meant_as_said_is_left_out(text: str) -> None:
    assert clauses(text) == []


def test_may_is_a_month_too() -> None:
    assert clauses("I flew to Rome on 10 May.") == ["Ada flew to Rome on 10 May"]


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    assert all(clause.text for clause in told(text, "Ada"))

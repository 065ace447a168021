"""What a deed implies, and what a wish, a plan or somebody else's deed does not."""

from __future__ import annotations

import pytest

from memcube.plaintext.implied import Implied, implied


def over(text: str) -> set[str]:
    return {line for one in implied(text, "Ada").over for line in one.texts}


@pytest.mark.parametrize(
    ("told", "no_longer"),
    [
        ("Ada found a flat in Ottakring", "Ada looking for flat"),
        ("Ada started working at Wix", "Ada unemployed"),
        ("Ada has finished reading Dune", "Ada reading Dune"),
        ("Ada gave birth to a girl", "Ada is pregnant"),
        ("Ada's bike is fixed", "Ada's bike is broken"),
        ("Jonas moved out", "Ada's flatmate is Jonas"),
        ("Dr Brandt took Ada off metformin last week", "Ada takes metformin"),
        ("Tomasz and Ada are married now", "Ada is engaged to Tomasz"),
    ],
)
def test_a_deed_says_what_is_over(told: str, no_longer: str) -> None:
    assert no_longer in over(told)


@pytest.mark.parametrize(
    ("told", "slots", "value"),
    [
        ("Ada moved out of Haifa", {"lives_in"}, "Haifa"),
        ("Ada got laid off", {"works_at", "job"}, None),
        ("They let Ada go", {"works_at", "job"}, None),
        ("Norrbo folded after a month", {"works_at"}, "Norrbo"),
        ("Emil has outgrown his egg allergy", {"allergic_to"}, "egg"),
        ("The concert was cancelled", {"plan"}, "concert"),
    ],
)
def test_a_deed_empties_slots(told: str, slots: set[str], value: str | None) -> None:
    assert any(set(one.slots) >= slots and one.value == value for one in implied(told, "Ada").emptied)


@pytest.mark.parametrize(
    ("told", "what"),
    [
        ("Ada switched from Firefox to Brave", "Firefox"),
        ("Ada drinks tea instead of coffee now", "coffee"),
        ("Ada's canoe was stolen", "canoe"),
    ],
)
def test_a_deed_leaves_a_thing_off(told: str, what: str) -> None:
    assert what in {one.what for one in implied(told, "Ada").left_off}


@pytest.mark.parametrize(
    "told",
    [
        "Ada might sell the car",
        "Ada didn't finish the book",
        "Ada almost quit Globex",
        "Ada is thinking about leaving Globex",
        "If Ada sold the car, Ada would walk",
        "Did Ada sell the car?",
        "Ada got this",
        "Ada lives in Oslo",
    ],
)
def test_what_is_only_thought_of_implies_nothing(told: str) -> None:
    assert implied(told, "Ada") == Implied()


def test_the_deed_of_another_is_that_persons() -> None:
    assert {one.who for one in implied("Ben left Globex", "Ada").emptied} == {"Ben"}

"""Of what there is one at a time, the news takes the place of what was said."""

from __future__ import annotations

import pytest

from memcube.plaintext.standing import standing


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("Ada's landlord is Mr Huber", "Ada's new landlord is Mrs Kern"),
        ("Ada's parents live in Linz", "Ada's parents moved to Salzburg"),
        ("Ada's office is in Linz", "Ada's office moved to Wels"),
        ("Ada takes the bus to work", "Ada cycles to work now"),
        ("Ada goes to the gym on Mondays", "Ada goes to the gym on Thursdays now"),
        ("Ada uses an iPhone", "Ada uses a Pixel now"),
        ("Ada's daughter Mila goes to Ashgrove Primary", "Mila started at Highfield Secondary today"),
        ("Ada weighs 94 kilos", "Ada is down to 91 kilos"),
        ("Ada takes 5 mg of ramipril", "Ada takes 10 mg of ramipril now"),
        ("The spare key is with Mrs Roth", "The spare key is with the Baumanns now"),
    ],
)
def test_news_replaces_what_was_said_of_the_same_thing(before: str, now: str) -> None:
    said, was = standing(now), standing(before)
    assert said is not None
    assert was is not None
    assert said.replaces(was)
    assert not was.replaces(said) or was.news


@pytest.mark.parametrize(
    ("before", "other"),
    [
        ("Ada takes the bus to work", "Ada cycles to work"),
        ("Ada's friend lives in Rome", "Ada's friend moved to Paris"),
        ("Ada's landlord is Mr Huber", "Ben's new landlord is Mrs Kern"),
        ("Ada's car is a Skoda", "Ada's car is dirty now"),
        ("Ada uses Firefox", "Ada uses Slack now"),
        ("Ada plays the violin", "Ada plays the cello now"),
        ("Ada goes to the gym on Mondays", "Ada goes to choir on Thursdays now"),
        ("Ada's dog is Rex", "Ada's new dog is Momo"),
    ],
)
def test_what_may_stand_beside_it_does(before: str, other: str) -> None:
    said, was = standing(other), standing(before)
    assert said is None or was is None or not said.replaces(was)

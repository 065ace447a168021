from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.models import HashEmbedder
from memcube.plaintext.asked import MOST_DATES, asked, dates
from memcube.plaintext.cues import cues
from memcube.store.index import AskedDate, Cue

NO_TOKENS = HashEmbedder().encode([""])[0].tokens


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What did Ana do on 7 May 2023?", [AskedDate(2023, 5, 7)]),
        ("What did Ana do on May 7th, 2023?", [AskedDate(2023, 5, 7)]),
        ("Where was she in June?", [AskedDate(None, 6)]),
        ("Where was she in june 2022?", [AskedDate(2022, 6)]),
        ("What happened in 2021?", [AskedDate(2021)]),
        ("2024-02-29?", [AskedDate(2024, 2, 29)]),
        ("the trips of March and of 3 April", [AskedDate(None, 4, 3), AskedDate(None, 3)]),
        ("on 31 February 2023", [AskedDate(2023, 2)]),
        ("May I march in a decade?", [AskedDate(None, 5)]),
        ("I may march in a second", []),
        ("Who has 2,021 stamps or 20230 of them?", []),
    ],
)
def test_the_dates_that_a_question_names(question: str, named: list[AskedDate]) -> None:
    assert list(dates(question)) == named


@pytest.mark.parametrize("question", ["When did it end?", "how long was it?", "In which year was it?"])
def test_a_question_for_a_time(question: str) -> None:
    assert asked(question, NO_TOKENS).when


def test_a_page_of_dates_names_a_few() -> None:
    assert len(dates(" ".join(f"in {year}" for year in range(1900, 2_100)))) == MOST_DATES
    assert not asked("Who was there?", NO_TOKENS).when


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We went there last week.", Cue.TIME | Cue.FIRST_PERSON),
        ("Did you?", Cue.QUESTION),
        ("\u4f60\u5462\uff1f", Cue.QUESTION),
        ("A nice house", Cue(0)),
        ("", Cue(0)),
    ],
)
def test_what_the_style_of_a_text_gives_away(text: str, found: Cue) -> None:
    assert cues(text) == found


@given(st.text())
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    assert isinstance(cues(text), Cue)
    assert len(dates(text)) <= MOST_DATES

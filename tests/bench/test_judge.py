"""Figures that were computed by hand, over rankings that are given."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import scores
from bench.budget import Sized, Tokens, within
from bench.evidence import Recalled
from bench.judge import Judge, Mark, Ranked
from bench.locomo import TENANT, Conversation, Question, Turn
from schemas.subject import Subject
from tests.streams.world import START

# One word piece each, and no stop words.
WORDS = (
    "red",
    "green",
    "blue",
    "black",
    "white",
    "silver",
    "gold",
    "brown",
    "pink",
    "grey",
    "purple",
    "orange",
)
TURNS = tuple(Turn(f"t{n}", "Ada", f"the {word} house", START) for n, word in enumerate(WORDS))


TOKENS = Tokens()


@pytest.fixture
def judge() -> Judge:
    return Judge(Conversation("made-up", TURNS, (), 0), TOKENS)


def ranked(memories: Sequence[Recalled]) -> Ranked:
    return Ranked({5: memories[:5], 10: memories[:10]}, memories)


def turn(number: int, padding: int = 0) -> Recalled:
    """The memory that is turn `number`, three tokens long, with so many tokens in front of it."""
    said = TURNS[number]
    return Recalled(f"m{number}", "dog " * padding + said.text, (said.id,))


def question(*evidence: int, category: str = "single-hop") -> Question:
    return Question(0, "?", category, tuple(f"t{n}" for n in evidence))


def test_recall_is_the_share_of_the_evidence_among_the_first_k(judge: Judge) -> None:
    mark = judge.mark(question(0, 4, 5, 11), ranked([turn(n) for n in range(12)]))
    assert (mark.at[5].turns, mark.at[10].turns) == (("t0", "t4"), ("t0", "t4", "t5"))
    assert (mark.recall(mark.at[5]), mark.recall(mark.at[10])) == (0.5, 0.75)


def test_more_than_k_memories_are_not_looked_at(judge: Judge) -> None:
    many = [turn(n) for n in range(12)]
    mark = judge.mark(question(11), Ranked({5: many, 10: many}, many))
    assert not mark.at[10].turns


def test_what_is_asked_for_five_is_judged_at_five(judge: Judge) -> None:
    mark = judge.mark(question(3), Ranked({5: [turn(3)], 10: [turn(1)]}, [turn(2)]))
    assert (mark.at[5].turns, mark.at[10].turns, mark.budget[10].turns) == (("t3",), (), ())


def test_a_budget_takes_as_many_memories_as_fit(judge: Judge) -> None:
    # 12 memories of 3 tokens fit into 320 although they are more than five or ten.
    mark = judge.mark(question(11), ranked([turn(n) for n in range(12)]))
    assert not mark.at[10].turns
    assert mark.budget[5].turns == ("t11",)
    assert mark.budget[5].memories == 12


def test_long_memories_fill_the_budget_and_the_last_one_is_cut(judge: Judge) -> None:
    # 319 tokens and three: of "the blue house", "the" is left. At 640 all of it fits.
    mark = judge.mark(question(1, 2), ranked([turn(1, padding=316), turn(2)]))
    assert mark.at[5].turns == ("t1", "t2")
    assert mark.budget[5].turns == ("t1",)
    assert mark.budget[5].memories == 2
    assert mark.budget[10].turns == ("t1", "t2")


def test_a_memory_that_was_cut_counts_by_what_is_left_of_it(judge: Judge) -> None:
    # "the blue" is left, half of the content words; "the black" has no room at all.
    mark = judge.mark(question(2, 3), ranked([turn(1, padding=315), turn(2), turn(3)]))
    assert mark.budget[5].turns == ("t2",)


def test_one_memory_of_everything_is_worth_one_turn(judge: Judge) -> None:
    everything = Recalled("all", ". ".join(one.text for one in TURNS), tuple(one.id for one in TURNS))
    mark = judge.mark(question(*range(12)), ranked([everything] * 10))
    assert mark.recall(mark.at[10]) == pytest.approx(1 / 12)
    assert mark.recall(mark.budget[10]) == pytest.approx(1 / 12)


def test_nothing_recalled_is_nothing_hit(judge: Judge) -> None:
    found = scores.system([judge.mark(question(0), ranked([]))])
    assert (found.recall_10, found.tokens_per_memory, found.budget.memories_10) == (0.0, 0.0, 0.0)


def marks(judge: Judge) -> list[Mark]:
    """@5: 1, 0.5, 0; @10: 1, 1, 0. All have three tokens but one memory, which has 303."""
    first = [turn(n) for n in range(10)]
    return [
        judge.mark(question(0), ranked(first)),
        judge.mark(question(0, 9, category="multi-hop"), ranked(first)),
        judge.mark(question(7), ranked([turn(8, padding=300)])),
    ]


def test_figures_are_means_over_questions(judge: Judge) -> None:
    found = scores.system(marks(judge))
    assert (found.recall_5, found.recall_10, found.questions) == (0.5, 0.666667, 3)
    assert found.tokens_per_memory == pytest.approx((20 * 3 + 303) / 21, abs=1e-6)
    assert (found.budget.recall_5, found.budget.recall_10) == (0.666667, 0.666667)
    assert (found.budget.memories_5, found.budget.memories_10) == (7.0, 7.0)


def test_categories_stand_apart_in_the_papers_order(judge: Judge) -> None:
    found = scores.system(marks(judge))
    assert {
        name: (one.recall_5, one.recall_10, one.questions) for name, one in found.by_category.items()
    } == {"multi-hop": (0.5, 1.0, 1), "single-hop": (0.5, 0.5, 2)}
    assert list(found.by_category) == ["multi-hop", "single-hop"]
    assert list(found.budget.by_category) == ["multi-hop", "single-hop"]


def test_intervals_are_the_same_each_time_and_hold_the_figure(judge: Judge) -> None:
    many = marks(judge) * 30
    found = scores.system(many)
    assert found == scores.system(many)
    assert found.interval_5[0] < found.recall_5 < found.interval_5[1]
    # Half the questions at each end would give a standard error of .05 at most: the interval is 4 of them.
    assert 0.1 < found.interval_5[1] - found.interval_5[0] < 0.21


@given(
    texts=st.lists(st.text(alphabet="ab é猫.\n", max_size=30), max_size=6),
    limit=st.integers(min_value=1, max_value=40),
)
def test_a_budget_is_never_passed_and_never_changes_what_is_before_the_cut(
    texts: list[str], limit: int
) -> None:
    memories = [Sized(Recalled(str(n), text, ()), TOKENS.count(text)) for n, text in enumerate(texts)]
    kept = list(within(memories, limit, TOKENS))
    assert [one.text for one in kept[:-1]] == texts[: max(len(kept) - 1, 0)]
    assert all(text.startswith(one.text) for one, text in zip(kept, texts, strict=False))
    assert sum(TOKENS.count(one.text) for one in kept) <= limit
    if sum(one.tokens for one in memories) <= limit:
        assert [one.text for one in kept if one.text] == [text for text in texts if text][: len(kept)]


def test_a_conversation_is_a_subject_of_the_benchmarks_tenant() -> None:
    assert Conversation("a b", TURNS, (), 0).subject == Subject(TENANT, "group", "a b")

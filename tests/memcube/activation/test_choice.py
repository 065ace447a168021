"""Which memories make a block, and when it pays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memcube.activation.choice import COLD, HOT, Candidate, choose


def cube(name: str, heat: float, tokens: int = 10, *, version: int = 1, pinned: bool = False) -> Candidate:
    return Candidate(name, version, tokens, heat, pinned)


def names(candidates: tuple[Candidate, ...]) -> list[str]:
    return [one.cube_id for one in candidates]


def test_what_is_used_once_makes_no_block() -> None:
    choice = choose([cube("a", 1.0)], {}, budget=100)
    assert not choice.build
    assert choice.members == ()


def test_the_hot_ones_make_a_block_pinned_first() -> None:
    choice = choose([cube("a", 3), cube("b", 9), cube("c", 0, pinned=True)], {}, budget=100)
    assert choice.build
    assert names(choice.members) == ["c", "b", "a"]


def test_a_member_stays_until_it_is_cold_and_keeps_its_place() -> None:
    between = (HOT + COLD) / 2
    choice = choose([cube("a", between), cube("b", between)], {"b": 1}, budget=100)
    assert names(choice.members) == ["b"]
    assert not choice.build
    assert choose([cube("b", COLD / 2)], {"b": 1}, budget=100).members == ()


def test_a_new_hot_one_comes_behind_the_members() -> None:
    choice = choose([cube("z", 9), cube("a", 3)], {"a": 1}, budget=100)
    assert names(choice.members) == ["a", "z"]
    assert choice.build


def test_a_changed_member_has_the_block_built_anew() -> None:
    choice = choose([cube("a", 3, version=2)], {"a": 1}, budget=100)
    assert choice.build
    assert choice.members[0].version == 2


def test_an_erased_member_leaves_the_block() -> None:
    choice = choose([cube("a", 3)], {"a": 1, "gone": 1}, budget=100)
    assert choice.build
    assert names(choice.members) == ["a"]


def test_forced_takes_all_that_fits() -> None:
    choice = choose([cube("a", 0), cube("b", 0), cube("long", 0, tokens=200)], {}, budget=100, force=True)
    assert choice.build
    assert sorted(names(choice.members)) == ["a", "b"]


def test_a_budget_smaller_than_one_memory_makes_none() -> None:
    assert not choose([cube("a", 9, tokens=50)], {}, budget=49).build


candidates = st.lists(
    st.builds(
        Candidate,
        cube_id=st.text("abcdef", min_size=1, max_size=2),
        version=st.integers(1, 2),
        tokens=st.integers(0, 40),
        heat=st.floats(0, 20),
        pinned=st.booleans(),
    ),
    unique_by=lambda one: one.cube_id,
)


@given(
    candidates,
    st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(1, 2)),
    st.integers(0, 99),
)
def test_whatever_comes_the_budget_holds_and_what_was_built_is_not_built_again(
    given: list[Candidate], held: dict[str, int], budget: int
) -> None:
    choice = choose(given, held, budget=budget)
    assert choice.tokens <= budget
    if choice.build:
        after = choose(given, {one.cube_id: one.version for one in choice.members}, budget=budget)
        assert not after.build

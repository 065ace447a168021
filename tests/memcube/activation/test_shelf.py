"""Blocks in memory: the budget holds, and the least useful byte goes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memcube.activation.shelf import Shelf


def test_the_least_value_for_its_bytes_leaves() -> None:
    worth = {"a": 1.0, "b": 9.0, "c": 5.0}
    shelf: Shelf[str] = Shelf(100, lambda key: worth[key])
    assert shelf.put("a", "A", 50)
    assert shelf.put("b", "B", 50)
    assert shelf.put("c", "C", 50)
    assert shelf.get("a") is None
    assert (shelf.get("b"), shelf.get("c")) == ("B", "C")


def test_what_is_worth_less_stays_out() -> None:
    worth = {"a": 9.0, "b": 1.0}
    shelf: Shelf[str] = Shelf(100, lambda key: worth[key])
    shelf.put("a", "A", 80)
    assert not shelf.put("b", "B", 50)
    assert shelf.get("a") == "A"


def test_what_is_larger_than_all_there_is_stays_out() -> None:
    shelf: Shelf[str] = Shelf(100, lambda _: 1.0)
    assert not shelf.put("a", "A", 101)
    assert shelf.keys() == ()


def test_a_key_put_again_is_there_once() -> None:
    shelf: Shelf[str] = Shelf(100, lambda _: 1.0)
    shelf.put("a", "old", 60)
    shelf.put("a", "new", 70)
    assert shelf.get("a") == "new"
    assert shelf.nbytes == 70
    shelf.drop("a")
    shelf.drop("a")
    assert shelf.nbytes == 0


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 60)), max_size=40))
def test_the_budget_holds(puts: list[tuple[str, int]]) -> None:
    shelf: Shelf[int] = Shelf(100, lambda key: float(ord(key)))
    for key, size in puts:
        shelf.put(key, size, size)
        assert shelf.nbytes <= 100

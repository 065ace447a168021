"""Heat: a use counts one and fades; the order in which uses arrive does not matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcube.activation.heat import Heat, first_use

START = datetime(2026, 3, 1, tzinfo=UTC)
HALF_LIFE = timedelta(hours=24)


def test_a_use_is_worth_half_a_half_life_later() -> None:
    heat = first_use(START)
    assert heat.as_of(START + HALF_LIFE, HALF_LIFE) == pytest.approx(0.5)
    assert heat.used(START + HALF_LIFE, HALF_LIFE).value == pytest.approx(1.5)


def test_a_late_use_counts_as_if_it_had_come_in_time() -> None:
    late = first_use(START + HALF_LIFE).used(START, HALF_LIFE)
    assert late == Heat(1.5, START + HALF_LIFE)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12), st.randoms())
def test_uses_in_any_order_give_the_same_heat(hours: list[int], random: object) -> None:
    def heat(order: list[int]) -> float:
        first, *rest = (START + timedelta(hours=hour) for hour in order)
        total = reduce(lambda so_far, at: so_far.used(at, HALF_LIFE), rest, first_use(first))
        return total.as_of(START + timedelta(hours=400), HALF_LIFE)

    shuffled = list(hours)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert heat(shuffled) == pytest.approx(heat(hours))

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.samples import Samples

durations = st.lists(st.floats(0, 1e6), min_size=1, max_size=50)


@given(durations, st.floats(0, 100))
def test_percentiles_are_those_of_numpy(values: list[float], percent: float) -> None:
    assert Samples(values).percentile(percent) == pytest.approx(float(np.percentile(values, percent)))


@given(durations)
def test_figures_stand_in_order(values: list[float]) -> None:
    samples = Samples(values)
    summary = samples.summary()
    assert summary["samples"] == len(values)
    assert summary["min"] <= summary["p50"] <= summary["p95"] <= summary["max"]
    assert summary["p50"] == pytest.approx(samples.median)


def test_order_of_measuring_does_not_matter() -> None:
    assert Samples([3.0, 1.0, 2.0]).summary() == Samples([1.0, 2.0, 3.0]).summary()


def test_nothing_measured_is_said_and_not_a_figure() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Samples([])


def test_a_percentile_beyond_all_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 100"):
        Samples([1.0]).percentile(101)

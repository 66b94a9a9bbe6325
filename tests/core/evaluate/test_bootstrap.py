"""Intervals against a slow loop over the same draws, and against what theory says."""

from __future__ import annotations

import numpy as np
import pytest

from act_core.evaluate.bootstrap import Bootstrap, Interval


def data(items: int = 60) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(8)
    weights = random.integers(1, 30, items).astype(np.float64)
    return weights * random.normal(3.0, 0.5, items), weights


def test_mean_as_a_slow_loop_says() -> None:
    sums, weights = data()
    found = Bootstrap(resamples=400, seed=5).mean(sums, weights)
    drawn = np.random.default_rng(5).integers(0, 60, size=(400, 60))
    figures = [sum(sums[i] for i in row) / sum(weights[i] for i in row) for row in drawn]
    assert found.value == pytest.approx(sums.sum() / weights.sum())
    assert found.low == pytest.approx(np.percentile(figures, 2.5))
    assert found.high == pytest.approx(np.percentile(figures, 97.5))


def test_difference_and_share_are_paired() -> None:
    sums, weights = data()
    boot = Bootstrap(resamples=500, seed=1)
    constant = boot.difference(sums + 0.25 * weights, sums, weights)
    assert (constant.value, constant.low, constant.high) == pytest.approx((0.25, 0.25, 0.25))
    gap = np.abs(np.random.default_rng(2).normal(1.0, 0.1, 60))
    half = boot.share(0.5 * gap, gap)
    assert (half.value, half.low, half.high) == pytest.approx((0.5, 0.5, 0.5))


def test_width_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(4).normal(0.0, 2.0, 400)
    found = Bootstrap(resamples=4000, seed=0).mean(values, np.ones(400))
    half_width = 1.96 * values.std() / 20
    assert found.low == pytest.approx(values.mean() - half_width, abs=0.1 * half_width)
    assert found.high == pytest.approx(values.mean() + half_width, abs=0.1 * half_width)


def test_pieces_of_many_items_are_whole_resamples() -> None:
    values = np.random.default_rng(4).normal(5.0, 2.0, 50_000)
    found = Bootstrap(resamples=150, seed=0).mean(values, np.ones(50_000))
    assert found.low < found.value < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * 2.0 / 50_000**0.5, rel=0.25)


def test_seed_decides() -> None:
    sums, weights = data()
    assert Bootstrap(200, 1).mean(sums, weights) == Bootstrap(200, 1).mean(sums, weights)
    assert Bootstrap(200, 1).mean(sums, weights) != Bootstrap(200, 2).mean(sums, weights)


def test_one_item_has_no_width() -> None:
    found = Bootstrap(100, 0).mean(np.array([6.0]), np.array([3.0]))
    assert found == Interval(2.0, 2.0, 2.0)

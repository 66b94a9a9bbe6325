"""Rank correlation and density against plain references."""

from __future__ import annotations

import numpy as np
import pytest

from act_core.analysis import weights
from act_core.analysis.findings import Cell
from act_core.analysis.overlaps import Measured
from act_core.analysis.weights import SIDE, weight_overlap, with_interval
from act_core.events import Estimate
from tests.core.localize.small import small_layout

LAYOUT = small_layout(300, 700)
HALVES = Cell(Estimate(1, 1, 1), 1)


def _found(scores: np.ndarray, weight: np.ndarray) -> weights.WeightOverlap:
    masks = [one >= np.sort(one)[-100] for one in (scores, weight)]
    return weight_overlap(
        ("donor", "german", "matched"),
        scores.astype(np.float32),
        weight.astype(np.float32),
        (Measured(masks[0], (masks[0], masks[0]), HALVES), Measured(masks[1], (), HALVES)),
        LAYOUT,
        seed=0,
    )


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    """By the textbook: ranks with ties as means, then Pearson's correlation."""
    ranks = [
        [(np.sum(v < value) + np.sum(v <= value) - 1) / 2 for value in v] for v in (one, other)
    ]
    return float(np.corrcoef(ranks)[0, 1])


def test_correlation_is_spearmans_with_ties() -> None:
    generator = np.random.default_rng(0)
    weight = generator.integers(0, 20, 1000).astype(float)
    scores = weight + 10 * generator.normal(size=1000)

    found = _found(scores, weight)

    assert found.correlation.value == pytest.approx(_spearman(scores, weight), abs=1e-6)
    assert found.correlation.low < found.correlation.value < found.correlation.high
    assert [kind.kind for kind in found.kinds] == ["a", "b"]
    assert found.kinds[0].correlation == pytest.approx(_spearman(scores[:300], weight[:300]))
    assert found.sampled == 1000


def test_equal_scores_lie_on_the_diagonal_and_independent_ones_everywhere() -> None:
    values = np.random.default_rng(1).normal(size=1000)
    same, other = (
        _found(values, values),
        _found(values, np.random.default_rng(2).permutation(values)),
    )

    counts = np.array(same.density)
    assert counts.sum() == 1000
    assert np.count_nonzero(counts) == SIDE
    assert same.jaccard == Estimate(1, 1, 1)
    assert {dot.selected for dot in same.dots} == {"both", "neither"}
    assert np.count_nonzero(np.array(other.density)) > SIDE * SIDE / 2
    assert other.jaccard.value == pytest.approx(other.chance, abs=0.04)
    assert other.correlation.low < 0 < other.correlation.high


def test_large_models_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "SAMPLE", 400)
    values = np.random.default_rng(1).normal(size=1000)

    found = _found(values, -values)

    assert 250 < found.sampled <= 400
    assert found.correlation.value == pytest.approx(-1)
    assert np.array(found.density).sum() == found.sampled


def test_the_interval_narrows_with_the_sample() -> None:
    few, many = with_interval(0.5, 50), with_interval(0.5, 5000)

    assert few.low < many.low < 0.5 < many.high < few.high
    assert (many.low, many.high) == pytest.approx((0.477, 0.522), abs=0.002)

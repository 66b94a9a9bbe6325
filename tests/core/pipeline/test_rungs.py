"""Successive halving: what it costs, and that the one that wins in full is not lost on the way."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from act_core.evaluate.portions import PORTIONS
from act_core.pipeline.rungs import Score, kept_of, portions_of, rungs_of, survivors

LIMIT = 0.05


@pytest.mark.parametrize(
    ("candidates", "items", "rungs"),
    [(1, 500, (8,)), (5, 500, (8,)), (6, 500, (4, 8)), (40, 500, (1, 2, 4, 8)), (40, 20, (4, 8))],
)
def test_rungs_follow_from_candidates_and_items(
    candidates: int, items: int, rungs: tuple[int, ...]
) -> None:
    assert rungs_of(candidates, items) == rungs


def test_forty_candidates_cost_about_a_third() -> None:
    rungs = rungs_of(40, 200)
    counted, left, before = 0, 40, 0
    for portions in rungs:  # slowly: every candidate that is left, on every new portion
        for _ in range(left):
            counted += portions - before
        left, before = -(-left // 2), portions
    assert portions_of(40, rungs) == counted
    assert 0.28 < counted / (40 * PORTIONS) < 0.36


def test_half_goes_on_by_the_limit_and_by_the_front() -> None:
    scores = {
        "best within": Score(0.5, 0.04, -0.2),
        "second": Score(0.4, 0.045, -0.1),
        "gentle": Score(0.3, 0.01, -0.8),
        "just above": Score(0.7, 0.055, 0.1),
        "all of it": Score(1.0, 1.0, 19.0),
        "worse": Score(0.2, 0.045, -0.1),
        "bad": Score(0.1, 0.5, 9.0),
        "nothing": Score(0.0, 0.0, -1.0),
    }
    kept = survivors(scores)
    assert len(kept) == kept_of(len(scores)) == 4
    assert set(kept) == {"best within", "second", "just above", "gentle"}
    assert kept == tuple(name for name in scores if name in kept)


def test_the_winner_of_the_full_sweep_is_kept_where_items_are_noisy() -> None:
    """Forty points on four curves; items differ, and all candidates meet the same items."""
    kept, missed = 0, 0.0
    for seed in range(50):
        random = np.random.default_rng(seed)
        steps = np.tile(np.arange(1, 11) / 10, 4)
        slopes = np.repeat([1.0, 0.8, 0.6, 0.4], 10)
        gains = (slopes * steps)[:, None] * random.normal(1, 0.7, 160)
        gains += random.normal(0, 0.1, gains.shape)
        losses = 0.3 * steps[:, None] ** 2 * random.normal(1, 1, 160)
        losses += random.normal(0, 0.03, losses.shape)
        left = halved(gains, losses)
        within = np.where(losses.mean(axis=1) <= LIMIT, gains.mean(axis=1), -np.inf)
        kept += int(np.argmax(within)) in left
        missed += within.max() - within[left].max()
    assert kept >= 45
    assert missed / 50 < 0.01


def halved(gains: NDArray[np.float64], losses: NDArray[np.float64]) -> list[int]:
    """Who is left at the end of all rungs, from figures of items, float64 `[40, items]`."""
    left, items = list(range(len(gains))), gains.shape[1]
    for portions in rungs_of(len(gains), items)[:-1]:
        seen = items * portions // PORTIONS
        scores = {}
        for number in left:
            lost = float(losses[number, :seen].mean())
            recovered = float(gains[number, :seen].mean())
            scores[str(number)] = Score(recovered, lost, lost / LIMIT - 1)
        left = [int(name) for name in survivors(scores)]
    return left

"""Agreement of masks against counts in plain Python."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from act_core.analysis.intervals import draws, jackknife
from act_core.analysis.overlaps import Measured, cell, disjoint, measured, stability, table
from act_core.cancel import CancelToken
from tests.core.localize.small import small_layout

LAYOUT = small_layout(300, 700)
PARTS = 8
_TRUTH = np.random.default_rng(0).normal(size=1000)
_NOISE = np.random.default_rng(1).normal(size=(PARTS, 1000))


def idle() -> None:
    """Nobody cancels."""


def mask_of(counts: np.ndarray, noise: float = 1.0) -> np.ndarray:
    """The highest tenth of a truth that each part sees with noise of its own."""
    scores = _TRUTH + noise * (counts[:, None] * _NOISE).sum(axis=0) / counts.sum()
    return scores >= np.sort(scores)[-100]


def test_masks_of_disjoint_data_agree_the_more_the_more_data_they_have() -> None:
    whole = mask_of(np.ones(PARTS))

    found = stability(
        mask_of,
        whole,
        LAYOUT,
        np.full(PARTS, 50),
        names=("donor", "german", "matched"),
        divisions=12,
        seed=0,
        poll=idle,
    )

    assert [size.tokens for size in found.sizes] == [50, 100, 200]
    values = [size.jaccard.value for size in found.sizes]
    assert values == sorted(values)
    assert found.halves.jaccard.low > found.halves.chance
    assert found.bootstrap.value > found.halves.jaccard.value
    assert (found.tokens, found.share, found.parts) == (400, 0.1, 8)
    first, second = (int(whole[span].sum()) for span in (slice(300), slice(300, None)))
    expected = first**2 / 300 + second**2 / 700
    assert found.chance == pytest.approx(expected / (200 - expected))


def test_noise_alone_agrees_by_chance() -> None:
    noise = np.random.default_rng(3).normal(size=(PARTS, 1000))

    def by_chance(counts: np.ndarray) -> np.ndarray:
        scores = (counts[:, None] * noise).sum(axis=0)
        return scores >= np.sort(scores)[-100]

    found, chance = disjoint(by_chance, LAYOUT, PARTS, 4, divisions=30, seed=0, poll=idle)

    assert found.value == pytest.approx(chance, abs=0.02)
    assert found.low <= chance <= found.high


def test_the_table_holds_jaccard_indices_and_split_halves() -> None:
    every = [
        measured(
            lambda counts, noise=noise: mask_of(counts, noise),
            mask_of(np.ones(PARTS), noise),
            LAYOUT,
            PARTS,
            divisions=4,
            seed=0,
            poll=idle,
        )
        for noise in (0.3, 3.0)
    ]
    fixed = Measured(np.arange(1000) < 100, (), every[0].halves)

    cells = table([*every, fixed], LAYOUT, idle)

    sets = [set(np.flatnonzero(one.whole).tolist()) for one in (*every, fixed)]
    for row, column in itertools.permutations(range(3), 2):
        expected = len(sets[row] & sets[column]) / len(sets[row] | sets[column])
        found = cells[row][column]
        assert found.value.value == pytest.approx(expected)
        assert found.value.low <= expected <= found.value.high
        assert found == cells[column][row]
    assert cells[0][0] == every[0].halves
    assert cells[0][0].value.value > cells[1][1].value.value
    assert cell(fixed, fixed, LAYOUT).value.low == 1


def test_a_cancel_stops_between_masks() -> None:
    token = CancelToken()
    asked = []

    def counting(counts: np.ndarray) -> np.ndarray:
        asked.append(counts)
        token.cancel()
        return mask_of(counts)

    with pytest.raises(Exception, match="cancel"):
        disjoint(counting, LAYOUT, PARTS, 4, divisions=9, seed=0, poll=token.raise_if_cancelled)
    assert len(asked) == 1


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.array([0.2, 0.5, 0.4, 0.6])
    without = [float(np.delete(values, i).mean()) for i in range(4)]

    found = jackknife(float(values.mean()), without)

    reach = 3.182 * values.std(ddof=1) / 2
    assert found.high - found.value == pytest.approx(reach, rel=1e-3)
    assert found.low == pytest.approx(found.value - reach, rel=1e-3)


def test_draws_tell_mean_and_range() -> None:
    found = draws([0.0, 0.5, 1.0])

    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.025, 0.975))

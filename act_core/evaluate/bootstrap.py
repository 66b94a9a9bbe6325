"""Percentile bootstrap over items: how far a figure would move with other items of the kind.

Items are drawn with replacement, as many as there are, again and again (Efron and Tibshirani,
An Introduction to the Bootstrap, 1993, chapters 13 and 16). Every function draws the same items for
the same number of items, resamples and seed, so figures of two candidates on the same items are
compared in pairs: what all items have in common falls out of their difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVEL = 0.95
_DRAWS_AT_ONCE = 1 << 21


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How items are drawn.

    Attributes:
        resamples: How often.
        seed: Of the draws.
    """

    resamples: int = 2000
    seed: int = 0

    def mean(self, sums: Array, weights: Array) -> Interval:
        """Interval of sum(sums) / sum(weights), such as nats per token.

        Args:
            sums: float64 `[items]`.
            weights: float64 `[items]`, not all zero.
        """
        return self._ratio(sums, weights)

    def difference(self, one: Array, other: Array, weights: Array) -> Interval:
        """Interval of the mean of `one` minus that of `other` on the same items."""
        return self._ratio(one - other, weights)

    def share(self, moved: Array, whole: Array) -> Interval:
        """Interval of sum(moved) / sum(whole): how much of a gap was covered.

        Args:
            moved: float64 `[items]`, signed.
            whole: float64 `[items]`, signed; its sum should be clearly off zero.
        """
        return self._ratio(moved, whole)

    def _ratio(self, top: Array, bottom: Array) -> Interval:
        table = np.stack([top, bottom]).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = float(np.divide(*table.sum(axis=1)))
            figures = np.concatenate([np.divide(*sums) for sums in self._resampled(table)])
        figures = figures[np.isfinite(figures)]
        if not len(figures):
            return Interval(value, float("nan"), float("nan"))
        edge = 50 * (1 - LEVEL)
        low, high = np.percentile(figures, (edge, 100 - edge))
        return Interval(value, float(low), float(high))

    def _resampled(self, table: Array) -> Iterator[Array]:
        """Sums over drawn items, pieces of `[2, resamples]`."""
        items = table.shape[1]
        generator = np.random.default_rng(self.seed)
        step = max(1, _DRAWS_AT_ONCE // items)
        for begin in range(0, self.resamples, step):
            count = min(step, self.resamples - begin)
            drawn = generator.integers(0, items, size=(count, items))
            yield table[:, drawn].sum(axis=2)

"""Intervals of figures that come from profiles: over parts of the data, and over random draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from act_core.events import Estimate

# Two-sided 95 % points of Student's t for 1 to 7 degrees of freedom.
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365)
MOST_PARTS = 1 + len(_T)
_LEVEL_PERCENT = 95


def jackknife(
    whole: float, without: Sequence[float], *, low: float = 0.0, high: float = 1.0
) -> Estimate:
    """A figure of all data with its interval, from the same figure without each part in turn.

    Standard error sqrt((n - 1) / n * sum of (x_i - mean x)^2), times Student's t with n - 1 degrees
    of freedom (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11). Unlike
    drawing with replacement it leaves little data out, so noise biases the figure little.

    Args:
        whole: The figure.
        without: The figure without part i, `[2 to 8]`; empty where no data enters the figure.
        low: Bounds of such a figure, which the interval keeps.
        high: Likewise.
    """
    if not len(without):
        return Estimate(whole, whole, whole)
    values = np.asarray(without, dtype=np.float64)
    count = len(values)
    error = float(np.sqrt((count - 1) / count * np.square(values - values.mean()).sum()))
    reach = _T[count - 2] * error
    return Estimate(whole, max(low, whole - reach), min(high, whole + reach))


def draws(values: Sequence[float]) -> Estimate:
    """Mean of repeated random draws and the range of their middle 95 %."""
    edge = (100 - _LEVEL_PERCENT) / 2
    low, high = np.percentile(values, (edge, 100 - edge))
    return Estimate(float(np.mean(values)), float(low), float(high))

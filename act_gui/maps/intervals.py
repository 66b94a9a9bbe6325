"""Intervals of points: how far axes follow them, and the lines that show them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeGuard

from act_core.report.plane import PlanePoint

_MOST, _LEAST = 1.6, -0.6  # intervals may reach further, the axes do not follow them


def ends_of(threes: Iterable[tuple[float, float | None, float | None]]) -> Iterator[float]:
    """Every value, and the ends of intervals as far as the axes follow them."""
    for value, low, high in threes:
        yield value
        if _known(low) and _known(high):
            yield min(value, max(low, _LEAST))
            yield max(value, min(high, _MOST))


def crosses(points: Sequence[PlanePoint]) -> tuple[list[float], list[float]]:
    """Pairs of ends of the intervals of points."""
    xs: list[float] = []
    ys: list[float] = []
    for point in points:
        if _known(point.lost_low) and _known(point.lost_high):
            xs += [point.lost_low, point.lost_high]
            ys += [point.recovered] * 2
        if _known(point.recovered_low) and _known(point.recovered_high):
            xs += [point.lost] * 2
            ys += [point.recovered_low, point.recovered_high]
    return xs, ys


def _known(end: float | None) -> TypeGuard[float]:
    return end is not None and math.isfinite(end)

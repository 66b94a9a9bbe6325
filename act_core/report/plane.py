"""Candidates as points: what they recover of an ability against what they lose of the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

PointKind = Literal["target", "specialist", "result", "control", "baseline", "point"]


@dataclass(frozen=True, slots=True)
class PlanePoint:
    """One candidate. Shares are parts of the gap: 1 is all of it; they may lie outside 0 to 1.

    Attributes:
        name: Of the candidate, unique.
        kind: `point` is one of a sweep.
        group: Series of a sweep's point, such as its scorer; else empty.
        recovered, recovered_low, recovered_high: Share recovered of what was brought over, and its
            interval; NaN or None where the gap is not clear or has no interval.
        lost, lost_low, lost_high: Share lost of what was kept.
        detail: More for people, in one line.
        share: Budget of a sweep's point, as a share of all channels.
        strength: Strength of a sweep's point.
        dropped: A sweep measured it on a part of the items only; it is shown faded, and is on no
            front.
    """

    name: str
    kind: PointKind
    group: str
    recovered: float
    recovered_low: float | None
    recovered_high: float | None
    lost: float
    lost_low: float | None
    lost_high: float | None
    detail: str = ""
    share: float | None = None
    strength: float | None = None
    dropped: bool = False

    @property
    def has_place(self) -> bool:
        """Whether both shares are known."""
        return math.isfinite(self.recovered) and math.isfinite(self.lost)


def front(points: Sequence[PlanePoint]) -> tuple[PlanePoint, ...]:
    """The Pareto front, by growing loss: points that no other one beats in both shares."""
    best: list[PlanePoint] = []
    known = (point for point in points if point.has_place and not point.dropped)
    for point in sorted(known, key=lambda point: (point.lost, -point.recovered)):
        if not best or point.recovered > best[-1].recovered:
            best.append(point)
    return tuple(best)

"""How candidates stand on one split: what they recover and lose, and by how much one beats another.

Shares are as in `evaluate.comparison`. On a first part of the items the gap that they are parts of
is still that of all items: a gap on few items may be none at all, and then no share says anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from act_core.evaluate.bootstrap import Bootstrap, Interval
from act_core.evaluate.comparison import is_clear
from act_core.evaluate.evaluator import HeldOut, MeasureName, Results
from act_core.evaluate.evaluator import Measured as ItemFigures
from act_core.events import AbilityMeasured, Estimate, Measured
from act_core.report.plane import PointKind
from act_core.report.summed import mean_of

_WHOLE_GAP = Estimate(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a candidate does to one ability, and by what it is told.

    Attributes:
        ability: Name of the ability.
        share: Of its gap, where that is clear; else of the target's own figure.
        of_gap: Which of the two.
    """

    ability: str
    share: Estimate
    of_gap: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Gap:
    """What lies between target and specialist on one ability, in its first measure."""

    measure: MeasureName
    target: ItemFigures
    whole: NDArray[np.float64] = field(repr=False)
    clear: bool


class Standings:
    """All candidates of one split.

    Args:
        target: Its results on all items.
        specialists: Theirs, by name.
        abilities: The split.
        references: By ability, the specialist at the gap's other end.
        bootstrap: How intervals are drawn.
    """

    def __init__(
        self,
        target: Results,
        specialists: Mapping[str, Results],
        abilities: Mapping[str, HeldOut],
        references: Mapping[str, str],
        bootstrap: Bootstrap,
    ) -> None:
        self._abilities = abilities
        self._bootstrap = bootstrap
        self._gaps: dict[str, _Gap] = {}
        for name, held in abilities.items():
            place: tuple[str, MeasureName] = name, held.ability.measures[0]
            before, other = target[place], specialists[references[name]][place]
            kind: Literal["recovered", "lost"] = (
                "recovered" if held.ability.role == "bring" else "lost"
            )
            clear = is_clear(before, other, place[1], kind, bootstrap)
            self._gaps[name] = _Gap(place[1], before, other.sums - before.sums, clear)

    def measured(self, candidate: str, kind: PointKind, results: Results) -> Measured:
        """A candidate summed up; results may be of the first portions only."""
        every = []
        for name, gap in self._gaps.items():
            found = results[name, gap.measure]
            share = self._share(gap, found) if gap.clear else None
            if share is not None and kind == "target":
                share = _WHOLE_GAP
            figure = _estimate(self._bootstrap.mean(found.sums, found.weights))
            role = self._abilities[name].ability.role
            every.append(AbilityMeasured(name, role, gap.measure, figure, share))
        recovered, lost = (
            mean_of([one.share for one in every if one.role == role and one.share is not None])
            for role in ("bring", "keep")
        )
        return Measured(candidate, kind, recovered, lost, tuple(every))

    def recovered(self, results: Results) -> Estimate | None:
        """The mean share over the abilities to bring whose gap is clear."""
        gaps = self._brought().items()
        return mean_of([self._share(gap, results[name, gap.measure]) for name, gap in gaps])

    def beats(self, one: Results, other: Results) -> Estimate | None:
        """What one candidate recovers more than another, paired; both on all items."""
        shares = []
        for name, gap in self._brought().items():
            moved = one[name, gap.measure].sums - other[name, gap.measure].sums
            shares.append(_estimate(self._bootstrap.share(moved, gap.whole)))
        return mean_of(shares)

    def losses(self, results: Results) -> tuple[Effect, ...]:
        """What a candidate takes from every ability to keep.

        Where the specialist is not clearly worse there is no gap; then it is the share of the
        target's figure by which the candidate is worse.
        """
        found = []
        for name, gap in self._gaps.items():
            if self._abilities[name].ability.role != "keep":
                continue
            own = results[name, gap.measure]
            share = self._share(gap, own) if gap.clear else self._worse(gap, own)
            found.append(Effect(name, share, gap.clear))
        return tuple(found)

    def _brought(self) -> dict[str, _Gap]:
        return {
            name: gap
            for name, gap in self._gaps.items()
            if gap.clear and self._abilities[name].ability.role == "bring"
        }

    def _share(self, gap: _Gap, found: ItemFigures) -> Estimate:
        count = len(found.sums)
        moved, whole = found.sums - gap.target.sums[:count], gap.whole
        if count < len(whole):
            whole = found.weights * (whole.sum() / gap.target.weights.sum())
        return _estimate(self._bootstrap.share(moved, whole))

    def _worse(self, gap: _Gap, found: ItemFigures) -> Estimate:
        before = gap.target.sums[: len(found.sums)]
        if not before.any():
            return _WHOLE_GAP  # nothing is there that could be lost
        sign = 1.0 if gap.measure == "loss" else -1.0
        return _estimate(self._bootstrap.share(sign * (found.sums - before), before))


def _estimate(interval: Interval) -> Estimate:
    return Estimate(interval.value, interval.low, interval.high)

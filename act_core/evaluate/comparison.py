"""Before and after: target, specialist, result and controls in one table, with intervals.

Besides each figure and its paired difference to the target, the table tells what share of a gap a
candidate covers: (target - candidate) / (target - reference). On an ability to bring the reference
is better than the target and the share is what was *recovered*; on one to keep it is worse, and
the same share is what was *lost* (design.md, section 2, the tables).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from act_core.evaluate.bootstrap import Bootstrap, Interval
from act_core.evaluate.evaluator import HeldOut, Measured, MeasureName, Results

TARGET = "target"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of one candidate on one ability.

    Attributes:
        candidate: Name of the candidate; `target` is the target.
        ability: Name of the ability.
        measure: `loss` in nats per token; `exact`, `choice`, `choice_raw` as shares of items.
        interval: The figure.
        items: Number of items (blocks where packed).
        tokens: Number of predicted counted tokens behind a loss, else 0.
        difference: The figure minus the target's, paired; None for the target.
    """

    candidate: str
    ability: str
    measure: MeasureName
    interval: Interval
    items: int
    tokens: int
    difference: Interval | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """How much of the gap between target and reference a candidate covers.

    Attributes:
        candidate: Name of the candidate.
        ability: Name of the ability.
        measure: In which measure.
        kind: `recovered` on an ability to bring, `lost` on one to keep.
        reference: Name of the candidate at the gap's other end.
        interval: The share; 1 is the reference itself.
    """

    candidate: str
    ability: str
    measure: MeasureName
    kind: Literal["recovered", "lost"]
    reference: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole table.

    Attributes:
        figures: By candidate, then ability, then measure.
        shares: Only where the gap itself is clear: its 95 % interval lies off zero, on the side
            that the ability's role asks for.
        results: By candidate, what all of this was computed from, item by item.
        candidate_s: Seconds that a candidate took on all abilities, in the mean; None where none
            was measured on all of them now.
    """

    figures: tuple[Figure, ...]
    shares: tuple[Share, ...]
    results: Mapping[str, Results] = field(default_factory=dict, repr=False, compare=False)
    candidate_s: float | None = field(default=None, repr=False, compare=False)

    def figure(self, candidate: str, ability: str, measure: MeasureName) -> Figure:
        """One figure.

        Raises:
            KeyError: It was not measured.
        """
        for found in self.figures:
            if (found.candidate, found.ability, found.measure) == (candidate, ability, measure):
                return found
        raise KeyError((candidate, ability, measure))

    def share(self, candidate: str, ability: str, measure: MeasureName) -> Share | None:
        """One share, or None where the gap is not clear."""
        wanted = (candidate, ability, measure)
        return next((s for s in self.shares if (s.candidate, s.ability, s.measure) == wanted), None)


def tabulate(
    results: Mapping[str, Results],
    abilities: Mapping[str, HeldOut],
    references: Mapping[str, str],
    bootstrap: Bootstrap,
) -> Comparison:
    """The table of what was measured.

    Args:
        results: By candidate; one of them is `target`.
        abilities: By name; their roles decide between recovered and lost.
        references: As `compare`.
        bootstrap: How intervals are drawn.
    """
    figures: list[Figure] = []
    shares: list[Share] = []
    for candidate, measured in results.items():
        for (ability, measure), found in measured.items():
            before = results[TARGET][ability, measure]
            difference = None
            if candidate != TARGET:
                difference = bootstrap.difference(found.sums, before.sums, found.weights)
            figures.append(_figure(candidate, ability, measure, found, difference, bootstrap))
            reference = references.get(ability)
            if candidate == TARGET or reference is None:
                continue
            other = results[reference][ability, measure]
            kind: Literal["recovered", "lost"] = (
                "recovered" if abilities[ability].ability.role == "bring" else "lost"
            )
            if is_clear(before, other, measure, kind, bootstrap):
                share = bootstrap.share(found.sums - before.sums, other.sums - before.sums)
                shares.append(Share(candidate, ability, measure, kind, reference, share))
    return Comparison(tuple(figures), tuple(shares), results)


def _figure(
    candidate: str,
    ability: str,
    measure: MeasureName,
    found: Measured,
    difference: Interval | None,
    bootstrap: Bootstrap,
) -> Figure:
    return Figure(
        candidate=candidate,
        ability=ability,
        measure=measure,
        interval=bootstrap.mean(found.sums, found.weights),
        items=int(np.count_nonzero(found.weights)),
        tokens=int(found.weights.sum()) if measure == "loss" else 0,
        difference=difference,
    )


def is_clear(
    target: Measured,
    reference: Measured,
    measure: MeasureName,
    kind: Literal["recovered", "lost"],
    bootstrap: Bootstrap,
) -> bool:
    """Whether the reference is better (to recover) or worse (to lose) beyond chance.

    Args:
        target: The target.
        reference: What stands at the gap's other end.
        measure: In which measure.
        kind: What a candidate does to such a gap.
        bootstrap: How the gap's interval is drawn.
    """
    gap = bootstrap.difference(reference.sums, target.sums, target.weights)
    higher_is_reference = (measure != "loss") == (kind == "recovered")
    return gap.low > 0 if higher_is_reference else gap.high < 0

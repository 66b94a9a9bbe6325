"""Which samples to look at: what was lost, what was recovered, where losses changed most."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from act_core.evaluate.evaluator import MeasureName
from act_core.evaluate.samples import Outcome, Sample

Only = Literal["lost", "recovered"]


@dataclass(frozen=True, slots=True)
class Change:
    """One item before and after.

    Attributes:
        sample: The item.
        before: The outcome of the one that is compared with.
        after: The candidate's outcome.
    """

    sample: Sample
    before: Outcome
    after: Outcome

    @property
    def amount(self) -> float:
        """The candidate's value minus the other's."""
        return (self.after.value or 0.0) - (self.before.value or 0.0)


@dataclass(frozen=True, slots=True)
class Changes:
    """Items that were asked for.

    Attributes:
        shown: The first of them.
        found: How many there are.
        items: How many were looked at.
    """

    shown: tuple[Change, ...]
    found: int
    items: int


def changes(
    samples: Iterable[Sample],
    measure: MeasureName,
    candidate: str,
    *,
    against: str = "target",
    only: Only | None = None,
    limit: int = 20,
) -> Changes:
    """Items that a candidate lost or recovered, or all of them.

    Where answers are right or wrong, `lost` are those that `against` has right and the candidate
    has not, and `recovered` the other way round, in their order. Losses have no right and wrong:
    `lost` are items whose loss rose and `recovered` those whose loss fell, by the largest change.

    Args:
        samples: As `SampleFile` gives them; only what is shown is kept.
        measure: By which measure.
        candidate: Whose answers.
        against: Whose answers they are compared with.
        only: `lost`, `recovered`, or None for every item (losses by the largest change).
        limit: Most items shown.
    """
    looked = found = 0
    first: list[Change] = []
    largest: list[tuple[float, int, Change]] = []
    for sample in samples:
        outcomes = sample.outcomes.get(measure, {})
        if candidate not in outcomes or against not in outcomes:
            continue
        change = Change(sample, outcomes[against], outcomes[candidate])
        if change.before.value is None or change.after.value is None:
            continue
        looked += 1
        if only is not None and not _is(only, change, measure):
            continue
        found += 1
        if measure == "loss":
            heapq.heappush(largest, (abs(change.amount), -found, change))
            if len(largest) > limit:
                heapq.heappop(largest)
        elif len(first) < limit:
            first.append(change)
    ordered = [change for *_, change in sorted(largest, key=lambda one: one[:2], reverse=True)]
    return Changes(tuple(first or ordered), found, looked)


def _is(only: Only, change: Change, measure: MeasureName) -> bool:
    worse = change.amount > 0 if measure == "loss" else change.amount < 0
    better = change.amount < 0 if measure == "loss" else change.amount > 0
    return worse if only == "lost" else better

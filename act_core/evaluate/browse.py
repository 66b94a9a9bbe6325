"""Which samples to look at: what was lost, what was recovered, where losses changed most."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from act_core.evaluate.evaluator import MeasureName
from act_core.evaluate.samples import Outcome, Sample

Only = Literal["lost", "recovered", "changed", "still-wrong"]
_SHOWN_CHARACTERS = 160


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
    has not, `recovered` the other way round, `changed` those with another answer, right or wrong,
    and `still-wrong` those that neither has right, in their order. Losses have no right and wrong:
    `lost` are items whose loss rose, `recovered` those whose loss fell and `changed` both, by the
    largest change; `still-wrong` are none.

    Args:
        samples: As `SampleFile` gives them; only what is shown is kept.
        measure: By which measure.
        candidate: Whose answers.
        against: Whose answers they are compared with.
        only: Which of them, or None for every item (losses by the largest change).
        limit: Most items shown.
    """
    looked = found = 0
    first: list[Change] = []
    largest: list[tuple[float, int, Change]] = []
    for sample in samples:
        change = change_of(sample, measure, candidate, against)
        if change is None:
            continue
        looked += 1
        if only is not None and not is_only(only, change, measure):
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


def change_of(sample: Sample, measure: MeasureName, candidate: str, against: str) -> Change | None:
    """One item before and after; None where one of the two has no outcome."""
    outcomes = sample.outcomes.get(measure, {})
    if candidate not in outcomes or against not in outcomes:
        return None
    change = Change(sample, outcomes[against], outcomes[candidate])
    if change.before.value is None or change.after.value is None:
        return None
    return change


def is_only(only: Only, change: Change, measure: MeasureName) -> bool:
    """Whether an item is among those that are asked for; see `changes`."""
    if only == "changed":
        return change.before != change.after
    if only == "still-wrong":
        return measure != "loss" and not (change.before.value or change.after.value)
    worse = change.amount > 0 if measure == "loss" else change.amount < 0
    better = change.amount < 0 if measure == "loss" else change.amount > 0
    return worse if only == "lost" else better


def shortened(text: str, *, end: bool = False) -> str:
    """A text on one line of at most 160 characters; of a prompt the end, where the question is."""
    flat = " ".join(text.split())
    if len(flat) <= _SHOWN_CHARACTERS:
        return flat
    return f"… {flat[-_SHOWN_CHARACTERS:]}" if end else f"{flat[:_SHOWN_CHARACTERS]} …"

"""Before and after: target, specialist, result and controls in one table, with intervals.

Besides each figure and its paired difference to the target, the table tells what share of a gap a
candidate covers: (target - candidate) / (target - reference). On an ability to bring the reference
is better than the target and the share is what was *recovered*; on one to keep it is worse, and
the same share is what was *lost* (design.md, section 2, the tables).
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from act_core.cancel import CancelToken
from act_core.evaluate.bootstrap import Bootstrap, Interval
from act_core.evaluate.candidates import Candidate
from act_core.evaluate.evaluator import (
    Evaluator,
    HeldOut,
    Measured,
    MeasureName,
    Results,
)
from act_core.events import EventSink, Finished, Metric, Note, discard
from act_core.meters import ProgressMeter
from act_core.models.reference import Model

TARGET = "target"
STAGE = "evaluate"


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


class Deferred(Protocol):
    """A candidate that is made only when it is measured, if its figures are not known."""

    @property
    def name(self) -> str:
        """Its name in figures."""

    def measured(self, measure: Callable[[Candidate], Results]) -> Results | None:
        """Its figures; None where it cannot be made, which it tells elsewhere."""


class Memory(Protocol):
    """What earlier measurements on the same items have shown."""

    def find(self, candidate: Candidate) -> Results:
        """What is known of a candidate, of each ability all measures or none."""

    def keep(self, candidate: Candidate, results: Results) -> None:
        """Remember what a candidate has shown."""


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


def compare(
    target: Model,
    candidates: Sequence[Candidate],
    abilities: Mapping[str, HeldOut],
    references: Mapping[str, str],
    *,
    device: str = "auto",
    dtype: str = "float32",
    batch_tokens: int | None = None,
    bootstrap: Bootstrap | None = None,
    deferred: Sequence[Deferred] = (),
    memory: Memory | None = None,
    emit: EventSink = discard,
    cancel: CancelToken | None = None,
) -> Comparison:
    """Measure the target and all candidates on all abilities, as far as that is not known.

    Args:
        target: The target; it comes first in the table, under the name `target`.
        candidates: What is measured beside it; names must differ.
        abilities: Held-out splits by name.
        references: By ability, the candidate at the gap's other end: the specialist that brings
            it, or on an ability to keep the candidate that has most to lose.
        device: As `Evaluator`, like the next two.
        dtype: In what the models compute.
        batch_tokens: Positions of one batch.
        bootstrap: How intervals are drawn.
        deferred: Measured after all others; those that cannot be made are left out.
        memory: What is known, and where what is measured is remembered.
        emit: Is sent a `Metric` for every figure, and progress in abilities x candidates.
        cancel: Polled at batch borders, and at every generated token.

    Raises:
        AbilityDataError: An ability has a measure that its items do not allow.
        IncompatibleModelsError: A candidate does not fit the target.
        OutOfMemoryError: Not even one item fits.
        CancelledByPersonError: After a cancel.
        ValueError: Two candidates share a name, or a reference is none of them.
    """
    everyone = (Candidate(TARGET), *candidates)
    names = [*(one.name for one in everyone), *(one.name for one in deferred)]
    if len(set(names)) < len(names) or not set(references.values()) <= set(names):
        raise ValueError(f"{names} are not distinct, or lack one of {set(references.values())}")
    loaded = functools.cache(
        lambda: Evaluator(
            target,
            abilities,
            device=device,
            dtype=dtype,
            batch_tokens=batch_tokens,
            emit=emit,
            cancel=cancel,
        )
    )
    results, taken_s = _measured(everyone, abilities, deferred, memory, loaded, emit)
    found = tabulate(results, abilities, references, bootstrap or Bootstrap())
    candidate_s = sum(taken_s) / len(taken_s) if taken_s else None
    return dataclasses.replace(found, candidate_s=candidate_s)


def _measured(
    everyone: Sequence[Candidate],
    abilities: Mapping[str, HeldOut],
    deferred: Sequence[Deferred],
    memory: Memory | None,
    loaded: Callable[[], Evaluator],
    emit: EventSink,
) -> tuple[dict[str, Results], list[float]]:
    """Figures by candidate, and how long those took that were measured on everything."""
    results = {one.name: {} if memory is None else memory.find(one) for one in everyone}
    left = {name: _left(abilities, known) for name, known in results.items()}
    _tell_known(results, left, emit)
    units = sum(map(len, left.values())) + len(deferred) * len(abilities)
    if not units:
        emit(Finished(STAGE, reused=True))
        return results, []
    if any(left.values()):
        loaded()  # before time counts
    meter, taken_s = ProgressMeter(emit, STAGE, units, "abilities"), []
    for one in everyone:
        if not left[one.name]:
            continue
        began = time.monotonic()
        fresh = loaded().measure(one, meter, left[one.name])
        if len(left[one.name]) == len(abilities):
            taken_s.append(time.monotonic() - began)
        if memory is not None:
            memory.keep(one, fresh)
        results[one.name] = _in_order({**results[one.name], **fresh}, abilities)
    for later in deferred:
        found = later.measured(lambda one: loaded().measure(one))
        if found is not None:
            results[later.name] = found
        meter.step(len(abilities))
    meter.finish()
    return results, taken_s


def _left(abilities: Mapping[str, HeldOut], known: Results) -> dict[str, HeldOut]:
    """The abilities of which nothing is known."""
    done = {ability for ability, _ in known}
    return {name: held for name, held in abilities.items() if name not in done}


def _in_order(results: Results, abilities: Iterable[str]) -> Results:
    """Ability by ability, as the table has them."""
    return {place: results[place] for name in abilities for place in results if place[0] == name}


def _tell_known(
    results: Mapping[str, Results], left: Mapping[str, Mapping[str, HeldOut]], emit: EventSink
) -> None:
    """Known figures are told like fresh ones, and once that they are known."""
    for name, known in results.items():
        for (ability, measure), found in known.items():
            emit(Metric(name, ability, measure, found.value))
    whole = [name for name, abilities in left.items() if not abilities]
    if whole:
        emit(Note(f"Known already, so not measured again: {', '.join(whole)}."))


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

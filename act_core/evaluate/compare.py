"""Target and candidates measured on one loaded model, as far as their figures are not known."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from act_core.cancel import CancelToken
from act_core.evaluate.bootstrap import Bootstrap
from act_core.evaluate.candidates import Candidate
from act_core.evaluate.comparison import TARGET, Comparison, tabulate
from act_core.evaluate.evaluator import Evaluator, HeldOut, Results
from act_core.events import EventSink, Finished, Metric, Note, discard
from act_core.meters import ProgressMeter
from act_core.models.reference import Model

STAGE = "evaluate"


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

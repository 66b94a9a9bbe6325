"""What moving channels does to abilities, measured as patches on the one loaded target.

Results are kept in sweep.json, item by item, by the hash of what was moved: what a sweep has
measured is not measured again, nor the other way round.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from act_core.errors import AbilityDataError
from act_core.evaluate.bootstrap import Interval
from act_core.evaluate.candidates import Candidate, specialist_candidate
from act_core.evaluate.comparison import TARGET, tabulate
from act_core.evaluate.evaluator import Evaluator, MeasureName, Results
from act_core.evaluate.evaluator import Measured as Items
from act_core.evaluate.portions import PORTIONS
from act_core.events import Estimate, EventSink, Note
from act_core.localize.algebra import complement, random_like
from act_core.localize.masks import Mask
from act_core.models.channels import layout_of
from act_core.pipeline.entries import Entries
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.points import SweepPoint
from act_core.pipeline.selection import Profiles
from act_core.pipeline.stages import Context, bootstrap_of, evaluator_of
from act_core.pipeline.sweep_file import Split, SweepFile
from act_core.transfer.edits import mask_edits, shared_edits
from act_core.transfer.moves import Move

DRAWS = 3
_SPLIT: Split = "heldout"
_FEW = 10


class Effects:
    """Measures candidates and says how much better or worse they are.

    Args:
        inputs: The run's inputs.
        context: Where results are kept, whom to tell, and when to stop.

    Raises:
        AbilityDataError: An ability has a single held-out sequence, which allows no interval.
    """

    def __init__(self, inputs: Inputs, context: Context) -> None:
        for name, held in inputs.heldout.items():
            _check_sample(name, len(held.encoded.sequences), context.emit)
        self._inputs = inputs
        self._context = context
        self._file = SweepFile(context.folder, inputs, context.emit)
        self._file.set_items(_SPLIT, inputs.heldout)
        self._bootstrap = bootstrap_of(inputs.recipe)

    def points(self, points: Sequence[SweepPoint], profiles: Profiles) -> dict[SweepPoint, Results]:
        """What masks of other scorers and budgets measure, as in a sweep."""
        entries = Entries(self._inputs, profiles, self._file.key, self._context)
        found = {}
        for point in points:
            (entry,) = entries.points([point])
            with entry.opened() as candidate:
                found[point] = self.of(candidate)
        return found

    def of(self, candidate: Candidate) -> Results:
        """What a candidate measures, item by item, from sweep.json where it is known."""
        key = self._file.key(candidate)
        found, portions = self._file.known(key, _SPLIT)
        if portions < PORTIONS:
            self._context.token.raise_if_cancelled()
            found = self._evaluator.measure(candidate)
            self._file.keep(key, _SPLIT, found, PORTIONS)
            self._file.save()
        return found

    @functools.cached_property
    def target(self) -> Results:
        """The target itself."""
        return self.of(Candidate(TARGET))

    def specialist(self, name: str) -> Results:
        """A specialist itself."""
        model = self._inputs.specialists[name]
        return self.of(specialist_candidate(name, self._inputs.target, model))

    def measure_of(self, ability: str) -> MeasureName:
        """The measure that speaks for an ability: its first."""
        return self._inputs.recipe.abilities[ability].measures[0]

    def gain(self, ability: str, after: Results, before: Results) -> Estimate:
        """How much better an ability is after than before, paired over items."""
        measure = self.measure_of(ability)
        place = ability, measure
        found = self._bootstrap.difference(
            after[place].sums, before[place].sums, before[place].weights
        )
        return turned(estimate(found)) if measure == "loss" else estimate(found)

    def gap(self, ability: str, found: Results, specialist: str) -> Estimate | None:
        """Covered part of the gap between target and specialist; None where that is not clear."""
        place = ability, self.measure_of(ability)
        comparison = tabulate(
            {
                name: {place: results[place]}
                for name, results in (
                    (TARGET, self.target),
                    (specialist, self.specialist(specialist)),
                    ("found", found),
                )
            },
            self._inputs.heldout,
            {ability: specialist},
            self._bootstrap,
        )
        share = comparison.share("found", *place)
        return None if share is None else estimate(share.interval)

    @functools.cached_property
    def _evaluator(self) -> Evaluator:
        return evaluator_of(self._inputs, self._context)


def moved(name: str, inputs: Inputs, specialist: str, mask: Mask, strength: float) -> Candidate:
    """Channels moved and nothing else."""
    edits = mask_edits(inputs.target, mask, strength)
    return Candidate(name, (Move(specialist, inputs.specialists[specialist], edits),))


def emptied(name: str, inputs: Inputs, specialist: str, mask: Mask) -> Candidate:
    """The specialist with the target's values in a mask's channels.

    On the loaded target that is everything of the specialist but these channels. Columns that are
    tied to them stay the specialist's. What it has in another form, such as embeddings of another
    vocabulary, stays the target's, as in the specialist that it is held against.
    """
    target, model = inputs.target, inputs.specialists[specialist]
    modules = layout_of(target).modules
    of_modules = {name for one in modules for name in (*one.tensors, one.bias)}
    shared = shared_edits(target, model, 1.0)
    others = (edit for edit in shared if edit.tensor not in of_modules)
    left = complement(Mask(mask.layout, mask.selected))
    edits = (*mask_edits(target, left, 1.0), *others)
    return Candidate(name, (Move(specialist, model, edits),))


def random_masks(mask: Mask, seed: int) -> list[Mask]:
    """Random masks of equal size in every module."""
    return [random_like(mask, seed + number) for number in range(DRAWS)]


def averaged(every: Sequence[Results]) -> Results:
    """Items of several candidates, averaged."""
    return {
        place: Items(_mean([one[place].sums for one in every]), first.weights)
        for place, first in every[0].items()
    }


def estimate(interval: Interval) -> Estimate:
    """An interval as an event carries it, without negative zeros."""
    return Estimate(interval.value + 0.0, interval.low + 0.0, interval.high + 0.0)


def turned(found: Estimate) -> Estimate:
    """Minus a figure."""
    return Estimate(0.0 - found.value, 0.0 - found.high, 0.0 - found.low)


def _check_sample(ability: str, sequences: int, emit: EventSink) -> None:
    if sequences < 2:
        raise AbilityDataError(
            f"{ability} has a single held-out sequence, so nothing says how far its figures vary.",
            remedy="Raise its heldout_items, or leave its items unpacked.",
        )
    if sequences < _FEW:
        text = f"{ability} has {sequences} held-out sequences: intervals over so few say little."
        emit(Note(text, "warning"))


def _mean(sums: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.asarray(np.mean(sums, axis=0), dtype=np.float64)

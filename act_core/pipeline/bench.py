"""One loaded target on which a sweep's candidates are measured, portion by portion, only once."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from act_core.evaluate.evaluator import Evaluator, HeldOut, Results
from act_core.evaluate.portions import PORTIONS, cut_items, cut_results, joined
from act_core.events import Finished
from act_core.meters import ProgressMeter
from act_core.pipeline.entries import Entry
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.stages import Context, evaluator_of
from act_core.pipeline.sweep_file import Split, SweepFile

STAGE = "sweep"


class Bench:
    """Measures entries, or takes what is known of them.

    Args:
        inputs: The run's inputs.
        splits: What there is to measure on.
        file: Where results are kept; it is saved by whoever sums them up.
        context: Events, cancel.
        portions: How many portions will be asked for at most; of candidates, over all splits.

    Attributes:
        splits: What there is to measure on.
        fresh: Names of entries of which something had to be measured.
        measured_portions: How many had to be.
    """

    def __init__(
        self,
        inputs: Inputs,
        splits: Mapping[Split, Mapping[str, HeldOut]],
        file: SweepFile,
        context: Context,
        portions: int,
    ) -> None:
        self.fresh: set[str] = set()
        self.measured_portions = 0
        self._portions = portions
        self._inputs = inputs
        self.splits = splits
        self._file = file
        self._context = context
        for split, abilities in splits.items():
            file.set_items(split, abilities)

    def find(self, entry: Entry, split: Split, portions: int = PORTIONS) -> Results:
        """Results of an entry on the first portions of a split.

        Args:
            entry: What is measured.
            split: On what.
            portions: On how many of `portions.PORTIONS`.

        Raises:
            ActError: Everything that `Evaluator.measure` raises.
        """
        abilities = self.splits[split]
        known, done = self._file.known(entry.key, split)
        if done < portions:
            self._measure(entry, {split: portions})
            known, _ = self._file.known(entry.key, split)
        return cut_results(known, abilities, portions)

    def find_all(self, entry: Entry) -> None:
        """Measure an entry on all splits at once; `find` knows it then."""
        wanted = {
            split: PORTIONS
            for split in self.splits
            if self._file.known(entry.key, split)[1] < PORTIONS
        }
        if wanted:
            self._measure(entry, wanted)

    def finish(self) -> None:
        """Say that nothing more is asked for."""
        if self.fresh:
            self._meter.finish()
        else:
            self._context.emit(Finished(STAGE, reused=True))

    @functools.cached_property
    def _meter(self) -> ProgressMeter:
        return ProgressMeter(self._context.emit, STAGE, self._portions, "parts")

    @functools.cached_property
    def _evaluator(self) -> Evaluator:
        return evaluator_of(self._inputs, self._context)

    def _measure(self, entry: Entry, wanted: Mapping[Split, int]) -> None:
        self.fresh.add(entry.name)
        evaluator, meter = self._evaluator, self._meter  # the model is loaded before time counts
        with entry.opened() as candidate:
            for split, portions in wanted.items():
                known, done = self._file.known(entry.key, split)
                items = cut_items(self.splits[split], done, portions)
                found = joined(known, evaluator.measure(candidate, on=items))
                self._file.keep(entry.key, split, found, portions)
                self.measured_portions += portions - done
                meter.step(portions - done)

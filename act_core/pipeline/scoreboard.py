"""What each entry of a sweep has come to on each split, told as it is measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from act_core.evaluate.evaluator import Results
from act_core.evaluate.portions import PORTIONS
from act_core.events import Estimate, EventSink, Measured
from act_core.pipeline.bench import Bench
from act_core.pipeline.entries import Entry
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.points import SweepPoint
from act_core.pipeline.recommend import Judged, Loss
from act_core.pipeline.rungs import Score
from act_core.pipeline.stages import bootstrap_of, references_of
from act_core.pipeline.standings import Standings
from act_core.pipeline.sweep_file import Split


class Scoreboard:
    """Sums up what the bench measures.

    Args:
        inputs: The run's inputs.
        bench: What measures.
        target: The target's entry.
        specialists: Theirs.
        limits: Most that may be lost, by ability to keep.
        emit: Is sent `Measured`.

    Attributes:
        measured: What was told last of every entry, by name, in the order of the first telling.
        results: By split, of target, specialists and all that was judged, by name, item by item.
    """

    def __init__(
        self,
        inputs: Inputs,
        bench: Bench,
        target: Entry,
        specialists: Sequence[Entry],
        limits: Mapping[str, float],
        emit: EventSink,
    ) -> None:
        self.measured: dict[str, Measured] = {}
        self.results: dict[Split, dict[str, Results]] = {}
        self._inputs = inputs
        self._bench = bench
        self._target = target
        self._specialists = specialists
        self._limits = limits
        self._emit = emit
        self._standings: dict[Split, Standings] = {}

    def begin(self, split: Split) -> None:
        """Measure target and specialists first: every share is one of the gaps between them."""
        ends = (self._target, *self._specialists)
        found = {entry.name: self._bench.find(entry, split) for entry in ends}
        self.results[split] = dict(found)
        self._standings[split] = Standings(
            found.pop(self._target.name),
            found,
            self._bench.splits[split],
            references_of(self._inputs.recipe),
            bootstrap_of(self._inputs.recipe),
        )

    def tell_ends(self, split: Split) -> None:
        """Say how target and specialists stand."""
        for entry in (self._target, *self._specialists):
            self.tell(entry, split)

    def tell(
        self, entry: Entry, split: Split, portions: int = PORTIONS, *, dropped: bool = False
    ) -> None:
        """Measure an entry on the first portions of a split where needed, and say how it stands."""
        results = self._bench.find(entry, split, portions)
        point = entry.point
        told = dataclasses.replace(
            self._standings[split].measured(entry.name, entry.kind, results),
            reused=entry.name not in self._bench.fresh,
            split=split,
            part=portions / PORTIONS,
            dropped=dropped,
            scorer="" if point is None else point.series,
            setting={} if point is None else point.plain(),
        )
        if isinstance(point, SweepPoint):
            told = dataclasses.replace(told, share=point.share, strength=point.strength)
        self.measured[entry.name] = told
        self._emit(told)

    def score(self, entry: Entry, portions: int) -> Score:
        """How an entry stands on the first portions of the validation items."""
        results = self._bench.find(entry, "validation", portions)
        standings = self._standings["validation"]
        recovered = standings.recovered(results)
        effects = standings.losses(results)
        losses = [effect.share.value for effect in effects]
        excess = [one.share.value / self._limits[one.ability] - 1 for one in effects]
        return Score(
            0.0 if recovered is None else recovered.value,
            sum(losses) / len(losses) if losses else 0.0,
            max(excess, default=-1.0),
        )

    def judged(self, entry: Entry, split: Split) -> Judged:
        """How an entry stands on all items of a split, beside the limits."""
        results = self.results[split][entry.name] = self._bench.find(entry, split)
        standings = self._standings[split]
        losses = (
            Loss(effect.ability, effect.share, effect.of_gap, self._limits[effect.ability])
            for effect in standings.losses(results)
        )
        return Judged(entry.name, standings.recovered(results), tuple(losses))

    def ahead(self, one: Entry, other: Entry, split: Split) -> Estimate | None:
        """What one entry recovers more than another, paired."""
        find = self._bench.find
        return self._standings[split].beats(find(one, split), find(other, split))

"""What all analyses of a run share, each made when it is first needed and then kept."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from act_core.analysis.findings import Cell
from act_core.analysis.overlaps import MaskOf, Measured, Selected, measured
from act_core.analysis.parts import Counts, PartedProfile
from act_core.errors import AbilityDataError
from act_core.events import Estimate
from act_core.pipeline.analysis_effects import Effects
from act_core.pipeline.analysis_masks import MaskMaker, ProfileOf, Subject
from act_core.pipeline.analysis_parts import divided, parted_profiles
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.selection import Profiles
from act_core.pipeline.stages import Context, needed_statistics, profile_stage, references_of
from act_core.recipe import ScorerName, Statistic

_DIVISIONS = 6
_STATISTICS: tuple[Statistic, ...] = ("difference", "matched", "attributed")


class AnalysisBench:
    """Profiles, parts, masks and effects of one run.

    Args:
        inputs: The run's inputs.
        context: Where to keep what is made, whom to tell, and when to stop.

    Attributes:
        inputs: The same.
        context: The same.
        scorer: The recipe's.
        statistics: What profiles hold beside `weight`: all that the data allow.
        maker: Makes masks.
        references: By ability, the specialist at the gap's other end.
    """

    def __init__(self, inputs: Inputs, context: Context) -> None:
        self.inputs = inputs
        self.context = context
        recipe = inputs.recipe
        self.scorer: ScorerName = recipe.localize.scorer
        predicted = all(one.predicted_tokens for one in inputs.calibration.values())
        asked = needed_statistics(recipe)
        self.statistics = tuple(
            name for name in _STATISTICS if predicted or name != "attributed" or name in asked
        )
        self.maker = MaskMaker(inputs)
        self.references: Mapping[str, str] = references_of(recipe)
        self._measured: dict[tuple[Subject, str], Measured] = {}

    def poll(self) -> None:
        """Stop here after a cancel."""
        self.context.token.raise_if_cancelled()

    @functools.cached_property
    def effects(self) -> Effects:
        """Measures; errors as there."""
        return Effects(self.inputs, self.context)

    @functools.cached_property
    def profiles(self) -> Profiles:
        """The run's profiles, with all statistics."""
        recipe = self.inputs.recipe
        settings = recipe.profile.model_copy(update={"statistics": self.statistics})
        inputs = dataclasses.replace(
            self.inputs, recipe=recipe.model_copy(update={"profile": settings})
        )
        return profile_stage(inputs, self.context)

    @functools.cached_property
    def parted(self) -> Mapping[tuple[str, str], PartedProfile]:
        """The same data in parts.

        Raises:
            AbilityDataError: An ability has too few sequences to be divided.
        """
        parts = {name: divided(one) for name, one in self.inputs.calibration.items()}
        # All abilities in equally many, so that they can be left out and drawn together.
        count = min(map(len, parts.values()))
        if not count:
            few = next(name for name, one in parts.items() if not one)
            raise AbilityDataError(
                f"The calibration data of {few} cannot be divided in two.",
                remedy="Give it two items or more, or raise its calibration_tokens.",
            )
        even = {name: divided(one, count) for name, one in self.inputs.calibration.items()}
        names = tuple(self.inputs.specialists)
        return parted_profiles(self.inputs, names, even, self.statistics, self.context)

    def tokens(self, subject: Subject) -> int:
        """Counted tokens behind a mask."""
        return sum(self.inputs.calibration[name].counted_tokens for name in subject.bring)

    def scores(self, subject: Subject, scorer: ScorerName) -> NDArray[np.float32]:
        """Scores by all data, float32 `[channels]`."""
        found = {name: self.profiles[subject.specialist, name] for name in self._reads(subject)}
        return self.maker.scores(subject, scorer, found)

    def whole(self, subject: Subject, scorer: ScorerName) -> Selected:
        """The mask by all data, bool `[channels]`."""
        self.poll()
        return self.maker.selected(self.scores(subject, scorer))

    def mask_of(self, subject: Subject, scorer: ScorerName) -> MaskOf:
        """Gives masks of some parts of the data."""

        def made(counts: Counts) -> Selected:
            found: ProfileOf = {
                name: self.parted[subject.specialist, name].joined(counts)
                for name in self._reads(subject)
            }
            return self.maker.selected(self.maker.scores(subject, scorer, found))

        return made

    def measured(self, subject: Subject, scorer: ScorerName) -> Measured:
        """A mask with what its overlaps need, kept while the analysis runs."""
        key = (subject, scorer)
        if key not in self._measured:
            self._measured[key] = self._measure(subject, scorer)
        return self._measured[key]

    def _measure(self, subject: Subject, scorer: ScorerName) -> Measured:
        whole = self.whole(subject, scorer)
        if scorer == "weight":
            return Measured(whole, (), Cell(Estimate(1.0, 1.0, 1.0), 1.0))
        return measured(
            self.mask_of(subject, scorer),
            whole,
            self.maker.layout,
            self.parted[subject.specialist, subject.bring[0]].parts,
            divisions=_DIVISIONS,
            seed=self.inputs.recipe.seed,
            poll=self.poll,
        )

    def _reads(self, subject: Subject) -> tuple[str, ...]:
        return tuple(dict.fromkeys(subject.reads))

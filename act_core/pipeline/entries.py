"""What a sweep measures, each built when it is needed, because a mask of a large model is large."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from act_core.evaluate.candidates import Candidate
from act_core.events import Note
from act_core.localize.masks import Mask, save_mask
from act_core.pipeline.baselines import baseline_entries
from act_core.pipeline.candidates import controls_of
from act_core.pipeline.gates import SHUFFLED, gate_spec, gate_stage, gates_in
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.points import BASELINE_SCORERS, GatesPoint, Point, SweepPoint
from act_core.pipeline.selection import Profiles, masks_of, settled_masks
from act_core.pipeline.stages import Context, localized
from act_core.recipe import ScorerName
from act_core.transfer.gate_edits import gate_moves
from act_core.transfer.gates import Gates, shuffled_gates
from act_core.transfer.moves import moves_of

# Interpolation is one curve, so a few places on it are enough; it loses little only near its begin.
_LADDER = (0.05, 0.1, 0.15, 0.2, 0.3)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """Something to measure.

    Attributes:
        name: Unique.
        kind: As in `events.Measured`.
        key: Hash of everything that decides its figures beside the items.
        opened: Makes it, for as long as the block lasts.
        point: Where it is a point.
        is_baseline: Whether points have to beat it.
        is_costly: It takes long to make, so all that is measured of it is measured at once.
    """

    name: str
    kind: Literal["target", "specialist", "control", "baseline", "point"]
    key: str
    opened: Callable[[], AbstractContextManager[Candidate]]
    point: Point | None = None
    is_baseline: bool = False
    is_costly: bool = False


class Entries:
    """Makes entries of one run.

    Args:
        inputs: Its inputs; the calibration splits are without validation items.
        profiles: By specialist and ability.
        key: Gives a candidate's hash.
        context: The run folder, whose gates are taken where they are those of a point; events,
            cancel.
    """

    def __init__(
        self,
        inputs: Inputs,
        profiles: Profiles,
        key: Callable[[Candidate], str],
        context: Context,
    ) -> None:
        self._inputs = inputs
        self._profiles = profiles
        self._key = key
        self._context = context
        self._masks_of = functools.lru_cache(maxsize=1)(self._masks)
        self._gates_of = functools.cache(self._gates)

    def plain(
        self, candidate: Candidate, kind: Literal["target", "specialist", "control"]
    ) -> Entry:
        """A candidate that is there already."""
        return _entry(candidate.name, kind, lambda: candidate, self._key)

    def points(self, points: Iterable[Point]) -> list[Entry]:
        """Points; gates that are not known yet are learned now.

        Raises:
            MaskError: Channels are contested, and the policy is to refuse.
            ActError: Everything that localizing, refreshing and learning raise.
        """
        return [self._point(point, "point") for point in points]

    def baselines(self) -> Iterator[Entry]:
        """The recipe's controls and baselines.

        Interpolation stands at more strengths than the recipe's, so that one is within the limits.
        """
        inputs = self._inputs
        masks = masks_of(inputs, self._profiles)
        settled = settled_masks(inputs.target, inputs.recipe, self._profiles, masks)
        evaluate = inputs.recipe.evaluate
        scorers: tuple[ScorerName, ...] = ("weight",) if "weight" in evaluate.controls else ()
        steps = tuple(sorted({*evaluate.interpolations, *_LADDER}))
        wider_evaluate = evaluate.model_copy(update={"interpolations": steps})
        recipe = inputs.recipe.model_copy(update={"evaluate": wider_evaluate})
        wider = dataclasses.replace(inputs, recipe=recipe)
        for control in controls_of(wider, self._profiles, masks, settled, scorers):
            yield dataclasses.replace(self.plain(control, "control"), is_baseline=True)
        for merge in baseline_entries(inputs, self._context):
            if merge.state == "ready":
                yield Entry(
                    merge.name,
                    "baseline",
                    merge.key,
                    merge.candidate,
                    is_baseline=True,
                    is_costly=True,
                )
            else:
                self._context.emit(Note(f"{merge.name} is left out: {merge.reason}", "warning"))

    def beside(self, point: Point) -> list[Entry]:
        """The controls of a point: channels as many, moved as far, that it did not choose."""
        recipe = self._inputs.recipe
        if isinstance(point, GatesPoint):
            shuffled = functools.partial(self._shuffled, point)
            found = _entry(SHUFFLED, "control", shuffled, self._key)
            return [dataclasses.replace(found, is_baseline=True)]
        policy = point.policy or recipe.transfer.policy
        if policy == "refuse" and len(recipe.specialists) > 1:
            policy = "priority"  # what its own masks avoid, others may not
        same = None if policy == recipe.transfer.policy else policy
        return [
            self._point(SweepPoint(scorer, point.share, point.strength, policy=same), "control")
            for scorer in BASELINE_SCORERS
            if scorer in recipe.evaluate.controls and scorer != point.scorer
        ]

    def _point(self, point: Point, kind: Literal["point", "control"]) -> Entry:
        build = functools.partial(self._candidate, point)
        found = _entry(point.name, kind, build, self._key)
        return dataclasses.replace(found, point=point, is_baseline=point.is_baseline)

    def _candidate(self, point: Point) -> Candidate:
        inputs = self._inputs
        recipe = point.applied(inputs.recipe)
        if isinstance(point, GatesPoint):
            gates = self._gates_of(point)
            moves = gate_moves(inputs.target, inputs.specialists, gates, recipe.transfer)
        else:
            # Scores are refreshed where channels have moved as far as the recipe moves them.
            far = point.strength if recipe.localize.refreshes else 1.0
            masks = self._masks_of(dataclasses.replace(point, strength=far))
            moves = moves_of(inputs.target, inputs.specialists, masks, recipe.transfer)
        return Candidate(point.name, moves)

    def _shuffled(self, point: GatesPoint) -> Candidate:
        inputs = self._inputs
        gates = shuffled_gates(self._gates_of(point), inputs.recipe.seed)
        choices = point.applied(inputs.recipe).transfer
        return Candidate(SHUFFLED, gate_moves(inputs.target, inputs.specialists, gates, choices))

    def _masks(self, point: SweepPoint) -> Mapping[str, Mask]:
        recipe = point.applied(self._inputs.recipe)
        inputs = dataclasses.replace(self._inputs, recipe=recipe)
        masks = self._localized(inputs)
        return settled_masks(inputs.target, recipe, self._profiles, masks).masks

    def _localized(self, inputs: Inputs) -> Mapping[str, Mask]:
        """Masks as the run would localize them; refreshed ones are kept for it."""
        masks = localized(inputs, self._profiles, self._context)
        if inputs.recipe.localize.refreshes:
            for name, mask in masks.items():
                if inputs.recipe.specialists[name].mask is None:
                    place = self._context.folder.swept("refreshed", mask.facts["key"])
                    save_mask(mask, place.mask_path(name))
        return masks

    def _gates(self, point: GatesPoint) -> Gates:
        """Those of the run where they are the same, else those that sweeps know, else learned."""
        inputs = dataclasses.replace(self._inputs, recipe=point.applied(self._inputs.recipe))
        started = point.settings.start == "mask"
        spec = gate_spec(inputs, self._localized(inputs) if started else {})
        folder = self._context.folder
        if gates_in(folder.gates_path, spec) is None:
            folder = folder.swept("gates", spec.key())
        return gate_stage(spec, dataclasses.replace(self._context, folder=folder))


def _entry(
    name: str,
    kind: Literal["target", "specialist", "control", "point"],
    build: Callable[[], Candidate],
    key: Callable[[Candidate], str],
) -> Entry:
    return Entry(name, kind, key(build()), lambda: contextlib.nullcontext(build()))

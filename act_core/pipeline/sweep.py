"""Sweeps: budgets, strengths and scorers as candidates on one loaded model."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from act_core.errors import RecipeError
from act_core.evaluate.candidates import Candidate
from act_core.evaluate.compare import TARGET, tabulate
from act_core.evaluate.evaluator import Evaluator, Results
from act_core.events import CancelToken, EventSink, Finished, Measured, ProgressMeter
from act_core.localize.masks import Mask
from act_core.localize.scorers import SCORERS
from act_core.pipeline.candidates import controls_of, specialists_of
from act_core.pipeline.inputs import Inputs, load_inputs
from act_core.pipeline.metrics import comparison_facts
from act_core.pipeline.plane import measured_of
from act_core.pipeline.selection import Profiles, localized, masks_of, settled_masks
from act_core.pipeline.stages import Context, bootstrap_of, profile_stage, references_of
from act_core.pipeline.sweep_file import SweepFile, sweep_path
from act_core.recipe import Budget, Recipe, ScorerName
from act_core.runs import RunFolder, logged
from act_core.transfer.work import moves_of

STAGE = "sweep"
_NAME = re.compile(r"(?P<scorer>[a-z]+) (?P<percent>[\d.e+-]+) % × (?P<strength>[\d.e+-]+)")


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """A candidate of a sweep.

    Attributes:
        scorer: Whose mask.
        share: Its budget, as a share of all channels.
        strength: How far the channels move.

    Raises:
        RecipeError: One of them is out of bounds.
    """

    scorer: ScorerName
    share: float
    strength: float

    def __post_init__(self) -> None:
        if not (self.scorer in SCORERS and 0 < self.share <= 1 and 0 < self.strength <= 2):
            raise RecipeError(
                f"{self.scorer}, {self.share:g}, {self.strength:g} is no point of a sweep.",
                remedy=f"Give a scorer ({', '.join(SCORERS)}), a share above 0 up to 1, and a "
                "strength above 0 up to 2.",
            )

    @property
    def name(self) -> str:
        """For people, and unique: `attributed 5 % × 0.7`."""
        return f"{self.scorer} {100 * self.share:.10g} % × {self.strength:.10g}"

    @classmethod
    def parse(cls, name: str) -> SweepPoint | None:
        """The point of this name; None for names of other candidates."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        try:
            share, strength = float(found["percent"]) / 100, float(found["strength"])
            return cls(cast("ScorerName", found["scorer"]), share, strength)
        except (ValueError, RecipeError):
            return None


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep has found.

    Attributes:
        measured: Target, specialists, controls and points, in this order.
        path: sweep.json.
    """

    measured: tuple[Measured, ...]
    path: Path


@dataclass(frozen=True, slots=True)
class _Entry:
    """A candidate that is built when it is needed, because a mask of a large model is large."""

    name: str
    build: Callable[[], Candidate]
    key: str
    point: SweepPoint | None = None


def sweep(
    recipe: Recipe, points: Sequence[SweepPoint], *, emit: EventSink, token: CancelToken
) -> SweepResult:
    """Measure every point beside target, specialists and the recipe's controls.

    Everything else is as in the recipe: ranking, ties, price, embeddings, norms, head, policy. What
    sweeps of this run have measured before is not measured again.

    Args:
        recipe: The recipe; its own scorer, budget and strength give only the controls their size.
        points: What to measure.
        emit: Is sent `Measured` for every candidate: known ones at once, the rest as they come.
        token: Polled at batch borders; what was measured until then stays known.

    Raises:
        ActError: Everything that the stages raise; it is also written to events.jsonl.
    """
    folder = RunFolder(recipe.run)
    points = tuple(dict.fromkeys(points))
    # Profiles are to hold what the points' scorers read.
    scorers = dict.fromkeys((*recipe.evaluate.scorers, *(point.scorer for point in points)))
    read = recipe.evaluate.model_copy(update={"scorers": tuple(scorers)})
    with logged(folder, STAGE, emit) as log:
        context = Context(folder, log, token)
        inputs = load_inputs(recipe.model_copy(update={"evaluate": read}), log)
        return _Sweep(inputs, profile_stage(inputs, context), points, context).run()


class _Sweep:
    """One sweep at work."""

    def __init__(
        self, inputs: Inputs, profiles: Profiles, points: Sequence[SweepPoint], context: Context
    ) -> None:
        self._inputs = inputs
        self._context = context
        self._file = SweepFile(context.folder, inputs)
        self._results: dict[str, Results] = {}
        self._measured: dict[str, Measured] = {}
        self._ends = [self._entry(Candidate(TARGET)), *map(self._entry, specialists_of(inputs))]
        self._others = [
            *map(self._entry, _controls(inputs, profiles)),
            *self._points(profiles, points),
        ]
        every = {entry.key for entry in self._ends + self._others}
        self._fresh = {key for key in every if self._file.known(key) is None}

    def run(self) -> SweepResult:
        """Target and specialists first, as every share is one of the gaps between them."""
        for entry in self._ends:
            self._find(entry)
        self._tell(self._ends)
        known = [entry for entry in self._others if entry.key not in self._fresh]
        for entry in known:
            self._find(entry)
        self._tell(known)
        for entry in self._others:
            if entry.key in self._fresh:
                self._find(entry)
                self._tell([entry])
        if self._fresh:
            self._meter.finish()
        else:
            self._context.emit(Finished(STAGE, reused=True))
        return SweepResult(self._in_order(), sweep_path(self._context.folder))

    @functools.cached_property
    def _evaluator(self) -> Evaluator:
        settings = self._inputs.recipe.profile
        return Evaluator(
            self._inputs.target,
            self._inputs.heldout,
            device=settings.device,
            dtype=settings.dtype,
            emit=self._context.emit,
            cancel=self._context.token,
        )

    @functools.cached_property
    def _meter(self) -> ProgressMeter:
        total = len(self._fresh) * len(self._inputs.heldout)
        return ProgressMeter(self._context.emit, STAGE, total, "abilities")

    def _entry(self, candidate: Candidate) -> _Entry:
        return _Entry(candidate.name, lambda: candidate, self._file.key(candidate))

    def _points(self, profiles: Profiles, points: Sequence[SweepPoint]) -> Iterator[_Entry]:
        masks = _masks_at(self._inputs, profiles)
        for point in points:
            build = functools.partial(_candidate_at, self._inputs, masks, point)
            yield _Entry(point.name, build, self._file.key(build()), point)

    def _find(self, entry: _Entry) -> None:
        """Take what is known of a candidate, or measure it; either is kept from then on."""
        found = self._file.known(entry.key)
        if found is None:
            found = self._evaluator.measure(entry.build(), self._meter)
            self._file.keep(entry.key, found)
            self._file.save(self._in_order())
        self._results[entry.name] = found

    def _tell(self, entries: Sequence[_Entry]) -> None:
        """Sum candidates up and say so."""
        summed = self._summed(entries)
        for entry in entries:
            reused, point = entry.key not in self._fresh, entry.point
            measured = dataclasses.replace(summed[entry.name], reused=reused)
            if point is not None:
                measured = dataclasses.replace(
                    measured,
                    kind="point",
                    scorer=point.scorer,
                    share=point.share,
                    strength=point.strength,
                )
            self._measured[entry.name] = measured
            self._context.emit(measured)
        self._file.save(self._in_order())

    def _summed(self, entries: Sequence[_Entry]) -> dict[str, Measured]:
        recipe = self._inputs.recipe
        firsts = {(name, ability.measures[0]) for name, ability in recipe.abilities.items()}
        wanted = dict.fromkeys((TARGET, *recipe.specialists, *(entry.name for entry in entries)))
        comparison = tabulate(
            {
                name: {place: one for place, one in self._results[name].items() if place in firsts}
                for name in wanted
            },
            self._inputs.heldout,
            references_of(recipe),
            bootstrap_of(recipe),
        )
        metrics = {
            "abilities": {name: ability.model_dump() for name, ability in recipe.abilities.items()},
            "models": {"specialists": recipe.specialists},
            **comparison_facts(comparison),
        }
        return {one.candidate: one for one in measured_of(metrics)}

    def _in_order(self) -> tuple[Measured, ...]:
        names = (entry.name for entry in self._ends + self._others)
        return tuple(self._measured[name] for name in names if name in self._measured)


def _controls(inputs: Inputs, profiles: Profiles) -> Iterator[Candidate]:
    masks = masks_of(inputs, profiles)
    settled = settled_masks(inputs.target, inputs.recipe, profiles, masks)
    weight: tuple[ScorerName, ...] = ("weight",)
    scorers = weight if "weight" in inputs.recipe.evaluate.controls else ()
    return controls_of(inputs, profiles, masks, settled, scorers)


def _masks_at(
    inputs: Inputs, profiles: Profiles
) -> Callable[[ScorerName, float], Mapping[str, Mask]]:
    """Settled masks of a scorer and a share; of equal ones in a row, computed once."""

    @functools.lru_cache(maxsize=1)
    def masks(scorer: ScorerName, share: float) -> Mapping[str, Mask]:
        recipe = inputs.recipe
        changes = {"scorer": scorer, "budget": Budget(share=share)}
        settings = recipe.localize.model_copy(update=changes)
        found = {name: localized(inputs, profiles, name, settings) for name in inputs.specialists}
        return settled_masks(inputs.target, recipe, profiles, found, scorer=scorer).masks

    return masks


def _candidate_at(
    inputs: Inputs,
    masks: Callable[[ScorerName, float], Mapping[str, Mask]],
    point: SweepPoint,
) -> Candidate:
    choices = inputs.recipe.transfer.model_copy(update={"strength": point.strength})
    chosen = masks(point.scorer, point.share)
    return Candidate(point.name, moves_of(inputs.target, inputs.specialists, chosen, choices))

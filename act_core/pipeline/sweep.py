"""Sweeps: many settings as candidates on one loaded model, and the best of them under limits.

Candidates are computed from calibration items, compared on calibration items that were set apart,
and what is recommended is measured, beside what it has to beat, on held-out items.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.errors import BaselineError, GatesError, NotFiniteError
from act_core.evaluate.candidates import Candidate
from act_core.evaluate.comparison import TARGET
from act_core.evaluate.evaluator import HeldOut
from act_core.evaluate.portions import PORTIONS
from act_core.events import EventSink, Measured, Note
from act_core.pipeline.bench import STAGE, Bench
from act_core.pipeline.candidates import specialists_of
from act_core.pipeline.choosing import recommended
from act_core.pipeline.entries import Entries, Entry
from act_core.pipeline.inputs import Inputs, load_inputs
from act_core.pipeline.metrics import input_facts
from act_core.pipeline.points import GatesPoint, Point, SweepPoint
from act_core.pipeline.recommend import Recommendation, limit_text, limits_of
from act_core.pipeline.reporting import add_to_report, write_pages
from act_core.pipeline.rungs import portions_of, rungs_of, survivors
from act_core.pipeline.samples import keep_sweep_samples
from act_core.pipeline.scoreboard import Scoreboard
from act_core.pipeline.selection import Profiles
from act_core.pipeline.stages import Context, profile_stage
from act_core.pipeline.sweep_file import Split, SweepFile, known_sweep, sweep_facts, sweep_path
from act_core.pipeline.validated import validated
from act_core.recipe import Recipe
from act_core.report.render import render_sweep
from act_core.run_log import logged
from act_core.runs import RunFolder
from act_core.tune.schedule import check_dtype

# Measured in full once the race is over: what is recommended, its rival and its controls.
_AT_THE_END = 6


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep has found.

    Attributes:
        measured: Target, specialists, baselines and points, in this order.
        path: sweep.json.
        recommendation: What it recommends.
        report: report.html, or None where that is a report of other inputs.
    """

    measured: tuple[Measured, ...]
    path: Path
    recommendation: Recommendation
    report: Path | None = None


def sweep(
    recipe: Recipe,
    points: Sequence[Point],
    *,
    halving: bool = True,
    command: str = "",
    emit: EventSink,
    token: CancelToken,
) -> SweepResult:
    """Compare points and baselines on validation items, and recommend the best within the limits.

    What a point does not say is as in the recipe. What sweeps of this run have measured before is
    not measured again.

    Args:
        recipe: The recipe; its own scorer, budget and strength give only its controls their size.
        points: What to compare.
        halving: Measure the worse half of the candidates on few items only (`pipeline.rungs`).
        command: What repeats it, for the report.
        emit: Is sent `Measured` for every candidate, again as it is measured on more items.
        token: Polled at batch borders; what was measured until then stays known.

    Raises:
        RecipeError: A limit is on what is no ability to keep.
        GatesError: Gates are a point, in a dtype that has no room for gradients.
        AbilityDataError: Calibration items are too few to set some apart.
        ActError: Everything that the stages raise; it is also written to events.jsonl.
    """
    limits = limits_of(recipe)
    if any(isinstance(point, GatesPoint) for point in points):
        check_dtype(recipe.profile.dtype, GatesError)
    folder = RunFolder(recipe.run)
    with logged(folder, STAGE, emit) as log:
        inputs = load_inputs(_reading(recipe, points), log, token)
        # So that the command repeats this sweep, whatever becomes of the recipe.
        evaluate = recipe.evaluate
        folder.sweep.save_recipe(inputs.recipe.model_copy(update={"evaluate": evaluate}))
        split = validated(inputs)
        home = folder if split.calibration_is_whole else folder.sweep
        profiles = profile_stage(split.inputs, Context(home, log, token))
        context = Context(folder, log, token)
        log(Note(f"Limit: {limit_text(limits)}."))
        one = _Sweep(split.inputs, split.validation, profiles, points, command, context)
        result = one.choose(limits, halving)
        return dataclasses.replace(result, report=_report(inputs, context))


def _report(inputs: Inputs, context: Context) -> Path | None:
    """Add the sweep to the run's report, or write one of the sweep alone where there is none."""
    folder, facts = context.folder, sweep_facts(inputs, context.folder)
    added = add_to_report(folder, inputs, facts, ("models", "abilities"))
    if added is None and folder.metrics.is_file():
        text = "The report is of another state of the recipe; act evaluate writes it anew, "
        context.emit(Note(f"{text}with this sweep."))
        return None
    return added or write_pages(folder, "report", render_sweep(input_facts(inputs) | facts))


def _reading(recipe: Recipe, points: Sequence[Point]) -> Recipe:
    """The recipe whose profiles hold what the points' scorers read."""
    scorers = [point.scorer for point in points if isinstance(point, SweepPoint)]
    every = dict.fromkeys((*recipe.evaluate.scorers, *scorers))
    evaluate = recipe.evaluate.model_copy(update={"scorers": tuple(every)})
    return recipe.model_copy(update={"evaluate": evaluate})


def _firsts(abilities: Mapping[str, HeldOut]) -> dict[str, HeldOut]:
    """Abilities with their first measure alone: nobody is chosen by the others."""
    return {
        name: dataclasses.replace(
            held, ability=held.ability.model_copy(update={"measures": held.ability.measures[:1]})
        )
        for name, held in abilities.items()
    }


class _Sweep:
    """One sweep at work."""

    def __init__(
        self,
        inputs: Inputs,
        validation: Mapping[str, HeldOut],
        profiles: Profiles,
        points: Sequence[Point],
        command: str,
        context: Context,
    ) -> None:
        self._inputs = inputs
        self._command = command
        self._splits: dict[Split, Mapping[str, HeldOut]] = {
            "validation": _firsts(validation),
            "heldout": _firsts(inputs.heldout),
        }
        self._context = context
        self._known_pace = known_sweep(context.folder).candidate_s
        self._file = SweepFile(context.folder, inputs, context.emit)
        self._entries = Entries(inputs, profiles, self._file.key, context)
        self._target = self._entries.plain(Candidate(TARGET), "target")
        self._specialists = [
            self._entries.plain(one, "specialist") for one in specialists_of(inputs)
        ]
        self._baselines = list(self._entries.baselines())
        self._points = self._entries.points(dict.fromkeys(points))

    def choose(self, limits: Mapping[str, float], halving: bool) -> SweepResult:
        """Compare on validation items, recommend, and measure that on held-out items."""
        started_at = time.monotonic()
        pools = self._pools(halving)
        portions = sum(portions_of(len(pool), rungs) for pool, rungs in pools)
        bench, board = self._begin(limits, portions + PORTIONS * _AT_THE_END)
        self._save(board, limits)
        board.begin("validation")
        board.tell_ends("validation")
        left = [
            entry
            for pool, rungs in pools
            for entry in self._race(bench, board, pool, rungs, limits)
        ]
        found = recommended(board, self._entries, left, limits)
        if found.candidate:
            heldout = self._splits["heldout"]
            keep_sweep_samples(self._context.folder, found, heldout, board.results["heldout"])
        seconds = time.monotonic() - started_at
        self._save(board, limits, found, seconds, bench.measured_portions)
        bench.finish()
        return SweepResult(self._in_order(board), sweep_path(self._context.folder), found)

    def _pools(self, halving: bool) -> list[tuple[list[Entry], tuple[int, ...]]]:
        """Who races against whom, and over which rungs: the best baseline is looked for as well."""
        few = min(len(held.encoded.sequences) for held in self._splits["validation"].values())
        every = [*self._baselines, *self._points]
        pools = []
        for is_baseline in (True, False):
            pool = [one for one in every if one.is_baseline is is_baseline and not one.is_costly]
            pools.append((pool, rungs_of(len(pool), few) if halving else (PORTIONS,)))
        costly = [entry for entry in every if entry.is_costly]
        return [*pools, (costly, (PORTIONS,))]

    def _race(
        self,
        bench: Bench,
        board: Scoreboard,
        pool: Sequence[Entry],
        rungs: Sequence[int],
        limits: Mapping[str, float],
    ) -> list[Entry]:
        """Measure rung by rung and give those that were measured on all items."""
        left = list(pool)
        for portions in rungs:
            for entry in tuple(left):
                if entry.is_costly and not self._is_made(bench, entry):
                    left.remove(entry)
                    continue
                board.tell(entry, "validation", portions)
                self._save(board, limits)
            if portions == PORTIONS:
                break
            go_on = survivors({entry.name: board.score(entry, portions) for entry in left})
            for entry in left:
                if entry.name not in go_on:
                    board.tell(entry, "validation", portions, dropped=True)
            left = [entry for entry in left if entry.name in go_on]
        return left

    def _is_made(self, bench: Bench, entry: Entry) -> bool:
        """Measure a baseline on everything at once; one that cannot be merged stays out."""
        try:
            bench.find_all(entry)
        except (BaselineError, NotFiniteError) as error:
            self._context.emit(Note(f"{entry.name} is left out: {error.reason}", "warning"))
            return False
        return True

    def _begin(self, limits: Mapping[str, float], portions: int) -> tuple[Bench, Scoreboard]:
        """The bench, for so many portions beside those of target and specialists."""
        ends = PORTIONS * len(self._splits) * (1 + len(self._specialists))
        bench = Bench(self._inputs, self._splits, self._file, self._context, portions + ends)
        emit = self._context.emit
        board = Scoreboard(self._inputs, bench, self._target, self._specialists, limits, emit)
        return bench, board

    def _save(
        self,
        board: Scoreboard,
        limits: Mapping[str, float],
        found: Recommendation | None = None,
        seconds: float = 0.0,
        portions: int = 0,
    ) -> None:
        items = {
            split: {name: len(held.encoded.items) for name, held in abilities.items()}
            for split, abilities in self._splits.items()
        }
        pace = PORTIONS * seconds / portions if portions else self._known_pace
        facts = {"limits": limits, "items": items, "candidate_s": pace, "command": self._command}
        self._file.save()
        self._file.sum_up(self._in_order(board), found, facts)

    def _in_order(self, board: Scoreboard) -> tuple[Measured, ...]:
        """Target, specialists, baselines, points; then what came to them."""
        first = [self._target, *self._specialists, *self._baselines, *self._points]
        names = dict.fromkeys((*(entry.name for entry in first), *board.measured))
        return tuple(board.measured[name] for name in names if name in board.measured)

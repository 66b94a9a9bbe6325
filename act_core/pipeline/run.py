"""A recipe carried out: the stages in order, nothing else."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from act_core.cancel import CancelToken
from act_core.errors import GatesError, RecipeError, TunedError
from act_core.events import EventSink, Finished, Note
from act_core.localize.masks import Mask
from act_core.pipeline.analysis import analysis_facts
from act_core.pipeline.baselines import (
    BaselineEntry,
    baseline_entries,
    check_baselines,
    key_with,
)
from act_core.pipeline.candidates import RESULT
from act_core.pipeline.costs import StageCosts, cost_facts
from act_core.pipeline.export import check_export, export_stage
from act_core.pipeline.fetching import with_models_here
from act_core.pipeline.gates import needs_masks, result_of_gates
from act_core.pipeline.inputs import Inputs, load_inputs
from act_core.pipeline.metrics import channel_facts, comparison_facts, input_facts
from act_core.pipeline.probes import probe_stage
from act_core.pipeline.reporting import write_report
from act_core.pipeline.result import Result, result_of_masks
from act_core.pipeline.samples import has_samples, keep_samples
from act_core.pipeline.selection import Profiles
from act_core.pipeline.stages import Context, evaluate_stage, localize_stage, profile_stage
from act_core.pipeline.sweep_file import sweep_facts
from act_core.pipeline.tasks import task_stage
from act_core.pipeline.tuned import result_of_tuning
from act_core.recipe import Recipe
from act_core.run_log import logged
from act_core.runs import RunFolder
from act_core.transfer.policies import Settled
from act_core.tune.schedule import check_dtype

Stage = Literal[
    "profile", "localize", "learn", "gates", "fit", "tune", "evaluate", "transfer", "run"
]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a run leaves.

    Attributes:
        folder: The run folder.
        metrics: As in metrics.json; as much as the stages that ran have found.
        export: The checkpoint, or None where none was asked for.
        report: report.html, or None where nothing was evaluated.
    """

    folder: Path
    metrics: Mapping[str, Any]
    export: Path | None
    report: Path | None


def run_recipe(
    recipe: Recipe,
    *,
    until: Stage = "run",
    overwrite: bool = False,
    samples: bool = False,
    command: str,
    emit: EventSink,
    token: CancelToken,
) -> Outcome:
    """Carry a recipe out, up to a stage. What is known already is not computed again.

    Figures come from candidates on one loaded model and are known before the checkpoint is
    written, so that its card can hold them.

    Args:
        recipe: What to do.
        until: `profile`, `localize`, `learn` (gates, which the recipe must have), `gates` (figures
            of gates, before any tuning), `fit` (the tuning after the transfer, which the recipe
            must have), `tune` (its figures), `evaluate` (figures, no checkpoint), `transfer`
            (checkpoint, no figures but known ones), or `run` for everything.
        overwrite: Replace an export that is there already and differs.
        samples: Measure again where figures are known but not their samples.
        command: What reproduces the run, for the report.
        emit: Progress.
        token: Polled throughout.

    Raises:
        RecipeError: Gates, or a tuning, are asked for and the recipe has none.
        GatesError, TunedError: They would be learned in a dtype that has no room for gradients;
            said before anything long begins.
        ActError: Everything that the stages raise; it is also written to events.jsonl.
    """
    wanted = {"learn": "gates", "gates": "gates", "fit": "tune", "tune": "tune"}.get(until)
    if wanted and getattr(recipe, wanted) is None:
        raise RecipeError(
            f"{recipe.name} has no section {wanted}.",
            remedy=f"Add one; {wanted}: {{}} takes the defaults.",
        )
    check_baselines(recipe)
    _check_dtypes(recipe, until)
    folder = RunFolder(recipe.run)
    with logged(folder, until, emit) as log:
        return _run(recipe, until, overwrite, samples, command, Context(folder, log, token))


def _run(
    recipe: Recipe, until: Stage, overwrite: bool, samples: bool, command: str, context: Context
) -> Outcome:
    folder = context.folder
    costs = StageCosts(folder)
    context = dataclasses.replace(context, emit=costs.watching(context.emit))
    recipe = with_models_here(recipe, context.emit, context.token)
    folder.save_recipe(recipe)
    inputs = costs.timed("read", functools.partial(load_inputs, recipe, context.emit))
    if until in ("transfer", "run"):
        check_export(inputs, overwrite, context)
    metrics = input_facts(inputs)
    result, facts = _made(inputs, until, costs, context)
    metrics |= facts
    if result is None:
        return Outcome(folder.path, metrics, None, None)
    entries = baseline_entries(inputs, context)
    result = dataclasses.replace(result, key=key_with(result.key, entries))
    known = folder.known_metrics(result.key)
    figures = _figures(inputs, result, entries, until, samples, costs, context)
    figures["costs"] = _costs(costs, _learned(recipe, until), figures["baselines"])
    written = {name: known.get(name) for name in ("transfer", "verification")}
    metrics |= {"key": result.key, **figures, **written, **result.known_later()}
    if until != "transfer":
        metrics["probes"] = costs.timed("probes", lambda: probe_stage(inputs, result, context))
    else:
        metrics["probes"] = known.get("probes", [])
    export = None
    if until not in ("evaluate", "gates", "tune"):
        export, facts = costs.timed(
            "transfer", lambda: export_stage(inputs, result, metrics, overwrite, context)
        )
        metrics |= facts
    metrics |= costs.timed("tasks", lambda: task_stage(inputs, export, context))
    metrics |= analysis_facts(inputs, folder)
    metrics |= sweep_facts(inputs, folder)
    text = (folder.path / "recipe.yaml").read_text("utf-8")
    metrics |= {"seconds": costs.seconds, "recipe": text, "command": command}
    return Outcome(folder.path, metrics, export, write_report(folder, metrics))


def _check_dtypes(recipe: Recipe, until: Stage) -> None:
    """Refuse a dtype that the last stages cannot compute in before the first ones begin."""
    errors = {"gates": GatesError, "tune": TunedError}
    for stage in _learned(recipe, until):
        check_dtype(recipe.profile.dtype, errors[stage])


def _learned(recipe: Recipe, until: Stage) -> tuple[str, ...]:
    """The stages that learn, as far as the run goes."""
    gated = recipe.gates is not None and until not in ("profile", "localize")
    tuned = recipe.tune is not None and until not in ("profile", "localize", "learn", "gates")
    return (*(("gates",) if gated else ()), *(("tune",) if tuned else ()))


def _made(
    inputs: Inputs, until: Stage, costs: StageCosts, context: Context
) -> tuple[Result | None, Mapping[str, Any]]:
    """The result before it is measured, None where the run ends before; and what was found."""
    recipe, learned = inputs.recipe, _learned(inputs.recipe, until)
    profiles: Profiles = {}
    masks: Mapping[str, Mask] = {}
    if "gates" not in learned or needs_masks(recipe):
        profiles = costs.timed("profile", lambda: profile_stage(inputs, context))
        if until == "profile":
            return None, {}
        masks = costs.timed("localize", lambda: localize_stage(inputs, profiles, context))
        if until == "localize":
            return None, channel_facts(inputs, profiles, masks, Settled(masks))
    if "gates" in learned:
        learn = functools.partial(result_of_gates, inputs, profiles, masks, context)
        result = costs.timed("gates", learn)
        if until == "learn":
            return None, result.facts
    else:
        result = result_of_masks(inputs, profiles, masks, context)
    if "tune" in learned:
        tune = functools.partial(result_of_tuning, inputs, result, context)
        result = costs.timed("tune", tune)
        if until == "fit":
            return None, result.facts
    return result, result.facts


def _figures(
    inputs: Inputs,
    result: Result,
    entries: Sequence[BaselineEntry],
    until: Stage,
    samples: bool,
    costs: StageCosts,
    context: Context,
) -> dict[str, Any]:
    """Figures that are known, else as they are measured; none where only a transfer is wanted."""
    known = context.folder.known_metrics(result.key)
    sampled = has_samples(context.folder, result.key, inputs.heldout)
    if known.get("figures") and (sampled or not samples):
        context.emit(Finished("evaluate", reused=True))
        if not sampled:
            context.emit(Note("The known figures have no samples; act evaluate --samples."))
        figures = {name: known.get(name, []) for name in ("figures", "shares", "baselines")}
        return {**figures, "candidate_s": known.get("candidate_s")}
    if until != "transfer":
        return costs.timed("evaluate", lambda: _measured(inputs, result, entries, context))
    context.emit(Note("No figures are known yet; act evaluate or act run measures them."))
    return {"figures": [], "shares": [], "baselines": [], "candidate_s": None}


def _measured(
    inputs: Inputs, result: Result, entries: Sequence[BaselineEntry], context: Context
) -> dict[str, Any]:
    """Figures, with their samples left in the run folder."""
    comparison = evaluate_stage(inputs, result.candidates(), context, entries)
    keep_samples(context.folder, result.key, inputs.heldout, comparison.results)
    facts = comparison_facts(comparison) | {"baselines": [one.facts() for one in entries]}
    before = context.folder.read_metrics().get("candidate_s")
    return facts | {"candidate_s": comparison.candidate_s or before}


def _costs(
    costs: StageCosts, learned: tuple[str, ...], baselines: Sequence[Mapping[str, Any]]
) -> list[Any]:
    """What result and baselines took, as far as that is known."""
    stages = ("profile", "localize", *learned)
    own = cost_facts(RESULT, costs.of(stages), f"{', '.join(stages)}; no checkpoint written")
    return [
        own,
        *(
            {
                **{key: row[key] for key in ("candidate", "seconds", "peak_bytes")},
                "covers": f"merging by {row['by']}",
            }
            for row in baselines
            if row["state"] == "measured"
        ),
    ]

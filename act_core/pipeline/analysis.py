"""Analyses of a run: known findings from its folder, the others made one by one and kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from act_core.analysis.file import AnalysisFile, Found, analysis_path, as_json, known_analysis
from act_core.analysis.findings import ANALYSES
from act_core.cancel import CancelToken
from act_core.errors import RecipeError
from act_core.events import Analysed, EventSink, Finished
from act_core.hashing import content_hash
from act_core.meters import ProgressMeter
from act_core.pipeline.analysis_bench import AnalysisBench
from act_core.pipeline.analysis_tasks import tasks_of
from act_core.pipeline.figures_file import base_of
from act_core.pipeline.inputs import Inputs, load_inputs
from act_core.pipeline.metrics import input_facts
from act_core.pipeline.reporting import add_to_report, write_pages
from act_core.pipeline.stages import Context
from act_core.recipe import Recipe
from act_core.report.render import render_analysis
from act_core.run_log import logged
from act_core.runs import RunFolder

STAGE = "analyse"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """What was found.

    Attributes:
        found: In the order of `findings.ANALYSES`; those of other analyses that are known too.
        path: analysis.json.
        report: analysis.html.
    """

    found: tuple[Found, ...]
    path: Path
    report: Path


def analyse(
    recipe: Recipe,
    analyses: Sequence[str] = ANALYSES,
    *,
    command: str = "act analyse RECIPE",
    emit: EventSink,
    token: CancelToken,
) -> AnalysisResult:
    """Carry analyses out and write analysis.json and its report.

    Args:
        recipe: The recipe; its scorer, ranking, budget, ties and strength are what is looked at.
        analyses: Which.
        command: What repeats it, for the report.
        emit: Is sent `Analysed` for every finding: known ones at once, the rest as they come.
        token: Polled at batch borders and between masks; what was found until then stays known.

    Raises:
        RecipeError: There is no such analysis.
        ActError: Everything that the stages raise; it is also written to events.jsonl.
    """
    chosen = [ANALYSES[ANALYSES.index(name)] for name in analyses if name in ANALYSES]
    if len(chosen) < len(analyses) or not chosen:
        raise RecipeError(
            f"{', '.join(analyses) or 'Nothing'} names no analysis.",
            remedy=f"Choose among {', '.join(ANALYSES)}.",
        )
    folder = RunFolder(recipe.run)
    with logged(folder, STAGE, emit) as log:
        inputs = load_inputs(recipe, log, token)
        folder.analyses.save_recipe(inputs.recipe)
        bench = AnalysisBench(inputs, Context(folder, log, token))
        file = AnalysisFile(folder, analysis_key(inputs))
        tasks = {
            content_hash([task.analysis, *task.place]): task
            for name in dict.fromkeys(chosen)
            for task in tasks_of(name, bench)
        }
        missing = []
        for key, task in tasks.items():
            known = file.known(key)
            if known is None:
                missing.append((key, task))
            else:
                log(Analysed(task.analysis, known, reused=True))
        if missing:
            meter = ProgressMeter(
                log, STAGE, len(tasks), "findings", done=len(tasks) - len(missing)
            )
            for key, task in missing:
                token.raise_if_cancelled()
                finding = task.make()
                file.keep(Found(task.analysis, key, finding))
                log(Analysed(task.analysis, finding))
                meter.step()
            meter.finish()
        else:
            log(Finished(STAGE, reused=True))
        found = analysis_of(inputs, folder)
        return AnalysisResult(found, analysis_path(folder), _report(inputs, found, command, folder))


def analysis_key(inputs: Inputs) -> str:
    """Hash of everything that decides what analyses find."""
    recipe = inputs.recipe
    return content_hash(
        {
            "version": _VERSION,
            "measured": base_of(inputs),
            "specialists": [[n, m.fingerprint()] for n, m in inputs.specialists.items()],
            "brings": [list(recipe.brought_by(name)) for name in recipe.specialists],
            "calibration": {name: one.fingerprint for name, one in inputs.calibration.items()},
            "heldout": {name: held.fingerprint() for name, held in inputs.heldout.items()},
            "localize": recipe.localize.model_dump(),
            "transfer": recipe.transfer.model_dump(),
            "resamples": recipe.evaluate.resamples,
            "seed": recipe.seed,
        }
    )


def analysis_of(inputs: Inputs, folder: RunFolder) -> tuple[Found, ...]:
    """What is known of a run as it is now, in the order of `findings.ANALYSES`."""
    found = known_analysis(folder, analysis_key(inputs))
    return tuple(sorted(found, key=lambda one: ANALYSES.index(one.analysis)))


def analysis_facts(inputs: Inputs, folder: RunFolder) -> dict[str, Any]:
    """The same for metrics.json; nothing where nothing was analysed."""
    found = analysis_of(inputs, folder)
    return {"analysis": as_json(found)} if found else {}


def _report(inputs: Inputs, found: Sequence[Found], command: str, folder: RunFolder) -> Path:
    """Write a report of their own, and add them to the run's where that is of the same inputs."""
    facts = {"analysis": as_json(found)}
    add_to_report(folder, inputs, facts, ("models", "abilities", "method"))
    # Analyses look at masks, also where the recipe learns gates.
    masks = inputs.recipe.model_copy(update={"gates": None})
    of_masks = input_facts(dataclasses.replace(inputs, recipe=masks))
    return write_pages(folder, "analysis", render_analysis(of_masks | facts, command))

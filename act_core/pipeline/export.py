"""The checkpoint of a run: written and verified, or the one that is there, verified again."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from act_core.errors import ActError
from act_core.events import Finished, Note
from act_core.hub.names import required_name
from act_core.models.describe import CARD_NAME
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.metrics import plan_facts, verification_facts
from act_core.pipeline.result import Result
from act_core.pipeline.stages import Context
from act_core.recipe import Recipe, TuneKeep
from act_core.report.several import contested_text
from act_core.report.table import figure_table
from act_core.transfer.card import CardFacts, card_model, model_card, replace_card
from act_core.transfer.export import ExtraFiles, transfer
from act_core.transfer.files import RECIPE_NAME
from act_core.transfer.place import check_apart, check_name
from act_core.transfer.plan import plan_transfer
from act_core.transfer.provenance import Provenance, read_provenance
from act_core.transfer.verify import Check, VerificationReport, verify_folder


def check_export(inputs: Inputs, overwrite: bool, context: Context) -> None:
    """Refuse at once, before anything is computed, an export that could not be written in the end.

    One that is there already may turn out to be the very same, so it is looked at later.

    Raises:
        OutputError: It would lie in a model that is read, or something else lies there.
    """
    out = Path(os.path.abspath(inputs.recipe.export or context.folder.model))
    check_apart(out, [inputs.target, *inputs.specialists.values()])
    if not (out / RECIPE_NAME).is_file():
        check_name(out, overwrite=overwrite)


def export_stage(
    inputs: Inputs,
    result: Result,
    metrics: Mapping[str, Any],
    overwrite: bool,
    context: Context,
) -> tuple[Path, dict[str, Any]]:
    """Write and verify the checkpoint.

    Args:
        inputs: The run's inputs.
        result: What moves; its masks or gates are saved in the run folder.
        metrics: Figures and facts for the model card.
        overwrite: Replace another export that is there.
        context: Run folder, events, cancel.

    Returns:
        The exported folder, and what metrics.json says of it.

    Raises:
        OutputError: Another export is there and `overwrite` is not set, or it cannot be written.
        VerificationError: The result is not what the plan says.
    """
    out = inputs.recipe.export or context.folder.model
    made_of = result.provenance()
    if not overwrite and _is_same(out, made_of):
        report = verify_folder(out, emit=context.emit, cancel=context.token)
        if metrics["figures"]:
            replace_card(out, model_card(_card_facts(inputs, result, metrics, out, report)))
        context.emit(Finished("transfer", reused=True))
        return out, verification_facts(report)
    written = result.moves if result.written is None else result.written
    plan = plan_transfer(inputs.target, written, out, overwrite=overwrite)
    context.emit(
        Note(
            f"Moving {plan.parameters:,} parameters ({plan.share:.2%}) in {plan.rows:,} rows; "
            f"copying {plan.copy_bytes / 1e6:,.0f} MB to {out}."
        )
    )

    beside = result.checks()

    def extras(report: VerificationReport) -> ExtraFiles:
        card = model_card(_card_facts(inputs, result, metrics, out, _with(report, beside)))
        return {CARD_NAME: card, **result.files(made_of)}

    report = transfer(plan, extras, emit=context.emit, cancel=context.token)
    return out, {**plan_facts(plan), **verification_facts(_with(report, beside))}


def _with(report: VerificationReport, checks: tuple[Check, ...]) -> VerificationReport:
    return dataclasses.replace(report, checks=(*report.checks, *checks))


def _card_facts(
    inputs: Inputs,
    result: Result,
    metrics: Mapping[str, Any],
    out: Path,
    report: VerificationReport,
) -> CardFacts:
    recipe = inputs.recipe
    models = [card_model("target", inputs.target)]
    if inputs.base is not None:
        models.append(card_model("base", inputs.base))
    specialists = inputs.specialists.items()
    models += [card_model(f"specialist {name}", model) for name, model in specialists]
    table = figure_table(metrics)
    return CardFacts(
        title=recipe.name if out.name == "model" else out.name,
        models=tuple(models),
        abilities=recipe.with_role("bring"),
        kept=recipe.with_role("keep"),
        scorer=result.chosen_by,
        channels=int(result.moved.sum()),
        share=float(result.moved.mean()),
        choices=recipe.transfer,
        figures=(table.header, *table.rows) if metrics["figures"] else (),
        verification=report,
        strength=result.strength,
        contested=contested_text(metrics),
        tuned_on=result.tuned_on,
        adapter=_adapter(recipe),
        datasets=_datasets(recipe),
    )


def _datasets(recipe: Recipe) -> tuple[str, ...]:
    """Data sets of the Hub that were calibrated on."""
    sources = [source for one in recipe.abilities.values() for source in one.calibration]
    named = (required_name(source.hub, "dataset").repo for source in sources if source.hub)
    return tuple(dict.fromkeys(named))


def _adapter(recipe: Recipe) -> TuneKeep | None:
    return recipe.tune.keep if recipe.tune and recipe.tune.kind == "lora" else None


def _is_same(out: Path, made_of: Provenance) -> bool:
    """Whether the export that is there was made of the same things in the same way."""
    try:
        there = read_provenance(out)
    except ActError:
        return False
    same: bool = there.essence() == made_of.essence()
    return same

"""The checkpoint of a run: written and verified, or the one that is there, verified again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from act_core.errors import ActError
from act_core.events import Finished, Note
from act_core.localize.masks import Mask
from act_core.localize.scorers import SCORERS
from act_core.pipeline.candidates import moves
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.metrics import plan_facts, verification_facts
from act_core.pipeline.stages import Context, settled_path
from act_core.recipe import Recipe
from act_core.report.table import figure_table
from act_core.transfer.card import CardFacts, card_model, model_card, replace_card
from act_core.transfer.export import ExtraFiles, transfer
from act_core.transfer.files import CARD_NAME
from act_core.transfer.plan import plan_transfer
from act_core.transfer.policies import Settled
from act_core.transfer.provenance import (
    Gift,
    Provenance,
    provenance_files,
    provenance_of,
    read_provenance,
)
from act_core.transfer.verify import VerificationReport, verify_folder


def export_stage(
    inputs: Inputs,
    settled: Settled,
    metrics: Mapping[str, Any],
    overwrite: bool,
    context: Context,
) -> tuple[Path, dict[str, Any]]:
    """Write and verify the checkpoint.

    Args:
        inputs: The run's inputs.
        settled: One mask per specialist, saved in the run folder.
        metrics: Figures and facts for the model card.
        overwrite: Replace another export that is there.
        context: Run folder, events, cancel.

    Returns:
        The exported folder, and what metrics.json says of it.

    Raises:
        OutputError: Another export is there and `overwrite` is not set, or it cannot be written.
        VerificationError: The result is not what the plan says.
    """
    recipe, masks = inputs.recipe, settled.masks
    out = recipe.export or context.folder.model
    gifts = {
        name: Gift(inputs.specialists[name], mask, settled_path(context.folder, settled, name))
        for name, mask in masks.items()
    }
    made_of = provenance_of(
        inputs.target,
        gifts,
        recipe.transfer,
        base=inputs.base,
        recipe=recipe.model_dump(mode="json", exclude_none=True),
    )
    if not overwrite and _is_same(out, made_of):
        report = verify_folder(out, emit=context.emit, cancel=context.token)
        if metrics["figures"]:
            replace_card(out, model_card(_card_facts(inputs, masks, metrics, out, report)))
        context.emit(Finished("transfer", reused=True))
        return out, verification_facts(report)
    plan = plan_transfer(inputs.target, moves(inputs, masks), out, overwrite=overwrite)
    context.emit(
        Note(
            f"Moving {plan.parameters:,} parameters ({plan.share:.2%}) in {plan.rows:,} rows; "
            f"copying {plan.copy_bytes / 1e6:,.0f} MB to {out}."
        )
    )

    def extras(report: VerificationReport) -> ExtraFiles:
        card = model_card(_card_facts(inputs, masks, metrics, out, report))
        return {CARD_NAME: card, **provenance_files(made_of, gifts)}

    report = transfer(plan, extras, emit=context.emit, cancel=context.token)
    return out, {**plan_facts(plan), **verification_facts(report)}


def _card_facts(
    inputs: Inputs,
    masks: Mapping[str, Mask],
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
    moved = np.logical_or.reduce([mask.selected for mask in masks.values()])
    return CardFacts(
        title=recipe.name if out.name == "model" else out.name,
        models=tuple(models),
        abilities=recipe.with_role("bring"),
        kept=recipe.with_role("keep"),
        scorer=_chosen_by(recipe),
        channels=int(moved.sum()),
        share=float(moved.mean()),
        choices=recipe.transfer,
        figures=(table.header, *table.rows) if metrics["figures"] else (),
        verification=report,
    )


def _chosen_by(recipe: Recipe) -> str:
    """How channels were chosen, in a few words."""
    given = [name for name, section in recipe.specialists.items() if section.mask is not None]
    title = SCORERS[recipe.localize.scorer].title
    if not given:
        return title
    files = f"a mask file for {', '.join(given)}"
    return files if len(given) == len(recipe.specialists) else f"{title}; {files}"


def _is_same(out: Path, made_of: Provenance) -> bool:
    """Whether the export that is there was made of the same things in the same way."""
    try:
        there = read_provenance(out)
    except ActError:
        return False
    same: bool = there.essence() == made_of.essence()
    return same

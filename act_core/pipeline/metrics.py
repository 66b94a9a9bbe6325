"""metrics.json: every figure with its controls, sample sizes and inputs (design.md, section 4)."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.metadata
import platform
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import act_core
from act_core.abilities.encode import Encoded
from act_core.analysis.concentration import TOP_SHARES, top_masses
from act_core.evaluate.bootstrap import Interval
from act_core.evaluate.comparison import Comparison
from act_core.localize.algebra import overlap
from act_core.localize.localize import budget_text, score_channels
from act_core.localize.masks import Mask
from act_core.localize.scorers import SCORERS
from act_core.localize.spread import densities, spread
from act_core.models.describe import describe
from act_core.models.reference import Model
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.selection import Profiles, by_role, mask_by
from act_core.recipe import PolicyName, Recipe
from act_core.transfer.contest import Contest, contest_of
from act_core.transfer.plan import TransferPlan
from act_core.transfer.policies import Settled
from act_core.transfer.verify import VerificationReport


def input_facts(inputs: Inputs) -> dict[str, Any]:
    """Models, findings, abilities, method and environment."""
    recipe = inputs.recipe
    return {
        "act": 1,
        "name": recipe.name,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "models": {
            "target": _model_facts(inputs.target),
            "base": _model_facts(inputs.base) if inputs.base else None,
            "specialists": {n: _model_facts(m) for n, m in inputs.specialists.items()},
        },
        "findings": [
            {"specialist": name, **dataclasses.asdict(finding)}
            for name, found in inputs.findings.items()
            for finding in found
        ],
        "abilities": {name: _ability_facts(inputs, name) for name in recipe.abilities},
        "leaks": {name: dataclasses.asdict(found) for name, found in inputs.leaks.items()},
        "method": {
            **_chooser(recipe),
            "ranking": recipe.localize.ranking,
            "budget": budget_text(recipe.localize.budget),
            "price": recipe.localize.price,
            "tie": list(recipe.localize.tie),
            **recipe.transfer.model_dump(),
            "seed": recipe.seed,
        },
        "environment": {
            "act": act_core.__version__,
            "python": platform.python_version(),
            "torch": importlib.metadata.version("torch"),
            "transformers": importlib.metadata.version("transformers"),
            "device": recipe.profile.device,
            "dtype": recipe.profile.dtype,
        },
    }


def channel_facts(
    inputs: Inputs, profiles: Profiles, masks: Mapping[str, Mask], settled: Settled
) -> dict[str, Any]:
    """Where each mask lies, and what several claim.

    Args:
        inputs: The run's inputs.
        profiles: By specialist and ability.
        masks: One per specialist, before contested channels were settled.
        settled: The same afterwards; these are described.
    """
    contest = settled.contest or contest_of(masks)
    return {
        "masks": _mask_facts(inputs, profiles, masks, settled, contest.channels),
        "contested": _contest_facts(contest, inputs.recipe.transfer.policy),
    }


def _mask_facts(
    inputs: Inputs,
    profiles: Profiles,
    masks: Mapping[str, Mask],
    settled: Settled,
    contested: NDArray[np.bool_],
) -> dict[str, Any]:
    """Where each mask lies, how concentrated its scores are, and how it differs from weight."""
    recipe = inputs.recipe
    found = {}
    for name, mask in settled.masks.items():
        bring, keep = by_role(recipe, profiles, name)
        scores = score_channels(inputs.target, bring, keep, recipe.localize, seed=recipe.seed)
        lies = spread(mask)
        shared = overlap(mask, mask_by("weight", inputs, profiles, name, mask))
        found[name] = {
            "channels": mask.count,
            "share": mask.share,
            "kinds": lies.kinds,
            "layers": list(lies.layers),
            "map": [dataclasses.asdict(one) for one in densities(mask)],
            "top": dict(zip(map(str, TOP_SHARES), top_masses(scores), strict=True)),
            "weight_overlap": {"jaccard": shared.jaccard, "chance": shared.chance},
            "contested": int(np.count_nonzero(contested & masks[name].selected)),
            "given_up": masks[name].count - mask.count,
            "file": None if (path := recipe.specialists[name].mask) is None else str(path),
        }
    return found


def _contest_facts(contest: Contest, policy: PolicyName) -> dict[str, Any]:
    """How many channels several specialists claim, where, and what becomes of them."""
    return {
        "policy": policy,
        "channels": contest.total,
        "claimed": contest.claimed,
        "chance": contest.chance,
        "places": [
            {"layer": layer, "kind": kind, "channels": number}
            for (layer, kind), number in contest.by_place.items()
        ],
    }


def comparison_facts(comparison: Comparison) -> dict[str, Any]:
    """Figures and shares as plain data."""
    return {
        "figures": [
            {
                "candidate": figure.candidate,
                "ability": figure.ability,
                "measure": figure.measure,
                **_interval(figure.interval),
                "items": figure.items,
                "tokens": figure.tokens,
                "difference": _interval(figure.difference) if figure.difference else None,
            }
            for figure in comparison.figures
        ],
        "shares": [
            {
                "candidate": share.candidate,
                "ability": share.ability,
                "measure": share.measure,
                "kind": share.kind,
                "reference": share.reference,
                **_interval(share.interval),
            }
            for share in comparison.shares
        ],
    }


def plan_facts(plan: TransferPlan) -> dict[str, Any]:
    """The plan as carried out."""
    return {
        "transfer": {
            "out": str(plan.out),
            "rows": plan.rows,
            "columns": plan.columns,
            "whole_tensors": plan.whole_tensors,
            "parameters": plan.parameters,
            "share": plan.share,
            "copy_bytes": plan.copy_bytes,
            "read_bytes": plan.read_bytes,
            "write_bytes": plan.write_bytes,
        }
    }


def verification_facts(report: VerificationReport) -> dict[str, Any]:
    """What verification found."""
    return {
        "verification": [
            {
                "name": check.name,
                "detail": f"{check.count:,} {check.unit}"
                + (f", {check.detail}" if check.detail else ""),
                "passed": check.passed,
            }
            for check in report.checks
        ]
    }


def _chooser(recipe: Recipe) -> dict[str, str]:
    """What decides which channels move."""
    if recipe.gates is not None:
        formula = "target + sum over specialists of gate x (specialist - target), gates by Adam"
        return {"scorer": "gates", "title": "Learned gates", "formula": formula}
    scorer = SCORERS[recipe.localize.scorer]
    return {"scorer": scorer.name, "title": scorer.title, "formula": scorer.formula}


def _interval(interval: Interval) -> dict[str, float]:
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _model_facts(model: Model) -> dict[str, Any]:
    card = describe(model)
    return {
        "reference": model.reference,
        "fingerprint": model.fingerprint(),
        "family": card.family,
        "source": model.source,
        "parameters": card.parameters,
        "dtypes": dict(card.dtypes),
        "licence": card.licence,
    }


def _ability_facts(inputs: Inputs, name: str) -> dict[str, Any]:
    ability = inputs.recipe.abilities[name]
    return {
        "role": ability.role,
        "counted": ability.counted or "answer where there is a prompt, else all",
        "measures": list(ability.measures),
        "calibration": _split_facts(inputs.calibration[name]),
        "heldout": _split_facts(inputs.heldout[name].encoded),
    }


def _split_facts(encoded: Encoded) -> dict[str, Any]:
    return {
        "items": len(encoded.items),
        "counted_tokens": encoded.counted_tokens,
        "fingerprint": encoded.fingerprint,
    }

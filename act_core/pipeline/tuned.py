"""Light fine-tuning in a run: after the transfer, beside its control, and into the checkpoint.

The result is always held against the transfer alone and against the same tuning of the plain
target, which reads the same tokens in the same steps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from act_core.evaluate.candidates import Candidate
from act_core.events import Note
from act_core.hashing import content_hash
from act_core.pipeline.candidates import RESULT
from act_core.pipeline.gates import budget_text, reads_too_much
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.result import Result
from act_core.pipeline.stages import Context
from act_core.pipeline.tuning import TUNING
from act_core.recipe import Recipe, TuneSettings
from act_core.transfer.tuned import moved_channels, moves_digest
from act_core.transfer.tuned_files import tuned_files, tuned_provenance
from act_core.transfer.verify import adapter_check
from act_core.tune.tuned import TuneSpec
from act_core.tune.tuned_training import Tuned, learn_tuned, read_tuned

STAGE = "tune"
TRANSFER_ONLY = "transfer only"
# What is tuned as long as gates were; without them this name is that of the tuning's own control.
AS_GATES = "tuning in place of gates"


def result_of_tuning(inputs: Inputs, result: Result, context: Context) -> Result:
    """A transfer's result with the recipe's tuning after it, learned or known.

    Args:
        inputs: The run's inputs; the recipe has a section tune.
        result: Of the transfer.
        context: Run folder, events, cancel.

    Raises:
        ActError: Everything that `learn_tuned` raises.
    """
    target, settings = inputs.target, _settings(inputs.recipe)
    spec = tune_spec(inputs, result)
    folder = context.folder.tuned_path("result")
    tuned = learn_tuned(spec, folder, STAGE, context.emit, context.token)
    merged = tuned.moves(target, result.moves)
    apart = settings.kind == "lora" and settings.keep == "adapter"
    facts = _facts(inputs.recipe, result, tuned, spec)
    if reads_too_much(facts):
        context.emit(Note(budget_text(facts), "warning"))
    start = moves_digest(result.moves)
    base = inputs.recipe.export or context.folder.model
    return dataclasses.replace(
        result,
        moves=merged,
        written=result.moves if apart else None,
        candidates=lambda: tuple(_candidates(inputs, result, merged, spec, tuned, context)),
        known_later=lambda: _known_later(result, facts, spec, tuned, context),
        key=content_hash(
            {"transfer": result.key, "tune": spec.key(), "only": _control(spec, tuned).key()}
        ),
        facts={**result.facts, "tune": facts},
        provenance=lambda: tuned_provenance(
            result.provenance(), settings.kind, facts["keep"], tuned.weights, start
        ),
        files=lambda made_of: tuned_files(result.files(made_of), made_of, tuned.weights, base.name),
        checks=lambda: (adapter_check(target, tuned.weights.parent),) if apart else (),
        tuned_on=" ".join(filter(None, (result.tuned_on, _what(settings), budget_text(facts)))),
    )


def tune_spec(inputs: Inputs, result: Result) -> TuneSpec:
    """What the recipe's tuning learns from.

    Args:
        inputs: The run's inputs; the recipe has a section tune.
        result: Of the transfer before.
    """
    recipe, settings = inputs.recipe, _settings(inputs.recipe)
    return TuneSpec(
        target=inputs.target,
        start=result.moves,
        selected=moved_channels(inputs.target, result.moves),
        abilities=inputs.calibration,
        settings=settings,
        seed=recipe.seed if settings.seed is None else settings.seed,
        device=recipe.profile.device,
        dtype=recipe.profile.dtype,
    )


def _control(spec: TuneSpec, tuned: Tuned) -> TuneSpec:
    """The same tuning of the plain target, no longer than a person let the other be."""
    return spec.alone(tuned.facts["steps"] if tuned.facts["stopped"] == "person" else 0)


def _candidates(
    inputs: Inputs,
    result: Result,
    merged: tuple[Any, ...],
    spec: TuneSpec,
    tuned: Tuned,
    context: Context,
) -> Iterator[Candidate]:
    """Those of the transfer, with transfer only, tuning only, and both, which is the result."""
    for candidate in result.candidates():
        if candidate.name == TUNING:
            yield dataclasses.replace(candidate, name=AS_GATES)
        elif candidate.name == RESULT:
            folder = context.folder.tuned_path("only")
            only = learn_tuned(
                _control(spec, tuned), folder, TUNING, context.emit, context.token, stoppable=False
            )
            yield Candidate(RESULT, merged)
            yield Candidate(TRANSFER_ONLY, candidate.moves)
            yield Candidate(TUNING, only.moves(inputs.target, ()))
        else:
            yield candidate


def _known_later(
    result: Result, facts: Mapping[str, Any], spec: TuneSpec, tuned: Tuned, context: Context
) -> Mapping[str, Any]:
    """How the control was trained, where it was."""
    only = read_tuned(context.folder.tuned_path("only"))
    found = dict(facts)
    if only is not None and only.facts["key"] == _control(spec, tuned).key():
        found["only"] = _learned(only)
    return {**result.known_later(), "tune": found}


def _facts(recipe: Recipe, result: Result, tuned: Tuned, spec: TuneSpec) -> dict[str, Any]:
    """How the tuning came about, for metrics.json."""
    settings = _settings(recipe)
    learned = _learned(tuned)
    before = (result.facts.get("gates") or {}).get("tokens", 0)
    read = before + learned["tokens"]
    trained = {name: one.training_tokens for name, one in recipe.specialists.items()}
    facts = {
        "settings": {
            **settings.model_dump(mode="json"),
            "learning_rate": settings.rate,
            "seed": spec.seed,
        },
        "kind": settings.kind,
        "keep": settings.keep if settings.kind == "lora" else "merged",
        "channels": int(spec.selected.sum()) if settings.kind == "channels" else None,
        **learned,
        "shares": spec.schedule.weights(recipe.abilities),
        "tokens_before": before,
        "share_of_training": {name: read / tokens for name, tokens in trained.items() if tokens},
        "sha256": tuned.facts["sha256"],
    }
    return facts | {"budget": budget_text(facts)}


def _learned(tuned: Tuned) -> dict[str, Any]:
    numbers = (
        "parameters", "steps", "best_step", "tokens", "different_tokens", "validation_tokens",
        "seconds",
    )  # fmt: skip
    return {
        **{name: tuned.facts[name] for name in numbers},
        "stopped_early": tuned.facts["stopped"] == "early",
        "stopped_by_person": tuned.facts["stopped"] == "person",
        "losses": [
            {"step": e.step, "ability": e.ability, "split": e.split, "loss": e.loss}
            for e in tuned.losses
        ],
    }


def _what(settings: TuneSettings) -> str:
    """What learned after the transfer, in a few words."""
    if settings.kind == "channels":
        return "After the transfer, the channels that it moved were tuned."
    merged = "merged into the weights" if settings.keep == "merged" else "kept apart in act_lora"
    return f"After the transfer, an adapter of rank {settings.rank} was trained and {merged}."


def _settings(recipe: Recipe) -> TuneSettings:
    return recipe.tune or TuneSettings()

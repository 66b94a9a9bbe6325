"""Gates in a run: where they start, learning them, and what stands beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from act_core.errors import GatesError, MaskError
from act_core.evaluate.candidates import Candidate
from act_core.events import Finished, Note
from act_core.hashing import content_hash, file_sha256
from act_core.localize.masks import Mask
from act_core.localize.spread import densities, spread
from act_core.models.channels import layout_of
from act_core.pipeline.candidates import RESULT, controls_of, specialists_of
from act_core.pipeline.fetching import public_recipe
from act_core.pipeline.figures_file import base_of
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.result import Result
from act_core.pipeline.selection import Profiles, mask_digest
from act_core.pipeline.stages import NO_FIGURES, Context
from act_core.pipeline.tuning import tuning_candidate, tuning_facts, tuning_spec
from act_core.recipe import GateSettings, Recipe
from act_core.transfer.gate_edits import gate_moves
from act_core.transfer.gates import (
    Gates,
    load_gates,
    masked_gates,
    save_gates,
    shuffled_gates,
    uniform_gates,
)
from act_core.transfer.policies import Settled
from act_core.transfer.provenance import gated_files, gated_provenance
from act_core.tune.gate_training import STAGE, forget_unfinished, learn_gates
from act_core.tune.gates import GateSpec
from act_core.tune.tuning_state import losses_of

START = "start"
SHUFFLED = "gates shuffled"
# Tuning that reads more of what a specialist was trained on teaches anew; it does not transfer.
MOST_OF_TRAINING = 0.02


def needs_masks(recipe: Recipe) -> bool:
    """Whether a recipe with gates localizes: for their start, or for masks to compare with."""
    started = recipe.gates is not None and recipe.gates.start == "mask"
    return started or bool(recipe.evaluate.scorers)


def result_of_gates(
    inputs: Inputs, profiles: Profiles, masks: Mapping[str, Mask], context: Context
) -> Result:
    """Gates, learned or known, moved with embeddings, norms and head as chosen.

    Args:
        inputs: The run's inputs; the recipe has a section gates.
        profiles: Read only where masks are compared with.
        masks: One per specialist where `needs_masks`, else none. Channels that several select start
            with a gate for each: gates need no policy.
        context: Run folder, events, cancel.

    Raises:
        MaskError: A mask has tied input columns, which gates do not cover.
        ActError: Everything that `learn_gates` raises.
    """
    recipe = inputs.recipe
    spec = gate_spec(inputs, masks)
    gates = gate_stage(spec, context)
    path = context.folder.gates_path
    facts = gate_facts(recipe, gates) | {"sha256": file_sha256(path)}
    if reads_too_much(facts):
        context.emit(Note(budget_text(facts), "warning"))
    return Result(
        moves=gate_moves(inputs.target, inputs.specialists, gates, recipe.transfer),
        candidates=lambda: tuple(_candidates(inputs, profiles, masks, spec, gates, context)),
        known_later=lambda: tuning_facts(spec, gates, context.folder),
        key=_figures_key(inputs, masks, spec, gates),
        facts={"masks": {}, "gates": facts},
        provenance=lambda: gated_provenance(
            inputs.target,
            inputs.specialists,
            gates,
            path,
            recipe.transfer,
            base=inputs.base,
            recipe=public_recipe(recipe),
        ),
        files=lambda made_of: gated_files(made_of, path),
        moved=gates.open,
        chosen_by=f"learned gates, from {spec.settings.start}",
        strength="a gate for each channel, {:g} to {:g}".format(*spec.settings.bounds),
        tuned_on=budget_text(facts),
    )


def gate_stage(spec: GateSpec, context: Context) -> Gates:
    """Gates that the run or its sweeps know, else learned; the run folder holds them then."""
    path = context.folder.gates_path
    known = gates_in(path, spec)
    if known is not None:
        context.emit(Finished(STAGE, reused=True))
        return known
    swept = gates_in(context.folder.swept("gates", spec.key()).gates_path, spec)
    if swept is not None:
        context.emit(Finished(STAGE, reused=True))
    gates = swept or learn_gates(spec, path.parent, context.emit, context.token)
    save_gates(gates, path)
    forget_unfinished(spec, path.parent)
    return gates


def gates_in(path: Path, spec: GateSpec) -> Gates | None:
    """The gates of a file where they were learned from these inputs, else None."""
    try:
        gates = load_gates(path, layout_of(spec.target))
    except GatesError:
        return None
    return gates if gates.facts.get("key") == spec.key() else None


def gate_facts(recipe: Recipe, gates: Gates) -> dict[str, Any]:
    """How gates came about and where they are open, for metrics.json."""
    numbers = ("steps", "best_step", "tokens", "different_tokens", "validation_tokens")
    settings = _settings(recipe)
    facts: dict[str, Any] = {name: int(gates.facts[name]) for name in numbers}
    trained = {name: one.training_tokens for name, one in recipe.specialists.items()}
    return {
        "settings": settings.model_dump(mode="json") | {"seed": _seed(recipe)},
        **facts,
        "stopped_early": gates.facts["stopped"] == "early",
        "stopped_by_person": gates.facts["stopped"] == "person",
        "seconds": float(gates.facts["seconds"]),
        "share_of_training": {
            name: facts["tokens"] / tokens for name, tokens in trained.items() if tokens
        },
        "channels": int(gates.open.sum()),
        "share": float(gates.open.mean()),
        "specialists": {name: _opened(gates, name) for name in gates.values},
        "losses": [
            {"step": e.step, "ability": e.ability, "split": e.split, "loss": e.loss}
            for e in losses_of(gates.facts["losses"])
        ],
    }


def budget_text(facts: Mapping[str, Any]) -> str:
    """What tuning read, beside what the specialists were trained on where that is known."""
    text = f"Tuning read {facts['tokens']:,} tokens ({facts['different_tokens']:,} different ones)"
    if before := facts.get("tokens_before"):
        text += f" after the {before:,} of the gates, together"
    shares = facts["share_of_training"]
    if not shares:
        return f"{text}; how many the specialists were trained on is not known."
    known = ", ".join(f"{share:.2%} of the training of {name}" for name, share in shares.items())
    if reads_too_much(facts):
        return (
            f"{text}, {known}: above {MOST_OF_TRAINING:.0%}, so what it gains is learned anew at "
            "least in part, not transferred."
        )
    return f"{text}, {known}."


def reads_too_much(facts: Mapping[str, Any]) -> bool:
    """Whether tuning read more of what a specialist was trained on than a transfer may."""
    return any(share > MOST_OF_TRAINING for share in facts["share_of_training"].values())


def _opened(gates: Gates, name: str) -> dict[str, Any]:
    """Where one specialist's gates are open, and how far."""
    mask, values = gates.mask(name), np.abs(gates.values[name])
    lies = spread(mask)
    return {
        "channels": mask.count,
        "share": mask.share,
        "mean": float(values.mean(dtype=np.float64)),
        "kinds": lies.kinds,
        "layers": list(lies.layers),
        "map": [dataclasses.asdict(one) for one in densities(mask)],
    }


def gate_spec(inputs: Inputs, masks: Mapping[str, Mask]) -> GateSpec:
    """What the recipe's gates are learned from; arguments and errors as `result_of_gates`."""
    recipe = inputs.recipe
    return GateSpec(
        target=inputs.target,
        specialists=inputs.specialists,
        abilities=inputs.calibration,
        start=_start(inputs, masks),
        settings=_settings(recipe),
        choices=recipe.transfer,
        seed=_seed(recipe),
        device=recipe.profile.device,
        dtype=recipe.profile.dtype,
    )


def _start(inputs: Inputs, masks: Mapping[str, Mask]) -> Gates:
    settings = _settings(inputs.recipe)
    if settings.start != "mask":
        return uniform_gates(layout_of(inputs.target), inputs.specialists, settings.strength)
    for name, mask in masks.items():
        if any(len(columns) for columns in mask.columns.values()):
            raise MaskError(
                f"The mask of {name} has tied input columns, which gates do not cover.",
                remedy="Localize without the tie neuron.",
            )
    return masked_gates(masks, settings.strength)


def _candidates(
    inputs: Inputs,
    profiles: Profiles,
    masks: Mapping[str, Mask],
    spec: GateSpec,
    gates: Gates,
    context: Context,
) -> Iterator[Candidate]:
    """Specialists, result and controls."""
    recipe = inputs.recipe

    def gated(name: str, own: Gates) -> Candidate:
        return Candidate(name, gate_moves(inputs.target, inputs.specialists, own, recipe.transfer))

    yield from specialists_of(inputs)
    yield gated(RESULT, gates)
    yield gated(SHUFFLED, shuffled_gates(gates, _seed(recipe)))
    yield gated(START, spec.start)
    if "tuning" in recipe.evaluate.controls:
        yield tuning_candidate(spec, gates, context)
    # Masks of random channels, or by weight, are controls of a mask; here the shuffled gates are.
    controls = tuple(name for name in recipe.evaluate.controls if name == "interpolation")
    evaluate = recipe.evaluate.model_copy(update={"controls": controls})
    changed = recipe.model_copy(update={"evaluate": evaluate})
    plain = dataclasses.replace(inputs, recipe=changed)
    yield from controls_of(plain, profiles, masks, Settled(masks), recipe.evaluate.scorers)


def _figures_key(inputs: Inputs, masks: Mapping[str, Mask], spec: GateSpec, gates: Gates) -> str:
    recipe = inputs.recipe
    control = "tuning" in recipe.evaluate.controls
    by_person = gates.facts["stopped"] == "person"  # which the recipe does not tell
    return content_hash(
        {
            "measured": base_of(inputs),
            "gates": spec.key(),
            **({"ended_after": gates.facts["steps"]} if by_person else {}),
            "tuning": tuning_spec(spec, gates).key() if control else None,
            "masks": {name: mask_digest(mask) for name, mask in masks.items()},
            "localize": recipe.localize.model_dump() if masks else None,
            "transfer": recipe.transfer.model_dump(),
            "evaluate": recipe.evaluate.model_dump(exclude=NO_FIGURES),
            "seed": recipe.seed,
            "abilities": {name: held.fingerprint() for name, held in inputs.heldout.items()},
        }
    )


def _settings(recipe: Recipe) -> GateSettings:
    return recipe.gates or GateSettings()


def _seed(recipe: Recipe) -> int:
    own = _settings(recipe).seed
    return recipe.seed if own is None else own

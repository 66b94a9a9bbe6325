"""What a recipe speaks of, found and checked before anything long begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from act_core.abilities.encode import Encoded, check_vocabulary, encode
from act_core.abilities.leaks import Leaks, find_leaks
from act_core.abilities.split import Split, load_splits
from act_core.cancel import CancelToken
from act_core.errors import IncompatibleModelsError
from act_core.evaluate.evaluator import HeldOut
from act_core.events import EventSink, Note
from act_core.hub.models import find_model
from act_core.models.pair import Finding, check_pair, require_fit
from act_core.models.reference import Model
from act_core.models.tokenizer import load_tokenizer
from act_core.pipeline.fetching import with_models_here
from act_core.recipe import Ability, Recipe

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """A recipe with its models resolved and its abilities encoded.

    Attributes:
        recipe: The recipe.
        target: The model that receives.
        base: The common ancestor, where the recipe names one.
        specialists: By name.
        findings: Of the pair check, by specialist.
        calibration: Encoded calibration splits by ability.
        heldout: Held-out splits by ability.
        leaks: What of the held-out splits is found in other data, by ability.
    """

    recipe: Recipe
    target: Model
    base: Model | None
    specialists: Mapping[str, Model]
    findings: Mapping[str, tuple[Finding, ...]]
    calibration: Mapping[str, Encoded]
    heldout: Mapping[str, HeldOut]
    leaks: Mapping[str, Leaks] = field(default_factory=dict)


def load_inputs(recipe: Recipe, emit: EventSink, token: CancelToken | None = None) -> Inputs:
    """Find models, check that they fit together, read and encode all data.

    Args:
        recipe: What the Hub lacks here of its models is fetched first (`with_models_here`); the
            inputs' recipe names the commits.
        emit: Progress of downloads; notes.
        token: Polled while something is fetched.

    Raises:
        IncompatibleModelsError: A finding of the pair check blocks.
        ActError: Everything that `with_models_here`, `find_model`, `load_splits` and `encode`
            raise.
    """
    recipe = with_models_here(recipe, emit, token or CancelToken())
    target = find_model(recipe.target, base=recipe.base)
    base = find_model(recipe.base) if recipe.base else None
    specialists = {
        name: find_model(section.model, base=recipe.base)
        for name, section in recipe.specialists.items()
    }
    findings = {name: check_pair(target, model) for name, model in specialists.items()}
    for name, found in findings.items():
        for finding in found:
            if finding.severity == "warns":
                emit(Note(f"{name}: {finding.title}. {finding.reason}", "warning"))
        try:
            require_fit(found)
        except IncompatibleModelsError as error:
            error.reason = f"{name} and the target: {error.reason}"
            raise
    splits = load_splits(recipe.abilities)
    leaks = find_leaks(splits)
    _tell_leaks(leaks, emit)
    tokenizer = load_tokenizer(target)
    calibration, heldout = {}, {}
    for name, ability in recipe.abilities.items():
        calibration[name] = _calibration(splits[name], tokenizer, ability, recipe.seed)
        _tell_losses(f"{name}, calibration", calibration[name], ability, emit)
        heldout[name] = _heldout(splits[name], tokenizer, ability, recipe.seed)
        _tell_losses(f"{name}, held-out", heldout[name].encoded, ability, emit)
        for encoded in (calibration[name], heldout[name].encoded):
            check_vocabulary(name, encoded, target.embeddings, f"the target {target.reference}")
    return Inputs(recipe, target, base, specialists, findings, calibration, heldout, leaks)


def calibration_of(recipe: Recipe, target: Model) -> dict[str, Encoded]:
    """Encoded calibration splits by ability, as `load_inputs` has them, where no more is needed.

    Raises:
        ActError: Everything that `load_splits` and `encode` raise.
    """
    splits, tokenizer = load_splits(recipe.abilities), load_tokenizer(target)
    return {
        name: _calibration(splits[name], tokenizer, ability, recipe.seed)
        for name, ability in recipe.abilities.items()
    }


def heldout_of(recipe: Recipe, target: Model) -> dict[str, HeldOut]:
    """Held-out splits by ability; likewise."""
    splits, tokenizer = load_splits(recipe.abilities), load_tokenizer(target)
    return {
        name: _heldout(splits[name], tokenizer, ability, recipe.seed)
        for name, ability in recipe.abilities.items()
    }


def _calibration(
    split: Split, tokenizer: PreTrainedTokenizerBase, ability: Ability, seed: int
) -> Encoded:
    limit = ability.calibration_tokens
    return encode(split.calibration, tokenizer, ability, seed=seed, limit_tokens=limit)


def _heldout(
    split: Split, tokenizer: PreTrainedTokenizerBase, ability: Ability, seed: int
) -> HeldOut:
    limit = ability.heldout_items
    encoded = encode(split.heldout, tokenizer, ability, seed=seed, limit_items=limit)
    return HeldOut(ability, encoded, split.shots)


def _tell_leaks(leaks: Mapping[str, Leaks], emit: EventSink) -> None:
    """Held-out items that other data holds in part are never used silently."""
    for found in leaks.values():
        if found.partly:
            emit(Note(found.text, "warning" if found.mostly else "info"))


def _tell_losses(what: str, encoded: Encoded, ability: Ability, emit: EventSink) -> None:
    """Nothing is cut or left out silently."""
    if encoded.cut_items:
        emit(
            Note(f"{what}: {encoded.cut_items} items end early, at {ability.length_tokens} tokens.")
        )
    if encoded.skipped_items:
        text = f"{what}: {encoded.skipped_items} items left out, nothing counted was left of them."
        emit(Note(text, "warning"))

"""Each stage of a run: take what is known, compute what is not, leave it in the run folder."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from act_core.errors import MaskError, ProfileError
from act_core.evaluate.bootstrap import Bootstrap
from act_core.evaluate.candidates import Candidate, specialist_candidate
from act_core.evaluate.compare import Comparison, compare
from act_core.events import CancelToken, EventSink, Finished
from act_core.hashing import content_hash
from act_core.localize.algebra import random_like
from act_core.localize.localize import localize
from act_core.localize.masks import Mask, load_mask, save_mask
from act_core.localize.scorers import SCORERS
from act_core.models.channels import layout_of
from act_core.pipeline.inputs import Inputs
from act_core.profile.run import profile
from act_core.profile.spec import ProfileSpec
from act_core.profile.store import Profile, load_profile, save_profile
from act_core.profile.walk import STAGE as PROFILE_STAGE
from act_core.recipe import Budget, Localize, Recipe, ScorerName, Statistic
from act_core.runs import RunFolder
from act_core.transfer.edits import mask_edits, whole_edits
from act_core.transfer.work import Move

RESULT = "result"
Profiles = Mapping[tuple[str, str], Profile]


@dataclass(frozen=True, slots=True)
class Context:
    """What every stage is given beside its inputs."""

    folder: RunFolder
    emit: EventSink
    token: CancelToken


def profile_stage(inputs: Inputs, context: Context) -> Profiles:
    """Profiles of every specialist on every ability, known ones from the run folder."""
    settings = inputs.recipe.profile
    spec = ProfileSpec(
        inputs.target,
        inputs.specialists,
        inputs.calibration,
        needed_statistics(inputs.recipe),
        settings.device,
        settings.dtype,
        settings.batch_tokens,
    )
    known = {pair: _known_profile(spec, pair, context.folder) for pair in spec.pairs}
    found = {pair: made for pair, made in known.items() if made is not None}
    if len(found) == len(spec.pairs):
        context.emit(Finished(PROFILE_STAGE, reused=True))
        return found
    missing = [pair for pair in spec.pairs if pair not in found]
    needed = dataclasses.replace(
        spec,
        specialists={name: inputs.specialists[name] for name, _ in missing},
        abilities={name: inputs.calibration[name] for _, name in missing},
    )
    made = profile(needed, context.folder.profiles, context.emit, context.token)
    for (specialist, ability), one in made.items():
        save_profile(one, context.folder.profile_path(specialist, ability))
    return {**found, **made}


def needed_statistics(recipe: Recipe) -> tuple[Statistic, ...]:
    """What the recipe's scorers read from profiles, and what it asks for besides.

    `weight` comes along always.
    """
    scorers = (recipe.localize.scorer, *recipe.evaluate.scorers)
    needs = dict.fromkeys(name for scorer in scorers for name in SCORERS[scorer].needs)
    needs |= dict.fromkeys(recipe.profile.statistics)
    return cast("tuple[Statistic, ...]", tuple(name for name in needs if name != "weight"))


def localize_stage(inputs: Inputs, profiles: Profiles, context: Context) -> dict[str, Mask]:
    """One mask per specialist, saved under its name."""
    masks = {}
    for name in inputs.specialists:
        masks[name] = _mask(inputs, profiles, name)
        path = context.folder.mask_path(name)
        # An unchanged mask keeps its file: safetensors orders metadata at random, and exports
        # know masks by the hash of the file.
        if not _is_stored(masks[name], path):
            save_mask(masks[name], path)
    return masks


def by_role(
    recipe: Recipe, profiles: Profiles, specialist: str
) -> tuple[list[Profile], list[Profile]]:
    """A specialist's profiles on the abilities that it brings, and on those to keep."""
    return (
        [profiles[specialist, ability] for ability in recipe.brought_by(specialist)],
        [profiles[specialist, ability] for ability in recipe.with_role("keep")],
    )


def mask_by(
    scorer: ScorerName, inputs: Inputs, profiles: Profiles, specialist: str, size_of: Mask
) -> Mask:
    """A mask by another scorer: ranking and ties as the recipe's, equal share of channels."""
    share = Budget(share=max(size_of.share, 1 / size_of.layout.total))
    settings = inputs.recipe.localize.model_copy(update={"scorer": scorer, "budget": share})
    return _mask(inputs, profiles, specialist, settings)


def moves_of(inputs: Inputs, masks: Mapping[str, Mask]) -> tuple[Move, ...]:
    """What each specialist's mask moves, with embeddings, norms and head as chosen."""
    return tuple(
        Move(
            name,
            inputs.specialists[name],
            mask_edits(inputs.target, mask, inputs.recipe.transfer),
        )
        for name, mask in masks.items()
    )


def candidates_of(
    inputs: Inputs, profiles: Profiles, masks: Mapping[str, Mask]
) -> tuple[Candidate, ...]:
    """Specialists, result and controls."""
    recipe = inputs.recipe
    found = [
        specialist_candidate(name, inputs.target, model)
        for name, model in inputs.specialists.items()
    ]
    found.append(Candidate(RESULT, moves_of(inputs, masks)))
    controls = recipe.evaluate.controls
    if "random" in controls:
        random = {name: random_like(mask, recipe.seed) for name, mask in masks.items()}
        found.append(Candidate("random", moves_of(inputs, random)))
    weight: tuple[ScorerName, ...] = ("weight",) if "weight" in controls else ()
    for scorer in dict.fromkeys((*weight, *recipe.evaluate.scorers)):
        if scorer != recipe.localize.scorer:
            other = {n: mask_by(scorer, inputs, profiles, n, mask) for n, mask in masks.items()}
            found.append(Candidate(scorer, moves_of(inputs, other)))
    if "interpolation" in controls and len(inputs.specialists) == 1:
        ((name, model),) = inputs.specialists.items()
        strengths = {*recipe.evaluate.interpolations, recipe.transfer.strength} - {1.0}
        for strength in sorted(strengths):
            move = Move(name, model, whole_edits(inputs.target, strength))
            found.append(Candidate(f"interpolation {strength:g}", (move,)))
    return tuple(found)


def figures_key(inputs: Inputs, masks: Mapping[str, Mask]) -> str:
    """Hash of everything that decides the figures."""
    recipe = inputs.recipe
    return content_hash(
        {
            "target": inputs.target.fingerprint(),
            "specialists": {n: m.fingerprint() for n, m in inputs.specialists.items()},
            "masks": {name: mask_digest(mask) for name, mask in masks.items()},
            "transfer": recipe.transfer.model_dump(),
            "localize": recipe.localize.model_dump(),
            "evaluate": recipe.evaluate.model_dump(),
            "dtype": recipe.profile.dtype,
            "seed": recipe.seed,
            "abilities": {name: held.fingerprint() for name, held in inputs.heldout.items()},
        }
    )


def mask_digest(mask: Mask) -> str:
    """Hash of what a mask selects."""
    digest = hashlib.sha256(np.packbits(mask.selected).tobytes())
    for tensor, columns in sorted(mask.columns.items()):
        digest.update(tensor.encode() + columns.tobytes())
    return digest.hexdigest()


def evaluate_stage(
    inputs: Inputs, profiles: Profiles, masks: Mapping[str, Mask], context: Context
) -> Comparison:
    """Measure target, specialists, result and controls on one loaded model."""
    recipe = inputs.recipe
    references = {
        ability: next(
            (name for name in recipe.specialists if ability in recipe.brought_by(name)),
            next(iter(recipe.specialists)),
        )
        for ability in recipe.abilities
    }
    return compare(
        inputs.target,
        candidates_of(inputs, profiles, masks),
        inputs.heldout,
        references,
        device=recipe.profile.device,
        dtype=recipe.profile.dtype,
        bootstrap=Bootstrap(resamples=recipe.evaluate.resamples, seed=recipe.seed),
        emit=context.emit,
        cancel=context.token,
    )


def _known_profile(spec: ProfileSpec, pair: tuple[str, str], folder: RunFolder) -> Profile | None:
    path = folder.profile_path(*pair)
    if not path.is_file():
        return None
    try:
        known = load_profile(path, layout_of(spec.target))
    except ProfileError:
        return None
    complete = {*spec.statistics, "weight"} <= set(known.statistics)
    return known if complete and known.facts.get("key") == spec.pair_key(*pair) else None


def _is_stored(mask: Mask, path: Path) -> bool:
    try:
        there = load_mask(path, mask.layout)
    except MaskError:
        return False
    return mask_digest(there) == mask_digest(mask) and dict(there.facts) == dict(mask.facts)


def _mask(
    inputs: Inputs, profiles: Profiles, specialist: str, settings: Localize | None = None
) -> Mask:
    recipe = inputs.recipe
    bring, keep = by_role(recipe, profiles, specialist)
    return localize(inputs.target, bring, keep, settings or recipe.localize, seed=recipe.seed)

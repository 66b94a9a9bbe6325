"""Each stage of a run: take what is known, compute what is not, leave it in the run folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from act_core.cancel import CancelToken
from act_core.errors import MaskError, ProfileError
from act_core.evaluate.bootstrap import Bootstrap
from act_core.evaluate.candidates import Candidate
from act_core.evaluate.compare import Deferred, compare
from act_core.evaluate.comparison import Comparison
from act_core.evaluate.evaluator import Evaluator
from act_core.events import EventSink, Finished, Note
from act_core.hashing import content_hash
from act_core.localize.masks import Mask, load_mask, save_mask
from act_core.localize.scorers import SCORERS
from act_core.models.channels import layout_of
from act_core.pipeline.figures_file import FiguresFile, base_of
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.refresh import refreshed_mask
from act_core.pipeline.selection import Profiles, mask_digest, masks_of, settled_masks
from act_core.profile.path import profile_along
from act_core.profile.spec import ProfileSpec
from act_core.profile.store import Profile, load_profile, save_profile
from act_core.profile.walk import STAGE as PROFILE_STAGE
from act_core.recipe import Recipe, Statistic
from act_core.runs import RunFolder
from act_core.transfer.policies import POLICIES, Settled

# Settings of a recipe's section evaluate that no figure hangs on.
NO_FIGURES = {"limits", "probes", "tasks", "task_folder", "task_items"}


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
        settings.rounds,
        settings.stop_below,
        settings.midpoints,
    )
    known = {p: known_profile(spec, p, context.folder.profile_path(*p)) for p in spec.pairs}
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

    def keep(made: Profiles) -> None:
        for pair, one in made.items():
            save_profile(one, context.folder.profile_path(*pair))

    made = profile_along(needed, context.folder.profiles, context.emit, context.token, keep)
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
    masks = localized(inputs, profiles, context)
    for name in masks:
        path = context.folder.mask_path(name)
        # An unchanged mask keeps its file: safetensors orders metadata at random, and exports
        # know masks by the hash of the file.
        if not _is_stored(masks[name], path):
            save_mask(masks[name], path)
    return masks


def localized(inputs: Inputs, profiles: Profiles, context: Context) -> dict[str, Mask]:
    """The same masks, not saved; refreshed where the recipe says so."""
    masks = masks_of(inputs, profiles)
    if inputs.recipe.localize.refreshes:
        for name, section in inputs.recipe.specialists.items():
            if section.mask is None:
                masks[name] = refreshed_mask(
                    inputs, profiles, name, context.folder, context.emit, context.token
                )
    return masks


def settle_stage(
    inputs: Inputs, profiles: Profiles, masks: Mapping[str, Mask], context: Context
) -> Settled:
    """Contested channels settled by the recipe's policy; where there are some, saved and told.

    Raises:
        MaskError: There are some, and the policy is to refuse.
    """
    recipe = inputs.recipe
    settled = settled_masks(inputs.target, recipe, profiles, masks)
    if settled.contested:
        kinds = ", ".join(f"{kind} {number:,}" for kind, number in settled.by_kind.items())
        rule = POLICIES[recipe.transfer.policy].explanation
        context.emit(Note(f"{settled.contested:,} channels are contested ({kinds}). {rule}"))
    for name in masks:
        path = settled_path(context.folder, settled, name)
        if settled.contested and not _is_stored(settled.masks[name], path):
            save_mask(settled.masks[name], path)
    return settled


def settled_path(folder: RunFolder, settled: Settled, name: str) -> Path:
    """Where the mask lies that moves: the localized one unless channels were contested."""
    return folder.settled_path(name) if settled.contested else folder.mask_path(name)


def figures_key(inputs: Inputs, masks: Mapping[str, Mask], settled: Settled) -> str:
    """Hash of everything that decides the figures."""
    recipe = inputs.recipe
    return content_hash(
        {
            "measured": base_of(inputs),
            "specialists": [[n, m.fingerprint()] for n, m in inputs.specialists.items()],
            "masks": {name: mask_digest(mask) for name, mask in masks.items()},
            "settled": {name: mask_digest(mask) for name, mask in settled.masks.items()},
            "transfer": recipe.transfer.model_dump(),
            "localize": recipe.localize.model_dump(),
            "evaluate": recipe.evaluate.model_dump(exclude=NO_FIGURES),
            "seed": recipe.seed,
            "abilities": {name: held.fingerprint() for name, held in inputs.heldout.items()},
        }
    )


def evaluate_stage(
    inputs: Inputs,
    candidates: Sequence[Candidate],
    context: Context,
    deferred: Sequence[Deferred] = (),
) -> Comparison:
    """Measure the target and candidates on one loaded model, those that are not known yet."""
    recipe = inputs.recipe
    return compare(
        inputs.target,
        candidates,
        inputs.heldout,
        references_of(recipe),
        device=recipe.profile.device,
        dtype=recipe.profile.dtype,
        bootstrap=bootstrap_of(recipe),
        deferred=deferred,
        memory=FiguresFile(context.folder, inputs),
        emit=context.emit,
        cancel=context.token,
    )


def evaluator_of(inputs: Inputs, context: Context) -> Evaluator:
    """The loaded target with the run's held-out items, for candidates that come one by one."""
    settings = inputs.recipe.profile
    return Evaluator(
        inputs.target,
        inputs.heldout,
        device=settings.device,
        dtype=settings.dtype,
        emit=context.emit,
        cancel=context.token,
    )


def references_of(recipe: Recipe) -> dict[str, str]:
    """By ability, the specialist at the gap's other end: who brings it, or else the first."""
    return {
        ability: next(
            (name for name in recipe.specialists if ability in recipe.brought_by(name)),
            next(iter(recipe.specialists)),
        )
        for ability in recipe.abilities
    }


def bootstrap_of(recipe: Recipe) -> Bootstrap:
    """How the recipe's intervals are drawn."""
    return Bootstrap(resamples=recipe.evaluate.resamples, seed=recipe.seed)


def known_profile(spec: ProfileSpec, pair: tuple[str, str], path: Path) -> Profile | None:
    """The profile of a file, where it was measured from just this."""
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

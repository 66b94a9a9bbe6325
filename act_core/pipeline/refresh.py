"""*attributed*, refreshed: select a part of the budget, move it, and score the rest at that point.

The score is a first-order estimate, which no longer holds when many channels move at once
(design.md, section 2); taken again after each part it holds for the next. Gates are its limit.
"""

from __future__ import annotations

import dataclasses
import functools
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from act_core.cancel import CancelToken
from act_core.errors import MaskError, RecipeError
from act_core.events import EventSink, Note
from act_core.hashing import content_hash
from act_core.localize.localize import facts_of, score_channels
from act_core.localize.masks import Mask, load_mask
from act_core.localize.select import channel_budget, select
from act_core.localize.tying import group_ids, moved_parameters, neuron_columns
from act_core.models.channels import ChannelLayout, layout_of
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.selection import Profiles, by_role
from act_core.profile.rounds import keep_profiles, kept_profiles
from act_core.profile.run import profile
from act_core.profile.spec import ProfileSpec
from act_core.recipe import Budget
from act_core.runs import RunFolder
from act_core.transfer.moved import moved_model
from act_core.transfer.moves import moves_of


def refreshed_mask(
    inputs: Inputs,
    profiles: Profiles,
    specialist: str,
    folder: RunFolder,
    emit: EventSink,
    token: CancelToken,
) -> Mask:
    """A specialist's mask, in as many parts as the recipe has refreshes and one more.

    Args:
        inputs: The run's inputs.
        profiles: Those of the target itself, for the first part.
        specialist: Whose mask.
        folder: The run folder. A mask of the same inputs is taken from the run or from its sweeps;
            profiles of finished parts, and an unfinished one, wait there for the last part.
        emit: Progress.
        token: Polled per batch.

    Raises:
        RecipeError: The scorer is another, or the budget cannot be divided.
        ActError: Everything that `profile` and `select` raise.
    """
    recipe, target = inputs.recipe, inputs.target
    settings, layout = recipe.localize, layout_of(target)
    if settings.scorer != "attributed" or settings.budget.positive:
        raise RecipeError(
            "Scores are refreshed for the scorer attributed and a budget that can be divided.",
            remedy="Set refreshes to 0, or take attributed with a share or parameters as budget.",
        )
    key = _key(inputs, profiles, specialist)
    for place in (folder, folder.swept("refreshed", key)):
        known = _known(place.mask_path(specialist), layout, key)
        if known is not None:
            return known
    groups = group_ids(target, settings.tie) if settings.tie else None
    costs = moved_parameters(target, settings.tie)
    bring, keep = by_role(recipe, profiles, specialist)
    facts = {**facts_of(bring, keep, settings, recipe.seed), "key": key}
    mask = Mask(layout, np.zeros(layout.total, dtype=np.bool_), {}, facts)
    found, places = profiles, []
    for part in range(1, settings.refreshes + 2):
        if part > 1:
            spec = _spec_at(inputs, mask, specialist)
            places.append(folder.profiles / f"{spec.key()[:16]}.part")
            found = _profiled(spec, places[-1], emit, token)
        budget = _left(settings.budget, part / (settings.refreshes + 1), mask, costs)
        if budget is None:
            continue
        bring, keep = by_role(recipe, found, specialist)
        scores = score_channels(target, bring, keep, settings, seed=recipe.seed)
        scores[mask.selected] = 0  # dead, so the budget goes to others
        now = settings.model_copy(update={"budget": budget})
        selected = mask.selected | select(scores, layout, now, groups, costs)
        columns = neuron_columns(target, selected) if "neuron" in settings.tie else {}
        mask = dataclasses.replace(mask, selected=selected, columns=columns)
        emit(Note(f"{specialist}: {mask.count:,} channels after part {part}."))
    for finished in places:
        shutil.rmtree(finished, ignore_errors=True)
    return mask


def _profiled(spec: ProfileSpec, place: Path, emit: EventSink, token: CancelToken) -> Profiles:
    """Profiles of a part; those that an earlier start has finished lie at a place of their own."""
    known = kept_profiles(spec.pairs, place, layout_of(spec.target))
    if known is not None:
        return known
    keep = functools.partial(keep_profiles, place=place)
    return profile(spec, place.parent, emit, token, keep)


def _spec_at(inputs: Inputs, mask: Mask, specialist: str) -> ProfileSpec:
    """What is profiled for a part: the specialist where the mask's channels have moved already."""
    recipe = inputs.recipe
    model = inputs.specialists[specialist]
    moves = moves_of(inputs.target, {specialist: model}, {specialist: mask}, recipe.transfer)
    names = (*recipe.brought_by(specialist), *recipe.with_role("keep"))
    return ProfileSpec(
        moved_model(inputs.target, moves),
        {specialist: model},
        {name: inputs.calibration[name] for name in names},
        ("attributed",),
        recipe.profile.device,
        recipe.profile.dtype,
        recipe.profile.batch_tokens,
    )


def _left(budget: Budget, part: float, mask: Mask, costs: NDArray[np.int64]) -> Budget | None:
    """What a part of the budget leaves when a mask is paid; None where it leaves nothing."""
    if budget.parameters is not None:
        parameters = int(budget.parameters * part) - int(costs[mask.selected].sum())
        return Budget(parameters=parameters) if parameters > 0 else None
    total = mask.layout.total
    channels = channel_budget((budget.share or 0) * part, total) - mask.count
    return Budget(share=channels / total) if channels > 0 else None


def _key(inputs: Inputs, profiles: Profiles, specialist: str) -> str:
    """Hash of all inputs of a refreshed mask."""
    recipe = inputs.recipe
    bring, keep = by_role(recipe, profiles, specialist)
    return content_hash(
        {
            "bring": [one.facts["key"] for one in bring],
            "keep": [one.facts["key"] for one in keep],
            "localize": recipe.localize.model_dump(),
            "transfer": recipe.transfer.model_dump(exclude={"policy"}),
            "seed": recipe.seed,
        }
    )


def _known(path: Path, layout: ChannelLayout, key: str) -> Mask | None:
    try:
        mask = load_mask(path, layout)
    except MaskError:
        return None
    return mask if mask.facts.get("key") == key else None

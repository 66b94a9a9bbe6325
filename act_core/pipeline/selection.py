"""Which channels: one mask per specialist, by the recipe or by another scorer, and settled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from act_core.errors import MaskError
from act_core.localize.localize import localize, score_channels
from act_core.localize.masks import Mask, load_mask
from act_core.models.channels import layout_of
from act_core.models.reference import Model
from act_core.pipeline.inputs import Inputs
from act_core.profile.store import Profile
from act_core.recipe import Budget, Localize, PolicyName, Recipe, ScorerName
from act_core.transfer.policies import POLICIES, Settled, settle

Profiles = Mapping[tuple[str, str], Profile]


def by_role(
    recipe: Recipe, profiles: Profiles, specialist: str
) -> tuple[list[Profile], list[Profile]]:
    """A specialist's profiles on the abilities that it brings, and on those to keep."""
    return (
        [profiles[specialist, ability] for ability in recipe.brought_by(specialist)],
        [profiles[specialist, ability] for ability in recipe.with_role("keep")],
    )


def masks_of(inputs: Inputs, profiles: Profiles) -> dict[str, Mask]:
    """One mask per specialist: from its file where the recipe names one, else localized.

    Raises:
        MaskError: A file is missing, damaged, of another model or empty, or a budget holds nothing.
    """
    masks = {}
    for name, section in inputs.recipe.specialists.items():
        if section.mask is None:
            masks[name] = localized(inputs, profiles, name, inputs.recipe.localize)
            continue
        mask = load_mask(section.mask, layout_of(inputs.target))
        if not mask.count:
            raise MaskError(f"{section.mask} selects no channel.", remedy="Choose another mask.")
        masks[name] = mask
    return masks


def localized(inputs: Inputs, profiles: Profiles, specialist: str, settings: Localize) -> Mask:
    """A specialist's mask by these settings."""
    bring, keep = by_role(inputs.recipe, profiles, specialist)
    return localize(inputs.target, bring, keep, settings, seed=inputs.recipe.seed)


def mask_by(
    scorer: ScorerName, inputs: Inputs, profiles: Profiles, specialist: str, size_of: Mask
) -> Mask:
    """A mask by another scorer: ranking and ties as the recipe's, equal share of channels."""
    share = Budget(share=max(size_of.share, 1 / size_of.layout.total))
    settings = inputs.recipe.localize.model_copy(update={"scorer": scorer, "budget": share})
    return localized(inputs, profiles, specialist, settings)


def settled_masks(
    target: Model,
    recipe: Recipe,
    profiles: Profiles,
    masks: Mapping[str, Mask],
    *,
    scorer: ScorerName | None = None,
    policy: PolicyName | None = None,
) -> Settled:
    """The masks after the recipe's policy has settled contested channels.

    Args:
        target: The target.
        recipe: The recipe.
        profiles: Read only where the policy compares scores.
        masks: One per specialist.
        scorer: Whose scores are compared; by default the recipe's.
        policy: By default the recipe's.

    Raises:
        MaskError: As `settle`.
    """
    policy = policy or recipe.transfer.policy
    scores: dict[str, NDArray[np.float32]] | None = None
    if POLICIES[policy].needs_scores and len(masks) > 1:
        settings = recipe.localize.model_copy(update={"scorer": scorer} if scorer else {})
        scores = {
            name: score_channels(
                target, *by_role(recipe, profiles, name), settings, seed=recipe.seed
            )
            for name in masks
        }
    return settle(masks, scores, policy)


def mask_digest(mask: Mask) -> str:
    """Hash of what a mask selects."""
    digest = hashlib.sha256(np.packbits(mask.selected).tobytes())
    for tensor, columns in sorted(mask.columns.items()):
        digest.update(tensor.encode() + columns.tobytes())
    return digest.hexdigest()

"""Masks as a run would leave them, from profiles that are known: no data is read, nothing walks."""

from __future__ import annotations

from collections.abc import Mapping

from act_core.cancel import CancelToken
from act_core.errors import ProfileError
from act_core.events import discard
from act_core.localize.masks import Mask
from act_core.models.reference import Model
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.selection import Profiles
from act_core.pipeline.stages import Context, localize_stage
from act_core.recipe import Recipe
from act_core.runs import RunFolder


def store_masks(recipe: Recipe, target: Model, profiles: Profiles) -> Mapping[str, Mask]:
    """Localize every specialist and leave the masks in the run folder, where a run finds them.

    Args:
        recipe: Whose masks.
        target: Its target.
        profiles: At least those that localizing reads.

    Raises:
        ProfileError: A profile is missing or lacks a statistic, or scores are to be refreshed.
        MaskError: A budget holds nothing, or a mask file cannot be used.
        OutputError: A mask cannot be written.
    """
    if recipe.localize.refreshes:
        raise ProfileError(
            "Refreshed scores need more than profiles.", remedy="Localize with act localize."
        )
    for specialist, section in recipe.specialists.items():
        wanted = (*recipe.brought_by(specialist), *recipe.with_role("keep"))
        lacking = [ability for ability in wanted if (specialist, ability) not in profiles]
        if lacking and section.mask is None:
            raise ProfileError(
                f"{specialist} is not profiled on {', '.join(lacking)}.", remedy="Profile first."
            )
    inputs = Inputs(recipe, target, None, {}, {}, {}, {})
    return localize_stage(inputs, profiles, Context(RunFolder(recipe.run), discard, CancelToken()))

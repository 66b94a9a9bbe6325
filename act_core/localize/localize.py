"""From profiles to a mask: score, tie, rank, spend the budget (design.md, section 2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from act_core.errors import ProfileError
from act_core.localize.masks import Mask
from act_core.localize.scorers import SCORERS
from act_core.localize.select import select
from act_core.localize.tying import group_ids, moved_parameters, neuron_columns
from act_core.models.channels import layout_of
from act_core.models.reference import Model
from act_core.profile.store import Profile
from act_core.recipe import Budget, Localize


def localize(
    model: Model,
    bring: Sequence[Profile],
    keep: Sequence[Profile],
    settings: Localize,
    *,
    seed: int,
) -> Mask:
    """Select the channels that carry an ability.

    Args:
        model: The target.
        bring: Profiles of one specialist on the abilities to bring over, at least one.
        keep: Profiles of the same specialist on the abilities to retain; may be empty.
        settings: Scorer, ranking, budget, price and ties.
        seed: Of the scorer `random`.

    Raises:
        ProfileError: A profile is missing, lacks a statistic, or is of other models.
        NotFiniteError: A score is NaN or Inf.
        MaskError: The budget holds nothing, or a tie does not apply to this family.
    """
    scores = score_channels(model, bring, keep, settings, seed=seed)
    layout = layout_of(model)
    groups = group_ids(model, settings.tie) if settings.tie else None
    parameters = moved_parameters(model, settings.tie)
    selected = select(scores, layout, settings, groups, parameters)
    columns = neuron_columns(model, selected) if "neuron" in settings.tie else {}
    return Mask(layout, selected, columns, facts_of(bring, keep, settings, seed))


def score_channels(
    model: Model,
    bring: Sequence[Profile],
    keep: Sequence[Profile],
    settings: Localize,
    *,
    seed: int,
) -> NDArray[np.float32]:
    """Scores that `localize` ranks, float32 `[channels]`; arguments and errors as there."""
    fingerprint = layout_of(model).fingerprint()
    specialist = bring[0].specialist if bring else ""
    for profile in (*bring, *keep):
        if profile.layout.fingerprint() != fingerprint:
            raise ProfileError(
                f"The profile on {profile.ability} belongs to a model of another form than "
                f"{model.reference}.",
                remedy="Profile again with this target.",
            )
        if profile.specialist != specialist:
            raise ProfileError(
                f"The profiles are of two specialists, {specialist} and {profile.specialist}.",
                remedy="Localize each specialist by itself; the transfer joins their masks.",
            )
    return SCORERS[settings.scorer].score(bring, keep, price=settings.price, seed=seed)


def budget_text(budget: Budget) -> str:
    """A budget in a few words, e.g. `share 0.05`."""
    if budget.share is not None:
        return f"share {budget.share:g}"
    if budget.parameters is not None:
        return f"parameters {budget.parameters}"
    return "positive"


def facts_of(
    bring: Sequence[Profile], keep: Sequence[Profile], settings: Localize, seed: int
) -> dict[str, str]:
    """What a mask's file says of how it was made."""
    return {
        "scorer": settings.scorer,
        "ranking": settings.ranking,
        "budget": budget_text(settings.budget),
        "price": f"{settings.price:g}",
        "tie": " ".join(settings.tie),
        "seed": str(seed),
        "specialist": bring[0].specialist,
        "bring": " ".join(profile.ability for profile in bring),
        "keep": " ".join(profile.ability for profile in keep),
        "counted_tokens": str(sum(profile.counted_tokens for profile in bring)),
    }

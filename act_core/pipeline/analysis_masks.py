"""Masks of single abilities, which analyses compare, and of the recipe."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from act_core.localize.localize import score_channels
from act_core.localize.masks import Mask
from act_core.localize.select import select
from act_core.localize.tying import group_ids, moved_parameters, neuron_columns
from act_core.models.channels import layout_of
from act_core.pipeline.inputs import Inputs
from act_core.profile.store import Profile
from act_core.recipe import Recipe, ScorerName

ProfileOf = Mapping[str, Profile]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose channels are looked at.

    Attributes:
        specialist: From which specialist.
        name: The ability, or what the recipe's mask joins.
        role: Of the ability; of the recipe's mask `bring`.
        bring: Abilities whose profiles are scored.
        keep: Abilities that scorers hold against them.
        price: Of what is kept.
    """

    specialist: str
    name: str
    role: Literal["bring", "keep"]
    bring: tuple[str, ...]
    keep: tuple[str, ...] = ()
    price: float = 0.0

    @property
    def reads(self) -> tuple[str, ...]:
        """All abilities whose profiles are read."""
        return (*self.bring, *self.keep)


def abilities_of(recipe: Recipe) -> tuple[Subject, ...]:
    """Every ability that a specialist brings or that is to be kept, by itself.

    *Contrast* needs something to compare with: all other abilities of the specialist.
    """
    return tuple(
        Subject(
            specialist,
            name,
            recipe.abilities[name].role,
            (name,),
            tuple(other for other in of_specialist(recipe, specialist) if other != name),
        )
        for specialist in recipe.specialists
        for name in of_specialist(recipe, specialist)
    )


def of_specialist(recipe: Recipe, specialist: str) -> tuple[str, ...]:
    """The abilities that a specialist brings, and those to keep."""
    return (*recipe.brought_by(specialist), *recipe.with_role("keep"))


def recipe_masks(recipe: Recipe) -> Iterator[Subject]:
    """The masks of the recipe where they are not those of one ability."""
    keep, price = recipe.with_role("keep"), recipe.localize.price
    for specialist in recipe.specialists:
        bring = recipe.brought_by(specialist)
        costs = price > 0 and bool(keep) and recipe.localize.scorer == "attributed"
        if len(bring) > 1 or costs:
            name = " + ".join(bring) + (f" – {price:g} × cost" if costs else "")
            yield Subject(specialist, name, "bring", bring, keep, price)


def is_cost(subject: Subject, scorer: str) -> bool:
    """Whether a score counts for a subject with its sign turned."""
    return subject.role == "keep" and scorer == "attributed"


class MaskMaker:
    """Makes masks with the recipe's ranking, budget and ties.

    Args:
        inputs: The run's inputs.
    """

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self.layout = layout_of(inputs.target)

    def scores(
        self, subject: Subject, scorer: ScorerName, profiles: ProfileOf
    ) -> NDArray[np.float32]:
        """Scores by profiles of one specialist, by ability; float32 `[channels]`.

        *attributed* is what moving a channel gains. On an ability to keep, the channels that carry
        it are those whose moving costs most, so its sign is turned.
        """
        bring = [profiles[name] for name in subject.bring]
        if is_cost(subject, scorer):
            bring = [turned_profile(one) for one in bring]
        recipe = self._inputs.recipe
        settings = recipe.localize.model_copy(update={"scorer": scorer, "price": subject.price})
        keep = [profiles[name] for name in subject.keep]
        return score_channels(self._inputs.target, bring, keep, settings, seed=recipe.seed)

    def selected(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """The channels that the recipe's budget buys, bool `[channels]`."""
        settings, layout = self._inputs.recipe.localize, self.layout
        return select(scores, layout, settings, self._groups, self._parameters)

    def mask(self, selected: NDArray[np.bool_]) -> Mask:
        """Selected channels as a mask that can be moved, with the columns that are tied to them."""
        tied = "neuron" in self._inputs.recipe.localize.tie
        columns = neuron_columns(self._inputs.target, selected) if tied else {}
        return Mask(self.layout, selected, columns)

    @functools.cached_property
    def _groups(self) -> NDArray[np.int64] | None:
        tie = self._inputs.recipe.localize.tie
        return group_ids(self._inputs.target, tie) if tie else None

    @functools.cached_property
    def _parameters(self) -> NDArray[np.int64]:
        return moved_parameters(self._inputs.target, self._inputs.recipe.localize.tie)


def turned_profile(profile: Profile) -> Profile:
    """The same with the sign of *attributed* turned: what moving a channel costs."""
    turned = {**profile.statistics, "attributed": -profile.statistic("attributed")}
    return dataclasses.replace(profile, statistics=turned)

"""A score ready to be worked with: ranked beside its control, for any budget and any mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from act_core.localize.ladder import Ladder
from act_core.localize.localize import budget_text, facts_of, localize, score_channels
from act_core.localize.masks import Mask, counts_by_module
from act_core.localize.spread import Spread, spread_of_counts
from act_core.localize.tying import moved_parameters, neuron_columns
from act_core.models.channels import layout_of
from act_core.models.headers import ITEM_BYTES
from act_core.models.reference import Model
from act_core.profile.store import Profile
from act_core.recipe import Budget, Localize


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What a selection comes to.

    Attributes:
        channels: Their number.
        parameters: That move with them.
        size_bytes: Of those in the target's dtype.
        spread: Where they lie.
    """

    channels: int
    parameters: int
    size_bytes: int
    spread: Spread


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """Scores of one specialist, and everything that follows from a budget.

    Attributes:
        model: The target.
        settings: Whose scores; its budget is only the one that was asked with.
        scores: float32 `[channels]`.
        ladder: Their selections.
        weight: The control's scores, norms of weight changes, float32 `[channels]`.
        control: The control's selections, with the same ranking and ties.
        facts: What the file of a mask says.
    """

    model: Model
    settings: Localize
    scores: NDArray[np.float32] = field(repr=False)
    ladder: Ladder = field(repr=False)
    weight: NDArray[np.float32] = field(repr=False)
    control: Ladder = field(repr=False)
    facts: Mapping[str, str]
    _item_bytes: int
    _moved: NDArray[np.int64] = field(repr=False)
    _exact: NDArray[np.bool_] | None = field(repr=False)

    def share_of(self, budget: Budget) -> float:
        """Share of all channels that a budget buys."""
        if budget.share is not None:
            return budget.share
        return float(self._of(budget).mean())

    def bought_by(self, budget: Budget) -> NDArray[np.bool_]:
        """The channels that a budget buys, bool `[channels]`, as `localize` selects them."""
        return self.ladder.selected(budget.share) if budget.share is not None else self._of(budget)

    def share_for_size(self, size_bytes: int) -> float:
        """Share whose parameters take at most so many bytes."""
        return self.ladder.share_for_parameters(size_bytes // self._item_bytes)

    def figures(self, share: float) -> Figures:
        """What a share comes to; quick enough for every step of a drag."""
        ladder = self.ladder
        parameters = ladder.parameters(share)
        return Figures(
            ladder.count(share), parameters, parameters * self._item_bytes, ladder.spread(share)
        )

    def figures_of(self, selected: NDArray[np.bool_]) -> Figures:
        """What any selection comes to."""
        counts = counts_by_module(selected, self.ladder.layout)
        parameters = int(self._moved[selected].sum())
        spread = spread_of_counts(counts, self.ladder.layout)
        return Figures(int(counts.sum()), parameters, parameters * self._item_bytes, spread)

    def mask(self, budget: Budget) -> Mask:
        """What a budget buys as a mask, with the columns that its ties add."""
        selected = self.bought_by(budget)
        tied = "neuron" in self.settings.tie
        columns = neuron_columns(self.model, selected) if tied else {}
        facts = {**self.facts, "budget": budget_text(budget)}
        return Mask(self.ladder.layout, selected, columns, facts)

    def _of(self, budget: Budget) -> NDArray[np.bool_]:
        if self._exact is None or budget != self.settings.budget:
            raise ValueError(f"rated for {self.settings.budget}, not for {budget}")
        return self._exact


def rate(
    model: Model,
    bring: Sequence[Profile],
    keep: Sequence[Profile],
    settings: Localize,
    *,
    seed: int,
) -> Rated:
    """Score and rank; takes seconds at a million channels.

    Raises:
        ActError: Everything that `localize` raises.
    """
    scores = score_channels(model, bring, keep, settings, seed=seed)
    weight = bring[0].statistic("weight")
    exact = None
    if settings.budget.share is None:
        exact = localize(model, bring, keep, settings, seed=seed).selected
    dtype = model.facts[layout_of(model).modules[0].tensor].dtype
    return Rated(
        model=model,
        settings=settings,
        scores=scores,
        ladder=Ladder.of(model, scores, settings),
        weight=weight,
        control=Ladder.of(model, weight, settings),
        facts=facts_of(bring, keep, settings, seed),
        _item_bytes=ITEM_BYTES[dtype],
        _moved=moved_parameters(model, settings.tie),
        _exact=exact,
    )

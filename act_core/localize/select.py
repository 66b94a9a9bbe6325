"""Selection: which channels a budget buys (design.md, section 2, "Selection").

What is chosen are items: single channels, or groups of tied channels that move together or not at
all. An item's score is the mean over its channels, so that a large group competes on what each of
its channels is worth: a budget counts channels, and a sum would favour groups for their size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from act_core.errors import MaskError
from act_core.localize.quota import fill_by_module
from act_core.localize.rank import fill, normalised, rank_keys
from act_core.models.channels import ChannelLayout
from act_core.recipe import Budget, Localize


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """What is chosen whole.

    Attributes:
        scores: float32 `[items]`.
        costs: In the budget's unit, int64 `[items]`.
        leads: Lowest channel of each item, ascending int64 `[items]`.
        of_channel: Item of each channel, int64 `[channels]`, or None where each is its own.
    """

    scores: NDArray[np.float32] = field(repr=False)
    costs: NDArray[np.int64] = field(repr=False)
    leads: NDArray[np.int64] = field(repr=False)
    of_channel: NDArray[np.int64] | None = field(repr=False)


def select(
    scores: NDArray[np.float32],
    layout: ChannelLayout,
    settings: Localize,
    groups: NDArray[np.int64] | None = None,
    parameters: NDArray[np.int64] | None = None,
) -> NDArray[np.bool_]:
    """The channels that a budget buys under a ranking.

    Rankings: `global` compares raw scores; `normalised` compares scores over their module's mean
    absolute score; `module` spends the same share of the budget's unit in every module (see
    `quota`). A share of less than one channel buys one channel. Otherwise the budget is never
    exceeded, and filled as far as whole items allow. Channels of score 0 come last.

    Args:
        scores: Finite, float32 `[channels]`.
        layout: The channels.
        settings: Ranking and budget.
        groups: Group of each channel, named by its lowest channel, int64 `[channels]`
            (`tying.group_ids`); None where no channels are tied.
        parameters: Parameters that move with each channel, int64 `[channels]`, where it is not
            just its row (`tying.moved_parameters`).

    Returns:
        bool `[channels]`, true for at least one channel.

    Raises:
        MaskError: The budget holds no channel, or not one whole group; or no score is positive.
    """
    if layout.total == 0:
        raise MaskError("The model has no channels.", remedy="Choose another model.")
    if settings.ranking == "normalised":
        scores = normalised(scores, layout)
    if settings.budget.parameters is not None:
        costs = layout.parameters_of_channel() if parameters is None else parameters
        budget = settings.budget.parameters
    else:
        costs = np.ones(layout.total, dtype=np.int64)
        budget = channel_budget(settings.budget.share or 0, layout.total)
    items = make_items(scores, costs, groups)
    if settings.budget.positive:
        chosen = np.flatnonzero(items.scores > 0)
    elif settings.ranking == "module":
        blocks = blocks_of(items, layout)
        chosen = fill_by_module(rank_keys(items.scores), items.costs, blocks, budget)
    else:
        chosen = fill(rank_keys(items.scores), items.costs, budget)
    if not len(chosen):
        raise nothing_fits(settings.budget, int(items.costs.min()))
    return channels_of(items, chosen)


def channel_budget(share: float, total: int) -> int:
    """Channels that a share buys: rounded down, and at least one."""
    # 0.29 x 100 is 28.999... and means 29.
    return max(1, math.floor(share * total + 1e-6))


def make_items(
    scores: NDArray[np.float32], costs: NDArray[np.int64], groups: NDArray[np.int64] | None
) -> Items:
    """Single channels, or groups with the mean score and the summed cost of their channels."""
    channels = np.arange(len(scores), dtype=np.int64)
    if groups is None:
        return Items(scores, costs, channels, None)
    leading = groups == channels
    of_channel = (np.cumsum(leading) - 1)[groups]
    sizes = np.bincount(of_channel)
    means = np.bincount(of_channel, weights=scores) / sizes
    summed = np.bincount(of_channel, weights=costs).astype(np.int64)
    return Items(means.astype(np.float32), summed, np.flatnonzero(leading), of_channel)


def blocks_of(items: Items, layout: ChannelLayout) -> NDArray[np.int32]:
    """Module of each item; tied ones (k and v, gate and up) share the first of them."""
    return layout.module_of_channel()[items.leads]


def channels_of(items: Items, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    """All channels of the chosen items, bool `[channels]`."""
    picked = np.zeros(len(items.scores), dtype=np.bool_)
    picked[chosen] = True
    return picked if items.of_channel is None else picked[items.of_channel]


def nothing_fits(budget: Budget, smallest: int) -> MaskError:
    """Why a budget selects no channel.

    Args:
        budget: The budget.
        smallest: What the smallest item costs, in the budget's unit.
    """
    if budget.positive:
        return MaskError(
            "No channel gains more than it costs.",
            remedy="Lower the price, or give a share of the channels as budget.",
        )
    if budget.parameters is not None:
        return MaskError(
            f"A budget of {budget.parameters} parameters holds not one channel "
            "(or group of tied channels).",
            remedy=f"Give at least {smallest} parameters.",
        )
    return MaskError(
        f"A share of {budget.share} holds not one group of tied channels; the smallest "
        f"has {smallest} channels.",
        remedy="Give a larger share, or tie fewer channels.",
    )

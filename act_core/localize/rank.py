"""Ranking: millions of scores as keys that one NumPy sort or partition puts in order.

A key holds a score's place in its upper half and the item's number in its lower half, so keys are
distinct, ties go to the lowest number, and no separate index array has to be carried along.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from act_core.models.channels import ChannelLayout

_NUMBER_BITS = np.uint64(32)
_NUMBER_MASK = np.uint64(0xFFFFFFFF)
_SIGN = np.uint32(0x80000000)
# Above the key of every score: NaN never reaches a ranking, and -Inf neither.
_DEAD_PLACE = np.uint32(0xFFFFFFFF)
DEAD_KEY = np.uint64(0xFFFFFFFF00000000)
LAST_KEY = np.uint64(0xFFFFFFFFFFFFFFFF)


def rank_keys(scores: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Keys in ascending order of preference: the smallest belongs to the best item.

    Order: higher score first, equal scores by number, and items whose score is exactly 0 last of
    all, behind negative ones: they are dead, moving them does nothing and would only use up budget.

    Args:
        scores: Finite, float32 `[items]`, fewer than 2^32 - 1.

    Returns:
        Distinct keys, uint64 `[items]`; dead ones are `DEAD_KEY` or above.
    """
    bits = np.ascontiguousarray(scores).view(np.uint32)
    # The bits of floats order like whole numbers once negative ones are turned round.
    places = np.where(bits & _SIGN, bits, ~(bits | _SIGN))
    places[scores == 0] = _DEAD_PLACE
    keys = places.astype(np.uint64)
    keys <<= _NUMBER_BITS
    keys |= np.arange(len(scores), dtype=np.uint64)
    return keys


def numbers_of(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The items' numbers that keys carry, int64 `[keys]`."""
    return (keys & _NUMBER_MASK).astype(np.int64)


def fill(keys: NDArray[np.uint64], costs: NDArray[np.int64], budget: int) -> NDArray[np.int64]:
    """The best items that fit a budget: in order of preference, skipping what no longer fits.

    Args:
        keys: Of the items that may be chosen.
        costs: Cost of each item, by its number; at least 1.
        budget: Most that the chosen items may cost together.

    Returns:
        Numbers of the chosen items, int64, in no particular order.
    """
    chosen: list[NDArray[np.int64]] = []
    # A round ends at an item that no longer fits, so there are about as many rounds as there are
    # different costs, which are few.
    while budget > 0:
        cost = costs[numbers_of(keys)]
        fits = cost <= budget
        keys, cost = keys[fits], cost[fits]
        if not len(keys):
            break
        cheapest = int(cost.min())
        most = min(budget // cheapest, len(keys))
        head = np.partition(keys, most - 1)[:most]
        if cheapest != int(cost.max()):
            head.sort()
            spent = np.cumsum(costs[numbers_of(head)])
            head = head[: int(np.searchsorted(spent, budget, side="right"))]
        numbers = numbers_of(head)
        chosen.append(numbers)
        budget -= int(costs[numbers].sum())
        keys = keys[keys > head.max()]
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=np.int64)


def normalised(scores: NDArray[np.float32], layout: ChannelLayout) -> NDArray[np.float32]:
    """Scores over the mean absolute score of their module, float32 `[channels]`.

    A module whose scores are all 0 stays as it is.
    """
    widths = np.diff(layout.starts)
    sums = np.add.reduceat(np.abs(scores), layout.starts[:-1], dtype=np.float64)
    means = sums / widths
    means[means == 0] = 1.0
    return np.asarray(scores / np.repeat(means, widths), dtype=np.float32)

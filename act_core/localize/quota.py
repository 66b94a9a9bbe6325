"""The same share of every module, to the last channel (largest remainders, Hamilton 1792)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from act_core.localize.rank import DEAD_KEY, LAST_KEY, fill, numbers_of


def fill_by_module(
    keys: NDArray[np.uint64],
    costs: NDArray[np.int64],
    blocks: NDArray[np.int32],
    budget: int,
) -> NDArray[np.int64]:
    """The best items of every block, the same share of each block's live cost.

    Each block first gets its share rounded down; what is left goes, one item each, to the blocks
    with the largest remainders, equal ones in the order of their next best item. What then still is
    left (only where items differ in cost, or all live ones are chosen) buys the best items of any
    block, dead ones last. Where all items cost the same, the total is exact.

    Args:
        keys: Of all items, by `rank_keys`, uint64 `[items]`.
        costs: int64 `[items]`, at least 1.
        blocks: Block of each item, int32 `[items]`.
        budget: Most that the chosen items may cost together.

    Returns:
        Numbers of the chosen items, int64, in no particular order.
    """
    chosen = np.zeros(len(keys), dtype=np.bool_)
    live = keys[keys < DEAD_KEY]
    if len(live):
        # Sorted already, unless ties join modules that do not follow each other.
        live = live[np.argsort(blocks[numbers_of(live)], kind="stable")]
        numbers = numbers_of(live)
        starts = np.flatnonzero(np.diff(blocks[numbers], prepend=-1))
        worth: list[int] = np.add.reduceat(costs[numbers], starts).tolist()
        spread = min(budget, sum(worth))
        spent = []
        for part, quota in zip(np.split(live, starts[1:]), quotas(worth, spread), strict=True):
            best = fill(part, costs, quota)
            chosen[best] = True
            spent.append(int(costs[best].sum()))
        nexts = np.minimum.reduceat(np.where(chosen[numbers], LAST_KEY, live), starts)
        item_of = numbers_of(nexts).tolist()
        waiting = [
            None if key == LAST_KEY else (int(key), int(costs[item]))
            for key, item in zip(nexts, item_of, strict=True)
        ]
        for block in remainders(waiting, worth, spent, spread):
            chosen[item_of[block]] = True
    left = budget - int(costs[chosen].sum())
    if left > 0:
        chosen[fill(keys[~chosen], costs, left)] = True
    return np.flatnonzero(chosen)


def quotas(worth: Sequence[int], budget: int) -> list[int]:
    """Each block's share of a budget, rounded down.

    Args:
        worth: What all live items of each block cost.
        budget: At most what they all cost.
    """
    total = sum(worth)
    return [budget * part // total for part in worth]


def remainders(
    waiting: Sequence[tuple[int, int] | None],
    worth: Sequence[int],
    spent: Sequence[int],
    budget: int,
) -> list[int]:
    """Blocks that get one item more: those furthest below their share, while their next one fits.

    Args:
        waiting: Key and cost of each block's next best item, None where none is left.
        worth: What all live items of each block cost.
        spent: What the chosen items of each block cost.
        budget: What is divided among the blocks.
    """
    total = sum(worth)
    left = budget - sum(spent)
    # In whole numbers, because remainders of equal modules must be equal to the last bit.
    order = sorted(
        (spent[block] * total - budget * worth[block], *item, block)
        for block, item in enumerate(waiting)
        if item is not None
    )
    lucky = []
    for *_, cost, block in order:
        if cost <= left:
            lucky.append(block)
            left -= cost
    return lucky

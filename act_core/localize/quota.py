"""The same share of every module, to the last channel (largest remainders, Hamilton 1792)."""

from __future__ import annotations

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
        spent = _round_down(live, costs, starts, worth, spread, chosen)
        waiting = np.minimum.reduceat(np.where(chosen[numbers], LAST_KEY, live), starts)
        _largest_remainders(waiting, costs, worth, spent, spread, chosen)
    left = budget - int(costs[chosen].sum())
    if left > 0:
        chosen[fill(keys[~chosen], costs, left)] = True
    return np.flatnonzero(chosen)


def _round_down(
    live: NDArray[np.uint64],
    costs: NDArray[np.int64],
    starts: NDArray[np.int64],
    worth: list[int],
    budget: int,
    chosen: NDArray[np.bool_],
) -> list[int]:
    """Choose each block's share rounded down; returns what each block has spent."""
    total = sum(worth)
    spent = []
    for block, part in enumerate(np.split(live, starts[1:])):
        best = fill(part, costs, budget * worth[block] // total)
        chosen[best] = True
        spent.append(int(costs[best].sum()))
    return spent


def _largest_remainders(
    waiting: NDArray[np.uint64],
    costs: NDArray[np.int64],
    worth: list[int],
    spent: list[int],
    budget: int,
    chosen: NDArray[np.bool_],
) -> None:
    """Choose the next best item of the blocks furthest below their share, while they fit."""
    total = sum(worth)
    left = budget - sum(spent)
    # In whole numbers, because remainders of equal modules must be equal to the last bit.
    order = sorted(
        range(len(worth)),
        key=lambda block: (spent[block] * total - budget * worth[block], int(waiting[block])),
    )
    for block in order:
        if waiting[block] == LAST_KEY:
            continue
        number = int(numbers_of(waiting[block : block + 1])[0])
        if costs[number] <= left:
            chosen[number] = True
            left -= int(costs[number])

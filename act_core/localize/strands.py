"""Ranked items in strands, so that what any budget buys is the first few of each strand.

A strand holds the items of one block that cost the same, best first. Filling a budget in order of
preference leaves an item out only where it no longer fits, and then nothing as dear fits from there
on: so of every strand it takes the first few and no others, and a selection is one number a strand.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from act_core.localize.quota import quotas, remainders
from act_core.localize.rank import DEAD_KEY

_Merged = tuple[NDArray[np.uint64], NDArray[np.int64]]


class Strands:
    """Items by block, cost and preference; dead ones are a block of their own behind all others.

    Args:
        keys: Of all items, by `rank.rank_keys`, uint64 `[items]`.
        costs: int64 `[items]`, at least 1.
        blocks: Block of each item, `[items]`; all the same where the budget is not divided.

    Attributes:
        order: Item at each place, int64 `[items]`.
        costs: What one item of each strand costs, int `[strands]`.
        sizes: Items of each strand, int `[strands]`.
    """

    def __init__(
        self, keys: NDArray[np.uint64], costs: NDArray[np.int64], blocks: NDArray[np.int32]
    ) -> None:
        numbers = np.where(keys >= DEAD_KEY, int(blocks.max()) + 1, blocks).astype(np.int64)
        prices, price = np.unique(costs, return_inverse=True)
        strand = _small(numbers * len(prices) + price)
        ranked = np.argsort(keys)
        self.order = ranked[np.argsort(strand[ranked], kind="stable")]
        self._keys = keys[self.order]
        along = strand[self.order]
        begins = np.flatnonzero(np.diff(along, prepend=along[0] + 1))
        firsts = self.order[begins]
        self._starts: list[int] = [*begins.tolist(), len(keys)]
        self.costs: list[int] = costs[firsts].tolist()
        self.sizes: list[int] = np.diff(self._starts).tolist()
        of_block = np.flatnonzero(np.diff(numbers[firsts], prepend=-1)).tolist()
        ends = [*of_block[1:], len(self.costs)]
        spans = [range(a, b) for a, b in zip(of_block, ends, strict=True)]
        all_live = int(self._keys[-1]) < int(DEAD_KEY)
        self._live = spans if all_live else spans[:-1]
        self._dead = range(0) if all_live else spans[-1]
        self._merged = {span.start: self._merge(span) for span in spans if len(span) > 1}
        self._worth = [
            sum(self.sizes[strand] * self.costs[strand] for strand in span) for span in self._live
        ]

    def prefixes(self, budget: int) -> list[int]:
        """How many items of each strand a budget buys, as `quota.fill_by_module` chooses them."""
        taken = [0] * len(self.costs)
        worth = self._worth
        spread = min(budget, sum(worth))
        spent = [
            self._fill(span, quota, taken)
            for span, quota in zip(self._live, quotas(worth, spread), strict=True)
        ]
        left = budget - sum(spent)
        if left:
            nexts = [self._next(span, taken) for span in self._live]
            waiting = [best and (best[0], self.costs[best[1]]) for best in nexts]
            for block in remainders(waiting, worth, spent, spread):
                if (best := nexts[block]) is not None:
                    taken[best[1]] += 1
                    left -= self.costs[best[1]]
        if budget > spread:
            self._fill(self._dead, left, taken)
        elif left:
            # Less than the dearest item costs: only a few more fit.
            self._top_up(range(len(taken)), left, taken)
        return taken

    def _merge(self, span: range) -> _Merged:
        """Keys of a block's items in order of preference, and what they cost up to each."""
        begin, end = self._starts[span.start], self._starts[span.stop]
        costs = np.repeat(self.costs[span.start : span.stop], self.sizes[span.start : span.stop])
        ranked = np.argsort(self._keys[begin:end])
        return self._keys[begin:end][ranked], np.cumsum(costs[ranked])

    def _fill(self, span: range, budget: int, taken: list[int]) -> int:
        """Fill one untouched block in order of preference; returns what is spent."""
        if len(span) == 0:
            return 0
        if len(span) == 1:
            strand = span.start
            taken[strand] = min(budget // self.costs[strand], self.sizes[strand])
            return taken[strand] * self.costs[strand]
        keys, running = self._merged[span.start]
        fitting = int(np.searchsorted(running, budget, side="right"))
        spent = 0
        if fitting:
            spent = int(running[fitting - 1])
            for strand in span:
                own = self._keys[self._starts[strand] : self._starts[strand + 1]]
                taken[strand] = int(np.searchsorted(own, keys[fitting - 1], side="right"))
        return budget - self._top_up(span, budget - spent, taken)

    def _top_up(self, strands: Iterable[int], left: int, taken: list[int]) -> int:
        """Go on in order of preference, passing over what no longer fits; returns what is left."""
        waiting = [
            (int(self._keys[self._starts[strand] + taken[strand]]), strand)
            for strand in strands
            if self.costs[strand] <= left and taken[strand] < self.sizes[strand]
        ]
        heapq.heapify(waiting)
        while waiting:
            _, strand = heapq.heappop(waiting)
            if self.costs[strand] > left:
                continue
            left -= self.costs[strand]
            taken[strand] += 1
            if taken[strand] < self.sizes[strand]:
                place = self._starts[strand] + taken[strand]
                heapq.heappush(waiting, (int(self._keys[place]), strand))
        return left

    def _next(self, span: range, taken: list[int]) -> tuple[int, int] | None:
        """Key and strand of a block's best item that is left."""
        return min(
            (
                (int(self._keys[self._starts[strand] + taken[strand]]), strand)
                for strand in span
                if taken[strand] < self.sizes[strand]
            ),
            default=None,
        )


def _small(numbers: NDArray[np.int64]) -> NDArray[np.integer]:
    """The same numbers in the smallest type: NumPy sorts those of 16 bits by radix."""
    return numbers.astype(np.min_scalar_type(int(numbers.max())))

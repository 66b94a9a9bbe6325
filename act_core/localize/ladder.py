"""The budget ladder: what any share of the channels selects, fast enough to drag a slider.

Everything that is slow is done once. Then a share's selection is a few counts (see `strands`), and
its figures follow from them without ranking anything again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from act_core.localize.masks import Mask, counts_by_module
from act_core.localize.rank import normalised, rank_keys
from act_core.localize.select import (
    Items,
    blocks_of,
    channel_budget,
    make_items,
    nothing_fits,
)
from act_core.localize.spread import Spread, spread_of_counts
from act_core.localize.strands import Strands
from act_core.localize.tying import group_ids, moved_parameters, neuron_columns
from act_core.models.channels import ChannelLayout, layout_of
from act_core.models.reference import Model
from act_core.recipe import Budget, Localize

Columns = Mapping[str, NDArray[np.int64]]


def no_columns(_selected: NDArray[np.bool_]) -> Columns:
    """Columns where no tie adds any."""
    return {}


@dataclass(frozen=True, slots=True, eq=False)
class _Rung:
    """What one budget selects."""

    budget: int
    selected: NDArray[np.bool_] = field(repr=False)
    parameters: int
    counts: NDArray[np.int64] = field(repr=False)


class Ladder:
    """Selections of every share, as `select.select` makes them; takes about a second at 1 million.

    A share may be any number from 0 to 1; one of less than a channel buys one channel, and one that
    holds not one whole group of tied channels selects nothing, where `select` raises an error.

    Args:
        scores: Finite, float32 `[channels]`.
        layout: The channels, at least one.
        settings: Only its ranking is read.
        groups: Group of each channel, as `select` takes it.
        parameters: Parameters that move with each channel, as `select` takes it.
        columns_of: Input columns that belong to selected channels.

    Attributes:
        layout: The channels.
        positive_share: Share of the channels that `Budget(positive=True)` selects; may be 0.
    """

    def __init__(
        self,
        scores: NDArray[np.float32],
        layout: ChannelLayout,
        settings: Localize,
        groups: NDArray[np.int64] | None = None,
        parameters: NDArray[np.int64] | None = None,
        columns_of: Callable[[NDArray[np.bool_]], Columns] = no_columns,
    ) -> None:
        self.layout = layout
        self._columns_of = columns_of
        self._running_mass = _running_mass(scores)
        ranked = normalised(scores, layout) if settings.ranking == "normalised" else scores
        items = make_items(ranked, np.ones(layout.total, dtype=np.int64), groups)
        self._smallest = int(items.costs.min())
        self.positive_share = int(items.costs[items.scores > 0].sum()) / layout.total
        blocks = np.zeros(len(items.scores), dtype=np.int32)
        if settings.ranking == "module":
            blocks = blocks_of(items, layout)
        self._strands = Strands(rank_keys(items.scores), items.costs, blocks)
        self._channels = _channels_by_place(items, self._strands)
        moved = layout.parameters_of_channel() if parameters is None else parameters
        self._running_parameters = np.concatenate([[0], np.cumsum(moved[self._channels])])
        self._last: _Rung | None = None

    @classmethod
    def of(cls, model: Model, scores: NDArray[np.float32], settings: Localize) -> Ladder:
        """The ladder of a target's scores, with the ties of the settings.

        Args:
            model: The target.
            scores: Of `localize.score_channels`, float32 `[channels]`.
            settings: Ranking and ties.

        Raises:
            MaskError: A tie does not apply to this family.
        """
        return cls(
            scores,
            layout_of(model),
            settings,
            group_ids(model, settings.tie) if settings.tie else None,
            moved_parameters(model, settings.tie),
            partial(neuron_columns, model) if "neuron" in settings.tie else no_columns,
        )

    def selected(self, share: float) -> NDArray[np.bool_]:
        """The channels that a share buys, bool `[channels]`, not to be written to."""
        return self._rung(share).selected

    def count(self, share: float) -> int:
        """Number of selected channels."""
        return int(self._rung(share).counts.sum())

    def parameters(self, share: float) -> int:
        """Parameters that move with the selected channels."""
        return self._rung(share).parameters

    def size_bytes(self, share: float, item_bytes: int) -> int:
        """Bytes of those parameters, each of `item_bytes`."""
        return self.parameters(share) * item_bytes

    def layers(self, share: float) -> tuple[float, ...]:
        """Selected share of the channels of each layer."""
        return self.spread(share).layers

    def kinds(self, share: float) -> Mapping[str, float]:
        """Selected share of the channels of each module kind."""
        return self.spread(share).kinds

    def spread(self, share: float) -> Spread:
        """In which kinds of module and in which layers the selected channels lie."""
        return spread_of_counts(self._rung(share).counts, self.layout)

    def mask(self, share: float, facts: Mapping[str, str]) -> Mask:
        """The selection as a mask, with the columns that its ties add.

        Raises:
            MaskError: The share holds not one group of tied channels.
        """
        selected = self.selected(share)
        if not selected.any():
            raise nothing_fits(Budget(share=share), self._smallest)
        return Mask(self.layout, selected, self._columns_of(selected), dict(facts))

    def share_for_parameters(self, parameters: int) -> float:
        """Share that moves at most so many parameters, while one channel more moves too many.

        That is the largest such share, but for a handful of channels: with quotas or groups one
        channel more may move fewer parameters. Where a single channel moves more, its share.
        """
        low, high = 1, self.layout.total
        while low < high:
            middle = (low + high + 1) // 2
            if self._parameters_of(self._strands.prefixes(middle)) <= parameters:
                low = middle
            else:
                high = middle - 1
        return low / self.layout.total

    def curve(self, points: int = 512) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Concentration: how much of the mass lies in the channels of the highest scores.

        Mass is the sum of positive scores, over all modules, whatever ranking and ties.

        Returns:
            Shares of the channels, ascending and evenly spaced on a log scale from one channel to
            all, at most `points` and each once; and the share of the mass in each, 0 to 1.
        """
        total = self.layout.total
        counts = np.unique(np.rint(np.geomspace(1, total, points)).astype(np.int64))
        whole = float(self._running_mass[-1]) or 1.0
        return counts / total, self._running_mass[counts - 1] / whole

    def _rung(self, share: float) -> _Rung:
        """What a share buys; the last one is kept, because many figures are read of it."""
        budget = channel_budget(share, self.layout.total)
        last = self._last
        if last is not None and last.budget == budget:
            return last
        taken = self._strands.prefixes(budget)
        selected = np.zeros(self.layout.total, dtype=np.bool_)
        for begin, end in self._spans(taken):
            selected[self._channels[begin:end]] = True
        selected.flags.writeable = False
        counts = counts_by_module(selected, self.layout)
        self._last = rung = _Rung(budget, selected, self._parameters_of(taken), counts)
        return rung

    def _parameters_of(self, taken: list[int]) -> int:
        running = self._running_parameters
        return sum(int(running[end] - running[begin]) for begin, end in self._spans(taken))

    def _spans(self, taken: list[int]) -> list[tuple[int, int]]:
        """Where the channels of the first so many items of each strand stand."""
        spans, begin = [], 0
        strands = self._strands
        for number, items in enumerate(taken):
            if items:
                spans.append((begin, begin + items * strands.costs[number]))
            begin += strands.sizes[number] * strands.costs[number]
        return spans


def _running_mass(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mass of the best one, two, ... channels, float64 `[channels]`."""
    return np.cumsum(np.sort(np.maximum(scores, 0))[::-1], dtype=np.float64)


def _channels_by_place(items: Items, strands: Strands) -> NDArray[np.int64]:
    """All channels in the order of the strands, those of one item together."""
    if items.of_channel is None:
        return strands.order
    place = np.empty(len(strands.order), dtype=np.int64)
    place[strands.order] = np.arange(len(place))
    return np.argsort(place[items.of_channel], kind="stable")

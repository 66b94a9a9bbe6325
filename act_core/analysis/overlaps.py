"""Agreement of masks: Jaccard indices with chance levels, over parts of the data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from act_core.analysis.findings import Cell, SizePoint, Stability
from act_core.analysis.intervals import draws, jackknife
from act_core.analysis.parts import Counts
from act_core.events import Estimate
from act_core.localize.algebra import overlap
from act_core.localize.masks import Mask
from act_core.models.channels import ChannelLayout

Selected = NDArray[np.bool_]
# The mask that some parts of the data give; all parts once are all data.
MaskOf = Callable[[Counts], Selected]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One way to make a mask, measured as far as overlaps with others need it.

    Attributes:
        whole: From all data, bool `[channels]`.
        without: From all parts but one, for each of them; empty where no data enters.
        halves: Split-half agreement; 1 where no data enters.
    """

    whole: Selected = field(repr=False)
    without: tuple[Selected, ...] = field(repr=False)
    halves: Cell


def measured(
    mask_of: MaskOf,
    whole: Selected,
    layout: ChannelLayout,
    parts: int,
    *,
    divisions: int,
    seed: int,
    poll: Callable[[], None],
) -> Measured:
    """A mask with what its overlaps need.

    Args:
        mask_of: Gives masks of some parts.
        whole: The mask of all data.
        layout: The channels.
        parts: Number of parts, at least 2.
        divisions: Random divisions in halves.
        seed: Of the divisions.
        poll: Called before every mask.
    """
    without = []
    for counts in 1 - np.eye(parts, dtype=np.int64):
        poll()
        without.append(mask_of(counts))
    found, chance = disjoint(
        mask_of, layout, parts, parts // 2, divisions=divisions, seed=seed, poll=poll
    )
    return Measured(whole, tuple(without), Cell(found, chance))


def cell(one: Measured, other: Measured, layout: ChannelLayout) -> Cell:
    """Overlap of two masks; the interval is over the parts of both, left out together."""
    first, second = _mask(layout, one.whole), _mask(layout, other.whole)
    found = overlap(first, second)
    count = max(len(one.without), len(other.without))
    without = [
        overlap(
            _mask(layout, one.without[i] if one.without else one.whole),
            _mask(layout, other.without[i] if other.without else other.whole),
        ).jaccard
        for i in range(count)
    ]
    return Cell(jackknife(found.jaccard, without), found.chance)


def table(
    every: Sequence[Measured], layout: ChannelLayout, poll: Callable[[], None]
) -> tuple[tuple[Cell, ...], ...]:
    """Overlaps of all with all; on the diagonal split-half agreement of each with itself."""
    cells: dict[tuple[int, int], Cell] = {}
    for row, one in enumerate(every):
        cells[row, row] = one.halves
        for column in range(row):
            poll()
            cells[row, column] = cells[column, row] = cell(one, every[column], layout)
    numbers = range(len(every))
    return tuple(tuple(cells[row, column] for column in numbers) for row in numbers)


def stability(
    mask_of: MaskOf,
    whole: Selected,
    layout: ChannelLayout,
    tokens: NDArray[np.int64],
    *,
    names: tuple[str, str, str],
    divisions: int,
    seed: int,
    poll: Callable[[], None],
) -> Stability:
    """Split-half agreement at growing sizes, and masks of parts drawn with replacement.

    Args:
        mask_of: Gives masks of some parts.
        whole: The mask of all data.
        layout: The channels.
        tokens: Counted tokens of each part, int64 `[parts]`, at least 2 parts.
        names: Specialist, ability and scorer.
        divisions: Random divisions at each size, and draws with replacement.
        seed: Of both.
        poll: Called before every mask.
    """
    parts = len(tokens)
    sizes = []
    for size in sorted(
        {2**power for power in range(parts) if 2**power < parts // 2} | {parts // 2}
    ):
        found, chance = disjoint(
            mask_of, layout, parts, size, divisions=divisions, seed=seed, poll=poll
        )
        sizes.append(SizePoint(round(size * float(tokens.mean())), found, chance))
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(divisions):
        poll()
        counts = np.bincount(generator.integers(0, parts, parts), minlength=parts)
        drawn.append(overlap(_mask(layout, mask_of(counts)), _mask(layout, whole)).jaccard)
    mask = _mask(layout, whole)
    return Stability(
        *names,
        share=mask.share,
        tokens=int(tokens.sum()),
        parts=parts,
        sizes=tuple(sizes),
        bootstrap=draws(drawn),
        chance=overlap(mask, mask).chance,
    )


def disjoint(
    mask_of: MaskOf,
    layout: ChannelLayout,
    parts: int,
    size: int,
    *,
    divisions: int,
    seed: int,
    poll: Callable[[], None],
) -> tuple[Estimate, float]:
    """Jaccard index of masks from `size` parts each that share none, and its chance level."""
    generator = np.random.default_rng(seed)
    found, chances = [], []
    for _ in range(divisions):
        order = generator.permutation(parts)
        pair = []
        for chosen in (order[:size], order[size : 2 * size]):
            poll()
            pair.append(_mask(layout, mask_of(np.bincount(chosen, minlength=parts))))
        shared = overlap(*pair)
        found.append(shared.jaccard)
        chances.append(shared.chance)
    return draws(found), float(np.mean(chances))


def _mask(layout: ChannelLayout, selected: Selected) -> Mask:
    return Mask(layout, selected)

"""Contested channels: those that several masks select, counted by module, beside chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from act_core.errors import MaskError
from act_core.localize.masks import Mask, counts_by_module
from act_core.models.channels import ChannelLayout


@dataclass(frozen=True, slots=True, eq=False)
class Contest:
    """What several masks claim.

    Attributes:
        layout: The channels it speaks of.
        claimants: How many masks select each channel, int64 `[channels]`.
        counts: Contested channels of each module, int64 `[modules]`.
        chance: As many are expected to be contested where masks with as many channels in each
            module lie at random: sum over modules of width x P(two or more select a channel).
    """

    layout: ChannelLayout
    claimants: NDArray[np.int64] = field(repr=False)
    counts: NDArray[np.int64] = field(repr=False)
    chance: float

    @property
    def channels(self) -> NDArray[np.bool_]:
        """The contested ones, bool `[channels]`."""
        contested: NDArray[np.bool_] = self.claimants > 1
        return contested

    @property
    def total(self) -> int:
        """Number of contested channels."""
        return int(self.counts.sum())

    @property
    def claimed(self) -> int:
        """Number of channels that any mask selects."""
        return int(np.count_nonzero(self.claimants))

    @property
    def by_kind(self) -> dict[str, int]:
        """Contested channels of each module kind that has some."""
        found: dict[str, int] = {}
        for (_layer, kind), number in self.by_place.items():
            found[kind] = found.get(kind, 0) + number
        return found

    @property
    def by_place(self) -> dict[tuple[int, str], int]:
        """Contested channels of each layer and module kind that have some, in their order."""
        found: dict[tuple[int, str], int] = {}
        for number in np.flatnonzero(self.counts):
            module = self.layout.modules[number]
            place = (module.layer, module.kind)
            found[place] = found.get(place, 0) + int(self.counts[number])
        return found


def contest_of(masks: Mapping[str, Mask]) -> Contest:
    """What masks of one target claim together.

    Args:
        masks: By specialist; at least one.

    Raises:
        MaskError: The masks belong to models of different form.
    """
    every = list(masks.values())
    layout = every[0].layout
    if any(mask.layout is not layout for mask in every) and (
        len({mask.layout.fingerprint() for mask in every}) > 1
    ):
        raise MaskError(
            "The masks were made for models of different form.",
            remedy="Localize all of them with the same target.",
        )
    claimants = np.zeros(layout.total, dtype=np.int64)
    for mask in every:
        claimants += mask.selected
    counts = counts_by_module(claimants > 1, layout)
    return Contest(layout, claimants, counts, _chance(every, layout))


def _chance(masks: list[Mask], layout: ChannelLayout) -> float:
    widths = np.maximum(np.diff(layout.starts), 1)
    shares = np.stack([mask.counts() for mask in masks]) / widths
    none = np.prod(1 - shares, axis=0)
    others = np.ones_like(shares)
    for number in range(len(masks)):
        others[number] = np.prod(1 - np.delete(shares, number, axis=0), axis=0)
    one = (shares * others).sum(axis=0)
    return float((np.diff(layout.starts) * np.maximum(1 - none - one, 0)).sum())

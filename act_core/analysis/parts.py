"""A profile in parts: statistics of disjoint parts of the data, joined at will without a model."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from act_core.models.channels import ChannelLayout
from act_core.profile.store import Profile

# What is drawn of all parts: how often each of them counts, `[parts]`.
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PartedProfile:
    """Statistics of one specialist on one ability, part by part.

    Attributes:
        specialist: Name of the specialist.
        ability: Name of the ability.
        layout: The channels.
        statistics: By name, one float32 `[channels]` per part.
        divisors: By name, the tokens that each part's means are over, float64 `[parts]`.
        tokens: Counted tokens of each part, int64 `[parts]`.
    """

    specialist: str
    ability: str
    layout: ChannelLayout
    statistics: Mapping[str, tuple[NDArray[np.float32], ...]] = field(repr=False)
    divisors: Mapping[str, NDArray[np.float64]] = field(repr=False)
    tokens: NDArray[np.int64]

    @property
    def parts(self) -> int:
        """Number of parts."""
        return len(self.tokens)

    def joined(self, counts: Counts) -> Profile:
        """The profile of some parts, each as often as it counts; not all may be zero.

        Means are weighted by their divisors, so all parts together are the profile of all data.
        """
        statistics = {
            name: weighted_mean(values, counts * self.divisors[name])
            for name, values in self.statistics.items()
        }
        tokens = int((counts * self.tokens).sum())
        return Profile(self.specialist, self.ability, self.layout, statistics, tokens)

    def turned(self, name: str) -> PartedProfile:
        """The same with one statistic's sign turned."""
        turned = {**self.statistics, name: tuple(-one for one in self.statistics[name])}
        return dataclasses.replace(self, statistics=turned)

    def thinned(self, step: int) -> Callable[[str], list[NDArray[np.float32]]]:
        """Every `step`-th channel of a statistic, joined without each part in turn."""

        def without_each(name: str) -> list[NDArray[np.float32]]:
            values = tuple(one[::step] for one in self.statistics[name])
            return [
                weighted_mean(values, counts * self.divisors[name]) for counts in leave_out(self)
            ]

        return without_each


def weighted_mean(
    values: Sequence[NDArray[np.float32]], weights: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Mean over parts, float32 `[channels]`; parts of weight zero are not read."""
    total = weights.sum()
    used = [(one, np.float32(weight / total)) for one, weight in zip(values, weights, strict=True)]
    first, *rest = [one * share for one, share in used if share]
    return functools.reduce(lambda a, b: np.add(a, b, out=a), rest, first)


def leave_out(parted: PartedProfile) -> list[Counts]:
    """All parts but one, for each of them."""
    return list(1 - np.eye(parted.parts, dtype=np.int64))

"""Adding a round to the profiles of the rounds before it: means weighted by their divisors."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.encode import Encoded
from act_core.events import MapRow
from act_core.models.channels import ChannelLayout
from act_core.profile.finish import divisor
from act_core.profile.store import Profile

Pair = tuple[str, str]


class Merge:
    """One round's data on top of what was known before.

    Args:
        layout: The channels.
        before: Profiles so far; empty in the first round.
        read: What each ability's profiles so far have read.
        new: What this round reads.
    """

    def __init__(
        self,
        layout: ChannelLayout,
        before: Mapping[Pair, Profile],
        read: Mapping[str, Encoded],
        new: Mapping[str, Encoded],
    ) -> None:
        self._places = {
            (module.layer, module.kind): layout.slice_of(number)
            for number, module in enumerate(layout.modules)
        }
        self._before = before
        self._read = read
        self._new = new

    def row(self, row: MapRow) -> MapRow:
        """A row of the round as a row of the merged profile."""
        before = self._before.get((row.specialist, row.ability))
        if before is None:
            return row
        known = before.statistic(row.statistic)[self._places[row.layer, row.kind]]
        values = self._mean(row.ability, row.statistic, known, row.values)
        return dataclasses.replace(row, values=values)

    def profiles(self, made: Mapping[Pair, Profile]) -> dict[Pair, Profile]:
        """All profiles with the round in them; those of which it read nothing stay."""
        merged = dict(self._before)
        for pair, profile in made.items():
            before = self._before.get(pair)
            merged[pair] = profile if before is None else self._merged(before, profile)
        return merged

    def _merged(self, before: Profile, new: Profile) -> Profile:
        statistics = {
            name: self._mean(new.ability, name, before.statistic(name), values)
            for name, values in new.statistics.items()
        }
        counted = before.counted_tokens + new.counted_tokens
        return dataclasses.replace(new, statistics=statistics, counted_tokens=counted)

    def _mean(
        self,
        ability: str,
        statistic: str,
        before: NDArray[np.float32],
        new: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        old_weight = divisor(statistic, self._read[ability])
        new_weight = divisor(statistic, self._new[ability])
        total = before.astype(np.float64) * old_weight + new.astype(np.float64) * new_weight
        return np.asarray(total / (old_weight + new_weight), dtype=np.float32)

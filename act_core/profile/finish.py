"""From sums to statistics: means, map rows while it runs, profiles at the end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.encode import Encoded
from act_core.events import MapRow
from act_core.models.channels import ChannelLayout
from act_core.profile.partial import Partial
from act_core.profile.spec import ProfileSpec
from act_core.profile.statistics import LayerSums
from act_core.profile.store import Profile

FORWARD = "forward"
WEIGHT = "weight"


def backward_phase(specialist: str) -> str:
    """Name of the phase that walks back for one specialist."""
    return f"backward-{specialist}"


def map_rows(spec: ProfileSpec, layer: int, sums: LayerSums) -> Iterator[MapRow]:
    """The finished rows of a layer, as means; `weight` once for each ability."""
    for key, values in sums.items().items():
        for ability in spec.abilities if key.statistic == WEIGHT else (key.ability,):
            mean = values / divisor(key.statistic, spec.abilities[ability])
            yield MapRow(
                key.specialist, ability, key.statistic, layer, key.kind, mean.astype(np.float32)
            )


def finished_profiles(
    spec: ProfileSpec, layout: ChannelLayout, partial: Partial
) -> dict[tuple[str, str], Profile]:
    """Profiles by (specialist, ability) from the sums of all layers."""
    statistics = (*spec.statistics, WEIGHT)
    tables: dict[tuple[str, str], dict[str, NDArray[np.float32]]] = {
        pair: {name: np.zeros(layout.total, np.float32) for name in statistics}
        for pair in spec.pairs
    }
    place = {(m.layer, m.kind): layout.slice_of(i) for i, m in enumerate(layout.modules)}
    for phase in (FORWARD, *map(backward_phase, spec.walked_back)):
        for layer in range(spec.target.shape.layers):
            for row in map_rows(spec, layer, partial.load_sums(phase, layer)):
                table = tables[row.specialist, row.ability]
                table[row.statistic][place[layer, row.kind]] = row.values
    return {
        (specialist, ability): Profile(
            specialist,
            ability,
            layout,
            tables[specialist, ability],
            spec.abilities[ability].counted_tokens,
            {"key": spec.pair_key(specialist, ability), "dtype": spec.dtype},
        )
        for specialist, ability in spec.pairs
    }


def divisor(statistic: str, encoded: Encoded) -> int:
    """Tokens over which a statistic is a mean."""
    if statistic == WEIGHT:
        return 1
    if statistic == "attributed":
        return max(1, encoded.predicted_tokens)
    return encoded.counted_tokens

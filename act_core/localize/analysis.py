"""Where scores and masks lie: how concentrated, in which kinds of module, in which layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from act_core.localize.masks import Mask
from act_core.models.channels import ChannelLayout

TOP_SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class Concentration:
    """Where the mass of scores lies. Mass is the sum of positive scores, what there is to gain.

    All shares are 0 where no score is positive. `dataclasses.asdict` makes it JSON.

    Attributes:
        top: Share of the mass in the highest 0.5, 1, 2, 5, 10 and 20 % of all channels, by that
            share as text (`"0.005"`).
        kinds: Share of the mass in each module kind.
        layers: Share of the mass in each layer.
        positive: Share of all channels whose score is positive.
    """

    top: Mapping[str, float]
    kinds: Mapping[str, float]
    layers: tuple[float, ...]
    positive: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Where a mask's channels lie. `dataclasses.asdict` makes it JSON.

    Attributes:
        share: Selected channels over all channels.
        kinds: Selected share of the channels of each module kind.
        layers: Selected share of the channels of each layer.
    """

    share: float
    kinds: Mapping[str, float]
    layers: tuple[float, ...]


def concentration(scores: NDArray[np.float32], layout: ChannelLayout) -> Concentration:
    """How concentrated scores are.

    Args:
        scores: Finite, float32 `[channels]`.
        layout: The channels.
    """
    mass = np.maximum(scores, 0)
    running = np.concatenate([[0.0], np.cumsum(np.sort(mass)[::-1], dtype=np.float64)])
    total = float(running[-1]) or 1.0
    top = {
        str(share): float(running[max(1, round(share * layout.total))]) / total
        for share in TOP_SHARES
    }
    sums = np.concatenate([[0.0], np.cumsum(mass, dtype=np.float64)])
    of_modules = np.diff(sums[layout.starts]) / total
    kinds, layers = _by_kind_and_layer(of_modules, layout)
    return Concentration(top, kinds, layers, float(np.count_nonzero(mass)) / layout.total)


def spread(mask: Mask) -> Spread:
    """In which kinds of module and in which layers a mask's channels lie."""
    return spread_of_counts(mask.counts(), mask.layout)


def spread_of_counts(counts: NDArray[np.int64], layout: ChannelLayout) -> Spread:
    """The same from the selected channels of each module, int64 `[modules]`."""
    widths = np.diff(layout.starts).astype(np.float64)
    kinds, layers = _by_kind_and_layer(counts.astype(np.float64), layout)
    all_kinds, all_layers = _by_kind_and_layer(widths, layout)
    return Spread(
        share=int(counts.sum()) / layout.total if layout.total else 0.0,
        kinds={kind: count / all_kinds[kind] for kind, count in kinds.items()},
        layers=tuple(count / all_ for count, all_ in zip(layers, all_layers, strict=True)),
    )


def _by_kind_and_layer(
    of_modules: NDArray[np.float64], layout: ChannelLayout
) -> tuple[dict[str, float], tuple[float, ...]]:
    """Sums over the modules of each kind and of each layer."""
    kinds = dict.fromkeys((module.kind for module in layout.modules), 0.0)
    layers = [0.0] * (1 + max(module.layer for module in layout.modules))
    for module, value in zip(layout.modules, of_modules.tolist(), strict=True):
        kinds[module.kind] += value
        layers[module.layer] += value
    return kinds, tuple(layers)

"""Where masks lie: in which kinds of module, in which layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from act_core.localize.masks import Mask
from act_core.models.channels import ChannelLayout

_BINS = 64


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


@dataclass(frozen=True, slots=True)
class Density:
    """How densely a mask lies along the channels of one module.

    Attributes:
        layer, kind: Of the module.
        share: Selected share of its channels.
        bins: A digit for each stretch of its channels, at most 64 of equal length in their order:
            0 where none of them is selected, else 9 times the selected share, rounded up.
    """

    layer: int
    kind: str
    share: float
    bins: str


def densities(mask: Mask) -> tuple[Density, ...]:
    """Where in each module a mask's channels lie, coarse enough for a picture on paper."""
    found = []
    for number, module in enumerate(mask.layout.modules):
        selected = mask.selected[mask.layout.slice_of(number)]
        starts = np.arange(min(_BINS, len(selected))) * len(selected) // min(_BINS, len(selected))
        shares = np.add.reduceat(selected, starts, dtype=np.int64) / np.diff(
            [*starts, len(selected)]
        )
        bins = "".join(map(str, np.ceil(9 * shares).astype(int).tolist()))
        found.append(Density(module.layer, module.kind, float(selected.mean()), bins))
    return tuple(found)


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

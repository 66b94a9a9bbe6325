"""Maps to look at without a model: values like those of a real one, from a seed."""

from __future__ import annotations

import numpy as np

from act_core.maps.data import Flags, Values
from act_core.models.channels import ChannelLayout, ModuleChannels

SMALL = {"q": 64, "k": 32, "v": 32, "o": 64, "gate": 172, "up": 172, "down": 64}
LARGE = {"q": 4096, "k": 1024, "v": 1024, "o": 4096, "gate": 14336, "up": 14336, "down": 4096}


def sample_layout(layers: int, widths: dict[str, int]) -> ChannelLayout:
    """The channels of a model of this form."""
    return ChannelLayout(
        tuple(
            ModuleChannels(f"layers.{layer}.{kind}.weight", None, layer, kind, width, 64, False)
            for layer in range(layers)
            for kind, width in widths.items()
        )
    )


def sample_values(layout: ChannelLayout, seed: int, *, signed: bool = False) -> Values:
    """Skewed values with strong channels, later layers higher, some dead and some NaN."""
    random = np.random.default_rng(seed)
    parts = []
    deepest = max(module.layer for module in layout.modules) + 1
    for module in layout.modules:
        height = 0.4 + module.layer / deepest + 0.3 * random.random()
        part = height * random.lognormal(-6.0, 0.6, module.width)
        part[random.random(module.width) < 0.002] *= 12
        parts.append(part)
    values: Values = np.concatenate(parts).astype(np.float32)
    if signed:
        values *= random.choice([-1, 1, 1], layout.total)
    values[random.random(layout.total) < 0.001] = 0
    block = layout.slice_of(len(layout.modules) // 2)
    values[block.start + 10 : block.start + 10 + max(6, (block.stop - block.start) // 20)] = 0
    values[random.choice(layout.total, 3, replace=False)] = np.nan
    return values


def sample_mask(values: Values, share: float) -> Flags:
    """The highest values as a mask."""
    known = np.nan_to_num(values, nan=-np.inf)
    mask: Flags = known >= np.quantile(known, 1 - share)
    return mask

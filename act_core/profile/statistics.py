"""Accumulating statistics: float32 on the device per batch, float64 over batches.

Activations are never stored, and padding never counts (design.md, section 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

from act_core.errors import NotFiniteError
from act_core.files import write_whole

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class SumKey:
    """Which sum: one vector per specialist, ability, statistic and module of the layer."""

    specialist: str
    ability: str
    statistic: str
    kind: str


class LayerSums:
    """Sums over tokens of one layer, float64 `[channels of the module]` by key."""

    def __init__(self, sums: Mapping[SumKey, NDArray[np.float64]] | None = None) -> None:
        self._sums: dict[SumKey, NDArray[np.float64]] = dict(sums or {})

    def add(self, key: SumKey, batch: torch.Tensor) -> None:
        """Add a batch's sum.

        Args:
            key: Which sum.
            batch: float32 `[channels]` on any device.
        """
        values = batch.cpu().double().numpy()  # in this order: Apple's GPUs have no float64
        if key in self._sums:
            self._sums[key] += values
        else:
            self._sums[key] = values

    def items(self) -> Mapping[SumKey, NDArray[np.float64]]:
        """All sums."""
        return self._sums

    def taken_out(self, statistic: str) -> LayerSums:
        """The sums of one statistic, which are none of these any more."""
        keys = [key for key in self._sums if key.statistic == statistic]
        return LayerSums({key: self._sums.pop(key) for key in keys})

    def check_finite(self, layer: int) -> None:
        """Refuse NaN and Inf before they reach a profile.

        Raises:
            NotFiniteError: A sum is not finite.
        """
        for key, values in self._sums.items():
            if not np.isfinite(values).all():
                raise NotFiniteError(
                    f"The statistic {key.statistic} of {key.kind} in layer {layer} is not finite "
                    f"({key.specialist} on {key.ability}).",
                    remedy="Profile in float32 or bfloat16; if it stays, a model is damaged.",
                )

    def save(self, path: Path) -> None:
        """Write the sums whole or not at all."""
        tensors = {
            "\t".join((k.specialist, k.ability, k.statistic, k.kind)): v
            for k, v in self._sums.items()
        }
        write_whole(path, save(tensors))

    @classmethod
    def load(cls, path: Path) -> LayerSums:
        """Read what `save` wrote."""
        return cls({SumKey(*name.split("\t")): v for name, v in load_file(path).items()})

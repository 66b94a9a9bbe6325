"""Layouts and values that the tests of maps share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from act_core.models.channels import ChannelLayout, ModuleChannels

WIDTHS = {"q": 64, "k": 16, "v": 16, "o": 64, "gate": 173, "up": 173, "down": 64}


def layout(layers: int = 3, widths: Mapping[str, int] = WIDTHS) -> ChannelLayout:
    return ChannelLayout(
        tuple(
            ModuleChannels(
                f"model.layers.{layer}.{kind}.weight", None, layer, kind, width, 64, False
            )
            for layer in range(layers)
            for kind, width in widths.items()
        )
    )


def values(form: ChannelLayout, seed: int = 0, *, signed: bool = False) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    found = random.lognormal(sigma=1.5, size=form.total)
    return (found * (random.choice([-1, 1], form.total) if signed else 1)).astype(np.float32)

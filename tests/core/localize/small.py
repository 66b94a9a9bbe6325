"""Small layouts and profiles for the tests of localize."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from act_core.models.channels import ChannelLayout, ModuleChannels
from act_core.profile.store import Profile


def small_layout(*widths: int, inputs: Sequence[int] | None = None) -> ChannelLayout:
    """One module per width, two modules a layer."""
    inputs = inputs or [4] * len(widths)
    return ChannelLayout(
        tuple(
            ModuleChannels(
                tensor=f"layers.{number // 2}.{'ab'[number % 2]}.weight",
                bias=None,
                layer=number // 2,
                kind="ab"[number % 2],
                width=width,
                inputs=inputs[number],
                transposed=False,
            )
            for number, width in enumerate(widths)
        )
    )


def profile_of(
    layout: ChannelLayout, statistics: Mapping[str, Any], *, ability: str = "german"
) -> Profile:
    """A profile of the specialist `donor` with these statistics."""
    values = {name: np.asarray(value, dtype=np.float32) for name, value in statistics.items()}
    return Profile("donor", ability, layout, values, counted_tokens=100)

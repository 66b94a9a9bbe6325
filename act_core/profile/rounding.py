"""Whether *difference* tells two models apart, or only how the dtype rounds.

Each model's activations are rounded on their own. A fine-tune that moved little changes them by
less than bfloat16 tells apart, and *difference* is then mostly rounding. *Matched* and *attributed*
multiply the change itself: what they lose is the rounding of the change alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from act_core.profile.statistics import LayerSums

if TYPE_CHECKING:
    import torch

SIZE = "size"  # of the target's activations, gathered where they are rounded to less than float32
# Steps of the dtype. Random models that differ by a thousandth have one to two steps in bfloat16,
# and their differences are more than doubled by rounding; with four steps a tenth of it is left.
_STEPS = 2.0
_MOST = 0.5


def lost_in_rounding(
    sums: LayerSums, sizes: LayerSums, dtype: torch.dtype
) -> Iterator[tuple[str, str]]:
    """Specialist and ability wherever most differences of a layer are about as small as roundings.

    A difference of exactly zero is none of them: equal layers round alike.

    Args:
        sums: Of a layer.
        sizes: Sums of the absolute activations that the differences are of.
        dtype: In which both were computed.
    """
    import torch

    step = _STEPS * torch.finfo(dtype).eps
    small: dict[tuple[str, str], list[NDArray[np.bool_]]] = {}
    for key, size in sizes.items().items():
        found = sums.items()[dataclasses.replace(key, statistic="difference")]
        few = (found > 0) & (found < step * size)
        small.setdefault((key.specialist, key.ability), []).append(few)
    return (pair for pair, few in small.items() if np.concatenate(few).mean() > _MOST)

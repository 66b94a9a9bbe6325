"""Two maps of one model: their difference in value, and in rank."""

from __future__ import annotations

from typing import Literal

import numpy as np

from act_core.maps.data import Values
from act_core.maps.table import ranks

Measure = Literal["value", "rank"]


def difference(first: Values, second: Values, measure: Measure = "value") -> Values:
    """The first map minus the second, float32 `[channels]`; NaN where either is.

    Args:
        first, second: float32 `[channels]`.
        measure: `rank` compares places among all channels, scaled so that the highest is 1 and the
            lowest 0: maps of different units can be compared, and few huge values rule nothing.
    """
    if measure == "rank":
        first, second = _scaled_ranks(first), _scaled_ranks(second)
    with np.errstate(invalid="ignore", over="ignore"):
        return first - second


def _scaled_ranks(values: Values) -> Values:
    found = ranks(values)
    known = int(np.count_nonzero(found))
    scaled = (known - found) / max(known - 1, 1)
    return np.where(found == 0, np.nan, scaled).astype(np.float32)

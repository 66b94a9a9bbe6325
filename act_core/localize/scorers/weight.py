"""weight, a control: how far the row itself moved, whatever the input.

score_j = ||W^S_j - W^T_j||_2, the bias entry included where there is one.

Source: magnitude of the task vector's row (Ilharco et al. 2023, "Editing Models with Task
Arithmetic"); design.md, section 2, "weight". It needs no data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from act_core.localize.scorer import Scorer, mean_statistic
from act_core.profile.store import Profile


def score(
    bring: Sequence[Profile], keep: Sequence[Profile], *, price: float, seed: int
) -> NDArray[np.float32]:
    """The statistic `weight`, equal on every ability, float32 `[channels]`."""
    return mean_statistic(bring, "weight")


WEIGHT = Scorer(
    name="weight",
    title="Weight",
    formula="Norm of (specialist's row \u2212 target's row)",
    good_for="A control that needs no data: a score must beat it to show that data helped.",
    needs=("weight",),
    function=score,
)

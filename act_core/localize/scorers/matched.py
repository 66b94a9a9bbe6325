"""matched: what changing this channel alone changes at its output, on the target's inputs.

score_j = mean over counted tokens t of |(W^S_j - W^T_j)·x_t + (b^S_j - b^T_j)|, x_t the target's.

Source: design.md, section 2, "matched".
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
    """Mean of the statistic `matched` over the abilities to bring, float32 `[channels]`."""
    return mean_statistic(bring, "matched")


MATCHED = Scorer(
    name="matched",
    title="Matched",
    formula="Mean |(specialist's row \u2212 target's row) · input of target|",
    good_for="Large budgets without a backward pass; no drift from the layers below.",
    needs=("matched",),
    function=score,
)

"""difference: how far the two models' activations lie apart.

score_j = mean over counted tokens t of |a^S_j(t) - a^T_j(t)|, each model on its own inputs.

Source: the paper's score (design.md, section 2, "difference").
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
    """Mean of the statistic `difference` over the abilities to bring, float32 `[channels]`."""
    return mean_statistic(bring, "difference")


DIFFERENCE = Scorer(
    name="difference",
    title="Difference",
    formula="Mean |activation of specialist \u2212 activation of target|, each on its own inputs",
    good_for="The paper's score; gentle on other abilities when ranked per module.",
    needs=("difference",),
    function=score,
)

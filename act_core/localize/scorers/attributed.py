"""attributed: how many nats of the ability's loss a channel gains, less what it costs elsewhere.

score_j = gain_j - price × cost_j, with
gain_j = mean over the abilities to bring of the statistic `attributed`, which is minus the mean
over counted tokens t of dL/da_j(t) · ((W^S_j - W^T_j)·x_t + (b^S_j - b^T_j)) at the midpoint, and
cost_j = sum over the abilities to keep of minus the same statistic.

A negative cost, a channel that also helps a retained ability, counts in the channel's favour:
clipping it at zero would break the one property that makes the sum meaningful, that the scores of
a set of channels add up to the first-order change of all losses together.

Source: first-order Taylor attribution (Molchanov et al. 2017, "Pruning Convolutional Neural
Networks for Resource Efficient Inference", eq. 6, with its sign kept and a change towards the
specialist in place of one to zero); design.md, section 2, "attributed" and "Selection".
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
    """Gain minus price times summed cost, in nats per counted token, float32 `[channels]`."""
    scores = mean_statistic(bring, "attributed")
    if price:  # at no price the retained abilities need no profile
        for profile in keep:
            scores += np.float32(price) * profile.statistic("attributed")
    return scores


ATTRIBUTED = Scorer(
    name="attributed",
    title="Attributed",
    formula="Gain on the ability \u2212 price × cost on retained ones, in nats, to first order",
    good_for="Small budgets (5 % and less); needs one backward pass over the calibration set.",
    needs=("attributed",),
    function=score,
)

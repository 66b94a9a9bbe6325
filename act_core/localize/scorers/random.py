"""random, a control: every channel is as likely as any other, whatever the models and the data.

score_j = (place of channel j in a seeded random permutation) / channels, in (0, 1].

Source: design.md, section 2, "random". It needs no data and no statistic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from act_core.localize.scorer import Scorer
from act_core.profile.store import Profile


def score(
    bring: Sequence[Profile], keep: Sequence[Profile], *, price: float, seed: int
) -> NDArray[np.float32]:
    """Seeded places above zero, so that no channel counts as dead, float32 `[channels]`."""
    total = bring[0].layout.total
    places = np.random.default_rng(seed).permutation(total) + 1
    return (places / total).astype(np.float32)


RANDOM = Scorer(
    name="random",
    title="Random",
    formula="A seeded random order",
    good_for="The control of controls: what any set of channels of this size does.",
    needs=(),
    function=score,
)

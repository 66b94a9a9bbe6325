"""contrast: what a channel changes on the ability, relative to what it changes on retained ones.

score_j = mean over bring of matched_j / (mean over keep of matched_j + epsilon_m).

epsilon_m is a hundredth of the mean of the denominator over the channel's module m (of the
numerator, where the whole module is silent on the retained abilities): small beside a usual
channel, yet it keeps one that is silent on the retained abilities by chance from an endless score.

Source: design.md, section 2, "contrast".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from act_core.errors import ProfileError
from act_core.localize.scorer import Scorer, mean_statistic
from act_core.models.channels import ChannelLayout
from act_core.profile.store import Profile

_EPSILON = 0.01


def score(
    bring: Sequence[Profile], keep: Sequence[Profile], *, price: float, seed: int
) -> NDArray[np.float32]:
    """Ratio of the two means of the statistic `matched`, float32 `[channels]`, no unit.

    Raises:
        ProfileError: There is no retained ability to contrast with.
    """
    if not keep:
        raise ProfileError(
            "The scorer contrast needs a profile on at least one retained ability.",
            remedy="Give an ability the role keep and profile it, or choose the scorer matched.",
        )
    wanted = mean_statistic(bring, "matched")
    retained = mean_statistic(keep, "matched")
    layout = bring[0].layout
    scale = _module_means(retained, layout)
    scale = np.where(scale == 0, _module_means(wanted, layout), scale)
    scale = np.where(scale == 0, 1.0, scale)  # the module does not change at all: 0 / epsilon
    retained += np.repeat((_EPSILON * scale).astype(np.float32), np.diff(layout.starts))
    wanted /= retained
    return wanted


def _module_means(values: NDArray[np.float32], layout: ChannelLayout) -> NDArray[np.float64]:
    """Mean over each module's channels, float64 `[modules]`."""
    sums = np.add.reduceat(values, layout.starts[:-1], dtype=np.float64)
    return np.asarray(sums / np.diff(layout.starts), dtype=np.float64)


CONTRAST = Scorer(
    name="contrast",
    title="Contrast",
    formula="Matched on the ability / matched on the retained abilities",
    good_for="Leaving other abilities alone where they matter most.",
    needs=("matched",),
    function=score,
)

"""What a scorer is: one number per channel from profiles, by a named formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from act_core.errors import NotFiniteError, ProfileError
from act_core.profile.store import Profile


class ScoreFunction(Protocol):
    """The arithmetic of a scorer; see `Scorer.score`."""

    def __call__(
        self, bring: Sequence[Profile], keep: Sequence[Profile], *, price: float, seed: int
    ) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Scorer:
    """A named way to score channels.

    Attributes:
        name: Its name in a recipe.
        title: Name for people.
        formula: The formula in one line, for people.
        good_for: When to choose it, in one line, for people.
        needs: Statistics that it reads from profiles.
        function: The arithmetic.
    """

    name: str
    title: str
    formula: str
    good_for: str
    needs: tuple[str, ...]
    function: ScoreFunction = field(repr=False)

    def score(
        self, bring: Sequence[Profile], keep: Sequence[Profile], *, price: float, seed: int
    ) -> NDArray[np.float32]:
        """One score per channel, float32 `[channels]`; higher is more worth moving.

        Args:
            bring: Profiles of one specialist on the abilities to bring over, at least one; of
                several the mean counts.
            keep: Profiles of the same specialist on the abilities to retain; may be empty.
            price: Weight of the retained abilities' cost (`attributed` only).
            seed: Of the random generator (`random` only).

        Raises:
            ProfileError: No profile to bring, or a statistic is missing.
            NotFiniteError: A score is NaN or Inf.
        """
        if not bring:
            raise ProfileError(
                "No profile on an ability to bring over was given.",
                remedy="Profile the specialist on at least one ability with the role bring.",
            )
        with np.errstate(all="ignore"):  # what overflows is caught, and named, below
            scores = self.function(bring, keep, price=price, seed=seed)
        finite = np.isfinite(scores)
        if not finite.all():
            layout = bring[0].layout
            channel = int(np.argmin(finite))
            module = int(np.searchsorted(layout.starts, channel, side="right")) - 1
            raise NotFiniteError(
                f"The score {self.name} is NaN or Inf for {len(finite) - int(finite.sum())} "
                f"channels, first in {layout.modules[module].tensor}.",
                remedy="Profile again in float32; if it stays so, the specialist's weights hold "
                "NaN or Inf.",
            )
        return scores


def mean_statistic(profiles: Sequence[Profile], name: str) -> NDArray[np.float32]:
    """Mean of one statistic over profiles, float32 `[channels]`, a fresh array.

    Raises:
        ProfileError: A profile lacks it.
    """
    total = profiles[0].statistic(name).astype(np.float32)
    for profile in profiles[1:]:
        total += profile.statistic(name)
    total /= np.float32(len(profiles))
    return total

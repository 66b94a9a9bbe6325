"""What a profile is made from: frozen, so that it may cross to a worker thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from act_core.abilities.encode import Encoded
from act_core.hashing import content_hash
from act_core.models.reference import Model
from act_core.recipe import Statistic

STATISTICS_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class ProfileSpec:
    """One target, any number of specialists and abilities, in one pass.

    Attributes:
        target: The model that receives.
        specialists: By name.
        abilities: Encoded calibration splits, by name.
        statistics: Which to gather; `weight` always comes along.
        device: `cpu`, `cuda`, `cuda:1`, `mps`, or `auto`.
        dtype: In what the layers compute.
        batch_tokens: Tokens of one batch; None finds a size that fits.
    """

    target: Model
    specialists: Mapping[str, Model]
    abilities: Mapping[str, Encoded]
    statistics: tuple[Statistic, ...]
    device: str = "auto"
    dtype: str = "float32"
    batch_tokens: int | None = field(default=None)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All (specialist, ability)."""
        return tuple((s, a) for s in self.specialists for a in self.abilities)

    def key(self) -> str:
        """Hash of all inputs: what decides the result, not how fast it comes."""
        pairs = [self.pair_key(*pair) for pair in self.pairs]
        return content_hash([pairs, sorted(self.statistics)])

    def pair_key(self, specialist: str, ability: str) -> str:
        """Hash of the inputs of one profile; which statistics it holds it says itself."""
        return content_hash(
            {
                "version": STATISTICS_VERSION,
                "target": self.target.fingerprint(),
                "specialist": self.specialists[specialist].fingerprint(),
                "ability": self.abilities[ability].fingerprint,
                "dtype": self.dtype,
            }
        )

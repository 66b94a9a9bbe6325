"""What a profile is made from: frozen, so that it may cross to a worker thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
        rounds: In how many rounds data is taken (see `rounds`).
        stop_below: Changed share of the top 5 % at which it stops before the last round.
        midpoints: At how many points of the line to the specialist *attributed* is taken (see
            `path`).
        point: Where on the line one walk takes it; 0 is the target, 1 the specialist.
    """

    target: Model
    specialists: Mapping[str, Model]
    abilities: Mapping[str, Encoded]
    statistics: tuple[Statistic, ...]
    device: str = "auto"
    dtype: str = "float32"
    batch_tokens: int | None = field(default=None)
    rounds: int = 1
    stop_below: float | None = None
    midpoints: int = 1
    point: float = 0.5

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All (specialist, ability)."""
        return tuple((s, a) for s in self.specialists for a in self.abilities)

    @property
    def walked_back(self) -> tuple[str, ...]:
        """Specialists whose midpoint is walked back too: all where *attributed* is asked for."""
        return tuple(self.specialists) if "attributed" in self.statistics else ()

    @property
    def layers_walked(self) -> int:
        """Layers forward and back, what progress counts."""
        return self.target.shape.layers * (1 + len(self.walked_back))

    def key(self) -> str:
        """Hash of all inputs: what decides the result, not how fast it comes."""
        pairs = [self.pair_key(*pair) for pair in self.pairs]
        return content_hash([pairs, sorted(self.statistics)])

    def pair_key(self, specialist: str, ability: str) -> str:
        """Hash of the inputs of one profile; which statistics it holds it says itself.

        Rounds count only where they may end before all data is read: all of them together give
        what one walk gives. Points count where they are not the middle alone.
        """
        inputs: dict[str, Any] = {
            "version": STATISTICS_VERSION,
            "target": self.target.fingerprint(),
            "specialist": self.specialists[specialist].fingerprint(),
            "ability": self.abilities[ability].fingerprint,
            "dtype": self.dtype,
        }
        if self.stop_below is not None and self.rounds > 1:
            inputs |= {"rounds": self.rounds, "stop_below": self.stop_below}
        if (self.midpoints, self.point) != (1, 0.5):
            inputs |= {"midpoints": self.midpoints, "point": self.point}
        return content_hash(inputs)
